//! Reads documents from the tables, and takes over what a client sent into them.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::record::Record;
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{IDX, Meta, NAME, PARENTFIELD, PARENTTYPE, Storage};
use crate::site::Transaction;
use crate::storage::Row;
use crate::value::{Cell, JsonStyle, cint, parent_key, python_json};

impl Transaction<'_> {
    /// A stored document with its rows; 404 where there is none.
    pub(crate) fn load(&mut self, doctype: &str, name: &Cell) -> Attempt<Record> {
        let meta = self.meta(doctype)?;
        if meta.is_single {
            return Ok(self.load_single(&meta));
        }
        let Some(row) = self.site.database.row(doctype, name) else {
            return Err(Failure::missing(doctype, &name.to_text()));
        };
        let row = Row::clone(row);
        let mut record = Record::stored(Arc::clone(&meta), meta.layout.complete(&row));
        for place in 0..meta.tables.len() {
            record.tables[place] = self.load_rows(&meta, place, record.name())?;
        }
        Ok(record)
    }

    /// The rows of one table field, in order.
    pub(crate) fn load_rows(
        &mut self,
        meta: &Meta,
        place: usize,
        parent: &Cell,
    ) -> Attempt<Vec<Record>> {
        let field = &meta.tables[place];
        let child = self.meta(&field.child)?;
        let Some(table) = self.site.database.table(&field.child) else {
            return Ok(Vec::new());
        };
        let mut rows: Vec<&Row> = table
            .keys_of_parent(&parent_key(parent))
            .filter_map(|key| table.get(key))
            .filter(|row| row[PARENTFIELD].as_text() == Some(&field.fieldname))
            .filter(|row| row[PARENTTYPE].as_text() == Some(&meta.name))
            .collect();
        rows.sort_by_key(|row| cint(&row[IDX]));
        Ok(rows
            .into_iter()
            .map(|row| Record::stored(Arc::clone(&child), child.layout.complete(row)))
            .collect())
    }

    fn load_single(&mut self, meta: &Arc<Meta>) -> Record {
        let mut record = Record::stored(Arc::clone(meta), vec![Cell::Null; meta.layout.len()]);
        match self.site.database.single(&meta.name) {
            Some(values) => {
                for (fieldname, value) in values.clone() {
                    record.set(&fieldname, value);
                }
            }
            // A Single that was never saved shows its defaults.
            None => self.fill_defaults(&mut record),
        }
        record.cells[NAME] = Cell::text(&*meta.name);
        for field in &meta.fields {
            let Some(column) = field.column else { continue };
            let cell = &record.cells[column];
            if field.storage.is_some_and(|storage| storage.is_numeric()) && !cell.is_null() {
                record.cells[column] = Record::valid_value(field, cell).unwrap_or_default();
            }
        }
        for place in 0..meta.tables.len() {
            if let Ok(rows) = self.load_rows(meta, place, &Cell::text(&*meta.name)) {
                record.tables[place] = rows;
            }
        }
        record
    }

    /// Makes a new document of what a client sent.
    pub(crate) fn new_record(
        &mut self,
        doctype: &str,
        values: Map<String, Value>,
    ) -> Attempt<Record> {
        let meta = self.meta(doctype)?;
        let mut record = Record::new(meta);
        self.apply(&mut record, values)?;
        record.is_new = true;
        Ok(record)
    }

    /// Sets what a client sent on a document: columns as they are, tables as complete lists of rows (protocol 5.4).
    pub(crate) fn apply(&mut self, record: &mut Record, values: Map<String, Value>) -> Attempt<()> {
        for (key, value) in values {
            match key.as_str() {
                "doctype" | "flags" | "__unsaved" | "__onload" => {}
                "__islocal" => record.is_new = Cell::from_json(value).is_truthy(),
                "__newname" => {
                    record.new_name = Some(Cell::from_json(value).to_text().into_owned())
                        .filter(|name| !name.is_empty());
                }
                _ => self.apply_one(record, &key, value)?,
            }
        }
        Ok(())
    }

    fn apply_one(&mut self, record: &mut Record, key: &str, value: Value) -> Attempt<()> {
        let Some((place, table)) = record.meta.table(key) else {
            let is_json = record
                .meta
                .field(key)
                .is_some_and(|field| field.storage == Some(Storage::Json));
            let cell = if is_json && value.is_object() {
                let style = match self.profile() {
                    Profile::V14 => JsonStyle::Sorted { indent: 4 },
                    Profile::V15 | Profile::V16 => JsonStyle::Compact,
                };
                Cell::text(python_json(&value, style))
            } else {
                Cell::from_json(value)
            };
            record.set(key, cell);
            return Ok(());
        };
        let child = self.meta(&table.child)?;
        let rows = match value {
            Value::Null => Vec::new(),
            Value::Array(rows) => rows,
            _ => return Err(Failure::bare(Kind::Type, format!("`{key}` is not a list"))),
        };
        let parentfield = table.fieldname.clone();
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            let Value::Object(row) = row else {
                return Err(Failure::bare(Kind::Attribute, "a row is not an object"));
            };
            records.push(self.child_record(
                record,
                &child,
                &parentfield,
                row,
                records.len() + 1,
            )?);
        }
        record.tables[place] = records;
        Ok(())
    }

    fn child_record(
        &mut self,
        parent: &Record,
        child: &Arc<Meta>,
        parentfield: &str,
        values: Map<String, Value>,
        position: usize,
    ) -> Attempt<Record> {
        let mut row = Record::new(Arc::clone(child));
        row.is_new = false;
        self.apply(&mut row, values)?;
        row.set("parentfield", Cell::text(parentfield));
        row.set("parenttype", Cell::text(parent.doctype()));
        row.set("parent", parent.name().clone());
        if !row.cells[IDX].is_truthy() {
            // Positions are small.
            row.cells[IDX] = Cell::Int(position as i64);
        }
        if !row.name().is_truthy() {
            row.is_new = true;
        }
        Ok(row)
    }
}
