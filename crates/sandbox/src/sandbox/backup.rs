//! Backups of a site: what an administrator restores after something went wrong.

use std::fmt;

use super::handle::Sandbox;
use crate::site::{Metas, Site, SiteOptions};
use crate::storage::Database;

/// Everything that was stored on a site at one moment: documents, Singles, counters, secrets.
#[derive(Clone)]
pub struct Backup {
    database: Database,
    /// What is known of every DocType, so that nobody works it out again.
    metas: Metas,
}

impl Sandbox {
    /// Takes a backup.
    pub fn backup(&self) -> Backup {
        let mut site = self.lock();
        Backup {
            metas: site.all_metas(),
            database: site.database.copy(),
        }
    }

    /// Puts the site back to a backup. Clock, hooks, faults and the log of requests stay as they are, and so do the dice that names are drawn
    /// with: the names of what was forgotten are not handed out again but by a counter.
    pub fn restore_backup(&self, backup: &Backup) {
        self.lock().restore(&backup.database, &backup.metas);
    }

    /// A site that begins as it was in a backup of another one, with a clock, dice and name of its own.
    pub fn from_backup(options: SiteOptions, backup: &Backup) -> Self {
        let mut site = Site::empty(options);
        site.restore(&backup.database, &backup.metas);
        Self::of(site)
    }
}

impl fmt::Debug for Backup {
    /// Without what it holds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Backup").finish_non_exhaustive()
    }
}
