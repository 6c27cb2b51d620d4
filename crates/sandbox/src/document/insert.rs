//! Stores a new document.

use super::record::Record;
use crate::failure::{Attempt, Failure};
use crate::schema::{CREATION, DOCSTATUS, MODIFIED, MODIFIED_BY, OWNER, PARENT, PARENTTYPE};
use crate::site::Transaction;
use crate::value::{Cell, format_stamp_in_full};
use crate::webhook::Happening;

impl Transaction<'_> {
    /// Inserts a document with all checks.
    pub(crate) fn insert(&mut self, mut record: Record) -> Attempt<Record> {
        record.is_new = true;
        self.set_defaults(&mut record)?;
        self.stamp(&mut record);
        self.spread_docstatus(&mut record);
        self.require(&record, "create")?;
        self.check_new_docstatus(&record)?;
        self.check_links(&mut record)?;
        self.name_record(&mut record)?;
        self.set_parent_of_rows(&mut record);
        self.reset_fields_without_level(&mut record)?;
        self.before_save(&mut record, None)?;
        self.validate(&mut record, None)?;
        if record.meta.is_single {
            self.store_single(&record)?;
        } else {
            self.store_new(&mut record)?;
        }
        for place in 0..record.tables.len() {
            let mut rows = std::mem::take(&mut record.tables[place]);
            let stored = rows.iter_mut().try_for_each(|row| self.store_new(row));
            record.tables[place] = rows;
            stored?;
        }
        if record.get("amended_from").is_truthy() {
            self.check_amended_from(&record)?;
        }
        self.after_save(&mut record, None)?;
        self.hear(&record, Happening::Insert);
        record.is_unsaved = false;
        Ok(record)
    }

    /// Sets who and when, on the document and its rows (protocol 5.1).
    pub(crate) fn stamp(&mut self, record: &mut Record) {
        let now = Cell::text(format_stamp_in_full(self.site.stamp()));
        let user = Cell::text(self.user());
        record.cells[MODIFIED] = now.clone();
        record.cells[MODIFIED_BY] = user.clone();
        if record.is_new {
            record.cells[CREATION] = now.clone();
            record.cells[OWNER] = user.clone();
        }
        let (owner, creation) = (record.cells[OWNER].clone(), record.cells[CREATION].clone());
        for row in record.children_mut() {
            row.cells[MODIFIED] = now.clone();
            row.cells[MODIFIED_BY] = user.clone();
            if !row.cells[OWNER].is_truthy() {
                row.cells[OWNER] = owner.clone();
            }
            if !row.cells[CREATION].is_truthy() {
                row.cells[CREATION] = creation.clone();
            }
        }
    }

    /// Copies docstatus to the rows.
    pub(crate) fn spread_docstatus(&mut self, record: &mut Record) {
        let docstatus = Cell::Int(record.docstatus());
        record.cells[DOCSTATUS] = docstatus.clone();
        for row in record.children_mut() {
            row.cells[DOCSTATUS] = docstatus.clone();
        }
    }

    /// Makes the rows belong to the document.
    pub(crate) fn set_parent_of_rows(&mut self, record: &mut Record) {
        let (name, doctype) = (Cell::text(record.name_text()), Cell::text(record.doctype()));
        for row in record.children_mut() {
            row.cells[PARENT] = name.clone();
            row.cells[PARENTTYPE] = doctype.clone();
        }
    }

    fn check_amended_from(&mut self, record: &Record) -> Attempt<()> {
        // Frappe 14 does not look (protocol 7).
        if self.profile() == crate::Profile::V14 {
            return Ok(());
        }
        let original = record.get("amended_from");
        let cancelled = self
            .site
            .database
            .row(record.doctype(), original)
            .is_some_and(|row| row[DOCSTATUS] == Cell::Int(2));
        if cancelled {
            return Ok(());
        }
        Err(Failure::invalid(format!(
            "{} {} cannot be amended because it is not cancelled. Please cancel the document before creating an amendment.",
            record.doctype(),
            original.to_text(),
        )))
    }
}
