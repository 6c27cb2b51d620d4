//! Pairs with their baselines.

use frappe_sync_model::{DocName, MappingName, Pair, PairId, PairSide, PerSide, Side};
use rusqlite::{OptionalExtension, Row, ffi, params};

use crate::codec::{self, Dictionary};
use crate::columns::{SideColumn, SiteTimeColumn};
use crate::error::{AlreadyPaired, Failure};
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::doc_key::doc_name;
use crate::tables::named_rows::{self, Documents, Moves, placeholder};
use crate::tables::{distinct, holds_name, row_limit};

/// The columns that [`read`] expects.
const COLUMNS: &str = "id, a_name, b_name, a_creation, b_creation, a_owner, b_owner, \
                       a_modified, b_modified, open, gone, baseline";

/// What became of a pair that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Yes,
    /// Another pair has one of its names.
    NameTaken,
}

/// Stores pairs: one with a row in that row, one without in a new one. What other tables hold under the
/// names of a stored pair follows to its new ones.
///
/// Pairs of one call may take each other's names, as renames do, and the names that tombstones give up: a
/// pair whose name is still held by another one waits until the others are stored. What is taken then is
/// taken by a pair that keeps it; a tombstone keeps none against a live pair.
pub(crate) fn put(session: &mut Session<'_>, pairs: &[Pair]) -> Result<(), Failure> {
    let mut moves = Moves::default();
    let mut waiting = Vec::new();
    for pair in pairs {
        let mapping = session.mapping_row(&pair.mapping)?;
        if let Some(id) = pair.id {
            let stored = documents_in(session, mapping, pair, id)?;
            moves.put_aside(session, mapping, id, &stored, pair)?;
        }
        if put_one(session, mapping, pair)? == Stored::NameTaken {
            let_go_of_names(session, pair)?;
            waiting.push((mapping, pair));
        }
    }
    for (mapping, pair) in waiting {
        let mut stored = put_one(session, mapping, pair)?;
        if stored == Stored::NameTaken && pair.gone.is_none() {
            forget_tombstones(session, mapping, pair)?;
            stored = put_one(session, mapping, pair)?;
        }
        if stored == Stored::NameTaken {
            return Err(already_paired(session, mapping, pair)?);
        }
    }
    moves.arrive(session)
}

/// Forgets the tombstones that claim a name of a live pair: a site has one document of a name, so what they
/// speak of is not there any more.
fn forget_tombstones(
    session: &Session<'_>,
    mapping: MappingRow,
    pair: &Pair,
) -> Result<(), Failure> {
    session
        .prepare(
            "DELETE FROM pairs
             WHERE mapping = ?1 AND id IS NOT ?2
                 AND ((gone = 'b' AND a_name = ?3) OR (gone = 'a' AND b_name = ?4))",
        )?
        .execute(params![
            mapping.0,
            pair.id.map(|id| id.0),
            pair.sides.a.name.as_str(),
            pair.sides.b.name.as_str(),
        ])?;
    Ok(())
}

/// Forgets a pair of this sync, with what other tables hold for it; one that was forgotten before is no
/// error.
pub(crate) fn forget(session: &mut Session<'_>, id: PairId) -> Result<(), Failure> {
    let Some((mapping, documents)) = documents(session, id)? else {
        return Ok(());
    };
    named_rows::remove(session, mapping, &documents)?;
    session
        .prepare("DELETE FROM pairs WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

/// Returns the pairs of these names on a side, in the order asked for.
pub(crate) fn named(
    session: &mut Session<'_>,
    mapping: MappingRow,
    mapping_name: &MappingName,
    side: Side,
    names: &[DocName],
) -> Result<Vec<Pair>, Failure> {
    let mut statement = session.prepare(&format!(
        "SELECT {COLUMNS} FROM pairs WHERE mapping = ?1 AND {side}_name = ?2 AND {}",
        holds_name(side)
    ))?;
    let mut pairs = Vec::new();
    for name in distinct(names) {
        let mut rows = statement.query((mapping.0, name.as_str()))?;
        if let Some(row) = rows.next()? {
            pairs.push(read(session, mapping_name, row)?);
        }
    }
    Ok(pairs)
}

/// Returns up to `limit` pairs whose row comes after `after`, by their row.
pub(crate) fn after(
    session: &mut Session<'_>,
    mapping: MappingRow,
    mapping_name: &MappingName,
    after: Option<PairId>,
    limit: usize,
) -> Result<Vec<Pair>, Failure> {
    let mut statement = session.prepare(&format!(
        "SELECT {COLUMNS} FROM pairs INDEXED BY pairs_by_row
         WHERE mapping = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
    ))?;
    let after = after.map_or(i64::MIN, |pair| pair.0);
    let mut rows = statement.query((mapping.0, after, row_limit(limit)))?;
    let mut pairs = Vec::new();
    while let Some(row) = rows.next()? {
        pairs.push(read(session, mapping_name, row)?);
    }
    Ok(pairs)
}

fn put_one(session: &mut Session<'_>, mapping: MappingRow, pair: &Pair) -> Result<Stored, Failure> {
    let baseline = codec::encode(&pair.baseline, session)?;
    let PerSide { a, b } = &pair.sides;
    let a_owner = session.id_of(&a.owner)?.cast_signed();
    let b_owner = session.id_of(&b.owner)?.cast_signed();
    let sql = match pair.id {
        Some(_) => {
            "UPDATE pairs SET
                 a_name = ?3, b_name = ?4, a_creation = ?5, b_creation = ?6, a_owner = ?7,
                 b_owner = ?8, a_modified = ?9, b_modified = ?10, open = ?11, baseline = ?12,
                 gone = ?13
             WHERE id = ?2 AND mapping = ?1"
        }
        None => {
            "INSERT INTO pairs (mapping, id, a_name, b_name, a_creation, b_creation, a_owner,
                 b_owner, a_modified, b_modified, open, baseline, gone)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
        }
    };
    let stored = session.prepare(sql)?.execute(params![
        mapping.0,
        pair.id.map(|id| id.0),
        a.name.as_str(),
        b.name.as_str(),
        SiteTimeColumn::of(a.creation.as_ref()),
        SiteTimeColumn::of(b.creation.as_ref()),
        a_owner,
        b_owner,
        SiteTimeColumn::of(a.modified.as_ref()),
        SiteTimeColumn::of(b.modified.as_ref()),
        pair.open,
        baseline,
        pair.gone.map(SideColumn),
    ]);
    match stored {
        Ok(_) => Ok(Stored::Yes),
        Err(rusqlite::Error::SqliteFailure(error, _))
            if error.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            Ok(Stored::NameTaken)
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns the stored documents of a pair of this sync, and its mapping.
fn documents(
    session: &mut Session<'_>,
    id: PairId,
) -> Result<Option<(MappingRow, Documents)>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(None);
    };
    let documents = session
        .prepare(
            "SELECT mapping, a_name, b_name, a_creation, b_creation, gone
             FROM pairs JOIN mappings ON mappings.id = pairs.mapping
             WHERE pairs.id = ?1 AND mappings.sync = ?2",
        )?
        .query_row((id.0, sync.0), |row| {
            Ok((MappingRow(row.get(0)?), Documents::read(row, 1)?))
        })
        .optional()?;
    Ok(documents)
}

/// Returns the stored documents of a pair that has to be one of this mapping.
fn documents_in(
    session: &mut Session<'_>,
    mapping: MappingRow,
    pair: &Pair,
    id: PairId,
) -> Result<Documents, Failure> {
    match documents(session, id)? {
        Some((of, documents)) if of == mapping => Ok(documents),
        _ => Err(Failure::NoSuchPair {
            mapping: pair.mapping.clone(),
            pair: id,
        }),
    }
}

/// Frees the names under which a pair is stored, until it is stored again.
fn let_go_of_names(session: &Session<'_>, pair: &Pair) -> Result<(), Failure> {
    let Some(id) = pair.id else {
        return Ok(());
    };
    session
        .prepare("UPDATE pairs SET a_name = ?2, b_name = ?2 WHERE id = ?1")?
        .execute((id.0, placeholder(id)))?;
    Ok(())
}

/// Names the pair that keeps `pair` from being stored.
fn already_paired(
    session: &Session<'_>,
    mapping: MappingRow,
    pair: &Pair,
) -> Result<Failure, Failure> {
    let wanted = pair.sides.as_ref().map(|side| side.name.clone());
    let stored = session
        .prepare(
            "SELECT a_name, b_name FROM pairs
             WHERE mapping = ?1 AND id IS NOT ?4
                 AND ((a_name = ?2 AND gone IS NOT 'a' AND ?5 IS NOT 'a')
                     OR (b_name = ?3 AND gone IS NOT 'b' AND ?5 IS NOT 'b'))
             LIMIT 1",
        )?
        .query_row(
            (
                mapping.0,
                wanted.a.as_str(),
                wanted.b.as_str(),
                pair.id.map(|id| id.0),
                pair.gone.map(SideColumn),
            ),
            |row| {
                Ok(PerSide {
                    a: doc_name(row, 0)?,
                    b: doc_name(row, 1)?,
                })
            },
        )?;
    Ok(Failure::AlreadyPaired(Box::new(AlreadyPaired {
        mapping: pair.mapping.clone(),
        wanted,
        stored,
    })))
}

fn read(session: &mut Session<'_>, mapping: &MappingName, row: &Row<'_>) -> Result<Pair, Failure> {
    let mut side = |name: usize| -> Result<PairSide, Failure> {
        let owner: i64 = row.get(name + 4)?;
        Ok(PairSide {
            name: doc_name(row, name)?,
            creation: row
                .get::<_, Option<SiteTimeColumn>>(name + 2)?
                .map(|time| time.0),
            owner: session.text_of(owner.cast_unsigned())?.to_owned(),
            modified: row
                .get::<_, Option<SiteTimeColumn>>(name + 6)?
                .map(|time| time.0),
        })
    };
    let sides = PerSide {
        a: side(1)?,
        b: side(2)?,
    };
    let baseline = row.get_ref(11)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(Pair {
        id: Some(PairId(row.get(0)?)),
        mapping: mapping.clone(),
        sides,
        open: row.get(9)?,
        gone: row.get::<_, Option<SideColumn>>(10)?.map(|side| side.0),
        baseline: codec::decode(baseline, session)?,
    })
}
