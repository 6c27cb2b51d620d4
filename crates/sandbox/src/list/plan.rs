//! Which index a list reads. Any choice gives the same rows; the right one gives them without reading the whole table.

use std::ops::Bound;

use super::condition::Condition;
use super::order::{Direction, OrderBy};
use super::predicate::Comparable;
use crate::schema::{CREATION, MODIFIED, Meta, NAME, PARENT};
use crate::storage::{Row, Table};
use crate::value::{Cell, Key, name_key, parent_key, parse_stamp};

/// Rows to test, and whether they come in the order that is asked for.
pub(super) struct Candidates<'a> {
    pub(super) rows: Box<dyn Iterator<Item = &'a Row> + 'a>,
    pub(super) is_ordered: bool,
}

/// Chooses the narrowest way to the rows that can match.
pub(super) fn candidates<'a>(
    table: &'a Table,
    meta: &Meta,
    all: &[Condition],
    any: &[Condition],
    order: &[OrderBy],
) -> Candidates<'a> {
    let own = || all.iter().filter(|condition| condition.child.is_none());
    if let Some(keys) = own().find_map(|condition| keys_by_equality(table, meta, condition)) {
        let rows = keys.into_iter().filter_map(|key| table.get(&key));
        return Candidates {
            rows: Box::new(rows),
            is_ordered: order.is_empty(),
        };
    }
    let by_modified = is_ascending(order, &[MODIFIED, NAME]);
    let lower_modified = own()
        .filter(|condition| condition.column == MODIFIED)
        .filter_map(|condition| match condition.lower_bound()? {
            (Comparable::Moment(moment), _) => Some(*moment),
            _ => None,
        })
        .max();
    if by_modified || lower_modified.is_some() {
        let page_after = lower_modified.and_then(|from| keyset_name(any, from));
        let keys: Box<dyn Iterator<Item = &Key>> = match (lower_modified, page_after) {
            (Some(from), Some(name)) => Box::new(table.keys_modified_after(from, name)),
            (from, _) => Box::new(table.keys_modified_from(from)),
        };
        let rows = keys.filter_map(|key| table.get(key));
        return Candidates {
            rows: Box::new(rows),
            is_ordered: by_modified,
        };
    }
    let lower_name = own()
        .filter(|condition| condition.column == NAME)
        .filter_map(|condition| match condition.lower_bound()? {
            (Comparable::Text(text), true) => Some(Bound::Included(text.to_string())),
            (Comparable::Text(text), false) => Some(Bound::Excluded(text.to_string())),
            _ => None,
        })
        .next();
    let is_ordered = order.is_empty() || is_ascending(order, &[NAME]);
    match lower_name {
        Some(bound) => Candidates {
            rows: Box::new(
                table
                    .rows_from(bound.as_ref().map(String::as_str))
                    .map(|(_, row)| row),
            ),
            is_ordered,
        },
        None => Candidates {
            rows: Box::new(table.rows().map(|(_, row)| row)),
            is_ordered,
        },
    }
}

/// The name after which a page begins, where the alternatives are those of a keyset: later, or at the same time with a greater name.
fn keyset_name(any: &[Condition], from: i64) -> Option<Key> {
    let [first, second] = any else { return None };
    let (later, greater) = if first.column == MODIFIED {
        (first, second)
    } else {
        (second, first)
    };
    let is_keyset = later.column == MODIFIED
        && greater.column == NAME
        && later.operator == ">"
        && greater.operator == ">"
        && later.child.is_none()
        && greater.child.is_none();
    match (later.lower_bound()?, greater.lower_bound()?) {
        ((Comparable::Moment(moment), _), (Comparable::Text(name), _))
            if is_keyset && *moment == from =>
        {
            Some(Key::from(&**name))
        }
        _ => None,
    }
}

fn is_ascending(order: &[OrderBy], columns: &[usize]) -> bool {
    order.len() <= columns.len()
        && !order.is_empty()
        && order
            .iter()
            .zip(columns)
            .all(|(by, column)| by.column == *column && by.direction == Direction::Ascending)
}

/// Keys of the rows that hold one of the wanted values, in the order of names, where an index knows them.
fn keys_by_equality(table: &Table, meta: &Meta, condition: &Condition) -> Option<Vec<Key>> {
    let values = condition.equal_to()?;
    // NULL is in no index, and an empty list means NULL.
    if values.is_empty() || values.iter().any(|value| !value.is_truthy()) {
        return None;
    }
    let mut keys: Vec<Key> = match condition.column {
        NAME => values
            .iter()
            .map(|value| name_as_key(value, meta))
            .collect(),
        PARENT if table.is_child() => values
            .iter()
            .flat_map(|value| table.keys_of_parent(&parent_key(value)))
            .cloned()
            .collect(),
        CREATION => values
            .iter()
            .filter_map(|value| parse_stamp(&value.to_text()))
            .flat_map(|stamp| table.keys_created_at(stamp))
            .cloned()
            .collect(),
        column => {
            let found: Option<Vec<Option<Key>>> = values
                .iter()
                .map(|value| table.key_by_unique(column, value).map(|key| key.cloned()))
                .collect();
            found?.into_iter().flatten().collect()
        }
    };
    keys.sort_unstable();
    keys.dedup();
    Some(keys)
}

fn name_as_key(value: &Cell, meta: &Meta) -> Key {
    if meta.is_autoincrement() {
        let number = crate::value::cint(value);
        return name_key(&Cell::Int(number));
    }
    crate::value::collation_key(&value.to_text())
}
