//! Documents as the rows of a table.

use std::collections::BTreeSet;

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{FieldKind, Load, Side};
use serde_json::Value;

use super::cells::cell;
use crate::create::Ready;

/// A column: a field of the document, or of a table's rows. The one of the name comes first.
type Column<'a> = (Option<&'a str>, &'a str);

const NAME: &str = "name";

/// Writes documents as a table. Rows keep the names that they have on the source, where the site lets them.
pub(super) fn table_of(
    mapping: &EffectiveMapping,
    from: Side,
    part: &[Ready],
    label: String,
) -> Load {
    let to = from.other();
    let meta = &mapping.meta[to];
    let mut columns: BTreeSet<Column<'_>> = BTreeSet::new();
    for ready in part {
        for (field, value) in &ready.body.document.body {
            let Value::Array(rows) = value else {
                columns.insert((None, field));
                continue;
            };
            if meta.child_of(field).is_none() {
                columns.insert((None, field));
                continue;
            }
            let rows = rows.iter().filter_map(Value::as_object);
            columns.extend(
                rows.flatten()
                    .map(|(in_row, _)| (Some(field.as_str()), in_row.as_str())),
            );
        }
    }
    let tables: BTreeSet<&str> = columns.iter().filter_map(|(table, _)| *table).collect();
    columns.retain(|(_, field)| *field != NAME);
    let mut columns: Vec<Column<'_>> = columns.into_iter().collect();
    columns.splice(0..0, std::iter::once((None, NAME)));
    columns.extend(tables.iter().map(|table| (Some(*table), NAME)));

    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut starts = Vec::new();
    for ready in part {
        let start = rows.len();
        starts.push(start);
        let body = &ready.body.document.body;
        let rows_of = |table: &str| body.get(table).and_then(Value::as_array);
        let count = tables
            .iter()
            .filter_map(|table| rows_of(table))
            .map(Vec::len)
            .max()
            .unwrap_or_default()
            .max(1);
        rows.resize_with(start + count, || vec![String::new(); columns.len()]);
        for (at, (table, field)) in columns.iter().enumerate() {
            match table {
                None if *field == NAME => {
                    rows[start][at] = ready.source.name().as_str().to_owned();
                }
                None => {
                    if let Some(value) = body.get(*field) {
                        rows[start][at] = cell(meta.doctype.field(field), value).text;
                    }
                }
                Some(table) => {
                    let child = meta.child_of(table).and_then(|child| child.field(field));
                    let names = names_of(mapping, to, ready, table);
                    for (place, row) in rows_of(table).into_iter().flatten().enumerate() {
                        let text = match *field {
                            NAME => names.get(place).cloned(),
                            field => row.get(field).map(|value| cell(child, value).text),
                        };
                        rows[start + place][at] = text.unwrap_or_default();
                    }
                }
            }
        }
    }
    for (at, (table, field)) in columns.iter().enumerate() {
        let known = match table {
            None => meta.doctype.field(field),
            Some(table) => meta.child_of(table).and_then(|child| child.field(field)),
        };
        if known.is_some_and(|field| field.kind == FieldKind::Datetime) {
            align(&mut rows, at);
        }
    }
    Load {
        label,
        doctype: mapping.doctypes[to].clone(),
        columns: columns
            .into_iter()
            .map(|(table, field)| match table {
                None => field.to_owned(),
                Some(table) => format!("{table}.{field}"),
            })
            .collect(),
        rows,
        starts,
    }
}

/// Returns the names that the rows of a table have on the source.
fn names_of(mapping: &EffectiveMapping, to: Side, ready: &Ready, table: &str) -> Vec<String> {
    let known = mapping.tables.iter().find(|known| known.names[to] == table);
    let planned = known.and_then(|known| {
        let mut plans = ready.body.plan.tables.iter();
        plans.find(|plan| plan.id == known.id)
    });
    let rows = planned.map(|plan| plan.rows.as_slice()).unwrap_or_default();
    rows.iter()
        .map(|row| {
            let name = row.names[to.other()].as_ref();
            name.map_or_else(String::new, |name| name.as_str().to_owned())
        })
        .collect()
}

/// A site reads a whole column of times in one form, so where one has parts of a second, all have.
fn align(rows: &mut [Vec<String>], at: usize) {
    if !rows.iter().any(|row| row[at].contains('.')) {
        return;
    }
    for row in rows {
        if !row[at].is_empty() && !row[at].contains('.') {
            row[at].push_str(".000000");
        }
    }
}
