//! One stored or pending value, in 24 bytes.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::temporal::{Stamp, format_date, format_stamp, format_time};

/// One value of a document.
///
/// In a stored row the variant follows the column's type. In a document that is being saved it is whatever the client sent, as
/// with Frappe's documents in memory, until it is stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Cell {
    /// SQL NULL, Python None.
    #[default]
    Null,
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(Box<str>),
    /// A point in site-local time, in microseconds since 1970-01-01 00:00:00 of that clock.
    Stamp(Stamp),
    /// A day, counted from 1970-01-01.
    Date(i32),
    /// A duration since midnight in microseconds.
    Time(i64),
    /// An object or a list that a client sent.
    Json(Box<Value>),
}

impl Cell {
    /// Makes text.
    pub(crate) fn text(text: impl Into<Box<str>>) -> Self {
        Self::Text(text.into())
    }

    /// Takes over what a client sent, as it is.
    pub(crate) fn from_json(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Int(i64::from(flag)),
            Value::Number(number) => number
                .as_i64()
                .map_or_else(|| Self::Float(number.as_f64().unwrap_or(0.0)), Self::Int),
            Value::String(text) => Self::Text(text.into()),
            other => Self::Json(Box::new(other)),
        }
    }

    /// Serialises as a read does (protocol 3.3).
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::from(*number),
            Self::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Self::Json(value) => (**value).clone(),
            other => Value::String(other.to_text().into_owned()),
        }
    }

    /// The text form that Python's `cstr` gives; NULL is empty.
    pub(crate) fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::Float(number) => Cow::Owned(super::python::float_text(*number)),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Stamp(stamp) => Cow::Owned(format_stamp(*stamp)),
            Self::Date(day) => Cow::Owned(format_date(*day)),
            Self::Time(micros) => Cow::Owned(format_time(*micros)),
            Self::Json(value) => Cow::Owned(value.to_string()),
        }
    }

    /// Borrows the text of a text cell.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is NULL.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Python's truth value.
    pub(crate) fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Time(micros) => *micros != 0,
            Self::Stamp(_) | Self::Date(_) => true,
            Self::Json(value) => match &**value {
                Value::Array(items) => !items.is_empty(),
                Value::Object(map) => !map.is_empty(),
                _ => true,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_small() {
        assert_eq!(size_of::<Cell>(), 24);
    }
}
