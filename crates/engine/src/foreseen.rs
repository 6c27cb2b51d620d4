//! Documents as a plan leaves them, where it comes to them again: a link that waits for what the plan makes later is
//! set by a second operation, which must be decided on what the first one wrote.

use std::collections::HashMap;

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{DocKey, DocName, Document, FieldName, NewDocument, Row, Side};
use serde_json::{Map, Value};

use crate::decide::Decision;
use crate::stage::{self, DOCSTATUS};

/// Documents that differ from what the sites hold, by mapping, side and name.
#[derive(Debug, Default)]
pub(crate) struct Foreseen(HashMap<(usize, Side, DocName), Document>);

impl Foreseen {
    /// Returns a document as the plan leaves it, if it is one that the plan comes to again.
    pub(crate) fn get(&self, mapping: usize, side: Side, name: &DocName) -> Option<&Document> {
        self.0.get(&(mapping, side, name.clone()))
    }

    /// Remembers a document that the plan makes under a name that stands for it.
    pub(crate) fn made(
        &mut self,
        (mapping, effective): (usize, &EffectiveMapping),
        side: Side,
        name: &DocName,
        body: &NewDocument,
    ) {
        let mut document = Document {
            key: DocKey {
                name: name.clone(),
                modified: None,
                creation: None,
                owner: String::new(),
                lft: None,
            },
            modified_by: String::new(),
            docstatus: 0,
            fields: Map::new(),
            tables: effective
                .table_fields(side)
                .into_iter()
                .map(|table| (FieldName::new(table), Vec::new()))
                .collect(),
        };
        // What is not sent is empty there, not hidden from us.
        for field in &effective.fields {
            document
                .fields
                .insert(field.names[side].to_string(), Value::Null);
        }
        write(&mut document, &body.body);
        for table in &effective.tables {
            for row in document
                .tables
                .get_mut(&table.names[side])
                .into_iter()
                .flatten()
            {
                for field in &table.fields {
                    row.fields
                        .entry(field.names[side].as_str())
                        .or_insert(Value::Null);
                }
            }
        }
        self.0.insert((mapping, side, name.clone()), document);
    }

    /// Remembers a document that the plan changes, and will come to again.
    pub(crate) fn changed(&mut self, mapping: usize, side: Side, decision: &Decision) {
        let mut document = decision.documents[side].clone();
        write(&mut document, &decision.changes[side]);
        self.0
            .insert((mapping, side, document.name().clone()), document);
    }
}

fn write(document: &mut Document, changes: &Map<String, Value>) {
    if let Some(stage) = stage::asked_for(changes) {
        document.docstatus = stage.docstatus();
    }
    for (field, value) in changes.iter().filter(|(field, _)| *field != DOCSTATUS) {
        match value {
            Value::Array(rows) => {
                let rows = rows.iter().filter_map(Value::as_object).zip(1..);
                let rows = rows.map(|(fields, place)| row(fields, place)).collect();
                document.tables.insert(FieldName::new(field.clone()), rows);
            }
            value => {
                document.fields.insert(field.clone(), value.clone());
            }
        }
    }
}

/// A row has its place for a name until a site gives it one.
fn row(fields: &Map<String, Value>, place: i64) -> Row {
    let named = fields
        .get("name")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    Row {
        name: named.map_or_else(|| DocName::new(format!("#{place}")), DocName::from),
        idx: place,
        fields: fields.clone(),
    }
}
