//! What a list is asked for.

use serde_json::{Map, Value};

use crate::failure::{Attempt, Failure, Kind};
use crate::value::{Cell, cint};

/// The rows of a page where nothing else is asked for (protocol 3.1).
const DEFAULT_LIMIT: usize = 20;

/// The arguments of a list, from any of its routes.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListArguments {
    /// `None` is `["name"]`.
    pub(crate) fields: Option<Vec<String>>,
    pub(crate) filters: Value,
    pub(crate) or_filters: Value,
    pub(crate) order_by: Option<String>,
    pub(crate) group_by: Option<String>,
    pub(crate) start: usize,
    /// `None` is without end.
    pub(crate) limit: Option<usize>,
    /// The parent DocType, where the list is of a child DocType.
    pub(crate) parent: Option<String>,
    /// Whether rows are objects rather than arrays.
    pub(crate) as_dict: bool,
}

impl ListArguments {
    /// Reads what `frappe.client.get_list` is called with.
    pub(crate) fn parse(form: &Map<String, Value>) -> Attempt<Self> {
        Ok(Self {
            fields: fields(form.get("fields"))?,
            filters: structure(form.get("filters")),
            or_filters: structure(form.get("or_filters")),
            order_by: text(form.get("order_by")),
            group_by: text(form.get("group_by")),
            start: number(form.get("limit_start")).unwrap_or(0),
            limit: match form.get("limit_page_length") {
                None | Some(Value::Null) => Some(DEFAULT_LIMIT),
                // What is no number asks for everything, and so does 0.
                sent => number(sent).filter(|limit| *limit > 0),
            },
            parent: text(form.get("parent")),
            as_dict: form.get("as_dict").is_none_or(is_true),
        })
    }
}

/// Whether a flag of a form is set.
pub(crate) fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::String(text) => matches!(
            text.to_lowercase().as_str(),
            "1" | "true" | "yes" | "y" | "t" | "on"
        ),
        other => Cell::from_json(other.clone()).is_truthy(),
    }
}

/// A structure that may come as JSON text.
pub(crate) fn structure(value: Option<&Value>) -> Value {
    match value {
        Some(Value::String(text)) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
        }
        Some(other) => other.clone(),
        None => Value::Null,
    }
}

fn fields(value: Option<&Value>) -> Attempt<Option<Vec<String>>> {
    match structure(value) {
        Value::Null => Ok(None),
        Value::Array(items) if items.is_empty() => Ok(None),
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::String(field) => Ok(field),
                other => Err(Failure::bare(
                    Kind::Attribute,
                    format!("`{other}` is no field"),
                )),
            })
            .collect::<Attempt<_>>()
            .map(Some),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => Ok(Some(
            text.split(',')
                .map(|field| field.trim().to_owned())
                .collect(),
        )),
        other => Err(Failure::bare(
            Kind::Attribute,
            format!("`{other}` is no list of fields"),
        )),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value
        .map(|value| Cell::from_json(value.clone()).to_text().into_owned())
        .filter(|text| !text.is_empty())
}

fn number(value: Option<&Value>) -> Option<usize> {
    let cell = Cell::from_json(value?.clone());
    if let Cell::Text(text) = &cell {
        return text.trim().parse().ok();
    }
    usize::try_from(cint(&cell)).ok()
}
