//! What a Data Import leaves of each document.

use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::site::Transaction;
use crate::value::{Cell, Key};

const LOG: &str = "Data Import Log";

impl Transaction<'_> {
    /// Writes a line. It is no part of the document's transaction.
    pub(super) fn log_import(
        &mut self,
        import: &Cell,
        index: usize,
        rows: &[usize],
        outcome: &Result<String, Failure>,
    ) {
        let mut values = Map::new();
        values.insert("data_import".to_owned(), import.to_json());
        values.insert("log_index".to_owned(), json!(index));
        values.insert("row_indexes".to_owned(), json!(json!(rows).to_string()));
        match outcome {
            Ok(name) => {
                values.insert("success".to_owned(), json!(1));
                values.insert("docname".to_owned(), json!(name));
                values.insert("messages".to_owned(), json!("\"[]\""));
            }
            Err(failure) => {
                let messages = json!([{"message": failure.message, "raise_exception": 1}]);
                let shown = if failure.shown { messages } else { json!([]) };
                values.insert("success".to_owned(), json!(0));
                values.insert("messages".to_owned(), json!(shown.to_string()));
                let last = format!("{}{}: {}", failure.module, failure.class, failure.message);
                let traceback = format!("Traceback (most recent call last):\n{last}\n");
                values.insert("exception".to_owned(), json!(traceback));
            }
        }
        // A line has no unique field that could be taken.
        drop(self.store_unchecked(LOG, values));
    }

    /// Returns whether each logged document was made, with its first row.
    pub(crate) fn import_log(&self, import: &Cell) -> Vec<(bool, Option<usize>)> {
        let Some(table) = self.site.database.table(LOG) else {
            return Vec::new();
        };
        let layout = table.layout();
        let (Some(of), Some(success), Some(rows)) = (
            layout.find("data_import"),
            layout.find("success"),
            layout.find("row_indexes"),
        ) else {
            return Vec::new();
        };
        let name = import.to_text();
        let lines = table.rows().map(|(_, row)| row);
        lines
            .filter(|row| row[of].as_text() == Some(&*name))
            .map(|row| {
                let indexes: Vec<usize> = row[rows]
                    .as_text()
                    .and_then(|text| serde_json::from_str(text).ok())
                    .unwrap_or_default();
                (row[success].is_truthy(), indexes.first().copied())
            })
            .collect()
    }

    /// Takes the lines of an import away with it.
    pub(crate) fn forget_import_log(&mut self, import: &Cell) {
        let Some(table) = self.site.database.table(LOG) else {
            return;
        };
        let Some(of) = table.layout().find("data_import") else {
            return;
        };
        let name = import.to_text();
        let keys: Vec<Key> = table
            .rows()
            .filter(|(_, row)| row[of].as_text() == Some(&*name))
            .map(|(key, _)| Key::clone(key))
            .collect();
        for key in keys {
            self.site.database.remove(LOG, &key);
        }
    }

    /// What `get_import_status` answers.
    pub(crate) fn import_status(&mut self, import: &Cell) -> crate::failure::Attempt<Value> {
        let record = self.load("Data Import", import)?;
        self.require(&record, "read")?;
        let log = self.import_log(import);
        let made = log.iter().filter(|(is_made, _)| *is_made).count();
        let mut status = json!({
            "status": record.text("status"),
            "total_records": record.get("payload_count").to_json(),
        });
        if made > 0 {
            status["success"] = json!(made);
        }
        if log.len() > made {
            status["failed"] = json!(log.len() - made);
        }
        Ok(status)
    }
}
