//! A new state that is made beside the old one, and takes its place once it is ready: whatever fails before
//! leaves the old one as it was.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use frappe_sync_store::{OpenError, SetAside, SetAsideError, StateFile};
use tempfile::TempDir;

use crate::error::{CliError, ErrorKind};
use crate::failure;
use crate::report::rebuild::OldState;

/// What SQLite may leave beside a database.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// A state that is not in its place yet. Dropped, it is gone.
pub(super) struct FreshState {
    state: StateFile,
    path: PathBuf,
    place: PathBuf,
    // On the same file system as the place, so that taking it is one step.
    folder: TempDir,
}

impl FreshState {
    /// Makes an empty state that is to stand at `place`.
    pub(super) fn new(place: &Path) -> Result<Self, CliError> {
        Self::filled(place, |path| {
            StateFile::open(path).map_err(failure::of_open)
        })
    }

    /// Makes a copy of a state that is to stand at `place`.
    pub(super) fn of_copy(place: &Path, copy: &StateFile) -> Result<Self, CliError> {
        Self::filled(place, |path| {
            copy.copy_to(path).map_err(failure::of_state)?;
            StateFile::open_read_only(path).map_err(failure::of_open)
        })
    }

    fn filled(
        place: &Path,
        fill: impl FnOnce(&Path) -> Result<StateFile, CliError>,
    ) -> Result<Self, CliError> {
        let beside = match place.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let not_made = |error: io::Error| {
            CliError::new(
                ErrorKind::Failed,
                "a new state cannot be made beside the old one",
            )
            .at(beside.display().to_string())
            .because(error)
            .remedy("give this user the right to write to that folder")
        };
        fs::create_dir_all(beside).map_err(not_made)?;
        let folder = tempfile::Builder::new()
            .prefix("rebuilding-")
            .tempdir_in(beside)
            .map_err(not_made)?;
        let name = place.file_name().unwrap_or("frappe-sync.db".as_ref());
        let path = folder.path().join(name);
        let state = fill(&path)?;
        Ok(Self {
            state,
            path,
            place: place.to_owned(),
            folder,
        })
    }

    /// Returns the state, to be filled.
    pub(super) fn state(&self) -> &StateFile {
        &self.state
    }

    /// Sets the old state aside, under a name with the time in it, and puts this one in its place. Returns
    /// where the old one went.
    pub(super) fn take_place(self, now: DateTime<Utc>) -> Result<Option<OldState>, CliError> {
        let Self {
            state,
            path,
            place,
            folder,
        } = self;
        let journal = state.journal_path().map(Path::to_owned);
        // Closed, so that all of it is in the file.
        drop(state);
        let old = match set_aside(&place, now) {
            Ok(aside) => Some(OldState {
                state: aside.state,
                journal: aside.journal,
            }),
            Err(SetAsideError::Refused(OpenError::NotInitialised { .. })) => None,
            Err(SetAsideError::Locked(error)) => return Err(failure::of_lock(error)),
            Err(SetAsideError::Refused(error)) => return Err(failure::of_open(error)),
            Err(error) => {
                return Err(CliError::new(ErrorKind::Failed, error.to_string()).because(error));
            }
        };
        // The state first: without its journal it is whole, and the journal without it is not.
        let moved = move_database(&path, &place).and_then(|()| match &journal {
            Some(journal) => move_database(journal, &place.with_extension("journal.db")),
            None => Ok(()),
        });
        moved.map_err(|error| not_in_place(error, folder, &place, old.as_ref()))?;
        Ok(old)
    }
}

/// Sets a state aside under the time `at`, or the first free second after it.
fn set_aside(place: &Path, at: DateTime<Utc>) -> Result<SetAside, SetAsideError> {
    let mut at = at;
    loop {
        match StateFile::set_aside(place, at) {
            Err(SetAsideError::Exists { .. }) => at += TimeDelta::seconds(1),
            done => return done,
        }
    }
}

fn move_database(from: &Path, to: &Path) -> io::Result<()> {
    for companion in COMPANIONS {
        let beside = |path: &Path| {
            let mut name: OsString = path.as_os_str().to_owned();
            name.push(companion);
            PathBuf::from(name)
        };
        let (from, to) = (beside(from), beside(to));
        if to.exists() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("`{}` is there already", to.display()),
            ));
        }
        if from.exists() {
            fs::rename(from, to)?;
        }
    }
    Ok(())
}

fn not_in_place(
    error: io::Error,
    folder: TempDir,
    place: &Path,
    old: Option<&OldState>,
) -> CliError {
    let kept = folder.keep();
    let error = CliError::new(ErrorKind::Failed, "the new state could not take its place")
        .at(place.display().to_string())
        .because(error)
        .remedy(format!(
            "move it there from `{}` before anything is run",
            kept.display()
        ));
    match old.and_then(|old| old.state.as_ref()) {
        Some(old) => error.remedy(format!("or put the old one back from `{}`", old.display())),
        None => error,
    }
}
