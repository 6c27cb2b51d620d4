//! What can go wrong, in words that say what to do about it.
//!
//! Inside the crate everything fails with a [`Failure`], which knows nothing of files; at the border it
//! becomes the model's [`StateError`], which names the file and what was being done. Opening, locking and
//! setting aside have errors of their own, because a caller answers them with exit codes of their own.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use frappe_sync_model::{DocName, MappingName, PairId, PerSide, StateError, SyncName};
use rusqlite::ErrorCode;

use crate::open_error::OpenError;
use crate::shared::Place;

/// A cause of any kind, kept for the chain of causes.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// What can be done about a damaged state file.
const STATE_REMEDY: &str =
    "; put a backup in its place, or make it anew with `frappe-sync state rebuild`";

/// What can be done about a damaged journal.
const JOURNAL_REMEDY: &str = "; put a backup in its place, or move it away: a new one is made, \
                              without the values that were kept to be brought back";

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
    #[error("it is damaged")]
    Damaged(#[from] Damage),
    #[error("the system refused the file")]
    System(#[from] io::Error),
    /// The journal failed, not the state file.
    #[error(transparent)]
    Journal(Box<Failure>),
}

impl Failure {
    /// Tells what was being done and where.
    pub(crate) fn into_state_error(self, doing: &str, place: &Place) -> StateError {
        let (file, remedy, failure) = match self {
            Self::Journal(failure) => (place.journal(), JOURNAL_REMEDY, *failure),
            failure => (place.state(), STATE_REMEDY, failure),
        };
        let remedy = if failure.is_damage() { remedy } else { "" };
        StateError {
            message: format!("{file}: could not {doing}: {failure}{remedy}"),
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

    /// Tells whether the file itself is broken.
    fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            Self::Database(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ),
            _ => false,
        }
    }

    /// Returns what stands below the message.
    fn into_cause(self) -> Option<Cause> {
        match self {
            Self::Database(error) => Some(error.into()),
            Self::Unreadable(error) => Some(error.into()),
            Self::Json(error) => Some(error.into()),
            Self::Damaged(damage) => Some(damage.into()),
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

/// What a check found wrong with a file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .findings.join("; "))]
pub(crate) struct Damage {
    /// What SQLite says of it, one to a finding.
    pub(crate) findings: Vec<String>,
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
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "it is damaged",
        Some(ErrorCode::SystemIoFailure) => {
            "the disk could not read or write it; see the system's log"
        }
        _ => "the database refused",
    }
}
