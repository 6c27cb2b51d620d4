//! What happens around a save or a delete: the controllers of built-in DocTypes, trees, and hooks of apps.

use super::record::Record;
use crate::failure::Attempt;
use crate::site::Transaction;
use crate::value::Cell;

impl Transaction<'_> {
    /// Runs before a document is checked and stored.
    pub(crate) fn before_save(
        &mut self,
        record: &mut Record,
        stored: Option<&Record>,
    ) -> Attempt<()> {
        match record.doctype() {
            "DocType" => self.prepare_doctype(record)?,
            "Custom Field" if stored.is_none() => self.prepare_custom_field(record)?,
            "Property Setter" if stored.is_none() => self.replace_property_setter(record),
            "User" => prepare_user(record),
            "Data Import" => self.prepare_import(record)?,
            "Webhook" => self.prepare_webhook(record)?,
            "File" => match stored {
                Some(stored) => self.prepare_file(record, stored)?,
                None => self.prepare_new_file(record)?,
            },
            _ => {}
        }
        self.run_hooks_before_save(record)
    }

    /// Runs after a document is stored, inside the same transaction.
    pub(crate) fn after_save(
        &mut self,
        record: &mut Record,
        stored: Option<&Record>,
    ) -> Attempt<()> {
        match record.doctype() {
            "DocType" => {
                let name = record.name_text();
                self.sync_schema(&name)?;
            }
            "Custom Field" => {
                let doctype = record.text("dt");
                self.sync_schema(&doctype)?;
            }
            "System Settings" => self.take_over_settings(record),
            "File" if stored.is_none() => self.tell_of_attachment(record, "Attachment"),
            _ => {}
        }
        self.attach_files(record)?;
        if stored.is_none() && record.get("amended_from").is_truthy() {
            self.copy_attachments(record)?;
        }
        if record.meta.is_tree {
            self.update_tree(record)?;
            // The controller of trees reads the document again.
            *record = self.load(record.doctype(), record.name())?;
        }
        self.run_hooks_after_save(record, stored)
    }

    /// Runs before a document is deleted, and can forbid it.
    pub(crate) fn before_delete(&mut self, record: &Record) -> Attempt<()> {
        if record.meta.is_tree {
            self.leave_tree(record)?;
        }
        if record.doctype() == "Data Import" {
            self.forget_import_log(record.name());
        }
        if record.doctype() == "File" {
            self.forget_bytes(record);
            self.tell_of_attachment(record, "Attachment Removed");
        }
        Ok(())
    }

    /// Runs after a document was deleted.
    pub(crate) fn after_delete(&mut self, record: &Record) -> Attempt<()> {
        if record.doctype() == "DocType" {
            self.forget_custom_fields(&record.name_text());
        }
        self.delete_attachments(record)
    }

    /// Runs after a rename.
    pub(crate) fn after_rename(&mut self, doctype: &str, _old: &Cell, new: &Cell) -> Attempt<()> {
        if doctype == "User" {
            let stored = self.load(doctype, new)?;
            let mut record = stored;
            record.set("email", new.clone());
            self.store_changed(&record)?;
        }
        Ok(())
    }

    fn take_over_settings(&mut self, record: &Record) {
        if let Ok(zone) = record.text("time_zone").parse() {
            self.site.zone = zone;
        }
    }
}

fn prepare_user(record: &mut Record) {
    let names = [record.text("first_name"), record.text("last_name")];
    let full = names
        .into_iter()
        .filter(|name| !name.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    record.set("full_name", Cell::text(full));
}
