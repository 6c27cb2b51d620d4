//! One mapping file in the making.

use frappe_sync_model::{Filter, PerSide};
use serde_json::Value;

use super::difference::Difference;

/// What makes documents of both sites the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// `use_same_name`: the name of the producer is used.
    Same,
    /// The consumer gives names of its own.
    Own,
    /// A document that others depend on is looked for by its name.
    Looked,
}

/// A mapping file in the making; `a` is the producer, `b` the consumer.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// The Document Type Mapping, where there is one.
    pub(super) mapping: Option<String>,
    /// The document and row that say so.
    pub(super) place: String,
    pub(super) doctypes: PerSide<String>,
    pub(super) names: Names,
    pub(super) filters: Vec<Filter>,
    pub(super) fields: Fields,
    pub(super) tables: Vec<Table>,
    pub(super) differences: Vec<Difference>,
}

/// What is said of the fields of documents or rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    /// Fields that stay behind.
    pub(super) except: Vec<String>,
    /// Fields of `a` with their names on `b`.
    pub(super) map: Vec<(String, String)>,
    /// Fields of `b` with the value that they get when a document is made.
    pub(super) default: Vec<(String, Value)>,
    /// Fields of `b` with an expression.
    pub(super) compute: Vec<(String, String)>,
}

/// A child table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) names: PerSide<String>,
    /// The mapping of its rows.
    pub(super) mapping: String,
    pub(super) fields: Fields,
}

impl Draft {
    /// Tells whether the mapping is not to be used before somebody has decided on something.
    pub(super) fn waits(&self) -> bool {
        self.differences.iter().any(|difference| difference.waits)
    }
}

impl Fields {
    /// Tells whether a field of `b` gets its value here already.
    pub(super) fn gives(&self, local: &str) -> bool {
        self.map.iter().any(|(_, b)| b == local) || self.compute.iter().any(|(b, _)| b == local)
    }

    /// Tells whether a field of `a` is mapped already.
    pub(super) fn takes(&self, remote: &str) -> bool {
        self.map.iter().any(|(a, _)| a == remote)
    }
}

/// Returns a default as a mapping file takes it. event_streaming keeps all of them as text; the site makes a number of
/// it where the field is one, and here it must be written as one.
pub(super) fn default_value(text: &str) -> Value {
    let number: Option<serde_json::Number> = serde_json::from_str(text).ok();
    match number {
        // 007 and 1.50 are no numbers that would come back as they are.
        Some(number) if number.to_string() == text => Value::Number(number),
        _ => Value::from(text),
    }
}

/// Returns the expression that gives a field of the producer.
pub(super) fn field_expression(field: &str) -> String {
    let is_plain = field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !field.starts_with(|c: char| c.is_ascii_digit());
    if is_plain {
        format!("doc.{field}")
    } else {
        format!("doc[{}]", Value::from(field))
    }
}
