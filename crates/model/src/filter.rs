//! Filters in Frappe's own syntax.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One condition of a list, `[field, operator, value]` (protocol 3.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Value", try_from = "Value")]
pub struct Filter {
    /// The field that is looked at.
    pub field: String,
    /// Frappe's operator, such as `=`, `in` or `>=`.
    pub operator: String,
    /// What it is compared with.
    pub value: Value,
}

/// A filter that is not of the form `[field, operator, value]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a filter is written `[field, operator, value]`, with one of the operators {OPERATORS}")]
pub struct FilterError;

const OPERATORS: &str = "= != > < >= <= like, not like, in, not in, is, between";

const KNOWN: [&str; 12] = [
    "=", "!=", ">", "<", ">=", "<=", "like", "not like", "in", "not in", "is", "between",
];

impl Filter {
    /// Makes a filter.
    pub fn new(field: impl Into<String>, operator: &str, value: impl Into<Value>) -> Self {
        Self {
            field: field.into(),
            operator: operator.to_owned(),
            value: value.into(),
        }
    }

    /// Makes an `in` filter; Frappe splits a string on commas, so the values go as an array.
    pub fn is_in<S: Into<String>>(
        field: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        let values = values
            .into_iter()
            .map(|value| Value::String(value.into()))
            .collect();
        Self {
            field: field.into(),
            operator: "in".to_owned(),
            value: Value::Array(values),
        }
    }
}

impl From<Filter> for Value {
    fn from(filter: Filter) -> Self {
        Self::Array(vec![
            filter.field.into(),
            filter.operator.into(),
            filter.value,
        ])
    }
}

impl TryFrom<Value> for Filter {
    type Error = FilterError;

    fn try_from(value: Value) -> Result<Self, FilterError> {
        let Value::Array(parts) = value else {
            return Err(FilterError);
        };
        let [Value::String(field), Value::String(operator), value] =
            <[Value; 3]>::try_from(parts).map_err(|_| FilterError)?
        else {
            return Err(FilterError);
        };
        let operator = operator.to_lowercase();
        if !KNOWN.contains(&operator.as_str()) {
            return Err(FilterError);
        }
        Ok(Self {
            field,
            operator,
            value,
        })
    }
}
