//! Values that both sides changed.

use frappe_sync_model::{
    ConflictRecord, ConflictState, DocName, FieldPath, MappingName, PerSide, RunId,
};
use rusqlite::{OptionalExtension, Row, params};

use crate::columns::{SideColumn, SiteTimeColumn};
use crate::error::Failure;
use crate::history::ConflictFilter;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::doc_key::doc_name;
use crate::tables::row_limit;

/// The columns that [`read`] expects.
const COLUMNS: &str = "conflicts.id, run, mappings.name, a_name, b_name, path, decided_for, \
                       a_modified, b_modified, a_user, b_user";

/// Records a conflict.
///
/// An open one takes the row, and so the number, of the open one of the same value. A decided one is
/// added to the history, and ends the open one.
pub(crate) fn put(session: &mut Session<'_>, conflict: &ConflictRecord) -> Result<(), Failure> {
    let mapping = session.mapping_row(&conflict.mapping)?;
    let decided_for = match conflict.state {
        ConflictState::Open => None,
        ConflictState::Decided(side) => {
            end(session, mapping, &conflict.names.a, &conflict.path)?;
            Some(SideColumn(side))
        }
    };
    session
        .prepare(
            "INSERT INTO conflicts (mapping, run, a_name, b_name, path, decided_for, a_modified,
                 b_modified, a_user, b_user)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (mapping, a_name, path) WHERE decided_for IS NULL DO UPDATE SET
                 run = excluded.run, b_name = excluded.b_name, a_modified = excluded.a_modified,
                 b_modified = excluded.b_modified, a_user = excluded.a_user,
                 b_user = excluded.b_user",
        )?
        .execute(params![
            mapping.0,
            conflict.run.as_str(),
            conflict.names.a.as_str(),
            conflict.names.b.as_str(),
            conflict.path.to_string(),
            decided_for,
            SiteTimeColumn::of(conflict.modified.a.as_ref()),
            SiteTimeColumn::of(conflict.modified.b.as_ref()),
            &conflict.users.a,
            &conflict.users.b,
        ])?;
    Ok(())
}

/// Removes the open conflict of a value, if there is one.
pub(crate) fn end(
    session: &Session<'_>,
    mapping: MappingRow,
    a_name: &DocName,
    path: &FieldPath,
) -> Result<(), Failure> {
    session
        .prepare(
            "DELETE FROM conflicts
             WHERE mapping = ?1 AND a_name = ?2 AND path = ?3 AND decided_for IS NULL",
        )?
        .execute((mapping.0, a_name.as_str(), path.to_string()))?;
    Ok(())
}

/// Lets go of the conflicts of a pair that is forgotten: open ones are over, decided ones stay as history
/// under the names that they have, and follow no later pair of these names.
///
/// A pair that has its name on `a` has all open conflicts of that name.
pub(crate) fn detach(
    session: &Session<'_>,
    mapping: MappingRow,
    names: &PerSide<DocName>,
    has_a: bool,
) -> Result<(), Failure> {
    session
        .prepare(
            "DELETE FROM conflicts WHERE mapping = ?1 AND a_name = ?2 AND (b_name = ?3 OR ?4)
                 AND decided_for IS NULL",
        )?
        .execute((mapping.0, names.a.as_str(), names.b.as_str(), has_a))?;
    session
        .prepare(
            "UPDATE conflicts SET detached = 1 WHERE mapping = ?1 AND a_name = ?2 AND b_name = ?3",
        )?
        .execute((mapping.0, names.a.as_str(), names.b.as_str()))?;
    Ok(())
}

/// Takes the conflicts of a pair from under its names, until they [`arrive`] under others.
pub(crate) fn put_aside(
    session: &Session<'_>,
    mapping: MappingRow,
    names: &PerSide<DocName>,
    has_a: bool,
    placeholder: &str,
) -> Result<(), Failure> {
    session
        .prepare(
            "UPDATE OR REPLACE conflicts SET a_name = ?5
             WHERE mapping = ?1 AND a_name = ?2 AND detached = 0
                 AND (b_name = ?3 OR (?4 AND decided_for IS NULL))",
        )?
        .execute((
            mapping.0,
            names.a.as_str(),
            names.b.as_str(),
            has_a,
            placeholder,
        ))?;
    Ok(())
}

/// Gives the conflicts that were put aside the new names of their pair. Where an open one of the same
/// value stands under these already, the one that arrives is the right one.
pub(crate) fn arrive(
    session: &Session<'_>,
    mapping: MappingRow,
    placeholder: &str,
    names: &PerSide<DocName>,
) -> Result<(), Failure> {
    session
        .prepare(
            "UPDATE OR REPLACE conflicts SET a_name = ?3, b_name = ?4
             WHERE mapping = ?1 AND a_name = ?2",
        )?
        .execute((mapping.0, placeholder, names.a.as_str(), names.b.as_str()))?;
    Ok(())
}

/// Returns the open conflicts of this sync, in the order in which they were found.
pub(crate) fn open(session: &mut Session<'_>) -> Result<Vec<ConflictRecord>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(Vec::new());
    };
    let mut statement = session.prepare(&format!(
        "SELECT {COLUMNS} FROM conflicts JOIN mappings ON mappings.id = conflicts.mapping
         WHERE mappings.sync = ?1 AND decided_for IS NULL ORDER BY conflicts.id"
    ))?;
    let conflicts = statement
        .query_map([sync.0], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(conflicts)
}

/// Returns up to `limit` conflicts of this sync, those found last first.
pub(crate) fn last(
    session: &mut Session<'_>,
    filter: ConflictFilter,
    limit: usize,
) -> Result<Vec<ConflictRecord>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(Vec::new());
    };
    let asked_for = match filter {
        ConflictFilter::Open => "decided_for IS NULL",
        ConflictFilter::Decided => "decided_for IS NOT NULL",
        ConflictFilter::All => "TRUE",
    };
    let mut statement = session.prepare(&format!(
        "SELECT {COLUMNS} FROM conflicts JOIN mappings ON mappings.id = conflicts.mapping
         WHERE mappings.sync = ?1 AND {asked_for} ORDER BY conflicts.id DESC LIMIT ?2"
    ))?;
    let conflicts = statement
        .query_map((sync.0, row_limit(limit)), read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(conflicts)
}

/// Returns a conflict of this sync.
pub(crate) fn of_id(session: &mut Session<'_>, id: i64) -> Result<Option<ConflictRecord>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(None);
    };
    let conflict = session
        .prepare(&format!(
            "SELECT {COLUMNS} FROM conflicts JOIN mappings ON mappings.id = conflicts.mapping
             WHERE conflicts.id = ?1 AND mappings.sync = ?2"
        ))?
        .query_row((id, sync.0), read)
        .optional()?;
    Ok(conflict)
}

/// Returns all conflicts of a document, decided ones included, in the order in which they were found.
pub(crate) fn of_document(
    session: &Session<'_>,
    mapping: MappingRow,
    a_name: &DocName,
) -> Result<Vec<ConflictRecord>, Failure> {
    let mut statement = session.prepare(&format!(
        "SELECT {COLUMNS} FROM conflicts JOIN mappings ON mappings.id = conflicts.mapping
         WHERE conflicts.mapping = ?1 AND a_name = ?2 ORDER BY conflicts.id"
    ))?;
    let conflicts = statement
        .query_map((mapping.0, a_name.as_str()), read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(conflicts)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ConflictRecord> {
    let modified = |column| -> rusqlite::Result<_> {
        Ok(row
            .get::<_, Option<SiteTimeColumn>>(column)?
            .map(|time| time.0))
    };
    Ok(ConflictRecord {
        id: Some(row.get(0)?),
        run: RunId::from(row.get::<_, String>(1)?),
        mapping: MappingName::from(row.get::<_, String>(2)?),
        names: PerSide {
            a: doc_name(row, 3)?,
            b: doc_name(row, 4)?,
        },
        path: FieldPath::from(row.get::<_, String>(5)?),
        state: row
            .get::<_, Option<SideColumn>>(6)?
            .map_or(ConflictState::Open, |side| ConflictState::Decided(side.0)),
        modified: PerSide {
            a: modified(7)?,
            b: modified(8)?,
        },
        users: PerSide {
            a: row.get(9)?,
            b: row.get(10)?,
        },
    })
}
