//! Whether the state file can be used, and whether another run holds the sync. Makes no file.

use std::path::Path;

use frappe_sync_model::SyncName;
use frappe_sync_store::{OpenError, StateFile};

use super::Finding;
use crate::failure;

/// Looks at the state file and the lock of a sync.
pub(super) fn check_state(path: &Path, sync: &SyncName) -> Vec<Finding> {
    let place = format!("state `{}`", path.display());
    let state = match StateFile::open_read_only(path) {
        Ok(state) => state,
        Err(OpenError::NotInitialised { .. }) => return vec![first_run(path, &place)],
        Err(OpenError::Outdated { .. }) => {
            return vec![Finding::ok(
                &place,
                "is of an older version, which the next run brings up to date",
            )];
        }
        Err(error) => return Finding::of_error(&place, &failure::of_open(error)),
    };
    match state.holder(sync) {
        Ok(None) => vec![Finding::ok(
            &place,
            "can be read, and no run holds the sync",
        )],
        Ok(Some(holder)) => vec![Finding::warn(
            &place,
            format!("the sync is being run by {holder}"),
            "wait until that run has ended; another one would end with exit code 11",
        )],
        Err(error) => Finding::of_error(&place, &failure::of_lock(error)),
    }
}

/// There is no state yet: the nearest folder that is there must take one.
fn first_run(path: &Path, place: &str) -> Finding {
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir());
    let folder = folder.unwrap_or(Path::new("."));
    let is_writable =
        std::fs::metadata(folder).is_ok_and(|folder| !folder.permissions().readonly());
    if is_writable {
        return Finding::ok(place, "is made by the first run");
    }
    Finding::fail(
        crate::exit::Exit::Failed,
        place,
        format!(
            "cannot be made: `{}` cannot be written to",
            folder.display()
        ),
        "name another place with `state:` in the configuration, or with `--state`",
    )
}
