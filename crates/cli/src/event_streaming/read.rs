//! One document or row as JSON: its values with their kinds checked, and every key accounted for.

use std::collections::BTreeSet;

use frappe_sync_model::{DOCUMENT_FIELDS, ROW_FIELDS};
use serde_json::{Map, Value};

use super::documents::InputError;

/// Reads the keys of one JSON object, which is called by its place in messages.
pub(super) struct Reader<'v> {
    pub(super) place: String,
    map: &'v Map<String, Value>,
    known: BTreeSet<&'static str>,
}

impl<'v> Reader<'v> {
    /// Begins with a document or a row.
    pub(super) fn new(place: impl Into<String>, value: &'v Value) -> Result<Self, InputError> {
        let place = place.into();
        match value {
            Value::Object(map) => Ok(Self {
                place,
                map,
                known: ["doctype"]
                    .into_iter()
                    .chain(DOCUMENT_FIELDS)
                    .chain(ROW_FIELDS)
                    .collect(),
            }),
            other => Err(InputError::kind(&place, None, "an object", other)),
        }
    }

    /// Returns a text; one that is empty, null or not there is none.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<&'v str>, InputError> {
        self.known.insert(key);
        match self.map.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim())),
            Some(other) => Err(InputError::kind(&self.place, Some(key), "a text", other)),
        }
    }

    /// Returns a text that must be there.
    pub(super) fn required(&mut self, key: &'static str) -> Result<String, InputError> {
        match self.text(key)? {
            Some(text) => Ok(text.to_owned()),
            None => Err(InputError::new(
                &self.place,
                format!("`{key}` is empty"),
                "set it on the site, where it is mandatory, and export the document again",
            )),
        }
    }

    /// Returns a Check; one that is null or not there is not set.
    pub(super) fn flag(&mut self, key: &'static str) -> Result<bool, InputError> {
        self.known.insert(key);
        match self.map.get(key) {
            None | Some(Value::Null | Value::Bool(false)) => Ok(false),
            Some(Value::Bool(true)) => Ok(true),
            Some(Value::Number(number)) if number.as_u64() == Some(0) => Ok(false),
            Some(Value::Number(number)) if number.as_u64() == Some(1) => Ok(true),
            Some(Value::String(text)) if text == "0" => Ok(false),
            Some(Value::String(text)) if text == "1" => Ok(true),
            Some(other) => Err(InputError::kind(&self.place, Some(key), "0 or 1", other)),
        }
    }

    /// Returns the rows of a child table; a document whose table is not there was listed, not exported.
    pub(super) fn rows(
        &mut self,
        key: &'static str,
    ) -> Result<Vec<(usize, &'v Value)>, InputError> {
        self.known.insert(key);
        match self.map.get(key) {
            Some(Value::Array(rows)) => Ok(rows
                .iter()
                .enumerate()
                .map(|(n, row)| (n + 1, row))
                .collect()),
            None | Some(Value::Null) => Err(InputError::new(
                &self.place,
                format!("the rows of `{key}` are not there"),
                "export whole documents: a list of Frappe leaves child tables out",
            )),
            Some(other) => Err(InputError::kind(
                &self.place,
                Some(key),
                "a list of rows",
                other,
            )),
        }
    }

    /// Says of these keys that they are known and mean nothing here.
    pub(super) fn ignore(&mut self, keys: &[&'static str]) {
        self.known.extend(keys);
    }

    /// Returns the keys that hold something and that nobody asked for, each with the place.
    pub(super) fn left(self) -> Vec<(String, String)> {
        let holds = |value: &Value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.is_empty(),
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::Array(rows) => !rows.is_empty(),
            _ => true,
        };
        let left = self.map.iter().filter(|(key, value)| {
            !key.starts_with('_') && !self.known.contains(key.as_str()) && holds(value)
        });
        left.map(|(key, _)| (self.place.clone(), key.clone()))
            .collect()
    }
}
