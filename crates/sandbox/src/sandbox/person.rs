//! A person at a site: a small client over the site itself, for tests.

use serde_json::{Map, Value, json};

use super::handle::Sandbox;
use crate::document::{Nulls, Record, RenameOptions};
use crate::failure::{Attempt, Failure};
use crate::list::ListArguments;
use crate::site::Transaction;
use crate::value::Cell;

/// What a site refused a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{exc_type} ({status}): {message}")]
pub struct SiteError {
    /// The status that a client would see.
    pub status: u16,
    /// The class, such as `LinkValidationError`.
    pub exc_type: String,
    /// The text.
    pub message: String,
}

impl From<Failure> for SiteError {
    fn from(failure: Failure) -> Self {
        Self {
            status: failure.status,
            exc_type: failure.class.into_owned(),
            message: failure.message,
        }
    }
}

/// A user who works at the site. What they do is in no log and meets no fault; each call is one transaction.
#[derive(Debug, Clone)]
pub struct Person {
    sandbox: Sandbox,
    user: String,
}

impl Person {
    pub(super) fn new(sandbox: Sandbox, user: &str) -> Self {
        Self {
            sandbox,
            user: user.to_owned(),
        }
    }

    /// Creates a document and returns it as it is stored, nulls included.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn insert(&self, doctype: &str, values: Value) -> Result<Value, SiteError> {
        self.act(|transaction| {
            let record = transaction.new_record(doctype, object(values))?;
            let record = transaction.insert(record)?;
            transaction.shown(&record)
        })
    }

    /// Changes some fields of a document and returns all of it.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn update(&self, doctype: &str, name: &str, values: Value) -> Result<Value, SiteError> {
        self.act(|transaction| {
            let mut record = transaction.load(doctype, &Cell::text(name))?;
            transaction.apply(&mut record, object(values))?;
            let record = transaction.save(record)?;
            transaction.shown(&record)
        })
    }

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn get(&self, doctype: &str, name: &str) -> Result<Value, SiteError> {
        self.act(|transaction| {
            let mut record = transaction.load(doctype, &Cell::text(name))?;
            transaction.require(&record, "read")?;
            transaction.mask(&mut record);
            record.to_json(Nulls::Show).map(Value::Object)
        })
    }

    /// Lists all documents that match, with these fields, in the order of names. Rows of a child DocType are not listed by this.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn list(
        &self,
        doctype: &str,
        fields: &[&str],
        filters: Value,
    ) -> Result<Vec<Value>, SiteError> {
        let arguments = ListArguments {
            fields: Some(fields.iter().map(|field| (*field).to_owned()).collect()),
            filters,
            order_by: Some("name asc".to_owned()),
            as_dict: true,
            ..ListArguments::default()
        };
        self.act(|transaction| transaction.list(doctype, &arguments))
    }

    /// Deletes a document.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn delete(&self, doctype: &str, name: &str) -> Result<(), SiteError> {
        self.act(|transaction| transaction.delete(doctype, &Cell::text(name)))
    }

    /// Brings a document back from its Deleted Document, and returns the name that it has now.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn restore(&self, record: &str) -> Result<Value, SiteError> {
        self.act(|transaction| {
            let record = Cell::text(record);
            transaction.restore(&record)?;
            let deleted = transaction.load("Deleted Document", &record)?;
            Ok(deleted.get("new_name").to_json())
        })
    }

    /// Submits a document.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn submit(&self, doctype: &str, name: &str) -> Result<Value, SiteError> {
        self.update(doctype, name, json!({"docstatus": 1}))
    }

    /// Cancels a document.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn cancel(&self, doctype: &str, name: &str) -> Result<Value, SiteError> {
        self.update(doctype, name, json!({"docstatus": 2}))
    }

    /// Renames a document, also where the DocType does not allow it, and returns the new name.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn rename(&self, doctype: &str, old: &str, new: &str) -> Result<Value, SiteError> {
        self.rename_with(
            doctype,
            old,
            new,
            RenameOptions {
                force: true,
                ..RenameOptions::default()
            },
        )
    }

    /// Merges a document into another one, which stays.
    ///
    /// # Errors
    ///
    /// What the site refuses.
    pub fn merge(&self, doctype: &str, from: &str, into: &str) -> Result<Value, SiteError> {
        let options = RenameOptions {
            force: true,
            merge: true,
            ..RenameOptions::default()
        };
        self.rename_with(doctype, from, into, options)
    }

    fn rename_with(
        &self,
        doctype: &str,
        old: &str,
        new: &str,
        options: RenameOptions,
    ) -> Result<Value, SiteError> {
        self.act(|transaction| {
            transaction
                .rename(doctype, &Cell::text(old), &Cell::text(new), options)
                .map(|name| name.to_json())
        })
    }

    fn act<T>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Attempt<T>,
    ) -> Result<T, SiteError> {
        self.sandbox.transact(&self.user, work)
    }
}

impl Transaction<'_> {
    /// A document as it is stored now.
    fn shown(&mut self, record: &Record) -> Attempt<Value> {
        let stored = self.load(record.doctype(), record.name())?;
        stored.to_json(Nulls::Show).map(Value::Object)
    }
}

fn object(values: Value) -> Map<String, Value> {
    match values {
        Value::Object(values) => values,
        _ => Map::new(),
    }
}
