//! One field of a DocType.

use serde_json::{Map, Value};

use super::column::Storage;
use crate::value::{Cell, cint};

/// A field with the properties that change what the site does with a value (protocol 9).
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) fieldname: Box<str>,
    pub(crate) label: Box<str>,
    pub(crate) fieldtype: Box<str>,
    pub(crate) options: Box<str>,
    pub(crate) default: Option<Box<str>>,
    pub(crate) reqd: bool,
    pub(crate) unique: bool,
    pub(crate) length: i64,
    pub(crate) set_only_once: bool,
    pub(crate) allow_on_submit: bool,
    pub(crate) permlevel: i64,
    /// The link field and the field of its target that this one copies.
    pub(crate) fetch_from: Option<(Box<str>, Box<str>)>,
    pub(crate) fetch_if_empty: bool,
    pub(crate) is_virtual: bool,
    pub(crate) ignore_xss_filter: bool,
    pub(crate) non_negative: bool,
    /// Its column type; `None` for what stores no value.
    pub(crate) storage: Option<Storage>,
    /// Its place in a row, where it has a column.
    pub(crate) column: Option<usize>,
}

impl Field {
    /// Reads a DocField row, or a Custom Field as one.
    pub(crate) fn parse(properties: &Map<String, Value>) -> Self {
        let text = |key: &str| -> Box<str> {
            properties
                .get(key)
                .map(|value| Cell::from_json(value.clone()))
                .map_or_else(
                    || Box::from(""),
                    |cell| cell.to_text().into_owned().into_boxed_str(),
                )
        };
        let number = |key: &str| {
            properties
                .get(key)
                .map_or(0, |value| cint(&Cell::from_json(value.clone())))
        };
        let flag = |key: &str| number(key) != 0;
        let fieldtype = text("fieldtype");
        let length = number("length");
        let fetch_from = text("fetch_from")
            .split_once('.')
            .map(|(link, source)| (Box::from(link), Box::from(source)));
        Self {
            fieldname: text("fieldname"),
            label: text("label"),
            options: text("options"),
            default: Some(text("default")).filter(|default| !default.is_empty()),
            reqd: flag("reqd"),
            unique: flag("unique"),
            length,
            set_only_once: flag("set_only_once"),
            allow_on_submit: flag("allow_on_submit"),
            permlevel: number("permlevel"),
            fetch_from,
            fetch_if_empty: flag("fetch_if_empty"),
            is_virtual: flag("is_virtual"),
            ignore_xss_filter: flag("ignore_xss_filter"),
            non_negative: flag("non_negative"),
            storage: Storage::of(&fieldtype, length).filter(|_| !flag("is_virtual")),
            column: None,
            fieldtype,
        }
    }

    /// Whether its value is a list of rows.
    pub(crate) fn is_table(&self) -> bool {
        matches!(&*self.fieldtype, "Table" | "Table MultiSelect")
    }

    /// Whether it names a document of a fixed DocType.
    pub(crate) fn is_link(&self) -> bool {
        &*self.fieldtype == "Link"
    }

    /// Whether it names a document of the DocType that another field names.
    pub(crate) fn is_dynamic_link(&self) -> bool {
        &*self.fieldtype == "Dynamic Link"
    }

    /// What messages call it.
    pub(crate) fn title(&self) -> &str {
        if self.label.is_empty() {
            &self.fieldname
        } else {
            &self.label
        }
    }
}
