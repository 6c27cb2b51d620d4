//! Reads filters in all their shapes (protocol 3.1).

use serde_json::Value;

use crate::failure::{Attempt, Failure, Kind};
use crate::value::Cell;

/// One filter: DocType, field, operator, value.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) doctype: String,
    pub(super) fieldname: String,
    pub(super) operator: String,
    pub(super) value: Value,
}

/// Reads filters as a list, whatever their shape.
pub(super) fn filters(sent: &Value, doctype: &str) -> Attempt<Vec<Filter>> {
    let simple = |fieldname: &str, value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([operator, value]) if operator.is_string() => {
            filter(doctype, fieldname, operator, value)
        }
        _ => filter(doctype, fieldname, &Value::from("="), value),
    };
    match sent {
        Value::Null => Ok(Vec::new()),
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::String(name) => Ok(vec![filter(
            doctype,
            "name",
            &Value::from("="),
            &Value::from(name.as_str()),
        )]),
        Value::Object(map) => Ok(map.iter().map(|(key, value)| simple(key, value)).collect()),
        Value::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                match item {
                    Value::Array(parts) => all.push(from_list(parts, doctype)?),
                    Value::Object(map) => {
                        all.extend(map.iter().map(|(key, value)| simple(key, value)));
                    }
                    // A flat filter is taken for a list of fields, and its letters for DocTypes.
                    Value::String(text) => {
                        let letter: String = text.chars().take(1).collect();
                        return Err(Failure::missing_doctype(&letter));
                    }
                    other => {
                        return Err(Failure::bare(Kind::Type, format!("`{other}` is no filter")));
                    }
                }
            }
            Ok(all)
        }
        other => Err(Failure::bare(Kind::Type, format!("`{other}` is no filter"))),
    }
}

fn from_list(parts: &[Value], doctype: &str) -> Attempt<Filter> {
    let text = |value: &Value| Cell::from_json(value.clone()).to_text().into_owned();
    match parts {
        [fieldname, value] => Ok(filter(doctype, &text(fieldname), &Value::from("="), value)),
        [fieldname, operator, value] => Ok(filter(doctype, &text(fieldname), operator, value)),
        [of, fieldname, operator, value, ..] => {
            Ok(filter(&text(of), &text(fieldname), operator, value))
        }
        _ => Err(Failure::invalid(format!(
            "Filter must have 4 values (doctype, fieldname, operator, value): {}",
            Value::from(parts)
        ))),
    }
}

fn filter(doctype: &str, fieldname: &str, operator: &Value, value: &Value) -> Filter {
    Filter {
        doctype: doctype.to_owned(),
        fieldname: fieldname.trim_matches('`').to_owned(),
        operator: operator.as_str().unwrap_or("=").to_lowercase(),
        value: value.clone(),
    }
}

/// What Frappe 16 does to filters first: several `=` on one field become one `in`.
pub(super) fn merge_equal(filters: Vec<Filter>) -> Vec<Filter> {
    let mut merged: Vec<Filter> = Vec::new();
    for filter in filters {
        let twin = merged.iter_mut().find(|other| {
            filter.operator == "="
                && matches!(other.operator.as_str(), "=" | "in")
                && other.doctype == filter.doctype
                && other.fieldname == filter.fieldname
        });
        match twin {
            Some(twin) => {
                let mut values = match &twin.value {
                    Value::Array(values) if twin.operator == "in" => values.clone(),
                    single => vec![single.clone()],
                };
                if twin.operator == "in" && !twin.value.is_array() {
                    merged.push(filter);
                    continue;
                }
                values.push(filter.value);
                twin.operator = "in".to_owned();
                twin.value = Value::Array(values);
            }
            None => merged.push(filter),
        }
    }
    merged
}

/// The values of a list; a text is split at its commas, and every value trimmed.
pub(super) fn list_of(value: &Value) -> Vec<Cell> {
    let trimmed = |cell: Cell| match cell {
        Cell::Text(text) => Cell::text(text.trim()),
        other => other,
    };
    match value {
        Value::Array(items) => items
            .iter()
            .cloned()
            .map(Cell::from_json)
            .map(trimmed)
            .collect(),
        Value::Null => Vec::new(),
        other => {
            let text = Cell::from_json(other.clone()).to_text().into_owned();
            text.split(',')
                .map(|part| Cell::text(part.trim()))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(sent: Value) -> Vec<(String, String, String, Value)> {
        filters(&sent, "Thing")
            .unwrap()
            .into_iter()
            .map(|filter| {
                (
                    filter.doctype,
                    filter.fieldname,
                    filter.operator,
                    filter.value,
                )
            })
            .collect()
    }

    #[test]
    fn all_shapes_mean_the_same() {
        let wanted = [("Thing".to_owned(), "a".to_owned(), ">".to_owned(), json!(1))];
        for sent in [
            json!({"a": [">", 1]}),
            json!([["a", ">", 1]]),
            json!([["Thing", "a", ">", 1]]),
            json!([["Thing", "a", ">", 1, false]]),
            json!([{"a": [">", 1]}]),
        ] {
            assert_eq!(read(sent), wanted);
        }
        assert_eq!(read(json!([["a", 1]])), read(json!({"a": 1})));
    }

    #[test]
    fn a_flat_filter_is_taken_for_fields() {
        let failure = filters(&json!(["modified", ">", "x"]), "Thing").unwrap_err();
        assert_eq!(
            (failure.status, failure.message.as_str()),
            (404, "DocType m not found")
        );
    }

    #[test]
    fn equal_conditions_on_one_field_become_one_of_several() {
        let sent = json!([["a", "=", 1], ["b", "=", 2], ["a", "=", 3], ["a", ">", 0]]);
        let merged = merge_equal(filters(&sent, "Thing").unwrap());
        assert_eq!(merged.len(), 3);
        assert_eq!(
            (merged[0].operator.as_str(), &merged[0].value),
            ("in", &json!([1, 3]))
        );
    }
}
