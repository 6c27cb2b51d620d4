//! The journal of overwritten values, a file of its own.

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    BeforeImage, DocName, DocType, Document, FieldPath, IntentId, JournalEntry, RunId, SyncName,
};
use rusqlite::types::Value;
use rusqlite::{
    Connection, OptionalExtension, Params, Row, TransactionBehavior, params, params_from_iter,
};

use crate::columns::{Moment, SideColumn};
use crate::error::Failure;
use crate::history::JournalFilter;
use crate::tables::row_limit;

/// The columns that [`read`] expects.
const COLUMNS: &str = "run, at, side, doctype, name, path, lost, kept, reason";

/// Adds entries, which are on the disk when this returns. One that is there already is not added again.
pub(crate) fn append(
    journal: &mut Connection,
    sync: &SyncName,
    entries: &[JournalEntry],
) -> Result<(), Failure> {
    if entries.is_empty() {
        return Ok(());
    }
    let transaction = journal.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO entries (sync, run, at, side, doctype, name, path, lost, kept, reason, digest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (sync, run, digest) DO NOTHING",
    )?;
    for entry in entries {
        let digest = blake3::hash(&serde_json::to_vec(entry)?);
        statement.execute(params![
            sync.as_str(),
            entry.run.as_str(),
            Moment(entry.at),
            SideColumn(entry.side),
            entry.doctype.as_str(),
            entry.name.as_str(),
            entry.path.to_string(),
            serde_json::to_string(&entry.lost)?,
            serde_json::to_string(&entry.kept)?,
            &entry.reason,
            &digest.as_bytes()[..16],
        ])?;
    }
    drop(statement);
    transaction.commit()?;
    Ok(())
}

/// Returns up to `limit` entries that a filter asks for, those written last first.
pub(crate) fn last(
    journal: &Connection,
    sync: &SyncName,
    filter: &JournalFilter,
    limit: usize,
) -> Result<Vec<JournalEntry>, Failure> {
    let asked_for = [
        ("run", filter.run.as_ref().map(ToString::to_string)),
        ("doctype", filter.doctype.as_ref().map(ToString::to_string)),
        ("name", filter.name.as_ref().map(ToString::to_string)),
        ("side", filter.side.map(|side| side.to_string())),
        ("path", filter.path.as_ref().map(ToString::to_string)),
    ];
    let mut condition = "sync = ?".to_owned();
    let mut params = vec![Value::from(sync.to_string())];
    // Only what is set is in the statement, so that the index that serves it is taken.
    for (column, wanted) in asked_for {
        if let Some(wanted) = wanted {
            condition.push_str(&format!(" AND {column} = ?"));
            params.push(wanted.into());
        }
    }
    params.push(row_limit(limit).into());
    list(
        journal,
        &format!("{condition} ORDER BY id DESC LIMIT ?"),
        params_from_iter(params),
    )
}

/// Returns the entries of a run, oldest first.
pub(crate) fn of_run(
    journal: &Connection,
    sync: &SyncName,
    run: &str,
) -> Result<Vec<JournalEntry>, Failure> {
    list(
        journal,
        "sync = ?1 AND run = ?2 ORDER BY id",
        (sync.as_str(), run),
    )
}

/// Returns the entries of a document, oldest first.
pub(crate) fn of_document(
    journal: &Connection,
    sync: &SyncName,
    doctype: &DocType,
    name: &DocName,
) -> Result<Vec<JournalEntry>, Failure> {
    list(
        journal,
        "sync = ?1 AND doctype = ?2 AND name = ?3 ORDER BY id",
        (sync.as_str(), doctype.as_str(), name.as_str()),
    )
}

/// Removes entries from before a moment, from the disk too, and returns how many there were.
pub(crate) fn prune(journal: &Connection, older_than: DateTime<Utc>) -> Result<u64, Failure> {
    let removed = journal.execute("DELETE FROM entries WHERE at < ?1", [Moment(older_than)])?;
    if removed > 0 {
        forget_on_disk(journal)?;
    }
    Ok(removed as u64)
}

/// Keeps documents as they were before a write, under its intent; they are on the disk when this returns.
pub(crate) fn keep_images(
    journal: &mut Connection,
    sync: &SyncName,
    images: &[BeforeImage],
) -> Result<(), Failure> {
    let transaction = journal.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut statement = transaction.prepare_cached(
        "INSERT OR REPLACE INTO images (sync, intent, at, document) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for image in images {
        if let Some(document) = &image.document {
            statement.execute(params![
                sync.as_str(),
                image.intent.0,
                Moment(image.at),
                serde_json::to_string(document)?,
            ])?;
        }
    }
    drop(statement);
    transaction.commit()?;
    Ok(())
}

/// Returns the document that was kept under an intent.
pub(crate) fn image(
    journal: &Connection,
    sync: &SyncName,
    intent: IntentId,
) -> Result<Option<Document>, Failure> {
    let text: Option<String> = journal
        .prepare_cached("SELECT document FROM images WHERE sync = ?1 AND intent = ?2")?
        .query_row((sync.as_str(), intent.0), |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Removes documents of a sync that were kept before a moment, from the disk too.
pub(crate) fn prune_images(
    journal: &Connection,
    sync: &SyncName,
    older_than: DateTime<Utc>,
) -> Result<u64, Failure> {
    let removed = journal.execute(
        "DELETE FROM images WHERE sync = ?1 AND at < ?2",
        (sync.as_str(), Moment(older_than)),
    )?;
    if removed > 0 {
        forget_on_disk(journal)?;
    }
    Ok(removed as u64)
}

/// Takes what was removed off the disk.
fn forget_on_disk(journal: &Connection) -> Result<(), Failure> {
    run_through(journal, "PRAGMA incremental_vacuum")?;
    // Until then the values still stand in the write-ahead log.
    run_through(journal, "PRAGMA wal_checkpoint(TRUNCATE)")
}

/// Runs a statement that works as its rows are read.
fn run_through(journal: &Connection, sql: &str) -> Result<(), Failure> {
    let mut statement = journal.prepare(sql)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn list(
    journal: &Connection,
    which: &str,
    params: impl Params,
) -> Result<Vec<JournalEntry>, Failure> {
    let mut statement =
        journal.prepare_cached(&format!("SELECT {COLUMNS} FROM entries WHERE {which}"))?;
    let mut rows = statement.query(params)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(read(row)?);
    }
    Ok(entries)
}

fn read(row: &Row<'_>) -> Result<JournalEntry, Failure> {
    Ok(JournalEntry {
        run: RunId::from(row.get::<_, String>(0)?),
        at: row.get::<_, Moment>(1)?.0,
        side: row.get::<_, SideColumn>(2)?.0,
        doctype: DocType::from(row.get::<_, String>(3)?),
        name: DocName::from(row.get::<_, String>(4)?),
        path: FieldPath::from(row.get::<_, String>(5)?),
        lost: serde_json::from_str(&row.get::<_, String>(6)?)?,
        kept: serde_json::from_str(&row.get::<_, String>(7)?)?,
        reason: row.get(8)?,
    })
}
