//! Pairs with their baselines.

use frappe_sync_model::{DocName, MappingName, Pair, PairId, PairSide, PerSide, Side, SiteTime};
use rusqlite::{OptionalExtension, Row, ffi, params};

use crate::codec::{self, Dictionary};
use crate::columns::SiteTimeColumn;
use crate::error::{AlreadyPaired, Failure};
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::doc_key::doc_name;
use crate::tables::{conflicts, distinct, row_limit};

/// The columns that [`read`] expects.
const COLUMNS: &str = "id, a_name, b_name, a_creation, b_creation, a_owner, b_owner, \
                       a_modified, b_modified, open, baseline";

/// What became of a pair that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Yes,
    /// Another pair has one of its names.
    NameTaken,
}

/// Stores pairs: one with a row in that row, one without in a new one.
///
/// Pairs of one call may take each other's names, as renames do: a pair whose name is still held by
/// another one waits until the others are stored. What is taken then is taken by a pair that keeps it.
pub(crate) fn put(session: &mut Session<'_>, pairs: &[Pair]) -> Result<(), Failure> {
    let mut waiting = Vec::new();
    for pair in pairs {
        let mapping = session.mapping_row(&pair.mapping)?;
        if put_one(session, mapping, pair)? == Stored::NameTaken {
            let_go_of_names(session, pair)?;
            waiting.push((mapping, pair));
        }
    }
    for (mapping, pair) in waiting {
        if put_one(session, mapping, pair)? == Stored::NameTaken {
            return Err(already_paired(session, mapping, pair)?);
        }
    }
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
        "SELECT {COLUMNS} FROM pairs WHERE mapping = ?1 AND {side}_name = ?2"
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

/// Returns the greatest `modified` of a side; text that is no moment is not one.
pub(crate) fn latest_modified(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
) -> Result<Option<SiteTime>, Failure> {
    // Numbers stand before texts, so this is the greatest of the usual times, straight from the index.
    let mut latest = session
        .prepare(&format!(
            "SELECT {side}_modified FROM pairs
             WHERE mapping = ?1 AND {side}_modified < '' ORDER BY {side}_modified DESC LIMIT 1"
        ))?
        .query_row([mapping.0], |row| row.get::<_, SiteTimeColumn>(0))
        .optional()?
        .map(|time| time.0);
    let mut statement = session.prepare(&format!(
        "SELECT {side}_modified FROM pairs WHERE mapping = ?1 AND {side}_modified >= ''"
    ))?;
    for time in statement.query_map([mapping.0], |row| row.get::<_, SiteTimeColumn>(0))? {
        let SiteTimeColumn(time) = time?;
        if time.to_naive() > latest.as_ref().and_then(SiteTime::to_naive) {
            latest = Some(time);
        }
    }
    Ok(latest)
}

fn put_one(session: &mut Session<'_>, mapping: MappingRow, pair: &Pair) -> Result<Stored, Failure> {
    let baseline = codec::encode(&pair.baseline, session)?;
    let PerSide { a, b } = &pair.sides;
    let a_owner = session.id_of(&a.owner)?.cast_signed();
    let b_owner = session.id_of(&b.owner)?.cast_signed();
    if let Some(id) = pair.id {
        follow_rename(session, mapping, pair, id)?;
    }
    let sql = match pair.id {
        Some(_) => {
            "UPDATE pairs SET
                 a_name = ?3, b_name = ?4, a_creation = ?5, b_creation = ?6, a_owner = ?7,
                 b_owner = ?8, a_modified = ?9, b_modified = ?10, open = ?11, baseline = ?12
             WHERE id = ?2 AND mapping = ?1"
        }
        None => {
            "INSERT INTO pairs (mapping, id, a_name, b_name, a_creation, b_creation, a_owner,
                 b_owner, a_modified, b_modified, open, baseline)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
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

/// Lets the conflicts of a stored pair follow its new names.
fn follow_rename(
    session: &Session<'_>,
    mapping: MappingRow,
    pair: &Pair,
    id: PairId,
) -> Result<(), Failure> {
    let stored = session
        .prepare("SELECT a_name, b_name FROM pairs WHERE id = ?1 AND mapping = ?2")?
        .query_row((id.0, mapping.0), |row| {
            Ok(PerSide {
                a: doc_name(row, 0)?,
                b: doc_name(row, 1)?,
            })
        })
        .optional()?
        .ok_or_else(|| Failure::NoSuchPair {
            mapping: pair.mapping.clone(),
            pair: id,
        })?;
    let names = pair.sides.as_ref().map(|side| &side.name);
    if stored.as_ref() != names {
        conflicts::rename(session, mapping, &stored.a, names)?;
    }
    Ok(())
}

/// Frees the names under which a pair is stored, until it is stored again.
fn let_go_of_names(session: &Session<'_>, pair: &Pair) -> Result<(), Failure> {
    session
        .prepare("UPDATE pairs SET a_name = char(0) || id, b_name = char(0) || id WHERE id = ?1")?
        .execute([pair.id.map(|id| id.0)])?;
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
             WHERE mapping = ?1 AND (a_name = ?2 OR b_name = ?3) AND id IS NOT ?4 LIMIT 1",
        )?
        .query_row(
            (
                mapping.0,
                wanted.a.as_str(),
                wanted.b.as_str(),
                pair.id.map(|id| id.0),
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
    let baseline = row.get_ref(10)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(Pair {
        id: Some(PairId(row.get(0)?)),
        mapping: mapping.clone(),
        sides,
        open: row.get(9)?,
        baseline: codec::decode(baseline, session)?,
    })
}
