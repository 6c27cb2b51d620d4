//! Deletes a document and keeps a copy in Deleted Document (protocol 8, 12.8).

use serde_json::{Map, Value, json};

use super::record::{Nulls, Record};
use super::references::Purpose;
use crate::failure::{Attempt, Failure, Kind};
use crate::schema::DOCSTATUS;
use crate::site::Transaction;
use crate::value::{Cell, JsonStyle, Key, name_key, python_json};
use crate::webhook::Happening;

impl Transaction<'_> {
    /// Deletes a document with all checks.
    pub(crate) fn delete(&mut self, doctype: &str, name: &Cell) -> Attempt<()> {
        let meta = self.meta(doctype)?;
        if !meta.is_single && self.site.database.row(doctype, name).is_none() {
            return Err(Failure::bare(Kind::DoesNotExist, ""));
        }
        let record = self.load(doctype, name)?;
        if !self.is_allowed_on(&record, "delete")? {
            return Err(Failure::shown(
                Kind::Permission,
                format!(
                    "User not allowed to delete {doctype}: {}",
                    record.name_text()
                ),
            ));
        }
        if doctype == "DocType" {
            self.check_doctype_deletion(&record)?;
        }
        if record.meta.is_submittable && record.cells[DOCSTATUS] == Cell::Int(1) {
            return Err(Failure::invalid(format!(
                "{doctype} {}: Submitted Record cannot be deleted. You must Cancel it first.",
                record.name_text()
            )));
        }
        self.before_delete(&record)?;
        if doctype != "DocType" {
            self.check_not_linked(&record, Purpose::Delete)?;
            self.give_number_back(&record);
        }
        self.hear(&record, Happening::Delete);
        self.remove_rows(&record);
        for key in self.site.database.secret_keys(doctype, &record.name_text()) {
            self.site.database.set_secret(key, None);
        }
        self.keep_copy(&record)?;
        self.forget_comments(&record);
        self.forget_tags(&record);
        self.comment(
            doctype,
            &Cell::Null,
            "Deleted",
            &format!("{doctype} {}", record.name_text()),
        );
        self.after_delete(&record)
    }

    fn remove_rows(&mut self, record: &Record) {
        self.delete_rows(record);
        if record.meta.is_single {
            self.site.database.set_single(record.doctype(), None);
        } else {
            self.site
                .database
                .remove(record.doctype(), &name_key(record.name()));
        }
    }

    fn give_number_back(&mut self, record: &Record) {
        let autoname = record.meta.autoname.clone();
        if autoname.starts_with("naming_series:") {
            let series = record.text("naming_series");
            if !series.is_empty() {
                self.revert_series_if_last(&series, record);
            }
        } else if !autoname.is_empty()
            && !matches!(
                autoname.split(':').next(),
                Some("Prompt" | "field" | "hash" | "autoincrement")
            )
        {
            self.revert_series_if_last(&autoname, record);
        }
    }

    /// Removes the comments on a document. Frappe leaves that to a job in the background, which may take a while (protocol 8).
    fn forget_comments(&mut self, record: &Record) {
        let Some(table) = self.site.database.table("Comment") else {
            return;
        };
        let layout = table.layout();
        let (Some(of_type), Some(of_name)) = (
            layout.find("reference_doctype"),
            layout.find("reference_name"),
        ) else {
            return;
        };
        let keys: Vec<Key> = table
            .rows()
            .filter(|(_, row)| row[of_type].as_text() == Some(record.doctype()))
            .filter(|(_, row)| record.is_named(&row[of_name]))
            .map(|(key, _)| Key::clone(key))
            .collect();
        for key in keys {
            self.site.database.remove("Comment", &key);
        }
    }

    fn keep_copy(&mut self, record: &Record) -> Attempt<()> {
        if record.doctype() == "Deleted Document" {
            return Ok(());
        }
        let mut values = Map::new();
        values.insert("deleted_doctype".to_owned(), json!(record.doctype()));
        values.insert("deleted_name".to_owned(), json!(record.name_text()));
        values.insert(
            "data".to_owned(),
            json!(python_json(
                &Value::Object(record.to_json(Nulls::Show)?),
                JsonStyle::Sorted { indent: 1 }
            )),
        );
        self.store_unchecked("Deleted Document", values)
    }

    /// Stores a document of the site's own without checks of rights.
    pub(crate) fn store_unchecked(
        &mut self,
        doctype: &str,
        values: Map<String, Value>,
    ) -> Attempt<()> {
        let mut record = self.new_record(doctype, values)?;
        self.fill_defaults(&mut record);
        self.stamp(&mut record);
        self.name_by_rule(&mut record)?;
        self.store_new(&mut record)
    }

    /// Leaves a comment on a document, or on a DocType where there is no name.
    pub(crate) fn comment(&mut self, doctype: &str, name: &Cell, kind: &str, text: &str) {
        let content = if kind == "Deleted" {
            "subject"
        } else {
            "content"
        };
        let mut values = Map::new();
        values.insert("comment_type".to_owned(), json!(kind));
        values.insert("reference_doctype".to_owned(), json!(doctype));
        values.insert("reference_name".to_owned(), name.to_json());
        values.insert("comment_email".to_owned(), json!(self.user()));
        values.insert(content.to_owned(), json!(text));
        // A comment has no unique field that could be taken, and its random name is drawn again if it is.
        drop(self.store_unchecked("Comment", values));
    }
}
