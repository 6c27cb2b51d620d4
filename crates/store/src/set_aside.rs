//! Moving a state out of the way, so that a new one can take its place.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::database::{self, STATE, Standing};
use crate::error::LockError;
use crate::lock::RunLock;
use crate::open_error::OpenError;
use crate::state_file::{StateFile, journal_path};

/// What SQLite keeps beside a database that is in use, or was when its process was killed.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Where the files of a state went; the two go together and can be opened where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetAside {
    /// The state file; `None` where there was none.
    pub state: Option<PathBuf>,
    /// The journal; `None` where there was none.
    pub journal: Option<PathBuf>,
}

/// A state that was not set aside.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetAsideError {
    /// A sync of it is being run, or the locks cannot be looked at.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// There is none, another program has it open, or it is another program's.
    #[error(transparent)]
    Refused(#[from] OpenError),
    /// Something stands where a file would go.
    #[error("`{path}` exists already, and nothing was moved: try again a second later")]
    Exists {
        /// What stands there.
        path: PathBuf,
    },
    /// The system did not move a file. Those before it were moved.
    #[error(
        "`{from}` could not be moved to `{to}`: give this user the right to write to its folder and try again"
    )]
    NotMoved {
        /// The file.
        from: PathBuf,
        /// Where it was to go.
        to: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl StateFile {
    /// Renames the state file at `path` and its journal, damaged or not, to `<stem>.<at>.<extension>` and
    /// `<stem>.<at>.journal.db` beside them, with `at` as `20260131T235959Z`. Nothing is removed, and other
    /// files are left where they are, such as copies from before an upgrade.
    ///
    /// # Errors
    ///
    /// Nothing is moved where a sync of it is being run ([`SetAsideError::Locked`]), where anybody still has
    /// it open, this process included ([`OpenError::Busy`]), where the file is a sound one of another program
    /// ([`OpenError::NotAStateFile`]), or where there is neither file ([`OpenError::NotInitialised`]).
    pub fn set_aside(path: impl AsRef<Path>, at: DateTime<Utc>) -> Result<SetAside, SetAsideError> {
        let path = path.as_ref();
        let (journal, aside) = (journal_path(path), aside_path(path, at));
        let journal_aside = journal_path(&aside);
        let is_there =
            |path: &Path| Ok::<_, OpenError>(database::standing(path)? != Standing::Missing);
        let (has_state, has_journal) = (is_there(path)?, is_there(&journal)?);
        if !has_state && !has_journal {
            return Err(OpenError::NotInitialised {
                path: path.to_owned(),
            }
            .into());
        }
        let locks = RunLock::all_on_file(path)?;
        if has_state {
            database::refuse_in_use(path, &STATE)?;
        }
        for target in [&aside, &journal_aside] {
            if is_there(target)? {
                return Err(SetAsideError::Exists {
                    path: target.clone(),
                });
            }
        }
        if has_state {
            move_database(path, &aside)?;
        }
        if has_journal {
            move_database(&journal, &journal_aside)?;
        }
        drop(locks);
        Ok(SetAside {
            state: has_state.then_some(aside),
            journal: has_journal.then_some(journal_aside),
        })
    }
}

/// Returns where a state file goes: a path whose journal is found like that of any other.
fn aside_path(state: &Path, at: DateTime<Utc>) -> PathBuf {
    let mut name = state.file_stem().map_or_else(OsString::new, OsString::from);
    name.push(format!(".{}.", at.format("%Y%m%dT%H%M%SZ")));
    // Without an extension of its own, the time would be taken for one.
    name.push(state.extension().unwrap_or("db".as_ref()));
    state.with_file_name(name)
}

/// Moves a database, and after it what belongs to it: until that has followed, SQLite throws it away rather
/// than mistake it for a part of a new file.
fn move_database(from: &Path, to: &Path) -> Result<(), SetAsideError> {
    move_file(from, to)?;
    for companion in COMPANIONS {
        let beside = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(companion);
            PathBuf::from(name)
        };
        if database::standing(&beside(from))? != Standing::Missing {
            move_file(&beside(from), &beside(to))?;
        }
    }
    Ok(())
}

fn move_file(from: &Path, to: &Path) -> Result<(), SetAsideError> {
    fs::rename(from, to).map_err(|source| SetAsideError::NotMoved {
        from: from.to_owned(),
        to: to.to_owned(),
        source,
    })
}
