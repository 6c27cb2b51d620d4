//! Finding what a person names: a conflict by its number, a kept value by its id.

use frappe_sync_model::{ConflictRecord, JournalEntry, StateStore as _};
use frappe_sync_store::StateFile;

use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::failure;
use crate::options::SyncArgs;
use crate::report::journal::{JournalId, named};

/// What a person may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A conflict, by its number.
    Conflict(i64),
    /// A kept value, by its id.
    Journal(JournalId),
}

impl Name {
    /// Reads what was typed.
    pub(super) fn parse(text: &str) -> Result<Self, CliError> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Conflict(number));
        }
        JournalId::parse(text).map(Self::Journal).ok_or_else(|| {
            let message =
                format!("`{text}` is neither the number of a conflict nor the id of a kept value");
            CliError::new(ErrorKind::Usage, message)
                .remedy("`frappe-sync conflicts list --all` shows both")
        })
    }
}

/// Finds a conflict, and the sync that it is of.
pub(super) fn conflict<'c>(
    context: &'c Context<'_>,
    state: &StateFile,
    sync: Option<&String>,
    number: i64,
) -> Result<(&'c SyncConfig, ConflictRecord), CliError> {
    for sync in context.syncs(&of(sync))? {
        let found = state.sync(&sync.name).conflict(number);
        if let Some(record) = found.map_err(failure::of_state)? {
            return Ok((sync, record));
        }
    }
    let message = format!("there is no conflict {number}");
    Err(CliError::new(ErrorKind::Failed, message).remedy(
        "`frappe-sync conflicts list --all` shows those that there are; one that is over has gone",
    ))
}

/// Finds a kept value, and the sync that it is of.
pub(super) fn kept<'c>(
    context: &'c Context<'_>,
    state: &StateFile,
    sync: Option<&String>,
    typed: &JournalId,
) -> Result<(&'c SyncConfig, JournalEntry), CliError> {
    let mut found = Vec::new();
    for sync in context.syncs(&of(sync))? {
        let entries = named(&state.sync(&sync.name), typed).map_err(failure::of_state)?;
        found.extend(entries.into_iter().map(|entry| (sync, entry)));
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(
            CliError::new(ErrorKind::Failed, format!("the journal has no entry `{typed}`")).remedy(
                "`frappe-sync conflicts list --decided` shows those that there are; values are kept for 90 \
                 days",
            ),
        ),
        (Some((_, first)), Some((_, second))) => {
            let message = format!("several entries of the journal begin with `{typed}`");
            let (first, second) = (JournalId::of(&first), JournalId::of(&second));
            Err(CliError::new(ErrorKind::Usage, message)
                .remedy(format!("type more of it, such as `{first}` or `{second}`")))
        }
    }
}

fn of(sync: Option<&String>) -> SyncArgs {
    SyncArgs {
        sync: sync.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_conflicts_and_ids_are_kept_values() {
        assert_eq!(Name::parse("7").unwrap(), Name::Conflict(7));
        assert!(matches!(Name::parse("j12ab").unwrap(), Name::Journal(_)));
        assert_eq!(Name::parse("x").unwrap_err().kind(), ErrorKind::Usage);
    }
}
