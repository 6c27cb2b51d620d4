//! What is sent, as people are told of it in a plan: row by row, with the other side's name of what is linked to.

use frappe_sync_mapper::{EffectiveMapping, FieldMapping, LinkRule, TableMapping};
use frappe_sync_model::{Document, FieldName, FieldPath, NewDocument, Row, Side};
use serde_json::{Map, Value};

use crate::report::{PlannedChange, PlannedRow, RowFate};

/// The longest text that tells a row from others, in bytes.
const LONGEST_KEY: usize = 80;

/// Returns what `from` calls that which `to` links to, where it has another name there.
pub(crate) fn other_name(
    field: &FieldMapping,
    from: Side,
    given: &Map<String, Value>,
    to: &Value,
) -> Option<Value> {
    if field.link == LinkRule::None {
        return None;
    }
    let there = given.get(field.names[from].as_str())?;
    (there.as_str().is_some_and(|name| !name.is_empty()) && there != to).then(|| there.clone())
}

/// Returns a row of `side` as people find it.
pub(crate) fn row(
    table: &TableMapping,
    side: Side,
    number: usize,
    values: &Map<String, Value>,
    fate: RowFate,
) -> PlannedRow {
    PlannedRow {
        number: number as u64,
        key: key(table, side, values),
        fate,
    }
}

fn key(table: &TableMapping, side: Side, values: &Map<String, Value>) -> Vec<Value> {
    let value = |field: &FieldMapping| values.get(field.names[side].as_str());
    if !table.key.is_empty() {
        let fields = table.fields.iter();
        let keys = fields.filter(|field| table.key.contains(&field.id));
        return keys.filter_map(value).cloned().collect();
    }
    let tells = |value: &&Value| {
        value
            .as_str()
            .is_some_and(|text| !text.is_empty() && text.len() <= LONGEST_KEY)
    };
    let links = table
        .fields
        .iter()
        .filter(|field| field.link != LinkRule::None);
    links
        .chain(&table.fields)
        .filter_map(value)
        .find(tells)
        .cloned()
        .into_iter()
        .collect()
}

/// Lists what a new document will hold.
pub(crate) fn new_document(
    body: &NewDocument,
    mapping: &EffectiveMapping,
    source: &Document,
    to: Side,
) -> Vec<PlannedChange> {
    let from = to.other();
    let mut changes = Vec::new();
    for (name, value) in &body.body {
        let table = mapping.tables.iter().find(|it| it.names[to] == **name);
        match (value, table) {
            (Value::Array(rows), Some(table)) => {
                let sources = source.tables.get(&table.names[from]);
                for (place, values) in rows.iter().filter_map(Value::as_object).enumerate() {
                    let made_from = sources.and_then(|rows| rows.get(place));
                    changes.extend(new_row(table, to, place + 1, values, made_from));
                }
            }
            (value, _) if is_nothing(value) => {}
            (value, _) => {
                let field = mapping.fields.iter().find(|it| it.names[to] == **name);
                let path = FieldPath::Field(FieldName::new(name.clone()));
                changes.push(PlannedChange {
                    other_name: field
                        .and_then(|field| other_name(field, from, &source.fields, value)),
                    ..PlannedChange::new(path, Value::Null, value.clone())
                });
            }
        }
    }
    changes
}

/// Lists what a row of a new document will hold.
fn new_row(
    table: &TableMapping,
    to: Side,
    number: usize,
    values: &Map<String, Value>,
    made_from: Option<&Row>,
) -> Vec<PlannedChange> {
    let shown = values.iter().filter(|(_, value)| !is_nothing(value));
    shown
        .map(|(name, value)| {
            let path = FieldPath::RowField(
                table.names[to].clone(),
                format!("#{number}").as_str().into(),
                FieldName::new(name.clone()),
            );
            let field = table.fields.iter().find(|it| it.names[to] == **name);
            PlannedChange {
                row: Some(row(table, to, number, values, RowFate::New)),
                other_name: field
                    .zip(made_from)
                    .and_then(|(field, row)| other_name(field, to.other(), &row.fields, value)),
                ..PlannedChange::new(path, Value::Null, value.clone())
            }
        })
        .collect()
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value == "" || value == &Value::from(0)
}
