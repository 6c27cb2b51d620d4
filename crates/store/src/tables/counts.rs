//! How much of a mapping stands where.

use frappe_sync_model::MappingCounts;

use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;

/// Counts everything of a mapping.
pub(crate) fn of_mapping(
    session: &Session<'_>,
    mapping: MappingRow,
) -> Result<MappingCounts, Failure> {
    let counts = session
        .prepare(
            "SELECT
                 (SELECT count(*) FROM pairs WHERE mapping = ?1),
                 (SELECT count(*) FROM pairs WHERE mapping = ?1 AND gone IS NOT NULL),
                 (SELECT count(*) FROM pairs WHERE mapping = ?1 AND open = 1 AND gone IS NULL),
                 (SELECT count(*) FROM parked WHERE mapping = ?1),
                 (SELECT count(*) FROM conflicts WHERE mapping = ?1 AND decided_for IS NULL),
                 (SELECT count(*) FROM todos WHERE mapping = ?1),
                 (SELECT count(*) FROM intents WHERE mapping = ?1)",
        )?
        .query_row([mapping.0], |row| {
            let count = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
            Ok(MappingCounts {
                pairs: count(0)? - count(1)?,
                tombstones: count(1)?,
                open: count(2)?,
                parked: count(3)?,
                conflicts: count(4)?,
                todo: count(5)?,
                intents: count(6)?,
            })
        })?;
    Ok(counts)
}

/// Counts the pairs of a mapping, tombstones left out.
pub(crate) fn pairs(session: &Session<'_>, mapping: MappingRow) -> Result<u64, Failure> {
    let count: i64 = session
        .prepare(
            "SELECT (SELECT count(*) FROM pairs WHERE mapping = ?1)
                 - (SELECT count(*) FROM pairs WHERE mapping = ?1 AND gone IS NOT NULL)",
        )?
        .query_row([mapping.0], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}
