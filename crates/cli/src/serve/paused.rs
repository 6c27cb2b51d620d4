//! Which syncs a person has paused: kept beside the state file, so that a restart does not forget it.

use std::collections::BTreeSet;
use std::io::ErrorKind as IoKind;
use std::path::{Path, PathBuf};

use crate::error::{CliError, ErrorKind};
use crate::output_file::write_file;

/// Returns where it is kept.
fn place(state: &Path) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".paused.json");
    PathBuf::from(name)
}

/// Reads which syncs are paused.
///
/// # Errors
///
/// Where the file is there and cannot be read: a paused sync must not begin by mistake.
pub(super) fn read(state: &Path) -> Result<BTreeSet<String>, CliError> {
    let place = place(state);
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
        CliError::new(ErrorKind::Failed, "which syncs are paused cannot be read")
            .at(place.display().to_string())
            .because(error)
            .remedy("put the file right, or remove it and pause again what is to be paused")
    };
    match std::fs::read(&place) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| wrong(error.into())),
        Err(error) if error.kind() == IoKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(wrong(error.into())),
    }
}

/// Keeps which syncs are paused.
pub(super) fn write(state: &Path, paused: &BTreeSet<String>) -> Result<(), CliError> {
    write_file(&place(state), |to| {
        serde_json::to_writer_pretty(&mut *to, paused)?;
        to.write_all(b"\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paused_is_remembered_and_a_torn_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("s.db");
        assert_eq!(read(&state).unwrap(), BTreeSet::new());
        let paused = BTreeSet::from(["hq-branch".to_owned()]);
        write(&state, &paused).unwrap();
        assert_eq!(read(&state).unwrap(), paused);
        std::fs::write(place(&state), "[\"hq").unwrap();
        let error = read(&state).unwrap_err();
        assert!(error.place().unwrap().ends_with("s.db.paused.json"));
    }
}
