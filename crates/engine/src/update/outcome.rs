//! What writes came to.

use frappe_sync_model::{IntentId, ParkedCause, PerSide, Side, SiteTime};

use crate::decide::Decision;
use crate::error::EngineError;
use crate::settle::Settled;

/// What became of the writes to one pair.
pub(crate) enum Outcome {
    /// They arrived, as far as the read-back proves.
    Written {
        /// The decision behind them.
        decision: Box<Decision>,
        /// What the read-back settled.
        settled: Settled,
        /// For each side that was written, the `modified` to remember.
        modified: PerSide<Option<Option<SiteTime>>>,
    },
    /// The document was saved by somebody else in between.
    Changed(Box<Decision>),
    /// A site refused it.
    Refused {
        /// The decision behind it.
        decision: Box<Decision>,
        /// The site that refused.
        to: Side,
        /// Why.
        cause: ParkedCause,
        /// In the site's words.
        message: String,
    },
    /// No answer came, and the document is as it was: the intent stays, and the update may be repeated,
    /// since only one of the two can find the `modified` that both carry.
    Unknown(Box<Decision>),
}

/// What a group of writes came to.
#[derive(Default)]
pub(crate) struct Group {
    /// What became of each pair.
    pub(crate) outcomes: Vec<Outcome>,
    /// Intents that are resolved once the outcomes are stored.
    pub(crate) intents_done: Vec<IntentId>,
    /// A failure that ends the run, after the outcomes are stored.
    pub(crate) fatal: Option<EngineError>,
}
