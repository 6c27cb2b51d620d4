//! A document in memory, with its child rows.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::failure::{Attempt, Failure};
use crate::schema::{DOCSTATUS, Field, IDX, Meta, NAME, Storage};
use crate::value::{Cell, check, cint, flt, name_key};

/// Whether fields without a value are part of the answer (protocol 1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// They are left out.
    Omit,
    /// They are null.
    Show,
}

const NULL: &Cell = &Cell::Null;

/// A document as it is being read or written. Its cells hold what was sent until it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) meta: Arc<Meta>,
    /// By column.
    pub(crate) cells: Vec<Cell>,
    /// By place in [`Meta::tables`].
    pub(crate) tables: Vec<Vec<Record>>,
    /// `__islocal`: it is not stored yet.
    pub(crate) is_new: bool,
    /// `__unsaved`: shown on fresh child rows.
    pub(crate) is_unsaved: bool,
    /// `__newname`.
    pub(crate) new_name: Option<String>,
    /// Columns that the user may not read.
    pub(crate) hidden: Vec<usize>,
}

impl Record {
    /// An empty document that is not stored yet.
    pub(crate) fn new(meta: Arc<Meta>) -> Self {
        let mut cells = vec![Cell::Null; meta.layout.len()];
        cells[DOCSTATUS] = Cell::Int(0);
        cells[IDX] = Cell::Int(0);
        Self {
            is_new: true,
            ..Self::stored(meta, cells)
        }
    }

    /// A document with the cells of its row and no child rows yet.
    pub(crate) fn stored(meta: Arc<Meta>, cells: Vec<Cell>) -> Self {
        Self {
            tables: vec![Vec::new(); meta.tables.len()],
            meta,
            cells,
            is_new: false,
            is_unsaved: false,
            new_name: None,
            hidden: Vec::new(),
        }
    }

    /// The name; NULL before it has one.
    pub(crate) fn name(&self) -> &Cell {
        &self.cells[NAME]
    }

    /// The name as text.
    pub(crate) fn name_text(&self) -> String {
        self.cells[NAME].to_text().into_owned()
    }

    /// The DocType.
    pub(crate) fn doctype(&self) -> &str {
        &self.meta.name
    }

    /// 0, 1 or 2, or whatever else was sent.
    pub(crate) fn docstatus(&self) -> i64 {
        cint(&self.cells[DOCSTATUS])
    }

    /// The value of a column by name; NULL where there is no such column.
    pub(crate) fn get(&self, fieldname: &str) -> &Cell {
        self.meta
            .layout
            .find(fieldname)
            .map_or(NULL, |column| &self.cells[column])
    }

    /// The text of a column.
    pub(crate) fn text(&self, fieldname: &str) -> String {
        self.get(fieldname).to_text().into_owned()
    }

    /// Sets a column by name; there is nothing to set where there is no such column.
    pub(crate) fn set(&mut self, fieldname: &str, value: Cell) {
        if let Some(column) = self.meta.layout.find(fieldname) {
            self.cells[column] = value;
        }
    }

    /// The value of a field.
    pub(crate) fn value(&self, field: &Field) -> &Cell {
        field.column.map_or(NULL, |column| &self.cells[column])
    }

    /// All child rows.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Record> {
        self.tables.iter().flatten()
    }

    /// All child rows, to change.
    pub(crate) fn children_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.tables.iter_mut().flatten()
    }

    /// Whether the names are equal under the collation.
    pub(crate) fn is_named(&self, name: &Cell) -> bool {
        name_key(self.name()) == name_key(name)
    }

    /// A field's value in the form that is both answered and sent to the database.
    pub(crate) fn valid_value(field: &Field, cell: &Cell) -> Attempt<Cell> {
        if let Cell::Json(value) = cell
            && value.is_array()
        {
            return Err(Failure::invalid(format!(
                "Value for {} cannot be a list",
                field.title()
            )));
        }
        Ok(match field.storage {
            Some(Storage::Check) => Cell::Int(check(cell)),
            Some(Storage::Int) => Cell::Int(cint(cell)),
            Some(Storage::Decimal) => Cell::Float(flt(cell)),
            Some(storage) if storage.is_temporal() && cell.as_text() == Some("") => Cell::Null,
            _ if field.unique && cell.to_text().trim().is_empty() => Cell::Null,
            _ => cell.clone(),
        })
    }

    /// The document as an answer.
    pub(crate) fn to_json(&self, nulls: Nulls) -> Attempt<Map<String, Value>> {
        let mut document = Map::new();
        let standard = if self.meta.is_table { 10 } else { 7 };
        for (index, column) in self.meta.layout.columns()[..standard].iter().enumerate() {
            let cell = self.cells.get(index).unwrap_or(NULL);
            if !cell.is_null() || nulls == Nulls::Show {
                document.insert(column.name.to_string(), cell.to_json());
            }
        }
        for field in &self.meta.fields {
            let Some(column) = field.column else { continue };
            if self.hidden.contains(&column) {
                continue;
            }
            let value = Self::valid_value(field, &self.cells[column])?;
            if !value.is_null() || nulls == Nulls::Show {
                document.insert(field.fieldname.to_string(), value.to_json());
            }
        }
        document.insert("doctype".to_owned(), json!(self.doctype()));
        for (table, rows) in self.meta.tables.iter().zip(&self.tables) {
            if self.is_table_hidden(table.field) {
                continue;
            }
            let rows: Vec<Value> = rows
                .iter()
                .map(|row| row.to_json(nulls).map(Value::Object))
                .collect::<Attempt<_>>()?;
            document.insert(table.fieldname.to_string(), Value::Array(rows));
        }
        if self.is_unsaved {
            document.insert("__unsaved".to_owned(), json!(1));
        }
        Ok(document)
    }

    /// Hides a table field; tables have no column, so they are numbered after all of those.
    pub(crate) fn hide_table(&mut self, field: usize) {
        self.hidden.push(self.meta.layout.len() + field);
    }

    fn is_table_hidden(&self, field: usize) -> bool {
        self.hidden.contains(&(self.meta.layout.len() + field))
    }
}
