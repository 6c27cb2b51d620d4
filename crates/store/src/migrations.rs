//! The versions of the two files, as numbered SQL that is never edited once shipped.

use rusqlite::{Connection, Transaction, TransactionBehavior};

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
pub(crate) const STATE: &[Migration] = migrations!(
    "state":
    1 => "0001_initial.sql",
    2 => "0002_tombstones.sql",
    3 => "0003_operations.sql",
);

/// The steps of the journal.
pub(crate) const JOURNAL: &[Migration] = migrations!(
    "journal":
    1 => "0001_initial.sql",
    2 => "0002_images.sql",
);

/// Returns the version that a file has after all `steps`.
pub(crate) fn newest(steps: &[Migration]) -> u32 {
    steps.last().map_or(0, |step| step.number)
}

/// Returns the version of a file; 0 for one that was never migrated.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a database to the newest version, or leaves it as it was.
pub(crate) fn migrate(connection: &mut Connection, steps: &[Migration]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    apply(&transaction, steps)?;
    transaction.commit()
}

/// Takes the steps that are still to be taken, all in one transaction: nobody ever sees a version in
/// between, which would look like a file of an older program.
pub(crate) fn apply(transaction: &Transaction<'_>, steps: &[Migration]) -> rusqlite::Result<()> {
    let found = version(transaction)?;
    for step in steps.iter().filter(|step| step.number > found) {
        transaction.execute_batch(step.sql)?;
        transaction.pragma_update(None, "user_version", step.number)?;
        tracing::debug!(migration = step.name, "migrated");
    }
    Ok(())
}
