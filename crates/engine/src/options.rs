//! What a run is told from outside.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use frappe_sync_mapper::MappingFile;
use frappe_sync_model::{DocType, PerSide, RunId, SyncName};
use frappe_sync_planner::Limit;

use crate::{Chosen, Progress};

/// Whether a run keeps what it overwrites, so that it can be undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BeforeImages {
    /// It does not.
    #[default]
    Dropped,
    /// It does.
    Kept,
}

/// Settings of a run that are not in the mappings.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Address of each site as shown to people.
    pub addresses: PerSide<String>,
    /// The longest that a request can run on each site; a lost create counts as not done only after it.
    pub request_timeout: PerSide<Duration>,
    /// How far behind its cursor a poll reads again, so that commits that land late are seen.
    pub lag: TimeDelta,
    /// How much of a mapping may change in one run.
    pub max_changes: Limit,
    /// How many of a mapping's documents may be gone in one run, where deletes are carried over.
    pub max_deletes: Limit,
    /// How long after the last key sweep of a DocType the next one is due. A sweep finds deletes, renames
    /// and what slipped behind the cursor.
    pub sweep: TimeDelta,
    /// Guards that may be passed this once, by name.
    pub allow: BTreeSet<String>,
    /// Nobody works on the sites: chunks may take 10 s in place of 2 s.
    pub maintenance: bool,
    /// Only the mappings of these DocTypes (their names on either side); none stands for all mappings.
    pub only: BTreeSet<DocType>,
    /// Only these documents, and no poll.
    pub chosen: Option<Chosen>,
    /// Whether what is overwritten is kept for an undo.
    pub before_images: BeforeImages,
    /// Keys to a page.
    pub keys_per_page: usize,
    /// Documents to a batch.
    pub documents_per_batch: usize,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            addresses: PerSide::default(),
            request_timeout: PerSide::from_fn(|_| Duration::from_secs(120)),
            lag: TimeDelta::minutes(10),
            max_changes: Limit::Percent(50),
            max_deletes: Limit::Percent(10),
            sweep: TimeDelta::hours(1),
            allow: BTreeSet::new(),
            maintenance: false,
            only: BTreeSet::new(),
            chosen: None,
            before_images: BeforeImages::default(),
            keys_per_page: 5000,
            documents_per_batch: 500,
        }
    }
}

/// Asks a run to stop soon: what is under way is ended and settled, nothing new is begun.
#[derive(Debug, Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// Asks for the stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Tells whether it was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Everything that a run, a plan or a verification works with.
pub struct Parts<'a, S, T, C> {
    /// The sync.
    pub sync: SyncName,
    /// The id of this run.
    pub run: RunId,
    /// The two sites.
    pub sites: PerSide<&'a S>,
    /// The sync's memory; for a plan a copy that is thrown away.
    pub store: &'a T,
    /// Our clock.
    pub clock: &'a C,
    /// The mapping files of the sync, as read.
    pub mappings: &'a [MappingFile],
    /// Settings.
    pub options: RunOptions,
    /// Hears how far it is.
    pub progress: &'a dyn Progress,
    /// Asks it to stop.
    pub cancel: &'a Cancel,
}
