//! Everything known of one document: both sides, the rule and the baseline of each value, what was written when.

use frappe_sync_mapper::{EffectiveMapping, FieldMapping};
use frappe_sync_model::{
    ConflictPolicy, ConflictRecord, Direction, DocName, DocType, Document, FieldName, Filter,
    MappingName, OperationRecord, Pair, PerSide, Selection, Side, Site, SiteTime, StateStore,
    SyncName, Todo, TodoReason,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{EngineError, OnSide};
use crate::links::Links;
use crate::report::ParkedReport;
use crate::run::open;
use crate::session::{Mode, Session};
use crate::view::View;
use crate::{Clock, Parts};

/// The most operations that are told.
const MOST_OPERATIONS: usize = 50;

/// How a value lies to what its side held when the two last agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineState {
    /// It is what was agreed on.
    Equal,
    /// It changed since.
    Changed,
    /// Nothing was agreed on yet.
    None,
}

/// One value, or one child table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedValue {
    /// Its name on each side.
    pub names: PerSide<FieldName>,
    /// The rule that decides, for people.
    pub rule: String,
    /// What each side holds now; of a table its number of rows. Null where the document is not there.
    pub values: PerSide<Value>,
    /// How that lies to its own baseline.
    pub baselines: PerSide<BaselineState>,
}

/// One of the two documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedDocument {
    /// Its DocType.
    pub doctype: DocType,
    /// Its name; none where no counterpart is known.
    pub name: Option<DocName>,
    /// It is there, and shown to our user.
    pub exists: bool,
    /// The mapping's filters let it through; none where it is not there.
    pub selected: Option<bool>,
    /// Its `docstatus`.
    pub docstatus: Option<u8>,
    /// When it was saved last, in the site's time.
    pub modified: Option<SiteTime>,
    /// Who saved it last.
    pub modified_by: Option<String>,
    /// Why it is queued, if it is.
    pub queued: Option<TodoReason>,
}

/// What the state says of the pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedPair {
    /// Some value is not settled.
    pub open: bool,
    /// The side whose document was deleted while the other stays.
    pub gone: Option<Side>,
    /// `modified` of each side when the two were last compared.
    pub compared: PerSide<Option<SiteTime>>,
}

/// Everything known of one document, but for the next plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The sync.
    pub sync: SyncName,
    /// Its mapping.
    pub mapping: MappingName,
    /// The document on each side.
    pub documents: PerSide<ExplainedDocument>,
    /// Its pair; none where it has none.
    pub pair: Option<ExplainedPair>,
    /// Its mapped fields, then its child tables.
    pub values: Vec<ExplainedValue>,
    /// It is parked, on these sides.
    pub parked: Vec<ParkedReport>,
    /// Its conflicts that wait for a person.
    pub conflicts: Vec<ConflictRecord>,
    /// What was written to either document, the last first.
    pub operations: Vec<OperationRecord>,
}

/// Collects what is known of the document called `name`, on `side` or on whichever side has it.
///
/// # Errors
///
/// [`EngineError::Unknown`] where no mapping, site or state knows anything of it; else as a run.
pub async fn explain<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
    doctype: &DocType,
    name: &DocName,
    side: Option<Side>,
) -> Result<Explanation, EngineError> {
    let session = open(parts, Mode::Plan).await?;
    let meant: Vec<(Side, usize)> = Side::BOTH
        .into_iter()
        .filter(|one| side.is_none_or(|side| side == *one))
        .filter_map(|side| Some((side, session.mapping_of(side, doctype)?)))
        .collect();
    if meant.is_empty() {
        return Err(EngineError::Unknown(format!("mapping of `{doctype}`")));
    }
    let own = std::slice::from_ref(name);
    for (side, mapping) in &meant {
        let pairs = parts.store.pairs(session.name_of(*mapping), *side, own)?;
        if let Some(pair) = pairs.into_iter().next() {
            let names = pair.sides.as_ref().map(|side| Some(side.name.clone()));
            return explained(&session, *mapping, names, Some(pair)).await;
        }
    }
    for (side, mapping) in meant {
        let queued = parts.store.queued(session.name_of(mapping), side, own)?;
        let found = session
            .documents(mapping, side, Selection::Names(own.to_vec()))
            .await?;
        let logged = parts
            .store
            .operations_of(session.name_of(mapping), side, name, 1)?;
        if !found.is_empty() || !queued.is_empty() || !logged.is_empty() {
            let mut names = PerSide::<Option<DocName>>::default();
            names[side] = Some(name.clone());
            return explained(&session, mapping, names, None).await;
        }
    }
    Err(EngineError::Unknown(format!(
        "{doctype} `{name}` on the sites or in the state"
    )))
}

async fn explained<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    names: PerSide<Option<DocName>>,
    pair: Option<Pair>,
) -> Result<Explanation, EngineError> {
    let effective = &session.mappings[mapping];
    let (a, b) = futures::future::join(
        read(session, mapping, Side::A, names.a.as_ref()),
        read(session, mapping, Side::B, names.b.as_ref()),
    )
    .await;
    let held = PerSide { a: a?, b: b? };
    let (a, b) = futures::future::join(
        is_selected(session, mapping, Side::A, held.a.as_ref()),
        is_selected(session, mapping, Side::B, held.b.as_ref()),
    )
    .await;
    let selected = PerSide { a: a?, b: b? };
    let mut queued = PerSide::<Option<Todo>>::default();
    let mut operations: Vec<OperationRecord> = Vec::new();
    for side in Side::BOTH {
        let Some(name) = &names[side] else { continue };
        let own = std::slice::from_ref(name);
        let store = session.store();
        queued[side] = store.queued(&effective.name, side, own)?.into_iter().next();
        let of_side = store.operations_of(&effective.name, side, name, MOST_OPERATIONS)?;
        operations.extend(of_side);
    }
    operations.sort_by_key(|operation| std::cmp::Reverse(operation.id));
    operations.dedup_by_key(|operation| operation.id);
    operations.truncate(MOST_OPERATIONS);
    let is_it = |side: Side, name: &DocName| names[side].as_ref() == Some(name);
    let parked = crate::run::parked(session)?.into_iter().filter(|parked| {
        parked.doctype == effective.doctypes[parked.site] && is_it(parked.site, &parked.name)
    });
    let conflicts = session.store().open_conflicts()?;
    let conflicts = conflicts
        .into_iter()
        .filter(|conflict| conflict.mapping == effective.name && is_it(Side::A, &conflict.names.a));
    Ok(Explanation {
        sync: session.parts.sync.clone(),
        mapping: effective.name.clone(),
        parked: parked.collect(),
        conflicts: conflicts.collect(),
        values: values(session, effective, &held, pair.as_ref())?,
        documents: PerSide::from_fn(|side| {
            let held = held[side].as_ref();
            ExplainedDocument {
                doctype: effective.doctypes[side].clone(),
                name: names[side].clone(),
                exists: held.is_some(),
                selected: selected[side],
                docstatus: held.map(|held| held.docstatus),
                modified: held.and_then(|held| held.key.modified.clone()),
                modified_by: held.map(|held| held.modified_by.clone()),
                queued: queued[side].as_ref().map(|todo| todo.reason),
            }
        }),
        pair: pair.map(|pair| ExplainedPair {
            open: pair.open,
            gone: pair.gone,
            compared: pair.sides.map(|side| side.modified),
        }),
        operations,
    })
}

async fn read<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    name: Option<&DocName>,
) -> Result<Option<Document>, EngineError> {
    let Some(name) = name else { return Ok(None) };
    let names = Selection::Names(vec![name.clone()]);
    let found = session.documents(mapping, side, names).await?;
    Ok(found.into_iter().next())
}

async fn is_selected<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    held: Option<&Document>,
) -> Result<Option<bool>, EngineError> {
    let Some(held) = held else { return Ok(None) };
    let effective = &session.mappings[mapping];
    let mut filters = effective.filters[side].clone();
    filters.push(Filter::new("name", "=", held.name().as_str()));
    let site = session.site(side);
    let keys = site
        .matching_keys(&effective.doctypes[side], &filters)
        .await;
    Ok(Some(!keys.on(side)?.is_empty()))
}

fn values<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: &EffectiveMapping,
    held: &PerSide<Option<Document>>,
    pair: Option<&Pair>,
) -> Result<Vec<ExplainedValue>, EngineError> {
    let links = Links::new(session);
    let views = PerSide::from_fn(|side| {
        let document = held[side].as_ref()?;
        Some(View::new(
            &session.fingerprints,
            mapping,
            side,
            document,
            &links,
        ))
    });
    let of_fields = mapping.fields.iter().map(|field| ExplainedValue {
        names: field.names.clone(),
        rule: rule(mapping, field),
        values: PerSide::from_fn(|side| {
            let document = held[side].as_ref();
            let value = document.and_then(|held| held.fields.get(field.names[side].as_str()));
            value.cloned().unwrap_or(Value::Null)
        }),
        baselines: PerSide::from_fn(|side| {
            let agreed = pair.and_then(|pair| pair.baseline.fields.get(&field.id)?[side]);
            let view = views[side].as_ref();
            let now = view.and_then(|view| view.fields.get(&field.id));
            match (agreed, now) {
                (Some(agreed), Some(now)) if agreed == now.own => BaselineState::Equal,
                (Some(_), _) => BaselineState::Changed,
                (None, _) => BaselineState::None,
            }
        }),
    });
    let of_tables = mapping.tables.iter().map(|table| ExplainedValue {
        names: table.names.clone(),
        rule: format!(
            "rows are merged one by one; {}",
            policy(mapping, table.conflict)
        ),
        values: PerSide::from_fn(|side| {
            let rows = held[side]
                .as_ref()
                .and_then(|held| held.tables.get(&table.names[side]));
            rows.map_or(Value::Null, |rows| Value::from(rows.len()))
        }),
        baselines: PerSide::from_fn(|side| {
            let agreed = pair.and_then(|pair| pair.baseline.tables.get(&table.id));
            let view = views[side].as_ref();
            let rows = view.and_then(|view| view.tables.get(&table.id));
            match (agreed, rows) {
                (None, _) => BaselineState::None,
                (Some(agreed), Some(rows)) => {
                    let same = agreed.len() == rows.len()
                        && agreed.iter().zip(rows).all(|(agreed, row)| {
                            agreed.names[side] == row.name
                                && row.fields.iter().all(|(id, value)| {
                                    let known = agreed.fields.get(id).and_then(|base| base[side]);
                                    known.is_none_or(|known| known == value.own)
                                })
                        });
                    match same {
                        true => BaselineState::Equal,
                        false => BaselineState::Changed,
                    }
                }
                (Some(_), None) => BaselineState::Changed,
            }
        }),
    });
    Ok(of_fields.chain(of_tables).collect())
}

/// Says which rule decides on a field.
fn rule(mapping: &EffectiveMapping, field: &FieldMapping) -> String {
    let way = match field.direction {
        Direction::AToB => "from a to b".to_owned(),
        Direction::BToA => "from b to a".to_owned(),
        Direction::Both => format!("both ways; {}", policy(mapping, field.conflict)),
    };
    match (&field.computed, &field.values) {
        (Some(computed), _) => format!("{way}, by the expression {}", computed.expression.as_str()),
        (None, Some(_)) => format!("{way}, by a table of values"),
        (None, None) => way,
    }
}

fn policy(mapping: &EffectiveMapping, conflict: ConflictPolicy) -> String {
    let prefer = mapping.prefer;
    match conflict {
        ConflictPolicy::Newest => format!("of two changes the later wins, of a tie `{prefer}`"),
        ConflictPolicy::Manual => "of two changes a person decides".to_owned(),
        ConflictPolicy::A => "of two changes `a` wins".to_owned(),
        ConflictPolicy::B => "of two changes `b` wins".to_owned(),
    }
}
