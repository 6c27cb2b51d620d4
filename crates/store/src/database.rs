//! Opening one SQLite file: what it is, how it is set up, and at which version.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior};

use crate::copy::vacuum_into;
use crate::migrations::{self, Migration};
use crate::open_error::OpenError;

/// How long a statement waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a change that SQLite does not wait for itself pauses before it is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// Page cache of one connection, in KiB; negative, as SQLite wants it for a size in KiB.
const CACHE_SIZE_KIB: i64 = -16_384;

/// Prepared statements kept by one connection: all that the crate has.
const STATEMENT_CACHE: usize = 96;

/// What is done with a file of an older version before it is upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BeforeUpgrade {
    /// A copy is put beside it, so that the older program can go on with that.
    KeepCopy,
    /// Nothing, so that no copy escapes the retention.
    Nothing,
}

/// One of the two kinds of file.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Tells the kind in the file's header; must equal what the first migration sets.
    pub(crate) application_id: i32,
    /// Its versions.
    pub(crate) migrations: &'static [Migration],
    /// What becomes of an older version.
    pub(crate) before_upgrade: BeforeUpgrade,
}

/// The state file.
pub(crate) const STATE: Kind = Kind {
    application_id: 0x6673_7374,
    migrations: migrations::STATE,
    before_upgrade: BeforeUpgrade::KeepCopy,
};

/// The journal.
pub(crate) const JOURNAL: Kind = Kind {
    application_id: 0x6673_736A,
    migrations: migrations::JOURNAL,
    before_upgrade: BeforeUpgrade::Nothing,
};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No file.
    Missing,
    /// A file without a byte.
    Empty,
    /// A file.
    Present,
}

/// What is done where a file holds nothing yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IfNew {
    /// It is made ready for use.
    Initialise,
    /// It is left as it is, and refused.
    Refuse,
}

/// Looks at a path without opening it: closing a file again would take the locks away that another
/// connection of this process has on it.
pub(crate) fn standing(path: &Path) -> Result<Standing, OpenError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(OpenError::IsFolder {
            path: path.to_owned(),
        }),
        Ok(metadata) if metadata.is_file() && metadata.len() == 0 => Ok(Standing::Empty),
        Ok(_) => Ok(Standing::Present),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Standing::Missing),
        Err(error) => Err(OpenError::NoAccess {
            path: path.to_owned(),
            source: Some(error.into()),
        }),
    }
}

/// Makes the file `path` and its folder where they are missing; the file is readable by its owner alone.
pub(crate) fn create_missing(path: &Path) -> Result<(), OpenError> {
    if standing(path)? != Standing::Missing {
        return Ok(());
    }
    let not_created = |path: &Path, source| OpenError::NotCreated {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| not_created(folder, error))?;
    }
    match create_private(path) {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map_err(|error| not_created(path, error)),
    }
}

/// Makes an empty file that only its owner may read; fails where one exists.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Opens an existing file for writing and brings it to the newest version.
///
/// Nothing is written to it before it is known to be ours, or new and wanted.
pub(crate) fn open_writable(
    path: &Path,
    kind: &Kind,
    if_new: IfNew,
) -> Result<Connection, OpenError> {
    let refused = |error| OpenError::from_sqlite(path, error);
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let found = inspect(&connection, path, kind)?;
    if found == 0 && if_new == IfNew::Refuse {
        return Err(OpenError::NotInitialised {
            path: path.to_owned(),
        });
    }
    if connection.is_readonly(MAIN_DB).map_err(refused)? {
        return Err(OpenError::NoAccess {
            path: path.to_owned(),
            source: None,
        });
    }
    patiently(|| {
        set_up(&connection, kind).map_err(refused)?;
        upgrade(&mut connection, path, kind)
    })?;
    Ok(connection)
}

/// Brings a file to the newest version.
fn upgrade(connection: &mut Connection, path: &Path, kind: &Kind) -> Result<(), OpenError> {
    let refused = |error| OpenError::from_sqlite(path, error);
    let newest = migrations::newest(kind.migrations);
    if migrations::version(connection).map_err(refused)? == newest {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(refused)?;
    // Asked again under the lock: another process may have upgraded the file meanwhile.
    let found = migrations::version(&transaction).map_err(refused)?;
    if (1..newest).contains(&found) && kind.before_upgrade == BeforeUpgrade::KeepCopy {
        keep_copy(path, found)?;
    }
    migrations::apply(&transaction, kind.migrations).map_err(refused)?;
    transaction.commit().map_err(refused)
}

/// Tries again while another process is making the same file: the change to WAL does not wait by itself,
/// whatever the busy timeout says.
fn patiently<V>(mut attempt: impl FnMut() -> Result<V, OpenError>) -> Result<V, OpenError> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match attempt() {
            Err(OpenError::Busy { .. }) if Instant::now() < deadline => thread::sleep(BUSY_PAUSE),
            done => return done,
        }
    }
}

/// Opens an existing file for reading; it is neither made nor changed.
pub(crate) fn open_read_only(path: &Path, kind: &Kind) -> Result<Connection, OpenError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let (found, supported) = (
        inspect(&connection, path, kind)?,
        migrations::newest(kind.migrations),
    );
    let path = path.to_owned();
    match found {
        0 => Err(OpenError::NotInitialised { path }),
        _ if found < supported => Err(OpenError::Outdated {
            path,
            found,
            supported,
        }),
        _ => Ok(connection),
    }
}

/// Refuses a file that somebody has open, this process included, and a sound one that is not of this `kind`.
///
/// What is damaged passes: it is what is to be moved away. Of any other, what was committed is in the file
/// itself afterwards.
pub(crate) fn refuse_in_use(path: &Path, kind: &Kind) -> Result<(), OpenError> {
    let refused = |error| OpenError::from_sqlite(path, error);
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::ZERO).map_err(refused)?;
    // With this, the first thing that is read takes the lock that excludes every other connection.
    connection
        .pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))
        .map_err(refused)?;
    match inspect(&connection, path, kind) {
        Err(error @ (OpenError::Busy { .. } | OpenError::NotAStateFile { source: None, .. })) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Opens a database that lives as long as its connection.
pub(crate) fn open_in_memory(kind: &Kind) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    keep_statements(&connection)?;
    set_up(&connection, kind)?;
    migrations::migrate(&mut connection, kind.migrations)?;
    Ok(connection)
}

/// Opens an empty database in a file without a name, which the system removes with the connection.
///
/// It grows on the disk and not in memory, and nothing waits for it to be written.
pub(crate) fn open_nameless() -> rusqlite::Result<Connection> {
    let connection = Connection::open("")?;
    keep_statements(&connection)?;
    connection.pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "cache_size", CACHE_SIZE_KIB)?;
    Ok(connection)
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    let refused = |error| OpenError::from_sqlite(path, error);
    // An absolute path is never taken for a URI, and outlives a change of the working folder.
    let absolute = std::path::absolute(path).map_err(|source| OpenError::NotCreated {
        path: path.to_owned(),
        source,
    })?;
    let connection =
        Connection::open_with_flags(absolute, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(refused)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(refused)?;
    keep_statements(&connection).map_err(refused)?;
    Ok(connection)
}

/// Prepares each statement once, and not again for other values: nothing is gathered that could make another plan
/// better for them.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Returns the version of a file, 0 for an empty one; refuses what is not of this `kind`, or is newer.
fn inspect(connection: &Connection, path: &Path, kind: &Kind) -> Result<u32, OpenError> {
    let (application_id, found, tables) = connection
        .query_row(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
             FROM pragma_application_id, pragma_user_version",
            [],
            |row| {
                Ok((
                    row.get::<_, i32>(0)?,
                    row.get::<_, u32>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            },
        )
        .map_err(|error| OpenError::from_sqlite(path, error))?;
    let path = || path.to_owned();
    let supported = migrations::newest(kind.migrations);
    if (application_id, found, tables) == (0, 0, 0) {
        return Ok(0);
    }
    if application_id != kind.application_id {
        return Err(OpenError::NotAStateFile {
            path: path(),
            source: None,
        });
    }
    if found > supported {
        return Err(OpenError::Newer {
            path: path(),
            found,
            supported,
        });
    }
    Ok(found)
}

fn set_up(connection: &Connection, kind: &Kind) -> rusqlite::Result<()> {
    if kind.application_id == JOURNAL.application_id {
        // What the retention takes away shall leave no trace, and give its place back. The latter has to
        // be said before anything is written.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Without it a Mac's disk may keep in its cache what it reports as written.
    connection.pragma_update(None, "fullfsync", "ON")?;
    connection.pragma_update(None, "checkpoint_fullfsync", "ON")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "cache_size", CACHE_SIZE_KIB)
}

/// Puts a copy of a file of an older version beside it, in place of an earlier such copy.
///
/// It is read through a connection of its own, because the caller's is in the transaction that keeps
/// others from writing.
fn keep_copy(path: &Path, version: u32) -> Result<(), OpenError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".v{version}.bak"));
    let copy = PathBuf::from(name);
    let not_created = |source| OpenError::NotCreated {
        path: copy.clone(),
        source,
    };
    match fs::remove_file(&copy) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(not_created(error)),
        _ => {}
    }
    vacuum_into(&connection, &copy).map_err(|failure| failure.into_open_error(&copy))?;
    tracing::info!(copy = %copy.display(), "kept a copy of the state file before upgrading it");
    Ok(())
}
