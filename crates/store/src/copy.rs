//! Copies of a whole file, taken while others read and write it.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::database::create_private;
use crate::error::Failure;

/// Writes a compact copy of a database to the new file `target`, readable by its owner alone, and waits
/// until it is on the disk. Where that fails, no file is left.
pub(crate) fn vacuum_into(connection: &Connection, target: &Path) -> Result<(), Failure> {
    let absolute = std::path::absolute(target)?;
    let text = absolute.to_str().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path of a copy must be UTF-8",
        )
    })?;
    create_private(&absolute)?;
    let written = connection
        .execute("VACUUM INTO ?1", [text])
        .map_err(Failure::from)
        .and_then(|_| Ok(File::open(&absolute)?.sync_all()?));
    if written.is_err()
        && let Err(error) = fs::remove_file(&absolute)
    {
        tracing::warn!(error = %error, copy = %absolute.display(), "a failed copy stays behind");
    }
    written
}

/// Copies a database into another one, whatever that held.
pub(crate) fn copy_into(source: &Connection, target: &mut Connection) -> rusqlite::Result<()> {
    let backup = Backup::new(source, target)?;
    // In one step: no other writer can come between, so that it never has to begin again.
    match backup.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            None,
        )),
    }
}
