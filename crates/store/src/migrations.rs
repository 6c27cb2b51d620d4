//! The versions of the two files, as numbered SQL that is never edited once shipped.

use rusqlite::{Connection, TransactionBehavior};

/// One step from a version to the next.
#[derive(Debug)]
pub(crate) struct Migration {
    /// The version that the file has after the step, from 1.
    pub(crate) number: u32,
    /// The file under `migrations/`, less its folder.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) sql: &'static str,
}

/// Embeds files of one folder under `migrations/`.
macro_rules! migrations {
    ($folder:literal: $($number:literal => $name:literal),+ $(,)?) => {
        &[$(Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("../migrations/", $folder, "/", $name)),
        }),+]
    };
}

/// The steps of the state file.
pub(crate) const STATE: &[Migration] = migrations!("state": 1 => "0001_initial.sql");

/// The steps of the journal.
pub(crate) const JOURNAL: &[Migration] = migrations!("journal": 1 => "0001_initial.sql");

/// Returns the version that a file has after all `steps`.
pub(crate) fn newest(steps: &[Migration]) -> u32 {
    steps.last().map_or(0, |step| step.number)
}

/// Returns the version of a file; 0 for one that was never migrated.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a file to the newest version, each step in a transaction of its own.
pub(crate) fn migrate(connection: &mut Connection, steps: &[Migration]) -> rusqlite::Result<()> {
    for step in steps {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Asked under the lock: another process may have taken the step since the file was opened.
        if version(&transaction)? >= step.number {
            continue;
        }
        transaction.execute_batch(step.sql)?;
        transaction.pragma_update(None, "user_version", step.number)?;
        transaction.commit()?;
        tracing::debug!(migration = step.name, "migrated");
    }
    Ok(())
}
