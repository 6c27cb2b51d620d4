//! The queue of documents to look at.

use chrono::{DateTime, Utc};
use frappe_sync_model::{DocName, Side, SiteTime, Todo, TodoReason};
use rusqlite::{OptionalExtension, Row, params};

use crate::codec::Dictionary;
use crate::columns::{Moment, SideColumn, SiteTimeColumn, reason_code, reason_of};
use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::{distinct, doc_key, holds_name, row_limit};

/// Asks for what is queued for one reason.
///
/// The empty name that stands for no name before it is none that a document has.
pub(crate) const FOR_REASON: &str = "
    SELECT name, modified, creation, owner, lft, reason FROM todos INDEXED BY todos_by_reason
    WHERE mapping = ?1 AND side = ?2 AND reason = ?3 AND name > ?4 ORDER BY name LIMIT ?5";

/// Queues documents; one that is queued already takes the newer key and reason.
pub(crate) fn put<'t>(
    session: &mut Session<'_>,
    mapping: MappingRow,
    side: Side,
    todos: impl IntoIterator<Item = &'t Todo>,
) -> Result<(), Failure> {
    let mut statement = session.prepare(
        "INSERT INTO todos (mapping, side, name, modified, creation, owner, lft, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (mapping, side, name) DO UPDATE SET
             modified = excluded.modified, creation = excluded.creation, owner = excluded.owner,
             lft = excluded.lft, reason = excluded.reason",
    )?;
    for todo in todos {
        let owner = session.id_of(&todo.key.owner)?;
        statement.execute(params![
            mapping.0,
            SideColumn(side),
            todo.key.name.as_str(),
            SiteTimeColumn::of(todo.key.modified.as_ref()),
            SiteTimeColumn::of(todo.key.creation.as_ref()),
            owner.cast_signed(),
            todo.key.lft,
            reason_code(todo.reason),
        ])?;
    }
    Ok(())
}

/// Takes a document off the queue, whatever key it is queued with.
pub(crate) fn remove(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
    name: &DocName,
) -> Result<(), Failure> {
    session
        .prepare("DELETE FROM todos WHERE mapping = ?1 AND side = ?2 AND name = ?3")?
        .execute((mapping.0, SideColumn(side), name.as_str()))?;
    Ok(())
}

/// Returns a part of the queue in its order: by `lft`, by `creation`, by name; what lacks one comes first.
pub(crate) fn page(
    session: &mut Session<'_>,
    mapping: MappingRow,
    side: Side,
    skip: usize,
    limit: usize,
) -> Result<Vec<Todo>, Failure> {
    let mut statement = session.prepare(
        "SELECT name, modified, creation, owner, lft, reason FROM todos
         WHERE mapping = ?1 AND side = ?2
         ORDER BY lft, creation, name LIMIT ?3 OFFSET ?4",
    )?;
    let mut rows = statement.query((
        mapping.0,
        SideColumn(side),
        row_limit(limit),
        row_limit(skip),
    ))?;
    let mut todos = Vec::new();
    while let Some(row) = rows.next()? {
        todos.push(read(session, row)?);
    }
    Ok(todos)
}

/// Returns those of the named documents that are queued, in the order asked for.
pub(crate) fn named(
    session: &mut Session<'_>,
    mapping: MappingRow,
    side: Side,
    names: &[DocName],
) -> Result<Vec<Todo>, Failure> {
    let mut statement = session.prepare(
        "SELECT name, modified, creation, owner, lft, reason FROM todos
         WHERE mapping = ?1 AND side = ?2 AND name = ?3",
    )?;
    let mut todos = Vec::new();
    for name in distinct(names) {
        let mut rows = statement.query((mapping.0, SideColumn(side), name.as_str()))?;
        if let Some(row) = rows.next()? {
            todos.push(read(session, row)?);
        }
    }
    Ok(todos)
}

/// Returns up to `limit` documents that are queued for one reason and come after `after`, by name.
pub(crate) fn for_reason(
    session: &mut Session<'_>,
    mapping: MappingRow,
    side: Side,
    reason: TodoReason,
    after: Option<&DocName>,
    limit: usize,
) -> Result<Vec<Todo>, Failure> {
    let mut statement = session.prepare(FOR_REASON)?;
    let mut rows = statement.query(params![
        mapping.0,
        SideColumn(side),
        reason_code(reason),
        after.map_or("", |name| name.as_str()),
        row_limit(limit),
    ])?;
    let mut todos = Vec::new();
    while let Some(row) = rows.next()? {
        todos.push(read(session, row)?);
    }
    Ok(todos)
}

/// Returns how many documents of a side are paired, and queued because they may have changed.
pub(crate) fn count_paired(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
) -> Result<u64, Failure> {
    let count: Option<i64> = session
        .prepare(&changed(side))?
        .query_row((mapping.0, SideColumn(side)), |row| row.get(0))
        .optional()?;
    Ok(count.unwrap_or_default().cast_unsigned())
}

/// Asks how many paired documents are queued because they may have changed.
pub(crate) fn changed(side: Side) -> String {
    format!(
        "SELECT count(*) FROM todos CROSS JOIN pairs
         ON pairs.mapping = todos.mapping AND pairs.{side}_name = todos.name AND {}
         WHERE todos.mapping = ?1 AND todos.side = ?2 AND todos.reason <> 'vanished'
             AND pairs.gone IS NULL",
        holds_name(side)
    )
}

/// Returns the least `modified` of what is queued on a side.
pub(crate) fn oldest(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
) -> Result<Option<SiteTime>, Failure> {
    let oldest: Option<SiteTimeColumn> = session
        .prepare("SELECT min(modified) FROM todos WHERE mapping = ?1 AND side = ?2")?
        .query_row((mapping.0, SideColumn(side)), |row| row.get(0))?;
    Ok(oldest.map(|time| time.0))
}

/// Queues every open pair on side `a`, tombstones left out, unless it is queued with a key of its own.
/// Returns how many were.
pub(crate) fn requeue_open_pairs(
    session: &Session<'_>,
    mapping: MappingRow,
) -> Result<u64, Failure> {
    let queued = session
        .prepare(
            "INSERT INTO todos (mapping, side, name, modified, creation, owner, lft, reason)
             SELECT mapping, 'a', a_name, a_modified, a_creation, a_owner, NULL, 'open_pair'
             FROM pairs WHERE mapping = ?1 AND open = 1 AND gone IS NULL
             ON CONFLICT (mapping, side, name) DO NOTHING",
        )?
        .execute([mapping.0])?;
    Ok(queued as u64)
}

/// Queues parked documents that are due at `now`, all of them where that is `None`, unless they are
/// queued with a newer key. Returns how many were.
pub(crate) fn requeue_parked(
    session: &Session<'_>,
    mapping: MappingRow,
    now: Option<DateTime<Utc>>,
) -> Result<u64, Failure> {
    let queued = session
        .prepare(
            "INSERT INTO todos (mapping, side, name, modified, creation, owner, lft, reason)
             SELECT mapping, side, name, modified, creation, owner, lft, 'parked_due'
             FROM parked WHERE mapping = ?1 AND (?2 IS NULL OR retry_at <= ?2)
             ON CONFLICT (mapping, side, name) DO NOTHING",
        )?
        .execute((mapping.0, now.map(Moment)))?;
    Ok(queued as u64)
}

fn read(session: &mut Session<'_>, row: &Row<'_>) -> Result<Todo, Failure> {
    Ok(Todo {
        key: doc_key::read(session, row, 0)?,
        reason: reason_of(&row.get::<_, String>(5)?)?,
    })
}
