//! A compiled condition on one column, with MariaDB's rules for types and NULL (protocol 3.1).

use std::cmp::Ordering;
use std::collections::HashSet;

use super::like::Pattern;
use crate::schema::Storage;
use crate::value::{Cell, flt_text, fold, parse_date, parse_stamp, parse_time};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A value in the form in which a column is compared.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(super) enum Comparable {
    /// Folded text.
    Text(Box<str>),
    /// A number.
    Number(f64),
    /// Microseconds.
    Moment(i64),
}

/// What a condition does with NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnNull {
    /// NULL matches nothing.
    Reject,
    /// NULL is compared as the column's empty value.
    AsEmpty,
}

/// A comparison.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Order {
        accept: fn(Ordering) -> bool,
        value: Comparable,
    },
    In {
        values: Values,
        negated: bool,
    },
    Like {
        pattern: Pattern,
        negated: bool,
    },
    Between {
        from: Comparable,
        to: Comparable,
    },
    Set,
    NotSet,
    /// A value that the column cannot hold: nothing is equal to it.
    Never,
}

/// The values of an `in`.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    texts: HashSet<Box<str>>,
    others: Vec<Comparable>,
}

impl Values {
    /// Adds a value.
    pub(super) fn insert(&mut self, value: Comparable) {
        match value {
            Comparable::Text(text) => _ = self.texts.insert(text),
            other => self.others.push(other),
        }
    }

    fn contains(&self, value: &Comparable) -> bool {
        match value {
            Comparable::Text(text) => self.texts.contains(text),
            other => self.others.contains(other),
        }
    }
}

/// A test with its rule for NULL.
#[derive(Debug, Clone)]
pub(super) struct Predicate {
    pub(super) test: Test,
    pub(super) on_null: OnNull,
    pub(super) storage: Storage,
}

impl Predicate {
    /// Whether a cell passes.
    pub(super) fn accepts(&self, cell: &Cell) -> bool {
        match &self.test {
            Test::Set => return !is_empty(cell),
            Test::NotSet => return is_empty(cell),
            Test::Never => return false,
            Test::Like { pattern, negated } => {
                if cell.is_null() && self.on_null == OnNull::Reject {
                    return false;
                }
                return pattern.matches(&cell.to_text()) != *negated;
            }
            _ => {}
        }
        let value = match cell {
            Cell::Null if self.on_null == OnNull::Reject => return false,
            Cell::Null => Some(empty(self.storage)),
            cell => comparable(cell, self.storage),
        };
        let Some(value) = value else { return false };
        match &self.test {
            Test::Order {
                accept,
                value: wanted,
            } => value.partial_cmp(wanted).is_some_and(accept),
            Test::In { values, negated } => values.contains(&value) != *negated,
            Test::Between { from, to } => value >= *from && value <= *to,
            Test::Set | Test::NotSet | Test::Never | Test::Like { .. } => false,
        }
    }
}

/// A value as a column of this type compares it; `None` where it cannot be read as one.
pub(super) fn comparable(cell: &Cell, storage: Storage) -> Option<Comparable> {
    Some(match (storage, cell) {
        (_, Cell::Null) => return None,
        (storage, Cell::Int(number)) if storage.is_numeric() => Comparable::Number(*number as f64),
        (storage, Cell::Float(number)) if storage.is_numeric() => Comparable::Number(*number),
        (storage, other) if storage.is_numeric() => Comparable::Number(flt_text(&other.to_text())),
        (Storage::Datetime, Cell::Stamp(stamp)) => Comparable::Moment(*stamp),
        (Storage::Datetime, other) => Comparable::Moment(parse_stamp(&other.to_text())?),
        (Storage::Date, Cell::Date(day)) => Comparable::Moment(i64::from(*day) * MICROS_PER_DAY),
        (Storage::Date, other) => {
            Comparable::Moment(i64::from(parse_date(&other.to_text())?) * MICROS_PER_DAY)
        }
        (Storage::Time, Cell::Time(micros)) => Comparable::Moment(*micros),
        (Storage::Time, other) => Comparable::Moment(parse_time(&other.to_text())?),
        (_, other) => Comparable::Text(fold(&other.to_text()).into()),
    })
}

/// What NULL counts as.
pub(super) fn empty(storage: Storage) -> Comparable {
    if storage.is_numeric() {
        Comparable::Number(0.0)
    } else if storage == Storage::Time {
        Comparable::Moment(0)
    } else if storage.is_temporal() {
        // Long before everything.
        Comparable::Moment(i64::MIN)
    } else {
        Comparable::Text("".into())
    }
}

/// Whether `col = ''` holds, NULL included.
fn is_empty(cell: &Cell) -> bool {
    match cell {
        Cell::Null => true,
        Cell::Text(text) => text.trim_end_matches(' ').is_empty(),
        Cell::Int(number) => *number == 0,
        Cell::Float(number) => *number == 0.0,
        _ => false,
    }
}
