//! What is thrown away with time, so that a sync that runs for years stays small.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior};

use crate::columns::Moment;
use crate::error::Failure;

/// Removes runs that ended before a moment, of all syncs, and the decided conflicts that they found.
/// Returns how many runs there were.
///
/// A run without an end was killed; it goes by its start.
pub(crate) fn prune_runs(
    state: &mut Connection,
    older_than: DateTime<Utc>,
) -> Result<u64, Failure> {
    let transaction = state.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "DELETE FROM conflicts
         WHERE decided_for IS NOT NULL AND EXISTS (
             SELECT 1 FROM mappings JOIN runs ON runs.sync = mappings.sync
             WHERE mappings.id = conflicts.mapping AND runs.run = conflicts.run
                 AND coalesce(runs.finished, runs.started) < ?1)",
        [Moment(older_than)],
    )?;
    let removed = transaction.execute(
        "DELETE FROM runs WHERE coalesce(finished, started) < ?1",
        [Moment(older_than)],
    )?;
    transaction.commit()?;
    Ok(removed as u64)
}
