//! What happens around a save or a delete: the controllers of built-in DocTypes, trees, and hooks of apps.

use super::record::Record;
use crate::failure::Attempt;
use crate::site::Transaction;
use crate::storage::SecretKey;
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
            "User" => {
                prepare_user(record);
                self.keep_new_password(record);
            }
            "OAuth Client" => self.prepare_oauth_client(record),
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

    /// Takes the password that was typed out of the document: nobody reads it again.
    fn keep_new_password(&mut self, record: &mut Record) {
        let typed = record.text("new_password");
        if !typed.is_empty() && !typed.bytes().all(|byte| byte == b'*') {
            let key = SecretKey::new("User", &record.name_text(), "password");
            self.site
                .database
                .set_secret(key, Some(typed.into_boxed_str()));
        }
        record.set("new_password", Cell::Null);
    }

    /// A client is known by its name, and gets a secret, which nobody looks at (protocol 2.4).
    fn prepare_oauth_client(&mut self, record: &mut Record) {
        record.set("client_id", Cell::text(record.name_text()));
        if !record.get("client_secret").is_truthy() {
            let secret = self.site.random.letters(10);
            record.set("client_secret", Cell::text(secret));
        }
        if record.is_new {
            record.set("user", Cell::text(self.user()));
        }
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
