//! Where reading stands.

use frappe_sync_model::{Cursor, Side, SiteTime};
use rusqlite::OptionalExtension;

use crate::columns::SideColumn;
use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::doc_key::doc_name;

/// Returns where reading a side stands.
pub(crate) fn read(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
) -> Result<Option<Cursor>, Failure> {
    let cursor = session
        .prepare("SELECT modified, name, time_zone FROM cursors WHERE mapping = ?1 AND side = ?2")?
        .query_row((mapping.0, SideColumn(side)), |row| {
            Ok(Cursor {
                modified: SiteTime::new(row.get_ref(0)?.as_str()?),
                name: match row.get_ref(1)?.as_str_or_null()? {
                    Some(_) => Some(doc_name(row, 1)?),
                    None => None,
                },
                time_zone: row.get(2)?,
            })
        })
        .optional()?;
    Ok(cursor)
}

/// Moves the cursor.
pub(crate) fn put(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
    cursor: &Cursor,
) -> Result<(), Failure> {
    session
        .prepare(
            "INSERT INTO cursors (mapping, side, modified, name, time_zone)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (mapping, side) DO UPDATE SET
                 modified = excluded.modified, name = excluded.name, time_zone = excluded.time_zone",
        )?
        .execute((
            mapping.0,
            SideColumn(side),
            cursor.modified.as_str(),
            cursor.name.as_ref().map(|name| name.as_str()),
            &cursor.time_zone,
        ))?;
    Ok(())
}

/// Forgets both sides' cursors.
pub(crate) fn remove(session: &Session<'_>, mapping: MappingRow) -> Result<(), Failure> {
    session
        .prepare("DELETE FROM cursors WHERE mapping = ?1")?
        .execute([mapping.0])?;
    Ok(())
}
