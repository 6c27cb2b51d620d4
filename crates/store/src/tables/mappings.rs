//! What is remembered of mappings themselves.

use frappe_sync_model::{MappingName, MappingState};
use rusqlite::OptionalExtension;

use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;

/// Returns what is remembered; `None` where only the name is known.
pub(crate) fn read(
    session: &Session<'_>,
    mapping: MappingRow,
) -> Result<Option<MappingState>, Failure> {
    let stored: Option<(String, String, bool)> = session
        .prepare(
            "SELECT effective, schema, complete FROM mappings
             WHERE id = ?1 AND effective IS NOT NULL",
        )?
        .query_row([mapping.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((effective, schema, complete)) = stored else {
        return Ok(None);
    };
    Ok(Some(MappingState {
        effective: serde_json::from_str(&effective)?,
        schema,
        complete,
    }))
}

/// Remembers a mapping.
pub(crate) fn put(
    session: &Session<'_>,
    mapping: MappingRow,
    state: &MappingState,
) -> Result<(), Failure> {
    session
        .prepare("UPDATE mappings SET effective = ?2, schema = ?3, complete = ?4 WHERE id = ?1")?
        .execute((
            mapping.0,
            serde_json::to_string(&state.effective)?,
            &state.schema,
            state.complete,
        ))?;
    Ok(())
}

/// Returns this sync's mappings, in the order in which they were first spoken of.
pub(crate) fn all(session: &mut Session<'_>) -> Result<Vec<(MappingRow, MappingName)>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(Vec::new());
    };
    let mut statement =
        session.prepare("SELECT id, name FROM mappings WHERE sync = ?1 ORDER BY id")?;
    let mappings = statement
        .query_map([sync.0], |row| {
            Ok((
                MappingRow(row.get(0)?),
                MappingName::from(row.get::<_, String>(1)?),
            ))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(mappings)
}
