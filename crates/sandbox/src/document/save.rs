//! Stores a changed document: compare-and-set, then every check (protocol 6.1, 7).

use super::docstatus::Action;
use super::record::Record;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::MODIFIED;
use crate::site::Transaction;

impl Transaction<'_> {
    /// Saves a document. One that says of itself that it is new is inserted (protocol 4.1).
    pub(crate) fn save(&mut self, mut record: Record) -> Attempt<Record> {
        if record.is_new || !record.name().is_truthy() {
            return self.insert(record);
        }
        self.set_defaults(&mut record)?;
        self.require(&record, "write")?;
        let expected = record.cells[MODIFIED].to_text().into_owned();
        self.stamp(&mut record);
        self.spread_docstatus(&mut record);
        let stored = self.load(record.doctype(), record.name())?;
        if stored.cells[MODIFIED].to_text() != expected {
            return Err(self.timestamp_mismatch(&stored, &record));
        }
        let action = self.check_docstatus(&record, &stored)?;
        self.set_parent_of_rows(&mut record);
        for row in record.children_mut().filter(|row| !row.name().is_truthy()) {
            self.name_by_rule(row)?;
        }
        self.reset_fields_without_level(&mut record)?;
        if action != Action::Cancel {
            self.check_links(&mut record)?;
        }
        self.before_save(&mut record, Some(&stored))?;
        if action != Action::Cancel {
            self.validate(&mut record, Some(&stored))?;
        }
        if action == Action::UpdateAfterSubmit {
            self.check_update_after_submit(&record, &stored)?;
        }
        if action == Action::Cancel {
            self.check_not_linked(&stored, super::references::Purpose::Cancel)?;
        }
        if record.meta.is_single {
            self.store_single(&record)?;
        } else {
            self.store_changed(&record)?;
        }
        self.store_rows(&mut record)?;
        self.after_save(&mut record, Some(&stored))?;
        self.hear(&record, action.into());
        record.is_unsaved = false;
        Ok(record)
    }

    fn timestamp_mismatch(&self, stored: &Record, record: &Record) -> Failure {
        let seen = stored.cells[MODIFIED].to_text();
        let now = record.cells[MODIFIED].to_text();
        let of = match self.profile() {
            crate::Profile::V16 => format!(" {} {}", record.doctype(), record.name_text()),
            _ => String::new(),
        };
        Failure::shown(
            Kind::TimestampMismatch,
            format!(
                "Error: Document{of} has been modified after you have opened it ({seen}, {now}). Please refresh to get the latest document."
            ),
        )
    }
}
