//! What a state file holds: the JSON shape of `frappe-sync/state@1`.

use std::path::{Path, PathBuf};

use frappe_sync_model::{MappingCounts, MappingName, StateError, StateStore as _, SyncName};
use frappe_sync_store::{StateFile, SyncState};
use serde::Serialize;

use super::status::LastRun;

/// What a state file holds, `frappe-sync/state@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StateReport {
    /// `frappe-sync/state@1`.
    pub(crate) format: &'static str,
    /// The file.
    pub(crate) path: PathBuf,
    /// Its size in bytes, with what waits beside it to be written into it.
    pub(crate) bytes: u64,
    /// The journal of overwritten values.
    pub(crate) journal_path: PathBuf,
    /// The journal's size in bytes, in the same way.
    pub(crate) journal_bytes: u64,
    /// The file's own id, made when it was.
    pub(crate) state_id: String,
    /// Both files were read in full and are whole; none where that was not asked for.
    pub(crate) whole: Option<bool>,
    /// What is stored for each sync.
    pub(crate) syncs: Vec<StoredSync>,
}

/// What is stored for a sync.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StoredSync {
    /// The sync.
    pub(crate) sync: SyncName,
    /// The configuration has it.
    pub(crate) configured: bool,
    /// Its last run.
    pub(crate) last_run: Option<LastRun>,
    /// Its mappings.
    pub(crate) mappings: Vec<StoredMapping>,
}

/// What is stored for a mapping.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StoredMapping {
    /// The mapping.
    pub(crate) mapping: MappingName,
    /// How much there is of what.
    #[serde(flatten)]
    pub(crate) counts: MappingCounts,
}

/// Whether a report tells of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// Nothing was checked.
    No,
    /// Both files are whole.
    Whole,
}

/// Reads what a state file at `path` holds. `configured` are the syncs of the configuration.
pub(crate) fn read(
    state: &StateFile,
    path: &Path,
    configured: &[&SyncName],
    checked: Checked,
) -> Result<StateReport, StateError> {
    let mut syncs = Vec::new();
    for sync in state.syncs()? {
        syncs.push(stored(&state.sync(&sync), configured.contains(&&sync))?);
    }
    let journal_path = match state.journal_path() {
        Some(path) => path.to_owned(),
        None => path.with_extension("journal.db"),
    };
    Ok(StateReport {
        format: "frappe-sync/state@1",
        path: path.to_owned(),
        bytes: size(path),
        journal_bytes: size(&journal_path),
        journal_path,
        state_id: state.state_id().to_owned(),
        whole: (checked == Checked::Whole).then_some(true),
        syncs,
    })
}

fn stored(store: &SyncState, configured: bool) -> Result<StoredSync, StateError> {
    let mut mappings = Vec::new();
    for mapping in store.mappings()? {
        let counts = store.counts(&mapping)?;
        mappings.push(StoredMapping { mapping, counts });
    }
    Ok(StoredSync {
        sync: store.name().clone(),
        configured,
        last_run: store.runs(1)?.into_iter().next().map(LastRun::from),
        mappings,
    })
}

/// Returns the size of a database with its write-ahead log; 0 where there is none.
fn size(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    bytes(path) + bytes(Path::new(&log))
}
