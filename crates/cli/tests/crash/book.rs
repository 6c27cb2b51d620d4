//! What people did and nobody else may undo.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::kind::Kind;

/// A document under test: its DocType and its marker.
pub(crate) type Document = (&'static str, String);

/// What there must be on both sites in the end.
#[derive(Default)]
pub(crate) struct Book {
    documents: BTreeSet<Document>,
    values: BTreeMap<(Document, &'static str), Value>,
    names: BTreeMap<Document, String>,
}

impl Book {
    /// Somebody made a document.
    pub(crate) fn made(&mut self, kind: &Kind, marker: &str) {
        self.documents.insert(document(kind, marker));
    }

    /// Somebody deleted a document.
    pub(crate) fn deleted(&mut self, kind: &Kind, marker: &str) {
        let gone = document(kind, marker);
        self.values.retain(|(of, _), _| *of != gone);
        self.names.remove(&gone);
        self.documents.remove(&gone);
    }

    /// Somebody wrote a value.
    pub(crate) fn wrote(&mut self, kind: &Kind, marker: &str, field: &'static str, value: Value) {
        self.values.insert((document(kind, marker), field), value);
    }

    /// Somebody renamed a document.
    pub(crate) fn renamed(&mut self, kind: &Kind, marker: &str, name: &str) {
        self.names.insert(document(kind, marker), name.to_owned());
    }

    /// Returns the documents that there must be, and no others.
    pub(crate) fn documents(&self) -> &BTreeSet<Document> {
        &self.documents
    }

    /// Returns the markers of one DocType.
    pub(crate) fn markers(&self, kind: &Kind) -> Vec<String> {
        let of_kind = self.documents.iter().filter(|(of, _)| *of == kind.doctype);
        of_kind.map(|(_, marker)| marker.clone()).collect()
    }

    /// Returns the last value that somebody wrote into each field.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&Document, &'static str, &Value)> {
        self.values
            .iter()
            .map(|((of, field), value)| (of, *field, value))
    }

    /// Returns the last name that somebody gave to a document.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&Document, &str)> {
        self.names.iter().map(|(of, name)| (of, name.as_str()))
    }
}

fn document(kind: &Kind, marker: &str) -> Document {
    (kind.doctype, marker.to_owned())
}
