//! The bodies that are sent.

use std::collections::BTreeMap;

use frappe_sync_mapper::{
    EffectiveMapping, FieldMapping, LinkRule, TableMapping, Translated, translate,
};
use frappe_sync_model::{
    DocName, DocType, Document, FieldKind, FieldName, Fingerprinter, MetaBundle, NewDocument,
    PerSide, Row, Side, canonical,
};
use frappe_sync_planner::{Stage, Verdict};
use serde_json::{Map, Value};

use crate::document_plan::{DocumentPlan, FieldPlan, RowPlan, TablePlan};
use crate::links::Links;
use crate::posting::keep_given_date;
use crate::stage::{self, DOCSTATUS};

/// A link whose target has no counterpart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MissingLink {
    /// The side that holds the link.
    pub(crate) from: Side,
    /// The link field, as named there.
    pub(crate) field: FieldName,
    /// DocType of the target there.
    pub(crate) doctype: DocType,
    /// Name of the target there.
    pub(crate) name: DocName,
    /// The field must be set on the other side.
    pub(crate) required: bool,
    /// The mapping leaves it empty where the target does not come.
    pub(crate) clears: bool,
    /// Why the mapping has nothing for the value, which is no link then.
    pub(crate) untold: Option<String>,
}

/// Returns a field's value in the terms of the other side.
pub(crate) fn field_value(
    field: &FieldMapping,
    from: Side,
    fields: &Map<String, Value>,
    siblings: &Map<String, Value>,
    links: &Links,
) -> Result<Value, Box<MissingLink>> {
    let value = fields
        .get(field.names[from].as_str())
        .unwrap_or(&Value::Null);
    let required = field.meta[from.other()].required;
    let missing = |doctype, name, untold: Option<String>| {
        // An expression is told by the field that it gives.
        let named = match field.is_stored_on(from) {
            true => from,
            false => from.other(),
        };
        Box::new(MissingLink {
            from,
            field: field.names[named].clone(),
            doctype,
            name,
            required,
            clears: untold.is_none() && field.may_clear(from),
            untold,
        })
    };
    match translate(field, from, value, siblings, links) {
        Translated::Value(value) => Ok(explicit(field, from.other(), value)),
        Translated::MissingTarget { doctype, name } => Err(missing(doctype, name, None)),
        Translated::Untold { why } => Err(missing(DocType::from(""), DocName::from(""), Some(why))),
    }
}

/// Returns the missing target of a field, if that is what it has.
pub(crate) fn missing_in(
    field: &FieldMapping,
    from: Side,
    fields: &Map<String, Value>,
    siblings: &Map<String, Value>,
    links: &Links,
) -> Option<MissingLink> {
    field_value(field, from, fields, siblings, links)
        .err()
        .map(|missing| *missing)
}

/// Says nothing as the value that stores nothing: null would be given the default (protocol 5.3).
pub(crate) fn explicit(field: &FieldMapping, to: Side, value: Value) -> Value {
    let kind = field.meta[to].kind;
    if !value.is_null() {
        return value;
    }
    match kind {
        FieldKind::Int | FieldKind::Check | FieldKind::Decimal => Value::from(0),
        FieldKind::Json => Value::Null,
        _ => Value::from(""),
    }
}

/// Chooses the name of a row that is made on `to`: the same one every time, so that a repeated write
/// makes no second row (protocol 5.4, `__islocal`).
pub(crate) fn new_row_name(
    fingerprints: &Fingerprinter,
    to: Side,
    table: &FieldName,
    source: &DocName,
) -> DocName {
    let text = format!("row:{to}:{table}:{source}");
    let print = fingerprints.of_bytes(text.as_bytes()).to_u64();
    DocName::new(format!("{print:016x}")[..10].to_owned())
}

/// Builds a whole row: what it holds already, unmapped fields too, under the values to be written.
///
/// A partial row would lose the fields that are not sent (protocol 5.4).
pub(crate) fn whole_row(
    meta: &MetaBundle,
    table: &TableMapping,
    to: Side,
    held: Option<&Row>,
    name: Option<&DocName>,
    values: Map<String, Value>,
) -> Value {
    let mut row = Map::new();
    if let Some(name) = name {
        row.insert("name".to_owned(), Value::from(name.as_str()));
    }
    match held {
        Some(held) => {
            let child = meta.child_of(table.names[to].as_str());
            let stored = |field: &str| {
                child
                    .and_then(|child| child.field(field))
                    .is_some_and(|field| {
                        field.kind.holds_value()
                            && field.kind != FieldKind::Password
                            && !field.is_virtual
                    })
            };
            let kept = held.fields.iter().filter(|(field, _)| stored(field));
            row.extend(kept.map(|(field, value)| (field.clone(), value.clone())));
        }
        None => {
            row.insert("__islocal".to_owned(), Value::from(1));
        }
    }
    row.extend(values);
    Value::Object(row)
}

/// Returns what the mapping itself gives to what is made.
pub(crate) fn constants(given: &BTreeMap<FieldName, Value>) -> Map<String, Value> {
    given
        .iter()
        .map(|(field, value)| (field.to_string(), value.clone()))
        .collect()
}

/// A document that is ready to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewBody {
    /// What is sent.
    pub(crate) document: NewDocument,
    /// Value by value.
    pub(crate) plan: DocumentPlan,
    /// Links that are left empty for now.
    pub(crate) deferred: Vec<MissingLink>,
    /// Its source has got further than it is made: it is submitted or cancelled afterwards.
    pub(crate) is_to_go_on: bool,
    /// Some values of it go the other way, or wait for the target of a link that was left empty.
    pub(crate) is_to_be_compared: bool,
}

/// What becomes of a link whose target is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// The document cannot be made.
    Blocks,
    /// It is still to come: an optional link is set afterwards.
    Comes,
    /// It is left out by the mapping: so is the link.
    LeftOut,
}

/// Builds the body of a document that is made on the other side of `from`.
///
/// `absence` tells what becomes of a missing target. What blocks is the error, and so is what is still to
/// come and cannot be set afterwards. Where a link is set afterwards, the document stays a draft until then.
pub(crate) fn new_body(
    fingerprints: &Fingerprinter,
    mapping: &EffectiveMapping,
    from: Side,
    source: &Document,
    name: Option<DocName>,
    links: &Links,
    absence: impl Fn(&MissingLink) -> Absence,
) -> Result<NewBody, MissingLink> {
    let to = from.other();
    let mut composing = Composing {
        fingerprints,
        from,
        links,
        absence: &absence,
        is_submitted: mapping.follows_docstatus() && source.docstatus > 0,
        deferred: Vec::new(),
    };
    let mut body = constants(&mapping.given[to]);
    let mut fields = composing.fields(&mapping.fields, &source.fields, &mut body)?;
    let mut tables = Vec::new();
    for table in &mapping.tables {
        let Some(rows) = source.tables.get(&table.names[from]) else {
            continue;
        };
        let mut list = Vec::new();
        let mut plans = Vec::new();
        for row in rows.iter().filter(|row| table.admits(from, &row.fields)) {
            let mut values = constants(&table.given[to]);
            let fields = composing.fields(&table.fields, &row.fields, &mut values)?;
            list.push(Value::Object(values));
            let mut names = PerSide::default();
            names[from] = Some(row.name.clone());
            plans.push(RowPlan {
                names,
                baseline: None,
                only: None,
                fields,
            });
        }
        body.insert(table.names[to].as_str().to_owned(), Value::Array(list));
        tables.push(TablePlan {
            id: table.id.clone(),
            rows: plans,
            write: PerSide::from_fn(|side| side == to),
            waits: false,
            stays_apart: false,
        });
    }
    let stage = mapping.follows_docstatus().then(|| {
        // A submitted document takes no link afterwards, and a cancelled one was submitted before.
        let source = Stage::of_docstatus(source.docstatus);
        if composing.deferred.is_empty() {
            source.min(Stage::Submitted)
        } else {
            Stage::Draft
        }
    });
    if let Some(stage) = stage {
        let print = stage::fingerprint(fingerprints, stage);
        let mut own = PerSide::default();
        own[from] = Some(print);
        fields.push(FieldPlan {
            id: DOCSTATUS.into(),
            verdict: Verdict::Write {
                to,
                conflict: false,
            },
            own,
            sent: Some(print),
            stays_apart: false,
            cleared: false,
        });
        if stage == Stage::Submitted {
            body.insert(DOCSTATUS.to_owned(), Value::from(stage.docstatus()));
        }
    }
    keep_given_date(&mapping.meta[to].doctype, &mut body);
    let document = NewDocument {
        doctype: mapping.doctypes[to].clone(),
        name,
        body,
    };
    let plan = DocumentPlan { fields, tables };
    let goes_back = |fields: &[FieldMapping]| {
        let mut fields = fields.iter();
        fields.any(|field| !field.direction.writes_to(to) && field.direction.writes_to(from))
    };
    let is_to_be_compared = plan.stays_open()
        || goes_back(&mapping.fields)
        || mapping.tables.iter().any(|table| goes_back(&table.fields));
    Ok(NewBody {
        document,
        plan,
        is_to_be_compared,
        deferred: composing.deferred,
        is_to_go_on: stage.is_some_and(|stage| stage.docstatus() < source.docstatus),
    })
}

struct Composing<'a, A> {
    fingerprints: &'a Fingerprinter,
    from: Side,
    links: &'a Links,
    absence: &'a A,
    /// The document is submitted as it is made, so that nothing can be set afterwards.
    is_submitted: bool,
    deferred: Vec<MissingLink>,
}

impl<A: Fn(&MissingLink) -> Absence> Composing<'_, A> {
    fn fields(
        &mut self,
        fields: &[FieldMapping],
        given: &Map<String, Value>,
        body: &mut Map<String, Value>,
    ) -> Result<Vec<FieldPlan>, MissingLink> {
        let (from, to) = (self.from, self.from.other());
        let mut plans = Vec::with_capacity(fields.len());
        for field in fields {
            let Some(value) = given.get(field.names[from].as_str()) else {
                continue;
            };
            if !field.direction.writes_to(to) {
                continue;
            }
            let own_form = canonical(value, field.meta[from].kind);
            let mut own = PerSide::default();
            own[from] = Some(self.fingerprints.of(&own_form));
            let mut plan = FieldPlan {
                id: field.id.clone(),
                verdict: Verdict::Write {
                    to,
                    conflict: false,
                },
                own,
                sent: None,
                stays_apart: false,
                cleared: false,
            };
            match field_value(field, from, given, given, self.links) {
                Ok(_) if field.is_empty(from, value) && field.default[to].is_some() => {
                    let default = field.default[to].clone().unwrap_or_default();
                    let form = canonical(&default, field.meta[to].kind);
                    plan.sent = Some(self.fingerprints.of(&form));
                    body.insert(field.names[to].as_str().to_owned(), default);
                }
                // A value that must be set, and is not here, is left to the site's default.
                Ok(_) if own_form.is_empty() && field.meta[to].required => {
                    plan.sent = plan.own[from];
                }
                Ok(value) => {
                    let form = canonical(&value, field.meta[to].kind);
                    plan.sent = Some(self.fingerprints.of(&form));
                    body.insert(field.names[to].as_str().to_owned(), value);
                }
                // A text that shows a file which is still to come goes as it is, and so does a field that must be set: what
                // it shows is put right afterwards. Its source counts as never agreed on until then.
                Err(missing)
                    if (field.link == LinkRule::FilesInText
                        || (field.link == LinkRule::File && missing.required))
                        && !field.on_create_only
                        && (self.absence)(&missing) == Absence::Comes =>
                {
                    let form = canonical(value, field.meta[to].kind);
                    plan.sent = Some(self.fingerprints.of(&form));
                    plan.own[from] = None;
                    body.insert(field.names[to].as_str().to_owned(), value.clone());
                    self.deferred.push(*missing);
                }
                Err(missing) => match (self.absence)(&missing) {
                    Absence::Comes if !missing.required && !field.on_create_only => {
                        plan.verdict = Verdict::MissingTarget { from };
                        self.deferred.push(*missing);
                    }
                    Absence::LeftOut if !missing.required => continue,
                    Absence::Blocks if missing.clears => {
                        let nothing = explicit(field, to, Value::Null);
                        let form = canonical(&nothing, field.meta[to].kind);
                        plan.sent = Some(self.fingerprints.of(&form));
                        plan.cleared = !self.is_submitted;
                        body.insert(field.names[to].as_str().to_owned(), nothing);
                    }
                    _ => return Err(*missing),
                },
            }
            plans.push(plan);
        }
        Ok(plans)
    }
}
