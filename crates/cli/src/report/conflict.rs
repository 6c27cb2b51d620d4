//! One conflict: the JSON shape of `frappe-sync/conflict@1`.

use frappe_sync_engine::ConflictDetail;
use serde::Serialize;

use super::journal::KeptValue;

/// A conflict with what both sites hold now, `frappe-sync/conflict@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ShownConflict {
    /// What both sites hold.
    #[serde(flatten)]
    pub(crate) detail: ConflictDetail,
    /// What lost, where it was decided.
    pub(crate) journal: Option<KeptValue>,
}
