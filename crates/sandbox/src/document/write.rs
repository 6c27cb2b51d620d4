//! Writes one row, as the database does: types, lengths, primary and unique keys.

use super::record::Record;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::{Layout, NAME};
use crate::site::Transaction;
use crate::storage::Row;
use crate::value::{Cell, name_key};

/// How often a random name that is taken is drawn again.
const RETRIES: usize = 5;

impl Transaction<'_> {
    /// Inserts the row of a record; 409 where the name is taken.
    pub(crate) fn store_new(&mut self, record: &mut Record) -> Attempt<()> {
        if !record.name().is_truthy() {
            self.name_by_rule(record)?;
        }
        let mut retries = 0;
        while self.is_name_taken(record) {
            let is_random = &*record.meta.autoname == "hash";
            if !is_random || retries == RETRIES {
                self.tell(format!(
                    "{} <strong>{}</strong> already exists",
                    record.doctype(),
                    record.name_text()
                ));
                return Err(duplicate(record));
            }
            retries += 1;
            record.cells[NAME] = Cell::Null;
            self.name_by_rule(record)?;
        }
        self.write(record)?;
        record.is_new = false;
        Ok(())
    }

    /// Updates the row of a record; nothing happens where there is none.
    pub(crate) fn store_changed(&mut self, record: &Record) -> Attempt<()> {
        let Some(stored) = self.site.database.row(record.doctype(), record.name()) else {
            return Ok(());
        };
        let name = stored[NAME].clone();
        let mut record = record.clone();
        // The name keeps its spelling.
        record.cells[NAME] = name;
        self.write(&record)
    }

    /// Stores a Single as text by field (protocol 8).
    pub(crate) fn store_single(&mut self, record: &Record) -> Attempt<()> {
        let mut values = std::collections::BTreeMap::new();
        let standard = &record.meta.layout.columns()[..7];
        for (index, column) in standard.iter().enumerate() {
            let cell = &record.cells[index];
            if !cell.is_null() {
                values.insert(column.name.clone(), Cell::text(cell.to_text().into_owned()));
            }
        }
        for field in &record.meta.fields {
            let cell = Record::valid_value(field, record.value(field))?;
            if field.column.is_some() && !cell.is_null() {
                values.insert(
                    field.fieldname.clone(),
                    Cell::text(cell.to_text().into_owned()),
                );
            }
        }
        let doctype = record.doctype().to_owned();
        self.site.database.set_single(&doctype, Some(values));
        Ok(())
    }

    fn is_name_taken(&self, record: &Record) -> bool {
        self.site
            .database
            .table(record.doctype())
            .is_some_and(|table| table.get(&name_key(record.name())).is_some())
    }

    fn write(&mut self, record: &Record) -> Attempt<()> {
        let row = stored_row(record, &record.meta.layout)?;
        let Some(table) = self.site.database.table(record.doctype()) else {
            return Err(Failure::bare(
                Kind::Programming,
                format!("Table 'tab{}' doesn't exist", record.doctype()),
            ));
        };
        if let Some(violation) = table.unique_violation(&row) {
            let fieldname = table.layout().column(violation.column).name.clone();
            self.tell(format!("{} must be unique", record.meta.label(&fieldname)));
            return Err(not_unique(record, &fieldname));
        }
        self.site.database.put(record.doctype(), row);
        Ok(())
    }
}

/// What the columns of a record hold once it is stored.
fn stored_row(record: &Record, layout: &Layout) -> Attempt<Row> {
    let mut cells = Vec::with_capacity(layout.len());
    for (index, column) in layout.columns().iter().enumerate() {
        let cell = &record.cells[index];
        if index == NAME && matches!(cell, Cell::Int(_)) {
            cells.push(cell.clone());
            continue;
        }
        let stored = match record.meta.field_of_column(index) {
            Some(field) => column
                .storage
                .store(&Record::valid_value(field, cell)?, &column.name)?,
            None => column.storage.store(cell, &column.name)?,
        };
        cells.push(stored);
    }
    Ok(cells.into())
}

fn duplicate(record: &Record) -> Failure {
    let name = record.name_text();
    Failure::bare(
        Kind::DuplicateEntry,
        format!(
            "('{}', '{name}', IntegrityError(1062, \"Duplicate entry '{name}' for key 'PRIMARY'\"))",
            record.doctype()
        ),
    )
}

fn not_unique(record: &Record, fieldname: &str) -> Failure {
    let value = record.text(fieldname);
    Failure::bare(
        Kind::UniqueValidation,
        format!(
            "('{}', '{}', IntegrityError(1062, \"Duplicate entry '{value}' for key '{fieldname}'\"))",
            record.doctype(),
            record.name_text()
        ),
    )
}
