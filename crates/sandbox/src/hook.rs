//! Hooks of apps: what real sites do beside what they are asked for (protocol 12.10).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::document::Record;
use crate::failure::{Attempt, Failure};
use crate::schema::MODIFIED;
use crate::site::Transaction;
use crate::value::Cell;

/// How deep hooks may make documents whose hooks make documents.
const MAX_DEPTH: usize = 8;

/// What an app does when a document is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Hook {
    /// After an insert it makes another document, owned by the same user, whatever their rights.
    MakesDocument {
        /// The DocType of the other document.
        doctype: String,
        /// Its values, also of rows. `{fieldname}` in a text stands for a value of the first document, `{name}` for its name.
        values: Map<String, Value>,
        /// Only where this field has a value.
        #[serde(default)]
        when: Option<String>,
    },
    /// Before the checks it rewrites a field that has a value.
    RewritesField {
        /// The field.
        field: String,
        /// How.
        rewrite: Rewrite,
    },
    /// After each save it stamps the stored document again; the answer and the rows keep the first stamp.
    BumpsModifiedAfterSave,
    /// After each save it commits, so that an error later in the request no longer takes back what came before (protocol 1.3).
    CommitsMidway,
    /// It refuses documents whose field has this value: 417 ValidationError.
    RefusesWhen {
        /// The field.
        field: String,
        /// The value, as text.
        value: String,
        /// What it says.
        message: String,
    },
}

/// How a field is rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rewrite {
    /// In capitals.
    Uppercase,
    /// With this at the end, unless it ends so.
    Append(String),
    /// Replaced by this.
    Set(String),
}

/// The hooks of a site by DocType.
#[derive(Debug, Default)]
pub(crate) struct Hooks(HashMap<String, Vec<Hook>>);

impl Hooks {
    /// Adds a hook after those that are there.
    pub(crate) fn add(&mut self, doctype: &str, hook: Hook) {
        self.0.entry(doctype.to_owned()).or_default().push(hook);
    }

    /// Removes all hooks.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn of(&self, doctype: &str) -> Vec<Hook> {
        self.0.get(doctype).cloned().unwrap_or_default()
    }
}

impl Transaction<'_> {
    /// Hooks that run before the checks of a save.
    pub(crate) fn run_hooks_before_save(&mut self, record: &mut Record) -> Attempt<()> {
        for hook in self.site.hooks.of(record.doctype()) {
            match hook {
                Hook::RewritesField { field, rewrite } => rewrite_field(record, &field, &rewrite),
                Hook::RefusesWhen {
                    field,
                    value,
                    message,
                } if record.text(&field) == value => {
                    return Err(Failure::invalid(message));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Hooks that run after a save, inside its transaction.
    pub(crate) fn run_hooks_after_save(
        &mut self,
        record: &Record,
        stored: Option<&Record>,
    ) -> Attempt<()> {
        for hook in self.site.hooks.of(record.doctype()) {
            match hook {
                Hook::MakesDocument {
                    doctype,
                    values,
                    when,
                } if stored.is_none() => {
                    let is_wanted = when.is_none_or(|field| record.get(&field).is_truthy());
                    if is_wanted {
                        self.make_document(&doctype, &values, record)?;
                    }
                }
                Hook::BumpsModifiedAfterSave => {
                    let stamp = Cell::Stamp(self.site.stamp());
                    if let Some(row) = self.site.database.row(record.doctype(), record.name()) {
                        let row = crate::storage::Row::clone(row);
                        self.replace_cell(record.doctype(), &row, MODIFIED, stamp);
                    }
                }
                Hook::CommitsMidway => self.commit_midway(),
                _ => {}
            }
        }
        Ok(())
    }

    fn make_document(
        &mut self,
        doctype: &str,
        values: &Map<String, Value>,
        record: &Record,
    ) -> Attempt<()> {
        if self.depth == MAX_DEPTH {
            return Err(Failure::invalid("maximum recursion depth exceeded"));
        }
        let values = values
            .iter()
            .map(|(key, value)| (key.clone(), filled(value, record)))
            .collect();
        let made = self.new_record(doctype, values)?;
        self.depth += 1;
        let inserted = self.insert(made);
        self.depth -= 1;
        inserted.map(|_| ())
    }
}

fn rewrite_field(record: &mut Record, field: &str, rewrite: &Rewrite) {
    let value = record.text(field);
    if value.is_empty() {
        return;
    }
    let value = match rewrite {
        Rewrite::Uppercase => value.to_uppercase(),
        Rewrite::Append(end) if value.ends_with(end.as_str()) => value,
        Rewrite::Append(end) => value + end,
        Rewrite::Set(other) => other.clone(),
    };
    record.set(field, Cell::text(value));
}

/// A template with its placeholders replaced.
fn filled(template: &Value, record: &Record) -> Value {
    match template {
        Value::String(text) => {
            let columns = record.meta.layout.columns();
            let whole = columns
                .iter()
                .find(|column| *text == format!("{{{}}}", column.name));
            match whole {
                // A placeholder alone keeps the type of the value.
                Some(column) => record.get(&column.name).to_json(),
                None => Value::String(columns.iter().fold(text.clone(), |text, column| {
                    let placeholder = format!("{{{}}}", column.name);
                    if text.contains(&placeholder) {
                        text.replace(&placeholder, &record.text(&column.name))
                    } else {
                        text
                    }
                })),
            }
        }
        Value::Array(items) => items.iter().map(|item| filled(item, record)).collect(),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), filled(value, record)))
                .collect(),
        ),
        other => other.clone(),
    }
}
