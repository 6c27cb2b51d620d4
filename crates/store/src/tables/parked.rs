//! Documents that could not be applied.

use frappe_sync_model::{DocName, MappingName, Parked, Side};
use rusqlite::params;

use crate::codec::Dictionary;
use crate::columns::{Moment, SideColumn, SiteTimeColumn};
use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::doc_key;

/// Parks a document; an older entry of it is replaced but for the time when it was first parked.
pub(crate) fn put(session: &mut Session<'_>, parked: &Parked) -> Result<(), Failure> {
    let mapping = session.mapping_row(&parked.mapping)?;
    let owner = session.id_of(&parked.key.owner)?.cast_signed();
    session
        .prepare(
            "INSERT INTO parked (mapping, side, name, modified, creation, owner, lft, cause, message,
                 attempts, since, retry_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (mapping, side, name) DO UPDATE SET
                 modified = excluded.modified, creation = excluded.creation, owner = excluded.owner,
                 lft = excluded.lft, cause = excluded.cause, message = excluded.message,
                 attempts = excluded.attempts, retry_at = excluded.retry_at",
        )?
        .execute(params![
            mapping.0,
            SideColumn(parked.side),
            parked.key.name.as_str(),
            SiteTimeColumn::of(parked.key.modified.as_ref()),
            SiteTimeColumn::of(parked.key.creation.as_ref()),
            owner,
            parked.key.lft,
            serde_json::to_string(&parked.cause)?,
            &parked.message,
            parked.attempts,
            Moment(parked.since),
            Moment(parked.retry_at),
        ])?;
    Ok(())
}

/// Removes a document that is parked no longer.
pub(crate) fn remove(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
    name: &DocName,
) -> Result<(), Failure> {
    session
        .prepare("DELETE FROM parked WHERE mapping = ?1 AND side = ?2 AND name = ?3")?
        .execute((mapping.0, SideColumn(side), name.as_str()))?;
    Ok(())
}

/// Returns the parked documents of a mapping, of all mappings where that is `None`: by mapping, side
/// and name.
pub(crate) fn list(
    session: &mut Session<'_>,
    mapping: Option<MappingRow>,
) -> Result<Vec<Parked>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(Vec::new());
    };
    let mut statement = session.prepare(
        "SELECT mappings.name, side, parked.name, modified, creation, owner, lft, cause, message,
             attempts, since, retry_at
         FROM parked JOIN mappings ON mappings.id = parked.mapping
         WHERE mappings.sync = ?1 AND (?2 IS NULL OR parked.mapping = ?2)
         ORDER BY parked.mapping, side, parked.name",
    )?;
    let mut rows = statement.query((sync.0, mapping.map(|mapping| mapping.0)))?;
    let mut parked = Vec::new();
    while let Some(row) = rows.next()? {
        parked.push(Parked {
            mapping: MappingName::from(row.get::<_, String>(0)?),
            side: row.get::<_, SideColumn>(1)?.0,
            key: doc_key::read(session, row, 2)?,
            cause: serde_json::from_str(&row.get::<_, String>(7)?)?,
            message: row.get(8)?,
            attempts: row.get(9)?,
            since: row.get::<_, Moment>(10)?.0,
            retry_at: row.get::<_, Moment>(11)?.0,
        });
    }
    Ok(parked)
}
