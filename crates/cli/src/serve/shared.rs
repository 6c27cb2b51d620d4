//! What the loop and the page share.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use frappe_sync_hooks::Hint;
use frappe_sync_serve::Glance;
use frappe_sync_serve::metrics::Metrics;
use frappe_sync_serve::web::{Answer, Order, Refusal};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::config::Config;

/// So many pages are kept for who ordered them.
const PAGES: usize = 8;

/// What the page leaves for the loop.
pub(super) enum Message {
    /// Something that a person asks for.
    Order {
        /// The sync.
        sync: String,
        /// What is asked for.
        order: Order,
        /// Where the answer goes.
        reply: Reply,
    },
    /// A site says that something changed.
    Hint {
        /// The sync.
        sync: String,
        /// What changed.
        hint: Hint,
    },
}

/// Where an answer goes.
pub(super) type Reply = oneshot::Sender<Result<Answer, Refusal>>;

/// Where the page leaves what is to be done.
pub(super) type Inbox = mpsc::UnboundedSender<Message>;

/// How far a run is.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Live {
    /// Its phase.
    pub(super) phase: Option<&'static str>,
    /// The mapping that it works on.
    pub(super) mapping: Option<String>,
    /// How many documents are done.
    pub(super) done: u64,
    /// Of how many; 0 where that is not known.
    pub(super) total: u64,
}

/// What is known of a sync beside what the roster knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// How far its run is.
    pub(super) live: Live,
    /// What the state file says, as of the last run.
    pub(super) state: Option<Standing>,
    /// Why the last run failed.
    pub(super) failure: Option<String>,
}

/// What the state file says of a sync.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Standing {
    /// The last run.
    pub(super) last_run: Value,
    /// The last that brought both sides together.
    pub(super) last_success: Value,
    /// How far behind it is.
    pub(super) lag: Value,
    /// What waits.
    pub(super) waiting_for_people: Waits,
    /// When the last run began.
    #[serde(skip)]
    pub(super) last_began: Option<DateTime<Utc>>,
    /// When the last one that brought both sides together ended.
    #[serde(skip)]
    pub(super) last_succeeded: Option<DateTime<Utc>>,
    /// How old the oldest change is that is not carried over.
    #[serde(skip)]
    pub(super) behind_seconds: f64,
    /// How much is queued.
    #[serde(skip)]
    pub(super) queued: u64,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Waits {
    /// Conflicts.
    pub(super) conflicts: u64,
    /// Parked documents.
    pub(super) parked: u64,
    /// Writes whose outcome is not known.
    pub(super) unknown: u64,
}

/// What the loop and the page share.
pub(super) struct Shared {
    /// The state file.
    pub(super) state: PathBuf,
    /// All figures.
    pub(super) metrics: Metrics,
    config: RwLock<Arc<Config>>,
    seen: Mutex<Seen>,
    pages: Mutex<VecDeque<(String, Arc<str>)>>,
}

#[derive(Default)]
struct Seen {
    glances: Vec<Glance>,
    known: BTreeMap<String, Known>,
    beat: Option<DateTime<Utc>>,
}

impl Shared {
    pub(super) fn new(state: PathBuf, config: Arc<Config>) -> Self {
        Self {
            state,
            metrics: Metrics::new(),
            config: RwLock::new(config),
            seen: Mutex::default(),
            pages: Mutex::default(),
        }
    }

    /// Returns the configuration as it is now.
    pub(super) fn config(&self) -> Arc<Config> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&config)
    }

    /// Takes a new configuration.
    pub(super) fn configure(&self, config: Arc<Config>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// Changes what is known of a sync.
    pub(super) fn know(&self, sync: &str, change: impl FnOnce(&mut Known)) {
        change(self.seen().known.entry(sync.to_owned()).or_default());
    }

    /// Returns what is known of a sync.
    pub(super) fn known(&self, sync: &str) -> Known {
        self.seen().known.get(sync).cloned().unwrap_or_default()
    }

    /// Takes what the roster says now. The loop is alive.
    pub(super) fn look(&self, glances: Vec<Glance>, now: DateTime<Utc>) {
        let mut seen = self.seen();
        seen.glances = glances;
        seen.beat = Some(now);
    }

    /// Returns what the roster said last, and when.
    pub(super) fn glances(&self) -> (Vec<Glance>, Option<DateTime<Utc>>) {
        let seen = self.seen();
        (seen.glances.clone(), seen.beat)
    }

    /// Keeps a page for who ordered it, under a ticket that nobody can guess.
    pub(super) fn keep_page(&self, page: String) -> String {
        // 74 bits of it are random.
        let ticket = uuid::Uuid::now_v7().simple().to_string();
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.push_back((ticket.clone(), page.into()));
        while pages.len() > PAGES {
            pages.pop_front();
        }
        ticket
    }

    /// Returns a page.
    pub(super) fn page(&self, ticket: &str) -> Option<Arc<str>> {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let found = pages.iter().find(|(known, _)| known == ticket);
        found.map(|(_, page)| Arc::clone(page))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
