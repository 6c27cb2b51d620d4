//! Who is paired with whom, without baselines.

use std::collections::HashSet;

use frappe_sync_model::{Counterpart, DocName, PairId, Side, SiteTime};
use rusqlite::Row;

use crate::codec::Dictionary;
use crate::columns::{SideColumn, SiteTimeColumn};
use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::doc_key::doc_name;
use crate::tables::{distinct, holds_name, row_limit};

/// Returns the counterparts of these names of a side, in the order asked for.
pub(crate) fn named(
    session: &mut Session<'_>,
    mapping: MappingRow,
    side: Side,
    names: &[DocName],
) -> Result<Vec<Counterpart>, Failure> {
    let mut statement = session.prepare(&by_name(side))?;
    let mut counterparts = Vec::new();
    for name in distinct(names) {
        let mut rows = statement.query((mapping.0, name.as_str()))?;
        if let Some(row) = rows.next()? {
            counterparts.push(read(session, row)?);
        }
    }
    Ok(counterparts)
}

/// Returns the counterparts of the documents of a side that were made at these moments, in the order
/// asked for; those of one moment by their row. A document that is gone is among them, under its last name.
pub(crate) fn created_at(
    session: &mut Session<'_>,
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
            counterparts.push(read(session, row)?);
        }
    }
    Ok(counterparts)
}

/// Returns up to `limit` pairs whose row comes after `after`, by their row, tombstones too.
pub(crate) fn after(
    session: &mut Session<'_>,
    mapping: MappingRow,
    side: Side,
    after: Option<PairId>,
    limit: usize,
) -> Result<Vec<Counterpart>, Failure> {
    let mut statement = session.prepare(&by_row(side))?;
    let after = after.map_or(i64::MIN, |pair| pair.0);
    let mut rows = statement.query((mapping.0, after, row_limit(limit)))?;
    let mut counterparts = Vec::new();
    while let Some(row) = rows.next()? {
        counterparts.push(read(session, row)?);
    }
    Ok(counterparts)
}

/// Asks for the pair that has a name.
pub(crate) fn by_name(side: Side) -> String {
    format!(
        "SELECT {} FROM pairs WHERE mapping = ?1 AND {side}_name = ?2 AND {}",
        columns(side),
        holds_name(side)
    )
}

/// Asks for pairs in the order of their rows.
pub(crate) fn by_row(side: Side) -> String {
    format!(
        "SELECT {} FROM pairs INDEXED BY pairs_by_row
         WHERE mapping = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        columns(side)
    )
}

/// Returns the columns that [`read`] expects, seen from a side.
fn columns(side: Side) -> String {
    let other = side.other();
    format!(
        "id, {side}_name, {other}_name, {side}_modified, {side}_creation, {side}_owner, open, gone"
    )
}

fn read(session: &mut Session<'_>, row: &Row<'_>) -> Result<Counterpart, Failure> {
    let owner: i64 = row.get(5)?;
    Ok(Counterpart {
        pair: PairId(row.get(0)?),
        name: doc_name(row, 1)?,
        other: doc_name(row, 2)?,
        modified: row.get::<_, Option<SiteTimeColumn>>(3)?.map(|time| time.0),
        creation: row.get::<_, Option<SiteTimeColumn>>(4)?.map(|time| time.0),
        owner: session.text_of(owner.cast_unsigned())?.to_owned(),
        open: row.get(6)?,
        gone: row.get::<_, Option<SideColumn>>(7)?.map(|side| side.0),
    })
}
