//! The canonical form: two spellings of one stored value are equal text.
//!
//! Only what a site itself cannot tell apart is folded: null and empty text, `1.10` and `1.1`, a datetime
//! with and without its zero fraction. Whatever else differs is a difference.

use std::fmt::Write as _;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, Timelike};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::FieldKind;

/// Version of the canonical form. Fingerprints of another version say nothing, so mappings that were
/// stored under it are read in full once.
pub const CANONICAL_VERSION: u32 = 1;

/// A value in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Canonical {
    text: String,
    empty: bool,
}

impl Canonical {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether the value is what a site stores for nothing: empty text, or the number 0.
    ///
    /// A `Check` is never empty: 0 is an answer.
    pub fn is_empty(&self) -> bool {
        self.empty
    }
}

/// Brings a value into canonical form, by the kind of its field.
pub fn canonical(value: &Value, kind: FieldKind) -> Canonical {
    let text = match kind {
        FieldKind::Int | FieldKind::Check | FieldKind::Decimal => number(value),
        FieldKind::Date => date(&plain(value)),
        FieldKind::Datetime => datetime(&plain(value)),
        FieldKind::Time => time(&plain(value)),
        FieldKind::Json => json(value),
        _ => plain(value),
    };
    let empty = match kind {
        FieldKind::Check => false,
        FieldKind::Int | FieldKind::Decimal => text == "0",
        _ => text.is_empty(),
    };
    Canonical { text, empty }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(flag) => i32::from(*flag).to_string(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) | Value::Object(_) => sorted(value),
    }
}

/// Decimals are stored as `decimal(21,9)` but travel as floats (protocol 5.5).
fn number(value: &Value) -> String {
    let text = plain(value);
    let text = text.trim();
    if text.is_empty() {
        return "0".to_owned();
    }
    let parsed = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
    match parsed {
        Ok(decimal) => {
            let rounded = decimal
                .round_dp_with_strategy(9, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
                .normalize();
            if rounded.is_zero() {
                "0".to_owned()
            } else {
                rounded.to_string()
            }
        }
        Err(_) => text.to_owned(),
    }
}

fn date(text: &str) -> String {
    let text = text.trim();
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(date) => date.to_string(),
        Err(_) => text.to_owned(),
    }
}

fn datetime(text: &str) -> String {
    let text = text.trim();
    let parsed = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f"));
    match parsed {
        Ok(moment) => {
            let mut canonical = moment.format("%Y-%m-%d %H:%M:%S").to_string();
            if moment.nanosecond() != 0 {
                // Writing into a string cannot fail.
                let _infallible = write!(canonical, ".{:06}", moment.nanosecond() / 1000);
            }
            canonical
        }
        Err(_) => text.to_owned(),
    }
}

/// A Time is a duration with an unpadded hour and fraction: `9:05:00`, `10:00:0.5` (protocol 3.3).
fn time(text: &str) -> String {
    let text = text.trim();
    let parts: Vec<&str> = text.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else {
        return text.to_owned();
    };
    let (Ok(hours), Ok(minutes), Ok(seconds)) = (
        hours.parse::<i64>(),
        minutes.parse::<i64>(),
        Decimal::from_str(seconds),
    ) else {
        return text.to_owned();
    };
    let total = Decimal::from(hours * 3600 + minutes * 60) + seconds;
    total.normalize().to_string()
}

fn json(value: &Value) -> String {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(parsed) => sorted(&parsed),
            Err(_) => text.clone(),
        },
        Value::Null => String::new(),
        other => sorted(other),
    }
}

/// Renders JSON compactly with sorted keys.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            let inner: Vec<String> = keys
                .into_iter()
                .map(|key| format!("{}:{}", Value::String(key.clone()), sorted(&fields[key])))
                .collect();
            format!("{{{}}}", inner.join(","))
        }
        Value::Array(items) => {
            let inner: Vec<String> = items.iter().map(sorted).collect();
            format!("[{}]", inner.join(","))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: Value, kind: FieldKind) -> String {
        canonical(&value, kind).as_str().to_owned()
    }

    #[test]
    fn spellings_of_one_stored_value_are_equal() {
        let same = [
            (json!(null), json!(""), FieldKind::Text),
            (json!(null), json!(""), FieldKind::Link),
            (json!(null), json!(0), FieldKind::Check),
            (json!(1.1), json!("1.10"), FieldKind::Decimal),
            (json!(0.1 + 0.2), json!(0.3), FieldKind::Decimal),
            (json!(1e-7), json!("0.0000001"), FieldKind::Decimal),
            (json!(-0.0), json!(0), FieldKind::Decimal),
            (json!(3), json!(3.0), FieldKind::Int),
            (
                json!("2026-01-02 03:04:05"),
                json!("2026-01-02T03:04:05.000000"),
                FieldKind::Datetime,
            ),
            (json!("9:05:00"), json!("09:05:00.000"), FieldKind::Time),
            (
                json!("{\"b\": 1, \"a\": 2}"),
                json!("{\"a\":2,\"b\":1}"),
                FieldKind::Json,
            ),
        ];
        for (left, right, kind) in same {
            assert_eq!(
                text(left.clone(), kind),
                text(right.clone(), kind),
                "{left} {right}"
            );
        }
    }

    #[test]
    fn what_a_site_tells_apart_stays_apart() {
        let apart = [
            (json!("a"), json!("A"), FieldKind::Text),
            (json!("a "), json!("a"), FieldKind::Text),
            (json!("1.10"), json!("1.1"), FieldKind::Text),
            (json!(0.1), json!(0.100_000_001), FieldKind::Decimal),
            (json!("10:00:0.5"), json!("10:00:00"), FieldKind::Time),
        ];
        for (left, right, kind) in apart {
            assert_ne!(
                text(left.clone(), kind),
                text(right.clone(), kind),
                "{left} {right}"
            );
        }
    }

    #[test]
    fn zero_is_nothing_for_a_number_and_an_answer_for_a_check() {
        assert!(canonical(&json!(0), FieldKind::Decimal).is_empty());
        assert!(!canonical(&json!(0), FieldKind::Check).is_empty());
    }
}
