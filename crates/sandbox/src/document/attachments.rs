//! Files of documents: made for the fields that show one, copied with an amendment, deleted with the document.

use serde_json::{Map, Value, json};

use super::record::Record;
use crate::failure::Attempt;
use crate::site::Transaction;
use crate::value::Cell;

impl Transaction<'_> {
    /// Attaches what the Attach fields of a document show, where it is not attached already (protocol 8, Files). A file
    /// that is not there is passed over.
    pub(crate) fn attach_files(&mut self, record: &Record) -> Attempt<()> {
        let shown: Vec<(String, String)> = record
            .meta
            .fields
            .iter()
            .filter(|field| matches!(&*field.fieldtype, "Attach" | "Attach Image"))
            .map(|field| {
                let url = record.value(field).to_text().into_owned();
                (field.fieldname.to_string(), url)
            })
            .filter(|(_, url)| url.starts_with("/files") || url.starts_with("/private/files"))
            .collect();
        for (field, url) in shown {
            let doctype = record.doctype().to_owned();
            let files = self.files_where(|file| file.text("file_url") == url)?;
            let is_attached = files.iter().any(|file| {
                file.text("attached_to_doctype") == doctype
                    && record.is_named(file.get("attached_to_name"))
                    && file.text("attached_to_field") == field
            });
            if is_attached || self.site.database.stored(&url).is_none() {
                continue;
            }
            let free = files
                .into_iter()
                .find(|file| file.text("attached_to_doctype").is_empty());
            if let Some(mut file) = free {
                file.set("attached_to_doctype", Cell::text(&*doctype));
                file.set("attached_to_name", record.name().clone());
                file.set("attached_to_field", Cell::text(&*field));
                self.store_changed(&file)?;
                continue;
            }
            let values = json!({
                "file_url": url, "attached_to_doctype": doctype,
                "attached_to_name": record.name().to_json(), "attached_to_field": field,
                "folder": "Home/Attachments",
            });
            self.insert_file(values)?;
        }
        Ok(())
    }

    /// Gives an amendment the files of what it amends.
    pub(crate) fn copy_attachments(&mut self, record: &Record) -> Attempt<()> {
        let doctype = record.doctype().to_owned();
        let original = record.text("amended_from");
        for file in self.files_of(&doctype, &Cell::text(original))? {
            self.insert_file(json!({
                "file_url": file.text("file_url"), "file_name": file.text("file_name"),
                "attached_to_doctype": doctype, "attached_to_name": record.name().to_json(),
                "folder": "Home/Attachments", "is_private": file.get("is_private").to_json(),
            }))?;
        }
        Ok(())
    }

    fn insert_file(&mut self, values: Value) -> Attempt<()> {
        let values: Map<String, Value> = values.as_object().cloned().unwrap_or_default();
        let file = self.new_record("File", values)?;
        // What a document's own save makes asks for no right.
        self.depth += 1;
        let inserted = self.insert(file);
        self.depth -= 1;
        inserted.map(drop)
    }

    /// Deletes the files of a document that is deleted.
    pub(crate) fn delete_attachments(&mut self, record: &Record) -> Attempt<()> {
        if record.doctype() == "File" {
            return Ok(());
        }
        for file in self.files_of(record.doctype(), record.name())? {
            self.depth += 1;
            let deleted = self.delete("File", file.name());
            self.depth -= 1;
            deleted?;
        }
        Ok(())
    }

    /// Leaves a line on the document that a file was attached to, or taken from.
    pub(crate) fn tell_of_attachment(&mut self, file: &Record, kind: &str) {
        let doctype = file.text("attached_to_doctype");
        let name = file.get("attached_to_name").clone();
        let is_there = self.site.database.row(&doctype, &name).is_some();
        if is_there && !file.get("is_folder").is_truthy() {
            self.comment(&doctype, &name, kind, &file.text("file_name"));
        }
    }

    fn files_of(&mut self, doctype: &str, name: &Cell) -> Attempt<Vec<Record>> {
        let key = crate::value::name_key(name);
        self.files_where(|file| {
            file.text("attached_to_doctype") == doctype
                && crate::value::name_key(file.get("attached_to_name")) == key
        })
    }
}
