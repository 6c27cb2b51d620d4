//! The `between` operator on days and moments.

use super::predicate::{Comparable, comparable};
use crate::schema::Storage;
use crate::value::Cell;

/// The last moment of a day, as far as Frappe's `between` goes.
const END_OF_DAY: i64 = (23 * 3600 + 59 * 60 + 59) * 1_000_000;

/// Both ends. On a moment column a bare day ends with its last second.
pub(super) fn bounds(values: &[Cell], storage: Storage) -> Option<(Comparable, Comparable)> {
    let [from, to, ..] = values else { return None };
    let upper = comparable(to, storage)?;
    let is_day = !to.to_text().trim().contains([' ', 'T']);
    let upper = match upper {
        Comparable::Moment(moment) if storage == Storage::Datetime && is_day => {
            Comparable::Moment(moment + END_OF_DAY)
        }
        other => other,
    };
    Some((comparable(from, storage)?, upper))
}
