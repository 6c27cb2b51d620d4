//! A conflict with what both sides hold now.

use frappe_sync_model::{
    ConflictRecord, DocType, Document, FieldPath, PerSide, Selection, Side, Site, SiteTime,
    StateStore, SyncName,
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
    for side in Side::BOTH {
        let name = detail.conflict.names[side].clone();
        let read = session.documents(mapping, side, Selection::Names(vec![name]));
        let Some(document) = read.await?.into_iter().next() else {
            continue;
        };
        detail.exists[side] = true;
        detail.values[side] = value_at(&session, mapping, side, &document, &detail.conflict.path);
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

/// Returns what a document holds at a path under the names of `a`.
pub(super) fn value_at<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    document: &Document,
    path: &FieldPath,
) -> Value {
    let mapping = &session.mappings[mapping];
    let value = match path {
        FieldPath::Field(id) if id == "docstatus" => return Value::from(document.docstatus),
        FieldPath::Field(id) => {
            let field = mapping.fields.iter().find(|field| &field.id == id);
            field.and_then(|field| document.fields.get(field.names[side].as_str()))
        }
        FieldPath::Table(_) => None,
        FieldPath::RowField(id, row, field) => {
            let table = mapping.tables.iter().find(|table| &table.id == id);
            let field = table.and_then(|table| {
                let field = table.fields.iter().find(|known| &known.id == field);
                let rows = document.tables.get(&table.names[side])?;
                // Rows of a conflict are named as on `a`; the pair's baseline knows the other name.
                let row = rows.iter().find(|known| &known.name == row)?;
                row.fields.get(field?.names[side].as_str())
            });
            field
        }
    };
    value.cloned().unwrap_or(Value::Null)
}
