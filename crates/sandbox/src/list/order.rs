//! The order of a list, and how values order.

use std::cmp::Ordering;

use super::predicate::comparable;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{Meta, NAME, Storage};
use crate::value::Cell;

/// Which way a column orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
}

/// One column of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OrderBy {
    pub(super) column: usize,
    pub(super) direction: Direction,
}

/// Reads `modified asc, name asc`. An unknown column is refused as the database does it.
pub(super) fn order_by(text: &str, meta: &Meta) -> Attempt<Vec<OrderBy>> {
    if text.contains([';', '(', ')', '\'', '"']) {
        return Err(Failure::invalid(format!("Illegal SQL Query: {text}")));
    }
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            let direction = match words.next().map(str::to_lowercase).as_deref() {
                None | Some("asc") => Direction::Ascending,
                Some("desc") => Direction::Descending,
                Some(other) => {
                    return Err(Failure::bare(
                        Kind::Programming,
                        format!("You have an error in your SQL syntax near '{other}'"),
                    ));
                }
            };
            let column = column(name, meta).ok_or_else(|| {
                Failure::bare(
                    Kind::Operational,
                    format!("Unknown column '{name}' in 'order clause'"),
                )
            })?;
            Ok(OrderBy { column, direction })
        })
        .collect()
}

/// The column of a name such as `` `tabItem`.`modified` ``.
pub(super) fn column(name: &str, meta: &Meta) -> Option<usize> {
    let bare = name.replace('`', "");
    let bare = match bare.rsplit_once('.') {
        Some((table, column)) if table.strip_prefix("tab") == Some(&*meta.name) => {
            column.to_owned()
        }
        Some(_) => return None,
        None => bare,
    };
    meta.layout.find(&bare)
}

/// Orders two cells of a column; NULL comes first.
pub(super) fn compare(left: &Cell, right: &Cell, storage: Storage) -> Ordering {
    match (left, right) {
        (Cell::Stamp(left), Cell::Stamp(right)) => left.cmp(right),
        (Cell::Int(left), Cell::Int(right)) => left.cmp(right),
        _ => {
            let (left, right) = (comparable(left, storage), comparable(right, storage));
            left.partial_cmp(&right).unwrap_or(Ordering::Equal)
        }
    }
}

/// Orders two rows.
pub(super) fn compare_rows(
    left: &[Cell],
    right: &[Cell],
    order: &[OrderBy],
    meta: &Meta,
) -> Ordering {
    order
        .iter()
        .map(|by| {
            let storage = meta.layout.column(by.column).storage;
            let cell = |row: &[Cell]| meta.layout.cell(row, by.column).clone();
            let ordering = match by.column {
                NAME => {
                    crate::value::name_key(&left[NAME]).cmp(&crate::value::name_key(&right[NAME]))
                }
                _ => compare(&cell(left), &cell(right), storage),
            };
            match by.direction {
                Direction::Ascending => ordering,
                Direction::Descending => ordering.reverse(),
            }
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}
