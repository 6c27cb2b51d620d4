//! Who is paired with whom, without baselines.

use std::collections::HashSet;

use frappe_sync_model::{Counterpart, DocName, PairId, Side, SiteTime};
use rusqlite::Row;

use crate::columns::SiteTimeColumn;
use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::distinct;
use crate::tables::doc_key::doc_name;

/// Returns the counterparts of these names of a side, in the order asked for.
pub(crate) fn named(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
    names: &[DocName],
) -> Result<Vec<Counterpart>, Failure> {
    let mut statement = session.prepare(&format!(
        "SELECT {} FROM pairs WHERE mapping = ?1 AND {side}_name = ?2",
        columns(side)
    ))?;
    let mut counterparts = Vec::new();
    for name in distinct(names) {
        let mut rows = statement.query((mapping.0, name.as_str()))?;
        if let Some(row) = rows.next()? {
            counterparts.push(read(row)?);
        }
    }
    Ok(counterparts)
}

/// Returns the counterparts of the documents of a side that were made at these moments, in the order
/// asked for; those of one moment by their row.
pub(crate) fn created_at(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
    creations: &[SiteTime],
) -> Result<Vec<Counterpart>, Failure> {
    let mut statement = session.prepare(&format!(
        "SELECT {} FROM pairs WHERE mapping = ?1 AND {side}_creation = ?2 ORDER BY id",
        columns(side)
    ))?;
    let mut asked = HashSet::with_capacity(creations.len());
    let mut counterparts = Vec::new();
    for creation in creations.iter().filter(|creation| asked.insert(*creation)) {
        let mut rows = statement.query((mapping.0, SiteTimeColumn::of(Some(creation))))?;
        while let Some(row) = rows.next()? {
            counterparts.push(read(row)?);
        }
    }
    Ok(counterparts)
}

/// Returns the columns that [`read`] expects, seen from a side.
fn columns(side: Side) -> String {
    let other = side.other();
    format!("id, {side}_name, {other}_name, {side}_modified, {side}_creation, open")
}

fn read(row: &Row<'_>) -> rusqlite::Result<Counterpart> {
    Ok(Counterpart {
        pair: PairId(row.get(0)?),
        name: doc_name(row, 1)?,
        other: doc_name(row, 2)?,
        modified: row.get::<_, Option<SiteTimeColumn>>(3)?.map(|time| time.0),
        creation: row.get::<_, Option<SiteTimeColumn>>(4)?.map(|time| time.0),
        open: row.get(5)?,
    })
}
