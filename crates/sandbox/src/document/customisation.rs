//! The controllers of Custom Field and Property Setter (protocol 8).

use super::record::Record;
use crate::failure::{Attempt, Failure};
use crate::site::Transaction;
use crate::value::name_key;

impl Transaction<'_> {
    /// Checks a new Custom Field against the DocType that it extends.
    pub(crate) fn prepare_custom_field(&mut self, record: &Record) -> Attempt<()> {
        let doctype = record.text("dt");
        let fieldname = record.text("fieldname");
        if fieldname.is_empty() {
            return Err(Failure::invalid("Label is mandatory"));
        }
        let meta = self.meta(&doctype)?;
        let clashes = meta.field(&fieldname).is_some_and(|_| {
            // Its own record may be there already; then the name clashes, which says more.
            self.site
                .database
                .row("Custom Field", record.name())
                .is_none()
        });
        if clashes {
            return Err(Failure::invalid(format!(
                "A field with the name <strong>{fieldname}</strong> already exists in {doctype}"
            )));
        }
        Ok(())
    }

    /// A new Property Setter takes the place of its predecessor.
    pub(crate) fn replace_property_setter(&mut self, record: &Record) {
        self.site
            .database
            .remove("Property Setter", &name_key(record.name()));
    }
}
