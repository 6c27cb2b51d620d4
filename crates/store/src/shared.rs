//! What all handles of one state file share: the connections, and where they lead.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use frappe_sync_model::{StateError, SyncName};
use rusqlite::{Connection, TransactionBehavior};

use crate::error::Failure;
use crate::identity::Identity;
use crate::lock::Held;
use crate::names::Names;
use crate::session::Session;

/// Where a state is kept.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// In files.
    Files {
        /// The state file.
        state: PathBuf,
        /// The journal.
        journal: PathBuf,
    },
    /// In the memory of this process.
    Memory,
    /// In files without a name, as a copy that nobody keeps.
    Scratch,
}

impl Place {
    /// Names the state.
    pub(crate) fn state(&self) -> String {
        match self {
            Self::Files { state, .. } => format!("state file `{}`", state.display()),
            Self::Memory => "state in memory".to_owned(),
            Self::Scratch => "copy of the state file".to_owned(),
        }
    }

    /// Names the journal.
    pub(crate) fn journal(&self) -> String {
        match self {
            Self::Files { journal, .. } => format!("journal `{}`", journal.display()),
            Self::Memory => "journal in memory".to_owned(),
            Self::Scratch => "journal of a copy of the state file".to_owned(),
        }
    }
}

/// Both connections, and what is known of the names in the state file.
pub(crate) struct Databases {
    pub(crate) state: Connection,
    pub(crate) journal: Connection,
    pub(crate) names: Names,
}

/// One open state.
pub(crate) struct Shared {
    pub(crate) place: Place,
    pub(crate) identity: Identity,
    /// Locks of a state without a file.
    pub(crate) held: Held,
    databases: Mutex<Databases>,
}

impl Shared {
    pub(crate) fn new(
        place: Place,
        identity: Identity,
        state: Connection,
        journal: Connection,
    ) -> Self {
        Self {
            place,
            identity,
            held: Held::default(),
            databases: Mutex::new(Databases {
                state,
                journal,
                names: Names::default(),
            }),
        }
    }

    /// Returns the connections, alone.
    pub(crate) fn databases(&self) -> MutexGuard<'_, Databases> {
        // A panic while they were held has rolled its transaction back.
        self.databases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads in one transaction, so that all statements of `work` see the same state.
    pub(crate) fn read<T>(
        &self,
        sync: &SyncName,
        doing: &str,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, Failure>,
    ) -> Result<T, StateError> {
        self.transact(TransactionBehavior::Deferred, sync, doing, work)
    }

    /// Writes in one transaction, which is on the disk when this returns and undone if it fails.
    pub(crate) fn write<T>(
        &self,
        sync: &SyncName,
        doing: &str,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, Failure>,
    ) -> Result<T, StateError> {
        self.transact(TransactionBehavior::Immediate, sync, doing, work)
    }

    fn transact<T>(
        &self,
        behavior: TransactionBehavior,
        sync: &SyncName,
        doing: &str,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, Failure>,
    ) -> Result<T, StateError> {
        let mut databases = self.databases();
        let Databases {
            state,
            journal,
            names,
        } = &mut *databases;
        let outcome = state
            .transaction_with_behavior(behavior)
            .map_err(Failure::from)
            .and_then(|transaction| {
                let value = work(&mut Session::new(&transaction, journal, names, sync))?;
                transaction.commit()?;
                Ok(value)
            });
        outcome.map_err(|failure| {
            // What was named in a transaction that did not commit has no row.
            names.forget();
            failure.into_state_error(doing, &self.place)
        })
    }
}
