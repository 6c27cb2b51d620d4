//! What the documents of event_streaming mean here: a sync for each producer, and a mapping for each DocType.

use std::collections::BTreeMap;

use frappe_sync_model::{Filter, PerSide};

use super::difference::{Difference, DifferenceKind as Kind, Section};
use super::documents::{Documents, InputError, MAPPING, Mapping, PRODUCER, Producer, ProducerRow};
use super::draft::{Draft, Names};
use super::fields::{Rows, find, rows};
use super::report::Skipped;
use super::text::mapping_text;
use super::told::{filter, general, of_sync, unused};

/// All that was made of the documents.
#[derive(Clone, Debug, Default)]
pub(crate) struct Import {
    /// One for each producer, in the order of the documents.
    pub(crate) syncs: Vec<ImportedSync>,
    /// Document Type Mappings that nothing uses.
    pub(crate) unused: Vec<String>,
    /// Differences that are of no one mapping.
    pub(crate) differences: Vec<Difference>,
}

/// What comes from one producer.
#[derive(Clone, Debug)]
pub(crate) struct ImportedSync {
    /// The address of the producer.
    pub(crate) producer: String,
    /// The mappings, those that others depend on first.
    pub(crate) mappings: Vec<ImportedMapping>,
    /// Rows of which no mapping was made.
    pub(crate) skipped: Vec<Skipped>,
    /// Differences that hold for all mappings.
    pub(crate) differences: Vec<Difference>,
}

/// A mapping file.
#[derive(Clone, Debug)]
pub(crate) struct ImportedMapping {
    /// The DocType of the producer (`a`) and of the consumer (`b`).
    pub(crate) doctypes: PerSide<String>,
    /// The Document Type Mapping that it is made of.
    pub(crate) mapping: Option<String>,
    /// `name` or `create`.
    pub(crate) identity: &'static str,
    /// It is not to be used before somebody has decided on a difference.
    pub(crate) waits: bool,
    /// What is otherwise.
    pub(crate) differences: Vec<Difference>,
    /// The text of the file.
    pub(crate) text: String,
}

/// Makes mappings of documents.
///
/// # Errors
///
/// The documents do not hang together: a mapping that one names is not there, or is not complete.
pub(crate) fn convert(documents: &Documents) -> Result<Import, InputError> {
    if documents.producers.is_empty() {
        return Err(InputError::new(
            format!("{PRODUCER}, of which there is none"),
            "nothing says what is taken from where",
            "give the documents of the consumer: the site whose Event Producer documents name the sites that it \
             takes from",
        ));
    }
    let syncs: Result<_, InputError> = documents
        .producers
        .iter()
        .map(|producer| sync(producer, documents))
        .collect();
    Ok(Import {
        syncs: syncs?,
        unused: unused(documents),
        differences: general(documents),
    })
}

/// The mappings of one sync in the making. A DocType of a site has one mapping.
struct Workshop<'d> {
    documents: &'d Documents,
    drafts: Vec<Draft>,
    skipped: Vec<Skipped>,
    last_update: Option<&'d String>,
    producer: &'d str,
}

fn sync(producer: &Producer, documents: &Documents) -> Result<ImportedSync, InputError> {
    let mut workshop = Workshop {
        documents,
        drafts: Vec::new(),
        skipped: Vec::new(),
        last_update: documents.last_updates.get(&producer.url),
        producer: &producer.url,
    };
    // What is subscribed to goes before what others only depend on.
    let mut open = Vec::new();
    let mut last_of: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &producer.rows {
        last_of.insert(remote_of(row, documents)?, row.number);
    }
    for row in &producer.rows {
        let last = last_of.get(remote_of(row, documents)?);
        let why = match () {
            () if row.unsubscribed => "it is unsubscribed".to_owned(),
            () if row.status != "Approved" => {
                format!("the producer has not approved it: {}", row.status)
            }
            () if last != Some(&row.number) => {
                "a later row takes the same DocType, and event_streaming goes by that one"
                    .to_owned()
            }
            () => {
                open.extend(workshop.subscribed(row)?);
                continue;
            }
        };
        let doctype = row.doctype.clone();
        workshop.skipped.push(Skipped {
            doctype,
            place: format!("{PRODUCER} `{}`, row {}", producer.url, row.number),
            reason: why,
        });
    }
    let mut dependencies = Vec::new();
    while let Some((of, row_place, mapping)) = open.pop() {
        let (index, more) = workshop.dependency(of, &row_place, &mapping)?;
        dependencies.extend(index);
        open.extend(more);
    }
    let differences = of_sync(&workshop.drafts, &producer.url);
    // Those that others depend on were found last, and stand first.
    let first = dependencies.iter().rev().copied();
    let others = (0..workshop.drafts.len()).filter(|index| !dependencies.contains(index));
    let order: Vec<usize> = first.chain(others).collect();
    Ok(ImportedSync {
        producer: producer.url.clone(),
        mappings: order
            .into_iter()
            .map(|index| imported(&workshop.drafts[index]))
            .collect(),
        skipped: workshop.skipped,
        differences,
    })
}

fn imported(draft: &Draft) -> ImportedMapping {
    ImportedMapping {
        doctypes: draft.doctypes.clone(),
        mapping: draft.mapping.clone(),
        identity: match draft.names {
            Names::Same | Names::Looked => "name",
            Names::Own => "create",
        },
        waits: draft.waits(),
        differences: draft.differences.clone(),
        text: mapping_text(draft),
    }
}

/// Returns the DocType of the producer that a row takes.
fn remote_of<'d>(row: &'d ProducerRow, documents: &'d Documents) -> Result<&'d str, InputError> {
    match &row.mapping {
        Some(name) => {
            let place = format!("{PRODUCER}, row {}", row.number);
            find(name, documents, &place).map(|mapping| mapping.remote.as_str())
        }
        None => Ok(&row.doctype),
    }
}

/// A link to a document that comes by a mapping of its own: the draft and the field of it, where that is said, and the
/// mapping.
type Dependency = ((usize, String), String, Mapping);

impl Workshop<'_> {
    /// Makes a mapping of a row, and returns what its documents depend on.
    fn subscribed(&mut self, row: &ProducerRow) -> Result<Vec<Dependency>, InputError> {
        let place = format!("{PRODUCER} `{}`, row {}", self.producer, row.number);
        let mut differences = Vec::new();
        let (doctypes, found) = match &row.mapping {
            Some(name) => {
                let mapping = find(name, self.documents, &place)?;
                if mapping.local != row.doctype {
                    let message = format!(
                        "the row is of `{}` and its mapping `{name}` of `{}`; event_streaming goes by the mapping",
                        row.doctype, mapping.local
                    );
                    differences.push(Difference::new(Kind::OtherDoctype, &place, message));
                }
                let doctypes = PerSide {
                    a: mapping.remote.clone(),
                    b: mapping.local.clone(),
                };
                (doctypes, rows(mapping, self.documents)?)
            }
            None => {
                let doctypes = PerSide {
                    a: row.doctype.clone(),
                    b: row.doctype.clone(),
                };
                (doctypes, Rows::default())
            }
        };
        if let Some(other) = self.paired(&doctypes) {
            let reason = format!(
                "`{}` is paired with `{}` already, and a sync pairs each DocType once",
                other.b, other.a
            );
            let doctype = row.doctype.clone();
            self.skipped.push(Skipped {
                doctype,
                place,
                reason,
            });
            return Ok(Vec::new());
        }
        let names = if row.same_name {
            Names::Same
        } else {
            Names::Own
        };
        let has_own_fields = doctypes.b == row.doctype;
        let mut draft = self.draft(
            row.mapping.clone(),
            place,
            doctypes,
            names,
            found,
            differences,
        );
        if let Some(condition) = &row.condition {
            filter(&mut draft.0, condition);
        }
        if names == Names::Own {
            self.own_names(&mut draft.0, has_own_fields);
        }
        self.drafts.push(draft.0);
        Ok(draft.1)
    }

    fn draft(
        &self,
        mapping: Option<String>,
        place: String,
        doctypes: PerSide<String>,
        names: Names,
        found: Rows,
        mut differences: Vec<Difference>,
    ) -> (Draft, Vec<Dependency>) {
        differences.extend(found.differences);
        let index = self.drafts.len();
        let dependencies = found.dependencies.into_iter().map(|(row, inner)| {
            let of = mapping.as_deref().unwrap_or_default();
            let place = format!("{MAPPING} `{of}`, row {}", row.number);
            ((index, row.local), place, inner)
        });
        let dependencies = dependencies.collect();
        let draft = Draft {
            mapping,
            place,
            doctypes,
            names,
            filters: Vec::new(),
            fields: found.fields,
            tables: found.tables,
            differences,
        };
        (draft, dependencies)
    }

    /// Returns the pair that one of these DocTypes is in already.
    fn paired(&self, doctypes: &PerSide<String>) -> Option<PerSide<String>> {
        let mut pairs = self.drafts.iter().map(|draft| &draft.doctypes);
        pairs
            .find(|pair| pair.a == doctypes.a || pair.b == doctypes.b)
            .cloned()
    }

    /// Makes a mapping for documents that others depend on, unless they have one; returns its index, and what they
    /// depend on themselves.
    fn dependency(
        &mut self,
        (of, field): (usize, String),
        place: &str,
        mapping: &Mapping,
    ) -> Result<(Option<usize>, Vec<Dependency>), InputError> {
        let doctypes = PerSide {
            a: mapping.remote.clone(),
            b: mapping.local.clone(),
        };
        if let Some(other) = self.paired(&doctypes) {
            if other != doctypes {
                let message = format!(
                    "`{field}` is to link to `{}`, made of `{}`; but `{}` is paired with `{}` already, and a sync pairs \
                     each DocType once",
                    doctypes.b, doctypes.a, other.b, other.a
                );
                let difference = Difference::new(Kind::DoctypeTwice, place, message)
                    .of(&field)
                    .remedy("decide which pair is meant, and take the field out of `map`, or the other mapping away")
                    .waiting()
                    .within(Section::Fields);
                self.drafts[of].differences.push(difference);
            }
            return Ok((None, Vec::new()));
        }
        let found = rows(mapping, self.documents)?;
        let (name, at) = (Some(mapping.name.clone()), place.to_owned());
        let (mut draft, more) = self.draft(name, at, doctypes, Names::Looked, found, Vec::new());
        let message = format!(
            "event_streaming makes documents of `{}` when others need them, and leaves them as they are from then on; \
             here every `{}` of the producer comes, and its changes too",
            mapping.local, mapping.remote
        );
        let difference = Difference::new(Kind::Dependency, place, message).remedy(
            "narrow it with `filters`; what links to a document that is left out is parked",
        );
        draft.differences.push(difference);
        self.drafts.push(draft);
        Ok((Some(self.drafts.len() - 1), more))
    }

    /// Documents that the consumer named itself: what came before is not to come again.
    fn own_names(&self, draft: &mut Draft, has_own_fields: bool) {
        if has_own_fields {
            let site = format!("'{}'", self.producer.replace(['\\', '\''], ""));
            for (field, expression) in [
                ("remote_docname", "doc.name".to_owned()),
                ("remote_site_name", site),
            ] {
                if !draft.fields.gives(field) {
                    draft.fields.compute.push((field.to_owned(), expression));
                }
            }
        }
        let known = "which of them belong together is known to `remote_docname` alone, by which no document is found here";
        let key = "where the values of some fields tell documents apart on both sites, write them as `identity: [field]` \
                   and take the filter away: then what came before is found and kept up to date";
        let place = draft.place.clone();
        let difference = match self.last_update {
            Some(time) => {
                draft
                    .filters
                    .push(Filter::new("creation", ">", time.as_str()));
                let message = format!(
                    "documents that came before {time} (the producer's time) stay as they are: {known}"
                );
                Difference::new(Kind::OwnNames, place, message).remedy(key)
            }
            None => {
                let message = format!(
                    "the first run would make a second document for each that came already: {known}"
                );
                Difference::new(Kind::OwnNames, place, message)
                    .remedy(format!("{}; or let only newer ones come: `filters: {{a: [[creation, \">\", \"..\"]]}}`", key))
                    .waiting()
            }
        };
        draft.differences.push(difference.within(Section::Identity));
    }
}
