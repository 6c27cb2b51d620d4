//! Filters in Frappe's own syntax.

use std::cmp::Ordering;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{FieldKind, canonical};

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

impl Filter {
    /// Tells whether a value passes, as a site would judge it: without regard to case and trailing spaces, with null as
    /// nothing (protocol 3.1 and 3.2). An operator that is not known passes none.
    pub fn admits(&self, value: &Value, kind: FieldKind) -> bool {
        let held = Compared::of(value, kind);
        let wanted = |value: &Value| held.against(&Compared::of(value, kind));
        let in_list = |list: &Value| {
            let mut values = list.as_array().into_iter().flatten();
            values.any(|value| wanted(value).is_eq())
        };
        match self.operator.as_str() {
            "=" => wanted(&self.value).is_eq(),
            "!=" => wanted(&self.value).is_ne(),
            ">" => wanted(&self.value).is_gt(),
            "<" => wanted(&self.value).is_lt(),
            ">=" => wanted(&self.value).is_ge(),
            "<=" => wanted(&self.value).is_le(),
            "in" => in_list(&self.value),
            "not in" => !in_list(&self.value),
            "between" => match self.value.as_array().map(Vec::as_slice) {
                Some([first, last]) => wanted(first).is_ge() && wanted(last).is_le(),
                _ => false,
            },
            "is" => held.text.is_empty() == (self.value == "not set"),
            "like" | "not like" => {
                let pattern = Compared::of(&self.value, FieldKind::Text).text;
                is_like(&held.text, &pattern) == (self.operator == "like")
            }
            _ => false,
        }
    }
}

/// A value as filters compare it.
struct Compared {
    text: String,
    number: Option<Decimal>,
}

impl Compared {
    fn of(value: &Value, kind: FieldKind) -> Self {
        let form = canonical(value, kind);
        let number = match kind {
            FieldKind::Int | FieldKind::Check | FieldKind::Decimal => {
                Decimal::from_str(form.as_str()).ok()
            }
            _ => None,
        };
        Self {
            text: form.as_str().trim_end().to_lowercase(),
            number,
        }
    }

    fn against(&self, other: &Self) -> Ordering {
        match (self.number, other.number) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => self.text.cmp(&other.text),
        }
    }
}

/// Tells whether a text fits a pattern, in which `%` stands for any text and `_` for any letter.
fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    // Where the pattern goes on after the last `%`, and what that one has taken so far.
    let (mut at, mut next, mut again) = (0, 0, None);
    while at < text.len() {
        match pattern.get(next) {
            Some('%') => {
                again = Some((next, at));
                next += 1;
            }
            Some(letter) if *letter == '_' || *letter == text[at] => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((percent, taken)) = again else {
                    return false;
                };
                again = Some((percent, taken + 1));
                (next, at) = (percent + 1, taken + 1);
            }
        }
    }
    pattern[next..].iter().all(|letter| *letter == '%')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_pass_as_a_site_would_judge_them() {
        let cases = [
            ("=", json!("main"), json!("Main "), FieldKind::Text, true),
            ("=", json!(1), json!("1.0"), FieldKind::Decimal, true),
            ("=", json!(0), json!(null), FieldKind::Check, true),
            ("!=", json!("x"), json!(null), FieldKind::Text, true),
            (">", json!(9), json!(10), FieldKind::Int, true),
            (
                ">",
                json!("2026-01-31"),
                json!("2026-02-01"),
                FieldKind::Date,
                true,
            ),
            ("in", json!(["a", "b"]), json!("B"), FieldKind::Select, true),
            (
                "not in",
                json!(["a", "b"]),
                json!("B"),
                FieldKind::Select,
                false,
            ),
            ("between", json!([1, 3]), json!(3), FieldKind::Int, true),
            ("between", json!([1, 3]), json!(4), FieldKind::Int, false),
            ("is", json!("set"), json!(""), FieldKind::Text, false),
            ("is", json!("not set"), json!(null), FieldKind::Link, true),
            (
                "like",
                json!("%rth%"),
                json!("North"),
                FieldKind::Text,
                true,
            ),
            (
                "like",
                json!("n_rth"),
                json!("North"),
                FieldKind::Text,
                true,
            ),
            (
                "like",
                json!("n_rth"),
                json!("Northern"),
                FieldKind::Text,
                false,
            ),
            (
                "not like",
                json!("S%"),
                json!("North"),
                FieldKind::Text,
                true,
            ),
            (
                "like",
                json!("%a%b"),
                json!("xaxbxab"),
                FieldKind::Text,
                true,
            ),
        ];
        for (operator, wanted, held, kind, passes) in cases {
            let filter = Filter::new("field", operator, wanted.clone());
            assert_eq!(
                filter.admits(&held, kind),
                passes,
                "{held} {operator} {wanted}"
            );
        }
    }
}
