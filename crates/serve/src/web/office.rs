//! What the page asks for, and who answers.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hooks::HookAnswer;

/// What is to be read, from memory and the state file alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Where a sync stands.
    Status,
    /// Its last runs, at most so many.
    History(usize),
    /// One run in full, by its id.
    Run(String),
    /// What is parked.
    Parked,
    /// Conflicts: those that wait, or those that were decided.
    Conflicts {
        /// Those that were decided.
        decided: bool,
    },
}

/// What is to be done, or asked of the sites.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// A run at once.
    Run {
        /// Whether it reads every key.
        sweep: bool,
    },
    /// A comparison in full at once.
    Verify,
    /// Hold the sync back.
    Pause,
    /// Let it go on.
    Resume,
    /// Work out what a run would do; the answer is a page.
    Plan,
    /// Try parked documents again: one, by DocType and name, or all.
    Retry(Option<(String, String)>),
    /// Decide conflicts.
    Resolve {
        /// Their numbers.
        conflicts: BTreeSet<i64>,
        /// What stands.
        take: Take,
    },
    /// One conflict with what both sites hold now.
    Conflict(i64),
    /// Everything known of a document.
    Why {
        /// Its DocType.
        doctype: String,
        /// Its name.
        name: String,
    },
}

/// What stands of a conflict.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// What `a` holds.
    A,
    /// What `b` holds.
    B,
    /// What a person wrote, in the terms of `a`.
    Value(Value),
}

/// What an order came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It will be done: what can be said of it now.
    Taken,
    /// What was asked for.
    Told(Value),
    /// A page is kept for a while, under this ticket.
    Page(String),
}

/// Why something is not told or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The status of the answer.
    #[serde(skip)]
    pub status: u16,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: Vec<String>,
}

impl Refusal {
    /// Nothing is known by that name.
    pub fn unknown(message: impl Into<String>) -> Self {
        Self {
            status: 404,
            message: message.into(),
            remedy: Vec::new(),
        }
    }
}

/// What an order comes to, some time.
pub type OfficeFuture = Pin<Box<dyn Future<Output = Result<Answer, Refusal>> + Send>>;

/// Answers what is asked. Everything that takes long is a future; the rest may block for as long as a state file does.
pub trait Office: Send + Sync + 'static {
    /// Returns every sync with what is being done, how far it is, and when it is due.
    fn syncs(&self) -> Value;

    /// Reads from the state file.
    ///
    /// # Errors
    ///
    /// Where there is no such sync, or its state cannot be read.
    fn read(&self, sync: &str, question: &Question) -> Result<Value, Refusal>;

    /// Takes an order.
    fn order(&self, sync: &str, order: Order) -> OfficeFuture;

    /// Returns a page that an order made.
    fn page(&self, ticket: &str) -> Option<Arc<str>>;

    /// Takes a hook of a site, with its signature.
    fn hook(&self, sync: &str, site: &str, body: &[u8], signature: Option<&str>) -> HookAnswer;

    /// Returns all metrics as text.
    fn metrics(&self) -> String;

    /// Tells why nothing can be relied on just now, if so.
    ///
    /// # Errors
    ///
    /// What is wrong.
    fn ready(&self) -> Result<(), String>;
}
