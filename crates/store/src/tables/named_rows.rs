//! What other tables hold under the names of a pair's documents: the queue, what is parked, conflicts.
//!
//! They go by names because a document is met before it is paired. So they follow when a pair is stored
//! under other names, and go when it is forgotten.

use frappe_sync_model::{DocName, Pair, PairId, PerSide, Side};
use rusqlite::Row;

use crate::columns::{SideColumn, SiteTimeColumn};
use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::conflicts;
use crate::tables::doc_key::doc_name;

/// The tables with one row to a mapping, side and name.
const QUEUES: [&str; 2] = ["todos", "parked"];

/// The row of a pair's document. Under its name another one may have come, which another `creation`
/// gives away; where one of the two is not known, nothing does.
const OF_DOCUMENT: &str = "mapping = ?1 AND side = ?2 AND name = ?3 \
                           AND (creation = ?4 OR creation IS NULL OR ?4 IS NULL)";

/// The documents of a stored pair.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(crate) names: PerSide<DocName>,
    creations: PerSide<Option<SiteTimeColumn>>,
    gone: Option<Side>,
}

impl Documents {
    /// Reads the columns `a_name, b_name, a_creation, b_creation, gone` from number `first` on.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            names: PerSide {
                a: doc_name(row, first)?,
                b: doc_name(row, first + 1)?,
            },
            creations: PerSide {
                a: row.get(first + 2)?,
                b: row.get(first + 3)?,
            },
            gone: row
                .get::<_, Option<SideColumn>>(first + 4)?
                .map(|side| side.0),
        })
    }

    /// Tells whether the name of a side belongs to this pair.
    fn holds_name(&self, side: Side) -> bool {
        self.gone != Some(side)
    }
}

/// Returns a name that no document has, for a pair or its rows until they get another one.
pub(crate) fn placeholder(id: PairId) -> String {
    format!("\0{}", id.0)
}

/// Removes what belongs to a pair that is forgotten; decided conflicts stay as history.
pub(crate) fn remove(
    session: &Session<'_>,
    mapping: MappingRow,
    documents: &Documents,
) -> Result<(), Failure> {
    for side in Side::BOTH {
        if !documents.holds_name(side) {
            continue;
        }
        for table in QUEUES {
            session
                .prepare(&format!("DELETE FROM {table} WHERE {OF_DOCUMENT}"))?
                .execute((
                    mapping.0,
                    SideColumn(side),
                    documents.names[side].as_str(),
                    &documents.creations[side],
                ))?;
        }
    }
    conflicts::detach(
        session,
        mapping,
        &documents.names,
        documents.holds_name(Side::A),
    )
}

/// Rows on their way from old names to new ones.
///
/// All are put aside before the first arrives, so that pairs may exchange names.
#[derive(Debug, Default)]
pub(crate) struct Moves(Vec<Move>);

#[derive(Debug)]
struct Move {
    mapping: MappingRow,
    id: PairId,
    names: PerSide<DocName>,
    moved: PerSide<bool>,
}

impl Moves {
    /// Takes the rows of a stored pair from under the names that it is about to lose.
    pub(crate) fn put_aside(
        &mut self,
        session: &Session<'_>,
        mapping: MappingRow,
        id: PairId,
        stored: &Documents,
        pair: &Pair,
    ) -> Result<(), Failure> {
        let names = pair.sides.as_ref().map(|side| side.name.clone());
        if stored.names == names {
            return Ok(());
        }
        let moved = PerSide::from_fn(|side| {
            stored.holds_name(side) && pair.gone != Some(side) && stored.names[side] != names[side]
        });
        for side in Side::BOTH.into_iter().filter(|&side| moved[side]) {
            for table in QUEUES {
                session
                    .prepare(&format!(
                        "UPDATE OR REPLACE {table} SET name = ?5 WHERE {OF_DOCUMENT}"
                    ))?
                    .execute((
                        mapping.0,
                        SideColumn(side),
                        stored.names[side].as_str(),
                        &stored.creations[side],
                        placeholder(id),
                    ))?;
            }
        }
        let holds_a = stored.holds_name(Side::A);
        conflicts::put_aside(session, mapping, &stored.names, holds_a, &placeholder(id))?;
        self.0.push(Move {
            mapping,
            id,
            names,
            moved,
        });
        Ok(())
    }

    /// Puts all rows under the new names of their pairs. A row that stands there already is the newer one
    /// in the queue and among what is parked; a conflict is the pair's own.
    pub(crate) fn arrive(self, session: &Session<'_>) -> Result<(), Failure> {
        // The last one first: of a pair that was stored twice, that is the one that counts.
        for Move {
            mapping,
            id,
            names,
            moved,
        } in self.0.into_iter().rev()
        {
            let placeholder = placeholder(id);
            for side in Side::BOTH.into_iter().filter(|&side| moved[side]) {
                for table in QUEUES {
                    session
                        .prepare(&format!(
                            "UPDATE OR IGNORE {table} SET name = ?4
                             WHERE mapping = ?1 AND side = ?2 AND name = ?3"
                        ))?
                        .execute((
                            mapping.0,
                            SideColumn(side),
                            &placeholder,
                            names[side].as_str(),
                        ))?;
                    session
                        .prepare(&format!(
                            "DELETE FROM {table} WHERE mapping = ?1 AND side = ?2 AND name = ?3"
                        ))?
                        .execute((mapping.0, SideColumn(side), &placeholder))?;
                }
            }
            conflicts::arrive(session, mapping, &placeholder, &names)?;
        }
        Ok(())
    }
}
