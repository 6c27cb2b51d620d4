//! The mapping files of a sync, in the order in which documents are made.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_connector::FrappeSite;
use frappe_sync_mapper::{EffectiveMapping, MappingFile, resolve};
use frappe_sync_model::{Direction, DocType, FieldName, Identity, PerSide, Side, SiteError};
use frappe_sync_planner::{DocTypeEdge, doctype_order};

use super::direction::{direction_of, may_follow_docstatus, word};
use super::draft::{Draft, Origin};
use super::fitting::{effective, fit, read};
use super::kept::is_kept_by_each_site;
use super::ready::ready;
use super::report::{MappingReport, SkippedReport};
use super::survey::Survey;
use crate::error::{CliError, ErrorKind};

/// What is to be mapped.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// The DocTypes that somebody chose.
    pub(crate) doctypes: BTreeSet<DocType>,
    /// What the two sites are called.
    pub(crate) names: PerSide<String>,
}

/// The files that are proposed, and what was left aside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proposal {
    /// The files, those that others link to first: path below the configuration's folder, and text.
    pub(crate) files: Vec<(String, String)>,
    /// The same, as it is told.
    pub(crate) mappings: Vec<MappingReport>,
    /// DocTypes that were chosen and not mapped.
    pub(crate) skipped: Vec<SkippedReport>,
}

/// Why something could not be proposed at all.
#[derive(Debug)]
pub(crate) enum ProposeError {
    /// A site could not be asked.
    Site(Side, SiteError),
    /// A person, or the lack of one.
    Cli(CliError),
}

impl From<(Side, SiteError)> for ProposeError {
    fn from((side, error): (Side, SiteError)) -> Self {
        Self::Site(side, error)
    }
}

impl From<CliError> for ProposeError {
    fn from(error: CliError) -> Self {
        Self::Cli(error)
    }
}

/// Proposes mappings. `offer` is asked once whether what the chosen DocTypes cannot do without is mapped too.
pub(crate) async fn propose(
    sites: &PerSide<FrappeSite>,
    wish: &Wish,
    offer: impl FnOnce(&[DocType]) -> Result<bool, CliError>,
) -> Result<Proposal, ProposeError> {
    let mut workshop = Workshop {
        survey: Survey::of(sites),
        names: &wish.names,
        way: None,
        skipped: BTreeMap::new(),
    };
    workshop.survey.read(&wish.doctypes).await?;
    let mut drafts = workshop.drafts(&wish.doctypes);
    let required = workshop.required(&drafts).await?;
    if !required.is_empty() {
        let listed: Vec<DocType> = required.keys().cloned().collect();
        if offer(&listed)? {
            drafts.extend(required);
        }
    }
    let mappings = workshop.fitted(drafts);
    if mappings.is_empty() {
        return Err(nothing_left(&workshop.skipped).into());
    }
    Ok(workshop.finish(mappings, &wish.doctypes))
}

fn nothing_left(skipped: &BTreeMap<DocType, String>) -> CliError {
    let error = CliError::new(
        ErrorKind::Usage,
        "none of the chosen DocTypes can be mapped",
    );
    skipped.iter().take(5).fold(error, |error, (doctype, why)| {
        error.remedy(format!("`{doctype}`: {why}"))
    })
}

type Drafts = BTreeMap<DocType, Draft>;

/// A draft that fits, with what travels under it.
struct Fitted {
    draft: Draft,
    mapping: EffectiveMapping,
}

/// Where drafts are made.
pub(crate) struct Workshop<'a> {
    /// What both sites say.
    pub(crate) survey: Survey<'a>,
    names: &'a PerSide<String>,
    /// The only way that documents are to go; else the widest that our user's rights allow.
    way: Option<Direction>,
    skipped: BTreeMap<DocType, String>,
}

impl<'a> Workshop<'a> {
    /// Makes one for mappings that go one way only.
    pub(crate) fn one_way(
        sites: &'a PerSide<FrappeSite>,
        names: &'a PerSide<String>,
        way: Direction,
    ) -> Self {
        Self {
            survey: Survey::of(sites),
            names,
            way: Some(way),
            skipped: BTreeMap::new(),
        }
    }

    /// Drafts a file for each DocType that can be mapped, and notes why another cannot.
    fn drafts(&mut self, doctypes: &BTreeSet<DocType>) -> Drafts {
        let mut drafts = Drafts::new();
        for doctype in doctypes {
            match self.draft(doctype) {
                Ok(draft) => {
                    drafts.insert(doctype.clone(), draft);
                }
                Err(why) => {
                    self.skipped.insert(doctype.clone(), why);
                }
            }
        }
        drafts
    }

    /// Drafts a file for a DocType that was read, or says why there can be none.
    pub(crate) fn draft(&self, doctype: &DocType) -> Result<Draft, String> {
        match PerSide::from_fn(|side| self.survey.knows(side, doctype)) {
            PerSide { a: true, b: true } => {}
            PerSide { a: true, .. } => return Err(format!("only `{}` has it", self.names.a)),
            PerSide { b: true, .. } => return Err(format!("only `{}` has it", self.names.b)),
            PerSide { .. } => return Err("neither site has it".to_owned()),
        }
        let bundles = PerSide::from_fn(|side| &self.survey.metas()[side][doctype]);
        let metas = bundles.map(|bundle| &bundle.doctype);
        for side in Side::BOTH {
            let kind = match metas[side] {
                meta if meta.is_single => "a Single: settings are kept by each site",
                meta if meta.is_table => "a child table, whose rows travel with their documents",
                meta if meta.is_virtual => "virtual: nothing of it is stored",
                _ => continue,
            };
            return Err(kind.to_owned());
        }
        let rights = self.survey.rights(doctype);
        let direction = direction_of(&rights).map_err(|(side, right)| {
            format!("our user may not {right} it on `{}`", self.names[side])
        })?;
        let direction = match self.way {
            None => direction,
            Some(way) => {
                let barred = |side: &Side| way.writes_to(*side) && !direction.writes_to(*side);
                if let Some(side) = Side::BOTH.into_iter().find(barred) {
                    let site = &self.names[side];
                    return Err(format!("our user may not write or create it on `{site}`"));
                }
                way
            }
        };
        let is_submittable = metas.a.is_submittable && metas.b.is_submittable;
        let follows = !is_submittable || may_follow_docstatus(direction, &rights);
        let own = || Draft::of_metadata(metas, direction, follows);
        let Some(ready) = ready(doctype.as_str()) else {
            return Ok(own());
        };
        // A ready file counts on fields of its app, which a DocType of the same name need not have.
        let draft = Draft::of_ready(ready, direction, follows);
        Ok(match effective(&draft, self.survey.metas()) {
            Ok(_) => draft,
            Err(_) => own(),
        })
    }

    /// Finds what the drafts cannot do without, and what that cannot do without.
    async fn required(&mut self, drafts: &Drafts) -> Result<Drafts, ProposeError> {
        let mut required = Drafts::new();
        let mut open: Vec<Draft> = drafts.values().cloned().collect();
        while !open.is_empty() {
            let wanted: BTreeSet<DocType> = open
                .iter()
                .flat_map(|draft| self.wanted_by(draft))
                .filter(|doctype| !drafts.contains_key(doctype) && !required.contains_key(doctype))
                .filter(|doctype| !self.skipped.contains_key(doctype))
                .collect();
            self.survey.read(&wanted).await?;
            let found: Drafts = wanted
                .iter()
                .filter_map(|doctype| Some((doctype.clone(), self.draft(doctype).ok()?)))
                .collect();
            open = found.values().cloned().collect();
            required.extend(found);
        }
        Ok(required)
    }

    /// Returns the DocTypes to which mandatory fields of a draft link, and those that its ready file names.
    fn wanted_by(&self, draft: &Draft) -> Vec<DocType> {
        let links = effective(draft, self.survey.metas()).map(|mapping| {
            let links = mapping.links();
            // Rows of a table that may be empty require nothing.
            let is_needed = |table: &FieldName| {
                let required = |side: Side| {
                    let field = mapping.meta[side].doctype.field(table.as_str());
                    field.is_some_and(|field| field.required)
                };
                Side::BOTH.into_iter().any(required)
            };
            let mandatory = links.filter(|link| {
                link.mandatory && !link.to_self && link.table.as_ref().is_none_or(is_needed)
            });
            mandatory
                .filter_map(|link| Some(link.targets?.a))
                .collect::<Vec<_>>()
        });
        let with = match draft.origin {
            Origin::Ready => ready(draft.doctype.as_str()).map_or(&[][..], |ready| ready.with),
            Origin::Metadata => &[],
        };
        let with = with.iter().map(|doctype| DocType::from(*doctype));
        let mut wanted = links.unwrap_or_default();
        wanted.extend(with);
        wanted.retain(|doctype| !is_kept_by_each_site(doctype.as_str()));
        wanted
    }

    /// Makes the drafts fit the sites and each other; one that cannot be made to is skipped, and the others
    /// are fitted again without it.
    fn fitted(&mut self, mut drafts: Drafts) -> Vec<Fitted> {
        loop {
            let covered: BTreeSet<DocType> = drafts.keys().cloned().collect();
            let mut unfit = Vec::new();
            let mut files = Vec::new();
            for (doctype, draft) in &mut drafts {
                let names = PerSide::from_fn(|side| self.names[side].as_str());
                let fitted = fit(draft, &covered, self.survey.metas(), names)
                    .and_then(|()| read(&draft.text(), draft));
                match fitted {
                    Ok(file) => files.push(file),
                    Err(why) => unfit.push((doctype.clone(), why)),
                }
            }
            let mappings =
                match resolve(&files, self.survey.metas()) {
                    Ok(mappings) => mappings,
                    Err(wrong) => {
                        // Each file is named by its DocType.
                        unfit.extend(wrong.iter().map(|wrong| {
                            (DocType::from(wrong.file.as_str()), wrong.message.clone())
                        }));
                        Vec::new()
                    }
                };
            if unfit.is_empty() {
                return paired(drafts, &files, mappings);
            }
            for (doctype, why) in unfit {
                drafts.remove(&doctype);
                self.skipped.insert(doctype, why);
            }
        }
    }

    fn finish(self, mappings: Vec<Fitted>, chosen: &BTreeSet<DocType>) -> Proposal {
        let mut proposal = Proposal::default();
        let mut taken = BTreeSet::new();
        for index in order(&mappings) {
            let Fitted { draft, mapping } = &mappings[index];
            let file = file_name("mappings", &draft.doctype, &mut taken);
            proposal.mappings.push(MappingReport {
                doctype: draft.doctype.clone(),
                file: file.clone(),
                source: draft.origin.into(),
                chosen: chosen.contains(&draft.doctype),
                direction: word(draft.direction),
                identity: shown(&mapping.identity),
                fields: mapping.fields.len(),
                tables: mapping.tables.len(),
                left_out: draft
                    .leaves_out()
                    .map(|(field, reason)| (field, reason.to_owned()).into())
                    .collect(),
            });
            proposal.files.push((file, draft.text()));
        }
        proposal.skipped = self
            .skipped
            .into_iter()
            .map(|(doctype, reason)| SkippedReport { doctype, reason })
            .collect();
        proposal
    }
}

fn paired(drafts: Drafts, files: &[MappingFile], mappings: Vec<EffectiveMapping>) -> Vec<Fitted> {
    // Drafts, files and mappings are all in the order of their DocTypes.
    debug_assert_eq!(drafts.len(), files.len());
    drafts
        .into_values()
        .zip(mappings)
        .map(|(draft, mapping)| Fitted { draft, mapping })
        .collect()
}

/// Returns the mappings, by index, those that others link to first.
fn order(mappings: &[Fitted]) -> Vec<usize> {
    let index_of = |doctype: &DocType| {
        let mut all = mappings.iter();
        all.position(|fitted| fitted.draft.doctype == *doctype)
    };
    let mut edges = Vec::new();
    for (from, fitted) in mappings.iter().enumerate() {
        for link in fitted.mapping.links() {
            if let Some(to) = link.targets.and_then(|targets| index_of(&targets.a)) {
                let mandatory = link.mandatory;
                edges.push(DocTypeEdge {
                    from,
                    to,
                    mandatory,
                });
            }
        }
    }
    let order = doctype_order(mappings.len(), &edges);
    order.groups.into_iter().flatten().collect()
}

/// Returns the path of a mapping file, as Frappe would name it: `mappings/sales_order.yaml`.
pub(crate) fn file_name(folder: &str, doctype: &DocType, taken: &mut BTreeSet<String>) -> String {
    let scrubbed: String = doctype
        .as_str()
        .to_lowercase()
        .chars()
        .map(|character| {
            if character.is_alphanumeric() {
                character
            } else {
                '_'
            }
        })
        .collect();
    let numbered = (2..).map(|number| format!("{folder}/{scrubbed}_{number}.yaml"));
    let mut names = std::iter::once(format!("{folder}/{scrubbed}.yaml")).chain(numbered);
    names
        .find(|name| taken.insert(name.clone()))
        .expect("numbers do not run out")
}

fn shown(identity: &Identity) -> String {
    match identity {
        Identity::Name => "name".to_owned(),
        Identity::Create => "create".to_owned(),
        Identity::Key(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
            names.join(", ")
        }
    }
}
