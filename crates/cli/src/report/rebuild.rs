//! A state made anew: the JSON shape of `frappe-sync/rebuild@1`.

use std::path::PathBuf;

use frappe_sync_engine::RebuildReport;
use serde::Serialize;

/// A sync whose state was made anew, `frappe-sync/rebuild@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RebuiltSync {
    /// How it was paired.
    #[serde(flatten)]
    pub(crate) report: RebuildReport,
    /// Where the old state went; none where there was none.
    pub(crate) set_aside: Option<OldState>,
}

/// Where an old state went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct OldState {
    /// The state file; none where only a journal was left.
    pub(crate) state: Option<PathBuf>,
    /// Its journal; none where there was none.
    pub(crate) journal: Option<PathBuf>,
}
