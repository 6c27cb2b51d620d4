//! `run_doc_method`, as far as the settings of naming series have methods (protocol 5.2).

use serde_json::{Value, json};

use super::form::{Form, into_object, parsed};
use crate::failure::{Attempt, Failure, Kind};
use crate::site::Transaction;
use crate::value::{Cell, cint};

const SETTINGS: &str = "Document Naming Settings";

impl Transaction<'_> {
    /// Calls a method of a document that comes along.
    pub(super) fn run_doc_method(&mut self, form: &Form) -> Attempt<Value> {
        let document = into_object(parsed(form.required("docs")?)?)?;
        let text = |key: &str| {
            let value = document.get(key).cloned().unwrap_or_default();
            Cell::from_json(value).to_text().into_owned()
        };
        let doctype = text("doctype");
        let stored = self.load(&doctype, &Cell::text(text("name")))?;
        if stored.text("modified") != text("modified") {
            return Err(Failure::shown(
                Kind::TimestampMismatch,
                "Error: Document has been modified after you have opened it",
            ));
        }
        let meta = self.meta(&doctype)?;
        self.require_on_doctype(&meta, "read")?;
        let prefix = text("prefix");
        match (doctype.as_str(), form.text("method").as_str()) {
            (SETTINGS, "get_current") => {
                Ok(json!(self.site.database.counter(&prefix).unwrap_or(0)))
            }
            (SETTINGS, "update_series_start") => {
                if !self.is_administrator() && !self.has_role("System Manager") {
                    return Err(Failure::shown(
                        Kind::Permission,
                        "This action is only allowed for System Manager",
                    ));
                }
                let number = cint(&Cell::text(text("current_value")));
                self.site.database.set_counter(&prefix, number);
                self.tell(format!(
                    "Series counter for {prefix} updated to {number} successfully"
                ));
                Ok(Value::Null)
            }
            (doctype, method) => Err(Failure::bare(
                Kind::Attribute,
                format!("'{doctype}' object has no attribute '{method}'"),
            )),
        }
    }
}
