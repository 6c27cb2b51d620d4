//! Backups of a site: what an administrator restores after something went wrong.

use std::fmt;

use super::handle::Sandbox;
use crate::storage::Database;

/// Everything that was stored on a site at one moment: documents, Singles, counters, secrets.
#[derive(Clone)]
pub struct Backup(Database);

impl Sandbox {
    /// Takes a backup.
    pub fn backup(&self) -> Backup {
        Backup(self.lock().database.copy())
    }

    /// Puts the site back to a backup. Clock, hooks, faults and the log of requests stay as they are, and so do the dice that names are drawn
    /// with: the names of what was forgotten are not handed out again but by a counter.
    pub fn restore_backup(&self, backup: &Backup) {
        self.lock().database.replace_by(&backup.0);
    }
}

impl fmt::Debug for Backup {
    /// Without what it holds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Backup").finish_non_exhaustive()
    }
}
