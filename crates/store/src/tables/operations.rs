//! The log of operations: what runs wrote, and what was taken back.

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    DocName, IntentId, MappingName, OperationId, OperationRecord, PerSide, RunId, Side, UndoMark,
};
use rusqlite::{Connection, Params, Row, params};

use crate::columns::{Moment, SideColumn, SiteTimeColumn, action_of, undo_step_code, undo_step_of};
use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::doc_key::doc_name;
use crate::tables::row_limit;

/// The columns that [`read`] expects.
const COLUMNS: &str = "operations.id, mappings.name, run, side, action, a_name, b_name, at, reason, intent, \
                       modified, creation, undo_run, undo_at, undo_step";

/// Adds an operation.
pub(crate) fn put(session: &mut Session<'_>, operation: &OperationRecord) -> Result<(), Failure> {
    let mapping = session.mapping_row(&operation.mapping)?;
    session
        .prepare(
            "INSERT INTO operations (mapping, run, side, action, a_name, b_name, at, reason, intent,
                 modified, creation)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            mapping.0,
            operation.run.as_str(),
            SideColumn(operation.side),
            operation.action.as_str(),
            operation.names.a.as_str(),
            operation.names.b.as_str(),
            Moment(operation.at),
            &operation.reason,
            operation.intent.map(|intent| intent.0),
            SiteTimeColumn::of(operation.modified.as_ref()),
            SiteTimeColumn::of(operation.creation.as_ref()),
        ])?;
    Ok(())
}

/// Marks an operation with how far an undo got.
pub(crate) fn mark(session: &Session<'_>, id: OperationId, mark: &UndoMark) -> Result<(), Failure> {
    session
        .prepare("UPDATE operations SET undo_run = ?2, undo_at = ?3, undo_step = ?4 WHERE id = ?1")?
        .execute(params![
            id.0,
            mark.by.as_str(),
            Moment(mark.at),
            undo_step_code(mark.step),
        ])?;
    Ok(())
}

/// Returns the operations of a run of this sync, oldest first.
pub(crate) fn of_run(
    session: &mut Session<'_>,
    run: &str,
) -> Result<Vec<OperationRecord>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(Vec::new());
    };
    list(
        session,
        "mappings.sync = ?1 AND run = ?2 ORDER BY operations.id",
        (sync.0, run),
    )
}

/// Returns up to `limit` operations of a document, under its name on a side, the last ones first.
pub(crate) fn of_document(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
    name: &DocName,
    limit: usize,
) -> Result<Vec<OperationRecord>, Failure> {
    list(
        session,
        &format!("mapping = ?1 AND {side}_name = ?2 ORDER BY operations.id DESC LIMIT ?3"),
        (mapping.0, name.as_str(), row_limit(limit)),
    )
}

/// Removes operations from before a moment, of all syncs, and returns how many there were.
pub(crate) fn prune(state: &Connection, older_than: DateTime<Utc>) -> Result<u64, Failure> {
    let removed = state.execute("DELETE FROM operations WHERE at < ?1", [Moment(older_than)])?;
    Ok(removed as u64)
}

fn list(
    session: &Session<'_>,
    which: &str,
    params: impl Params,
) -> Result<Vec<OperationRecord>, Failure> {
    let mut statement = session.prepare(&format!(
        "SELECT {COLUMNS} FROM operations JOIN mappings ON mappings.id = operations.mapping WHERE {which}"
    ))?;
    let mut rows = statement.query(params)?;
    let mut operations = Vec::new();
    while let Some(row) = rows.next()? {
        operations.push(read(row)?);
    }
    Ok(operations)
}

fn read(row: &Row<'_>) -> Result<OperationRecord, Failure> {
    let action: String = row.get(4)?;
    Ok(OperationRecord {
        id: Some(OperationId(row.get(0)?)),
        mapping: MappingName::from(row.get::<_, String>(1)?),
        run: RunId::from(row.get::<_, String>(2)?),
        side: row.get::<_, SideColumn>(3)?.0,
        action: action_of(&action)?,
        names: PerSide {
            a: doc_name(row, 5)?,
            b: doc_name(row, 6)?,
        },
        at: row.get::<_, Moment>(7)?.0,
        reason: row.get(8)?,
        intent: row.get::<_, Option<i64>>(9)?.map(IntentId),
        modified: row.get::<_, Option<SiteTimeColumn>>(10)?.map(|time| time.0),
        creation: row.get::<_, Option<SiteTimeColumn>>(11)?.map(|time| time.0),
        undo: undo_mark(row)?,
    })
}

fn undo_mark(row: &Row<'_>) -> Result<Option<UndoMark>, Failure> {
    let (Some(by), Some(at), Some(step)) = (
        row.get::<_, Option<String>>(12)?,
        row.get::<_, Option<Moment>>(13)?,
        row.get::<_, Option<String>>(14)?,
    ) else {
        return Ok(None);
    };
    Ok(Some(UndoMark {
        by: RunId::from(by),
        at: at.0,
        step: undo_step_of(&step)?,
    }))
}
