//! Brings a deleted document back from Deleted Document.

use serde_json::{Map, Value, json};

use crate::failure::{Attempt, Failure, Kind};
use crate::site::Transaction;
use crate::value::Cell;

impl Transaction<'_> {
    /// Inserts the copy again, as a draft if it was cancelled. It is a new document: new `creation`, and a new name where the site gives names.
    pub(crate) fn restore(&mut self, name: &Cell) -> Attempt<()> {
        let mut deleted = self.load("Deleted Document", name)?;
        if deleted.get("restored").is_truthy() {
            return Err(Failure::shown(
                Kind::DocumentAlreadyRestored,
                format!("Document {} Already Restored", deleted.name_text()),
            ));
        }
        let doctype = deleted.text("deleted_doctype");
        let mut values: Map<String, Value> = serde_json::from_str(&deleted.text("data"))
            .map_err(|error| Failure::bare(Kind::JsonDecode, error.to_string()))?;
        if values.get("docstatus") == Some(&json!(2)) {
            self.tell("Cancelled Document restored as Draft");
            values.insert("docstatus".to_owned(), json!(0));
        }
        let record = self.new_record(&doctype, values)?;
        let restored = self.insert(record)?;
        let text = format!(
            "restored {} as {}",
            deleted.text("deleted_name"),
            restored.name_text()
        );
        self.comment(&doctype, restored.name(), "Edit", &text);
        deleted.set("new_name", restored.name().clone());
        deleted.set("restored", Cell::Int(1));
        self.store_changed(&deleted)?;
        self.tell("Document Restored");
        Ok(())
    }
}
