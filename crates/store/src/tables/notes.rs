//! What runs leave for later runs.

use rusqlite::OptionalExtension;
use serde_json::Value;

use crate::error::Failure;
use crate::session::Session;

/// Returns the note under a key.
pub(crate) fn read(session: &mut Session<'_>, key: &str) -> Result<Option<Value>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(None);
    };
    let note: Option<String> = session
        .prepare("SELECT note FROM notes WHERE sync = ?1 AND key = ?2")?
        .query_row((sync.0, key), |row| row.get(0))
        .optional()?;
    Ok(note.map(|note| serde_json::from_str(&note)).transpose()?)
}

/// Leaves a note; an older one under the same key is replaced.
pub(crate) fn put(session: &mut Session<'_>, key: &str, note: &Value) -> Result<(), Failure> {
    let sync = session.sync_row()?;
    session
        .prepare(
            "INSERT INTO notes (sync, key, note) VALUES (?1, ?2, ?3)
             ON CONFLICT (sync, key) DO UPDATE SET note = excluded.note",
        )?
        .execute((sync.0, key, serde_json::to_string(note)?))?;
    Ok(())
}
