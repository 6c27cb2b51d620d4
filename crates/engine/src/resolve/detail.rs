//! A conflict with what both sides hold now.

use frappe_sync_model::{
    Baseline, ConflictRecord, DocType, Document, FieldPath, PerSide, Selection, Side, Site,
    SiteTime, StateStore, SyncName,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::EngineError;
use crate::run::open;
use crate::session::{Mode, Session};
use crate::{Clock, Parts};

/// A conflict with what both sides hold now, `frappe-sync/conflict@1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConflictDetail {
    /// `frappe-sync/conflict@1`.
    pub format: String,
    /// The sync.
    pub sync: SyncName,
    /// What is known of it.
    pub conflict: ConflictRecord,
    /// DocType on each side.
    pub doctypes: PerSide<DocType>,
    /// Whether each document is there.
    pub exists: PerSide<bool>,
    /// What each side holds; null where it holds nothing, or its document is gone.
    pub values: PerSide<Value>,
    /// When each side was saved, in its own time.
    pub modified: PerSide<Option<SiteTime>>,
    /// Who saved each side last.
    pub users: PerSide<Option<String>>,
}

/// Reads both documents of a conflict.
///
/// # Errors
///
/// [`EngineError::Unknown`] where there is no such conflict; else as a run.
pub async fn conflict_detail<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
    conflict: i64,
) -> Result<ConflictDetail, EngineError> {
    let record = find(parts, conflict)?;
    let session = open(parts, Mode::Plan).await?;
    let mapping = mapping_of(&session, &record)?;
    let mut detail = ConflictDetail {
        format: "frappe-sync/conflict@1".to_owned(),
        sync: parts.sync.clone(),
        doctypes: session.mappings[mapping].doctypes.clone(),
        exists: PerSide::default(),
        values: PerSide::default(),
        modified: PerSide::default(),
        users: PerSide::default(),
        conflict: record,
    };
    let names = std::slice::from_ref(&detail.conflict.names.a);
    let pairs = parts
        .store
        .pairs(&detail.conflict.mapping, Side::A, names)?;
    let baseline = pairs
        .into_iter()
        .next()
        .map_or_else(Baseline::default, |pair| pair.baseline);
    for side in Side::BOTH {
        let name = detail.conflict.names[side].clone();
        let read = session.documents(mapping, side, Selection::Names(vec![name]));
        let Some(document) = read.await?.into_iter().next() else {
            continue;
        };
        detail.exists[side] = true;
        let path = path_on(&session, mapping, side, &baseline, &detail.conflict.path);
        detail.values[side] = value_at(&document, path.as_ref());
        detail.modified[side].clone_from(&document.key.modified);
        detail.users[side] = Some(document.modified_by);
    }
    Ok(detail)
}

pub(super) fn find<S, T: StateStore, C>(
    parts: &Parts<'_, S, T, C>,
    conflict: i64,
) -> Result<ConflictRecord, EngineError> {
    parts
        .store
        .conflict(conflict)?
        .ok_or_else(|| EngineError::Unknown(format!("conflict {conflict}")))
}

pub(super) fn mapping_of<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    record: &ConflictRecord,
) -> Result<usize, EngineError> {
    session
        .mappings
        .iter()
        .position(|mapping| mapping.name == record.mapping)
        .ok_or_else(|| EngineError::Unknown(format!("the mapping `{}`", record.mapping)))
}

/// Turns a path under the names of `a` into the one under the names of `side`; rows too have names of their own, which
/// the pair's baselines know.
pub(super) fn path_on<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    baseline: &Baseline,
    path: &FieldPath,
) -> Option<FieldPath> {
    let mapping = &session.mappings[mapping];
    let table_named = |id| mapping.tables.iter().find(|table| &table.id == id);
    Some(match path {
        FieldPath::Field(id) if id == "docstatus" => path.clone(),
        FieldPath::Field(id) => {
            let field = mapping.fields.iter().find(|field| &field.id == id)?;
            FieldPath::Field(field.names[side].clone())
        }
        FieldPath::Table(id) => FieldPath::Table(table_named(id)?.names[side].clone()),
        FieldPath::RowField(id, row, field) => {
            let table = table_named(id)?;
            let field = table.fields.iter().find(|known| &known.id == field)?;
            let mut known = baseline.tables.get(id).into_iter().flatten();
            let row = known
                .find(|known| &known.names.a == row || &known.names.b == row)
                .map_or(row, |known| &known.names[side]);
            FieldPath::RowField(
                table.names[side].clone(),
                row.clone(),
                field.names[side].clone(),
            )
        }
    })
}

/// Returns what a document holds at a path under its own names.
pub(super) fn value_at(document: &Document, path: Option<&FieldPath>) -> Value {
    let value = match path {
        Some(FieldPath::Field(name)) if name == "docstatus" => {
            return Value::from(document.docstatus);
        }
        Some(FieldPath::Field(name)) => document.fields.get(name.as_str()),
        Some(FieldPath::RowField(table, row, name)) => document
            .tables
            .get(table)
            .and_then(|rows| rows.iter().find(|known| &known.name == row))
            .and_then(|row| row.fields.get(name.as_str())),
        Some(FieldPath::Table(_)) | None => None,
    };
    value.cloned().unwrap_or(Value::Null)
}
