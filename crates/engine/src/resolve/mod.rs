//! What a person decides: conflicts that wait, and losers that are brought back.

mod bring_back;
mod by_hand;
mod detail;
mod disavow;
mod one;

pub use bring_back::bring_back;
pub use by_hand::resolve_by_hand;
pub use detail::{ConflictDetail, conflict_detail};
pub use one::resolve;

use frappe_sync_model::{DocName, DocType, FieldPath, Side, SyncName};
use serde::{Deserialize, Serialize};

/// What came of a person's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolveOutcome {
    /// It was carried out.
    Done,
    /// It is taken down, and the next run carries it out: a document is made again, or a link waits.
    Queued,
    /// There is nothing to decide any more: both sides say the same, or it was decided meanwhile.
    Over,
    /// Somebody saved one of the documents in between: look again.
    Changed,
}

/// A person's decision and what came of it, `frappe-sync/resolve@1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResolveReport {
    /// `frappe-sync/resolve@1`.
    pub format: String,
    /// The sync.
    pub sync: SyncName,
    /// The number of the conflict; none where a loser was brought back.
    pub conflict: Option<i64>,
    /// The side whose value stands.
    pub winner: Side,
    /// DocType on `a`.
    pub doctype: DocType,
    /// Name on `a`.
    pub a_name: DocName,
    /// Name on `b`.
    pub b_name: DocName,
    /// The value.
    pub path: FieldPath,
    /// What came of it.
    pub outcome: ResolveOutcome,
}
