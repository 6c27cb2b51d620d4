//! Whether a file is whole.

use rusqlite::{Connection, OptionalExtension};

use crate::error::{Damage, Failure};

/// The most findings that are told of one file: more of them say nothing new.
const FINDINGS: usize = 10;

/// Reads a whole database: its pages, its indexes, what its tables promise, and what rows refer to.
pub(crate) fn check(connection: &Connection) -> Result<(), Failure> {
    let mut findings = Vec::new();
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({FINDINGS})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let finding: String = row.get(0)?;
        if finding != "ok" {
            findings.push(finding);
        }
    }
    // A file whose pages are broken is not asked for more.
    if findings.is_empty() {
        findings.extend(dangling(connection)?);
    }
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Damage { findings }.into())
    }
}

/// Names a row that refers to one that is not there.
fn dangling(connection: &Connection) -> Result<Option<String>, Failure> {
    let dangling = connection
        .prepare("PRAGMA foreign_key_check")?
        .query_row([], |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Ok(format!(
                "a row of `{table}` refers to one of `{parent}` that is not there"
            ))
        })
        .optional()?;
    Ok(dangling)
}
