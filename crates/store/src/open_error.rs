//! Why a state file cannot be opened, in words that say what to do about it.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::error::Cause;

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
    /// A folder stands where the file should.
    #[error("`{path}` is a folder: name a file under `state`")]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The file is something else, or its head was overwritten.
    #[error(
        "`{path}` is not a state file of frappe-sync: name another file under `state`; \
         if it was one before, put a backup in its place, or make it anew with `frappe-sync state rebuild`"
    )]
    NotAStateFile {
        /// The file.
        path: PathBuf,
        /// What SQLite said of it, where it could not read it at all.
        #[source]
        source: Option<Cause>,
    },
    /// The file was cut short or overwritten.
    #[error(
        "`{path}` is damaged or cut short: put a backup in its place before anything is run, \
         or make it anew with `frappe-sync state rebuild`"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said of it.
        #[source]
        source: Option<Cause>,
    },
    /// The journal is damaged or something else. What is synced does not depend on it.
    #[error(
        "`{path}` is no journal of frappe-sync, or a damaged one: put a backup in its place, or move it \
         away: a new one is made, without the values that were kept to be brought back"
    )]
    UnusableJournal {
        /// The journal.
        path: PathBuf,
        /// What SQLite said of it, where it could not read it.
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

    /// Tells of a journal what would be told of a state file.
    pub(crate) fn of_journal(self) -> Self {
        match self {
            Self::NotAStateFile { path, source } | Self::Damaged { path, source } => {
                Self::UnusableJournal { path, source }
            }
            error => error,
        }
    }
}
