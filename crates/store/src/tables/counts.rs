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
                 (SELECT count(*) FROM pairs WHERE mapping = ?1 AND open = 1),
                 (SELECT count(*) FROM parked WHERE mapping = ?1),
                 (SELECT count(*) FROM conflicts WHERE mapping = ?1 AND decided_for IS NULL),
                 (SELECT count(*) FROM todos WHERE mapping = ?1),
                 (SELECT count(*) FROM intents WHERE mapping = ?1)",
        )?
        .query_row([mapping.0], |row| {
            let count = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
            Ok(MappingCounts {
                pairs: count(0)?,
                open: count(1)?,
                parked: count(2)?,
                conflicts: count(3)?,
                todo: count(4)?,
                intents: count(5)?,
            })
        })?;
    Ok(counts)
}

/// Counts the pairs of a mapping.
pub(crate) fn pairs(session: &Session<'_>, mapping: MappingRow) -> Result<u64, Failure> {
    let count: i64 = session
        .prepare("SELECT count(*) FROM pairs WHERE mapping = ?1")?
        .query_row([mapping.0], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}
