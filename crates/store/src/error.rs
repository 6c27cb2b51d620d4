//! What can go wrong, in words that say what to do about it.
//!
//! Inside the crate everything fails with a [`Failure`], which knows nothing of files; at the border it
//! becomes the model's [`StateError`], which names the file and what was being done. Opening and locking
//! have errors of their own, because a caller answers them with exit codes of their own.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use frappe_sync_model::{DocName, MappingName, PairId, PerSide, StateError, SyncName};
use rusqlite::ErrorCode;

use crate::shared::Place;

/// A cause of any kind, kept for the chain of causes.
type Cause = Box<dyn Error + Send + Sync>;

/// A state file that could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no state yet, and opening may not make one.
    #[error("there is no state file `{path}` yet: the first `frappe-sync run` makes it")]
    NotInitialised {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error(
        "`{path}` is not a state file of frappe-sync: move it away, or name another file under `state`"
    )]
    NotAStateFile {
        /// The file.
        path: PathBuf,
        /// What SQLite said of it, where it could not read it at all.
        #[source]
        source: Option<Cause>,
    },
    /// The file was cut short or overwritten.
    #[error("`{path}` is damaged or cut short: put a backup in its place before anything is run")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said of it.
        #[source]
        source: Option<Cause>,
    },
    /// The file was written by a newer program.
    #[error(
        "`{path}` is of version {found}, and this frappe-sync knows versions up to {supported}: \
         upgrade frappe-sync"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program knows.
        supported: u32,
    },
    /// The file was written by an older program, and opening may not change it.
    #[error(
        "`{path}` is of version {found}, and this frappe-sync reads version {supported}: \
         the next `frappe-sync run` upgrades it"
    )]
    Outdated {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that this program reads.
        supported: u32,
    },
    /// The folder or the file could not be made.
    #[error(
        "`{path}` cannot be made: check that its folder exists and that this user may write to it"
    )]
    NotCreated {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file or its folder cannot be read or written.
    #[error(
        "`{path}` cannot be opened: give this user the right to read and write it and its folder"
    )]
    NoAccess {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system said.
        #[source]
        source: Option<Cause>,
    },
    /// The disk is full.
    #[error("the disk is full, so `{path}` cannot be opened: free some space and try again")]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Cause,
    },
    /// Another process keeps the file locked.
    #[error("`{path}` is kept locked by another process: wait until that one is done")]
    Busy {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Cause,
    },
    /// The system gave no random bytes for a new file's secret.
    #[error("the system gave no random bytes for the secret of `{path}`: try again")]
    NoRandomness {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Cause,
    },
    /// Anything else that SQLite refused.
    #[error("`{path}` cannot be used")]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Cause,
    },
}

impl OpenError {
    /// Sorts what SQLite said of the file `path`.
    pub(crate) fn from_sqlite(path: impl Into<PathBuf>, error: rusqlite::Error) -> Self {
        let (path, code) = (path.into(), error.sqlite_error_code());
        let source: Cause = error.into();
        match code {
            Some(ErrorCode::NotADatabase) => Self::NotAStateFile {
                path,
                source: Some(source),
            },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path,
                source: Some(source),
            },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::NoAccess {
                    path,
                    source: Some(source),
                }
            }
            Some(ErrorCode::DiskFull) => Self::DiskFull { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { path, source }
            }
            _ => Self::Database { path, source },
        }
    }
}

/// A run that could not start because of another one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The sync is being run.
    #[error("sync `{sync}` is being run by {holder}: wait until that run is done, or end it")]
    Held {
        /// The sync.
        sync: SyncName,
        /// Process, host and start of the run that holds it, as it wrote them down.
        holder: String,
    },
    /// The lock file could not be made or locked.
    #[error(
        "the lock file `{path}` cannot be used: give this user the right to write to its folder"
    )]
    Unusable {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A failure inside the crate, before it is known which file and which step it belongs to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}", advice(.0))]
    Database(#[from] rusqlite::Error),
    #[error("what it holds cannot be read")]
    Unreadable(#[from] Unreadable),
    #[error("a value cannot be written as JSON or read from it")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    AlreadyPaired(Box<AlreadyPaired>),
    #[error("mapping `{mapping}` has no pair {}", .pair.0)]
    NoSuchPair { mapping: MappingName, pair: PairId },
    #[error("the system refused the file")]
    System(#[from] io::Error),
    /// The journal failed, not the state file.
    #[error(transparent)]
    Journal(Box<Failure>),
}

impl Failure {
    /// Tells what was being done and where.
    pub(crate) fn into_state_error(self, doing: &str, place: &Place) -> StateError {
        let (file, failure) = match self {
            Self::Journal(failure) => (place.journal(), *failure),
            failure => (place.state(), failure),
        };
        StateError {
            message: format!("{file}: could not {doing}: {failure}"),
            source: failure.into_cause(),
        }
    }

    /// Tells that the file `path` could not be opened for it.
    pub(crate) fn into_open_error(self, path: &Path) -> OpenError {
        let path = path.to_owned();
        match self {
            Self::Database(error) => OpenError::from_sqlite(path, error),
            Self::System(source) => OpenError::NotCreated { path, source },
            failure => OpenError::Database {
                path,
                source: failure.into(),
            },
        }
    }

    /// Returns what stands below the message.
    fn into_cause(self) -> Option<Cause> {
        match self {
            Self::Database(error) => Some(error.into()),
            Self::Unreadable(error) => Some(error.into()),
            Self::Json(error) => Some(error.into()),
            Self::System(error) => Some(error.into()),
            Self::Journal(failure) => failure.into_cause(),
            Self::AlreadyPaired(_) | Self::NoSuchPair { .. } => None,
        }
    }
}

/// A pair that would be the second one of a document.
#[derive(Debug, thiserror::Error)]
#[error(
    "mapping `{mapping}` cannot pair `{}` on a with `{}` on b, because it pairs `{}` with `{}` already",
    .wanted.a, .wanted.b, .stored.a, .stored.b
)]
pub(crate) struct AlreadyPaired {
    pub(crate) mapping: MappingName,
    pub(crate) wanted: PerSide<DocName>,
    pub(crate) stored: PerSide<DocName>,
}

/// Bytes or codes in the file that this program did not write.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("a baseline is of version {found}, and this frappe-sync knows version {supported}")]
    UnknownVersion { found: u8, supported: u8 },
    #[error("a baseline is cut short")]
    CutShort,
    #[error("a baseline holds {0}")]
    Malformed(&'static str),
    #[error("word {0} is missing")]
    UnknownWord(u64),
    #[error("`{text}` is no {what}")]
    UnknownCode { what: &'static str, text: String },
}

/// Says what a person can do about an error of SQLite.
fn advice(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "the disk is full, and nothing of this step was kept; free some space and run again"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process keeps it locked; wait until that one is done"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "it cannot be written; give this user the right to write it and its folder"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "it is damaged; put a backup in its place"
        }
        Some(ErrorCode::SystemIoFailure) => {
            "the disk could not read or write it; see the system's log"
        }
        _ => "the database refused",
    }
}
