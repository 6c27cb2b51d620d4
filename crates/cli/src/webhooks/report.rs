//! The JSON shape of `frappe-sync/webhooks@1`.

use frappe_sync_model::{Side, SyncName};
use serde::Serialize;

/// The webhooks of a sync, `frappe-sync/webhooks@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct WebhooksReport {
    /// `frappe-sync/webhooks@1`.
    pub(crate) format: &'static str,
    /// The sync.
    pub(crate) sync: SyncName,
    /// Whether nothing was written: actions are what would be done.
    pub(crate) dry_run: bool,
    /// How many of each action.
    pub(crate) summary: Summary,
    /// The sites that were asked.
    pub(crate) sites: Vec<SiteWebhooks>,
}

/// How many webhooks were made, changed, removed and left as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    pub(crate) make: usize,
    pub(crate) update: usize,
    pub(crate) remove: usize,
    pub(crate) keep: usize,
}

/// The webhooks of one site.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SiteWebhooks {
    /// Which of the two.
    pub(crate) side: Side,
    /// Its name in the configuration.
    pub(crate) site: String,
    /// Its webhooks, those that are to be there and those that are.
    pub(crate) webhooks: Vec<Entry>,
}

/// One webhook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Entry {
    /// The name of the document.
    pub(crate) name: String,
    /// The DocType that it listens to.
    pub(crate) doctype: String,
    /// The event.
    pub(crate) event: String,
    /// Where it sends to; `None` where it is not there and nobody said where it is to.
    pub(crate) url: Option<String>,
    /// How it was found.
    pub(crate) state: State,
    /// The fields in which it is not as it is to be.
    pub(crate) differs: Vec<String>,
    /// What was done, or would be.
    pub(crate) action: Action,
}

/// How a webhook was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// As it is to be.
    Installed,
    /// In some fields not.
    Differs,
    /// It is not there.
    Missing,
    /// It is there, but no mapping needs it.
    NotNeeded,
}

/// What is done with a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// It is made.
    Make,
    /// The fields in which it differs are written.
    Update,
    /// It is deleted.
    Remove,
    /// Nothing.
    Keep,
}

impl WebhooksReport {
    /// Sums the sites up.
    pub(crate) fn new(sync: &SyncName, dry_run: bool, sites: Vec<SiteWebhooks>) -> Self {
        let mut summary = Summary::default();
        for entry in sites.iter().flat_map(|site| &site.webhooks) {
            match entry.action {
                Action::Make => summary.make += 1,
                Action::Update => summary.update += 1,
                Action::Remove => summary.remove += 1,
                Action::Keep => summary.keep += 1,
            }
        }
        Self {
            format: "frappe-sync/webhooks@1",
            sync: sync.clone(),
            dry_run,
            summary,
            sites,
        }
    }
}

impl Summary {
    /// Tells how many webhooks are written or deleted.
    pub(crate) fn changes(self) -> usize {
        self.make + self.update + self.remove
    }
}
