//! The tables of the state file, each with what is asked of it.
//!
//! Functions take rows of mappings, not names: who calls them has looked those up, and answers for a
//! mapping that has none. Many names are asked for one by one with a prepared statement, inside one
//! transaction: SQLite runs in this process, so there is no round trip that a longer statement would save.

pub(crate) mod conflicts;
pub(crate) mod counterparts;
pub(crate) mod counts;
pub(crate) mod cursors;
pub(crate) mod doc_key;
pub(crate) mod images;
pub(crate) mod intents;
pub(crate) mod known_names;
pub(crate) mod latest;
pub(crate) mod mappings;
pub(crate) mod named_rows;
pub(crate) mod notes;
pub(crate) mod operations;
pub(crate) mod pairs;
pub(crate) mod parked;
pub(crate) mod runs;
pub(crate) mod todos;

use std::collections::HashSet;

use frappe_sync_model::{DocName, Side};

/// Returns each name once, in the order asked for.
fn distinct(names: &[DocName]) -> impl Iterator<Item = &DocName> {
    let mut asked = HashSet::with_capacity(names.len());
    names.iter().filter(move |name| asked.insert(*name))
}

/// Tells of a row of `pairs` whether the name of a side is its own: a tombstone has given up that of the
/// document that is gone. These are the words of the indexes by name, which serve no query without them.
fn holds_name(side: Side) -> &'static str {
    match side {
        Side::A => "pairs.gone IS NOT 'a'",
        Side::B => "pairs.gone IS NOT 'b'",
    }
}

/// Returns a number of rows as a column.
pub(crate) fn row_limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
