//! What must be sent so that a document holds what it held before.

use std::collections::HashSet;

use frappe_sync_mapper::{EffectiveMapping, TableMapping};
use frappe_sync_model::{Document, FieldPath, Row, Side, canonical};
use serde_json::{Map, Value};

use crate::compose::{explicit, whole_row};
use crate::report::PlannedChange;

/// Returns the mapped values that a document does not hold any more, as they are to be sent.
pub(super) fn difference(
    mapping: &EffectiveMapping,
    side: Side,
    before: &Document,
    now: &Document,
) -> Map<String, Value> {
    let mut changes = Map::new();
    for field in mapping
        .fields
        .iter()
        .filter(|field| field.is_stored_on(side))
    {
        let name = field.names[side].as_str();
        let Some(value) = before.fields.get(name) else {
            continue;
        };
        // No write changed it after the document was made, and none can.
        if field.on_create_only {
            continue;
        }
        let kind = field.meta[side].kind;
        let held = now.fields.get(name).unwrap_or(&Value::Null);
        if canonical(held, kind) != canonical(value, kind) {
            changes.insert(name.to_owned(), explicit(field, side, value.clone()));
        }
    }
    for table in &mapping.tables {
        let name = &table.names[side];
        let (Some(rows), Some(held)) = (before.tables.get(name), now.tables.get(name)) else {
            continue;
        };
        if !are_equal(table, side, rows, held) {
            changes.insert(
                name.to_string(),
                whole_table(mapping, table, side, rows, held),
            );
        }
    }
    changes
}

/// Says for people what those values are.
pub(super) fn details(
    mapping: &EffectiveMapping,
    side: Side,
    changes: &Map<String, Value>,
    before: &Document,
    now: &Document,
) -> Vec<PlannedChange> {
    let of_fields = mapping.fields.iter().filter_map(|field| {
        let name = &field.names[side];
        changes.get(name.as_str())?;
        let value = |document: &Document| {
            let held = document.fields.get(name.as_str());
            held.cloned().unwrap_or(Value::Null)
        };
        let path = FieldPath::Field(name.clone());
        Some(PlannedChange::new(path, value(now), value(before)))
    });
    let of_tables = mapping.tables.iter().filter_map(|table| {
        let name = &table.names[side];
        changes.get(name.as_str())?;
        let rows = |document: &Document| {
            let rows = document.tables.get(name).into_iter().flatten();
            Value::Array(rows.map(|row| shown(table, side, row)).collect())
        };
        let path = FieldPath::Table(name.clone());
        Some(PlannedChange::new(path, rows(now), rows(before)))
    });
    of_fields.chain(of_tables).collect()
}

/// Returns the mapped values of a row.
fn shown(table: &TableMapping, side: Side, row: &Row) -> Value {
    let values = table.fields.iter().filter_map(|field| {
        let name = field.names[side].as_str();
        Some((name.to_owned(), row.fields.get(name)?.clone()))
    });
    Value::Object(values.collect())
}

fn are_equal(table: &TableMapping, side: Side, rows: &[Row], held: &[Row]) -> bool {
    let same = |(row, held): (&Row, &Row)| {
        row.name == held.name
            && table.fields.iter().all(|field| {
                if !field.is_stored_on(side) {
                    return true;
                }
                let name = field.names[side].as_str();
                let kind = field.meta[side].kind;
                let value =
                    |row: &Row| canonical(row.fields.get(name).unwrap_or(&Value::Null), kind);
                value(row) == value(held)
            })
    };
    rows.len() == held.len() && rows.iter().zip(held).all(same)
}

/// Returns the rows as they were; those that are gone are made again, under their names (protocol 5.4).
fn whole_table(
    mapping: &EffectiveMapping,
    table: &TableMapping,
    side: Side,
    rows: &[Row],
    held: &[Row],
) -> Value {
    let there: HashSet<_> = held.iter().map(|row| &row.name).collect();
    let rows = rows.iter().map(|row| {
        let name = Some(&row.name);
        let mut whole = whole_row(
            &mapping.meta[side],
            table,
            side,
            Some(row),
            name,
            Map::new(),
        );
        if !there.contains(&row.name)
            && let Value::Object(whole) = &mut whole
        {
            whole.insert("__islocal".to_owned(), Value::from(1));
        }
        whole
    });
    Value::Array(rows.collect())
}
