//! One open state file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use frappe_sync_model::{FingerprintKey, StateError, SyncName};
use rusqlite::Connection;

use crate::copy;
use crate::database::{self, IfNew, JOURNAL, STATE, Standing};
use crate::error::{Failure, LockError};
use crate::identity::Identity;
use crate::integrity;
use crate::journal;
use crate::lock::RunLock;
use crate::migrations;
use crate::open_error::OpenError;
use crate::retention;
use crate::shared::{Place, Shared};
use crate::sync_state::SyncState;
use crate::tables::operations;

/// The state of all syncs of a configuration, and the journal beside it.
///
/// A handle: clones share one connection, and one waits while another works. Other processes may have the
/// same file open; [`lock`](Self::lock) keeps two runs of one sync apart.
#[derive(Clone)]
pub struct StateFile {
    shared: Arc<Shared>,
}

impl StateFile {
    /// Opens the state file at `path` for a run, and makes it, its folder and its journal where they are
    /// missing. Both files are readable by their owner alone.
    ///
    /// A file of an older version is upgraded, and a copy of it kept as `<path>.v<version>.bak`.
    ///
    /// # Errors
    ///
    /// Nothing is written where the file is damaged, of a newer program, or of another one. A state file
    /// that was emptied while its journal has not been is taken for damaged, and not for a new one: with
    /// it all pairs would be forgotten.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        refuse_emptied(path)?;
        database::create_missing(path)?;
        Self::open_files(path, IfNew::Initialise)
    }

    /// Opens the state file at `path` as [`open`](Self::open) does, but makes none.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotInitialised`] where there is none, or an empty one.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        refuse_missing(path)?;
        Self::open_files(path, IfNew::Refuse)
    }

    /// Opens the state file at `path` to be read: nothing is made, upgraded or written, and every method
    /// that writes fails.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotInitialised`] where there is none, [`OpenError::Outdated`] where it is of an older
    /// version.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        refuse_missing(path)?;
        let state = database::open_read_only(path, &STATE)?;
        let refused = |error| OpenError::from_sqlite(path, error);
        let identity =
            Identity::read(&state)
                .map_err(refused)?
                .ok_or_else(|| OpenError::NotInitialised {
                    path: path.to_owned(),
                })?;
        let journal_path = journal_path(path);
        let journal = match database::standing(&journal_path)? {
            Standing::Present => {
                database::open_read_only(&journal_path, &JOURNAL).map_err(OpenError::of_journal)?
            }
            Standing::Missing | Standing::Empty => {
                database::open_in_memory(&JOURNAL).map_err(refused)?
            }
        };
        Ok(Self::in_files(path, journal_path, identity, state, journal))
    }

    /// Makes a new state in memory, gone with its last handle.
    pub fn in_memory() -> Result<Self, StateError> {
        let identity = Identity::random().map_err(|error| StateError {
            message: "the system gave no random bytes for the secret of a state".to_owned(),
            source: Some(error.into()),
        })?;
        Self::in_memory_as(identity)
    }

    /// Makes a new state in memory whose id and secret are given, so that a simulation repeats itself.
    pub fn in_memory_with(
        state_id: impl Into<String>,
        key: FingerprintKey,
    ) -> Result<Self, StateError> {
        Self::in_memory_as(Identity {
            state_id: state_id.into(),
            key,
        })
    }

    /// Returns one sync's part of this state. Nothing is stored for it before something is written.
    pub fn sync(&self, sync: &SyncName) -> SyncState {
        SyncState::new(Arc::clone(&self.shared), sync.clone())
    }

    /// Takes the right to run a sync; it is given back when the answer is dropped or the process ends.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] where another run, of this process or another one, has it.
    pub fn lock(&self, sync: &SyncName) -> Result<RunLock, LockError> {
        match &self.shared.place {
            Place::Files { state, .. } => RunLock::on_file(state, sync),
            Place::Memory | Place::Scratch => RunLock::in_process(&self.shared.held, sync),
        }
    }

    /// Tells who runs a sync just now; `None` where nobody does.
    ///
    /// # Errors
    ///
    /// Where the lock's file cannot be read.
    pub fn holder(&self, sync: &SyncName) -> Result<Option<String>, LockError> {
        match &self.shared.place {
            Place::Files { state, .. } => RunLock::holder_on_file(state, sync),
            Place::Memory | Place::Scratch => {
                Ok(RunLock::holder_in_process(&self.shared.held, sync))
            }
        }
    }

    /// Returns the path of the state file; `None` where there is no file.
    pub fn path(&self) -> Option<&Path> {
        match &self.shared.place {
            Place::Files { state, .. } => Some(state),
            Place::Memory | Place::Scratch => None,
        }
    }

    /// Returns the path of the journal; `None` where there is no file.
    pub fn journal_path(&self) -> Option<&Path> {
        match &self.shared.place {
            Place::Files { journal, .. } => Some(journal),
            Place::Memory | Place::Scratch => None,
        }
    }

    /// Returns the id of this state, made when it was.
    pub fn state_id(&self) -> &str {
        &self.shared.identity.state_id
    }

    /// Returns the syncs that something is stored for, by name.
    pub fn syncs(&self) -> Result<Vec<SyncName>, StateError> {
        self.with_state("read the names of the syncs", |state| {
            let mut statement = state.prepare("SELECT name FROM syncs ORDER BY name")?;
            let names = statement
                .query_map([], |row| row.get::<_, String>(0).map(SyncName::from))?
                .collect::<rusqlite::Result<_>>()?;
            Ok(names)
        })
    }

    /// Writes a compact copy of the state and its journal to `path` and beside it, whoever else is
    /// reading or writing. Both copies are readable by their owner alone, and on the disk when this
    /// returns. The state is copied first, so that its copy is never ahead of the journal's.
    ///
    /// # Errors
    ///
    /// Where one of the two files exists already, or could not be written; none is left half-written.
    pub fn copy_to(&self, path: impl AsRef<Path>) -> Result<(), StateError> {
        let path = path.as_ref();
        let doing = format!("write a copy to `{}`", path.display());
        self.with_state(&doing, |state| copy::vacuum_into(state, path))?;
        self.with_journal(&doing, |journal| {
            copy::vacuum_into(journal, &journal_path(path))
        })
    }

    /// Returns a throw-away copy of this state, with an empty journal: what is decided on it is not
    /// remembered anywhere.
    ///
    /// It is kept in a file that has no name and goes with its last handle, so that it takes no more
    /// memory than the original.
    pub fn scratch_copy(&self) -> Result<Self, StateError> {
        let (copy, journal) = self.with_state("make a throw-away copy", |state| {
            let mut scratch = database::open_nameless()?;
            copy::copy_into(state, &mut scratch)?;
            let mut journal = database::open_nameless()?;
            migrations::migrate(&mut journal, JOURNAL.migrations)?;
            Ok((scratch, journal))
        })?;
        Ok(Self {
            shared: Arc::new(Shared::new(
                Place::Scratch,
                self.shared.identity.clone(),
                copy,
                journal,
            )),
        })
    }

    /// Reads both files in full, and fails where one of them is damaged. Nothing is written; others may go
    /// on working meanwhile. It takes about as long as a copy.
    ///
    /// # Errors
    ///
    /// Names the file, what can be done about it and, as the source, what was found.
    pub fn check_integrity(&self) -> Result<(), StateError> {
        let doing = "pass the integrity check";
        self.with_state(doing, |state| integrity::check(state))?;
        self.with_journal(doing, |journal| integrity::check(journal))
    }

    /// Removes journal entries from before `older_than`, of all syncs, and returns how many. Their values
    /// are then no longer on the disk, unless another process is just reading the journal.
    pub fn prune_journal(&self, older_than: DateTime<Utc>) -> Result<u64, StateError> {
        self.with_journal("remove old entries", |journal| {
            journal::prune(journal, older_than)
        })
    }

    /// Removes runs that ended before `older_than`, of all syncs, with the decided conflicts that they
    /// found, and returns how many runs.
    pub fn prune_runs(&self, older_than: DateTime<Utc>) -> Result<u64, StateError> {
        self.with_state("remove old runs", |state| {
            retention::prune_runs(state, older_than)
        })
    }

    /// Removes operations that arrived before `older_than` from the log, of all syncs, and returns how many.
    pub fn prune_operations(&self, older_than: DateTime<Utc>) -> Result<u64, StateError> {
        self.with_state("remove old operations", |state| {
            operations::prune(state, older_than)
        })
    }

    fn open_files(path: &Path, if_new: IfNew) -> Result<Self, OpenError> {
        let state = database::open_writable(path, &STATE, if_new)?;
        let identity = Identity::random()
            .map_err(|error| OpenError::NoRandomness {
                path: path.to_owned(),
                source: error.into(),
            })?
            .settle(&state)
            .map_err(|error| OpenError::from_sqlite(path, error))?;
        let journal_path = journal_path(path);
        database::create_missing(&journal_path)?;
        let journal = database::open_writable(&journal_path, &JOURNAL, IfNew::Initialise)
            .map_err(OpenError::of_journal)?;
        Ok(Self::in_files(path, journal_path, identity, state, journal))
    }

    fn in_files(
        path: &Path,
        journal_path: PathBuf,
        identity: Identity,
        state: Connection,
        journal: Connection,
    ) -> Self {
        let place = Place::Files {
            state: path.to_owned(),
            journal: journal_path,
        };
        Self {
            shared: Arc::new(Shared::new(place, identity, state, journal)),
        }
    }

    fn in_memory_as(identity: Identity) -> Result<Self, StateError> {
        let open = || -> Result<_, Failure> {
            let state = database::open_in_memory(&STATE)?;
            let identity = identity.settle(&state)?;
            Ok((identity, state, database::open_in_memory(&JOURNAL)?))
        };
        let (identity, state, journal) =
            open().map_err(|failure| failure.into_state_error("make it", &Place::Memory))?;
        Ok(Self {
            shared: Arc::new(Shared::new(Place::Memory, identity, state, journal)),
        })
    }

    fn with_state<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, StateError> {
        work(&mut self.shared.databases().state)
            .map_err(|failure| failure.into_state_error(doing, &self.shared.place))
    }

    fn with_journal<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, StateError> {
        work(&mut self.shared.databases().journal).map_err(|failure| {
            Failure::Journal(Box::new(failure)).into_state_error(doing, &self.shared.place)
        })
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}

impl fmt::Debug for StateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateFile")
            .field("place", &self.shared.place)
            .finish_non_exhaustive()
    }
}

/// Returns the path of the journal of a state file: `<stem>.journal.db` beside it.
pub(crate) fn journal_path(state: &Path) -> PathBuf {
    state.with_extension("journal.db")
}

/// Refuses a state file that is not there, or was not made ready yet.
fn refuse_missing(path: &Path) -> Result<(), OpenError> {
    refuse_emptied(path)?;
    match database::standing(path)? {
        Standing::Present => Ok(()),
        Standing::Missing | Standing::Empty => Err(OpenError::NotInitialised {
            path: path.to_owned(),
        }),
    }
}

/// Refuses a state file without a byte whose journal tells that it held something once.
fn refuse_emptied(path: &Path) -> Result<(), OpenError> {
    let is_emptied = database::standing(path)? == Standing::Empty
        && database::standing(&journal_path(path))? == Standing::Present;
    if is_emptied {
        return Err(OpenError::Damaged {
            path: path.to_owned(),
            source: None,
        });
    }
    Ok(())
}
