//! Small pieces of text: values, counts, times.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// The longest that a value is shown, in characters.
pub(crate) const VALUE_WIDTH: usize = 60;

/// Returns text that cannot do anything to a terminal: control characters are shown by their code.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push('⏎'),
            '\t' => shown.push(' '),
            // Characters that turn the direction of writing can make a value look like another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => shown.push('\u{fffd}'),
            character if character.is_control() => {
                // Writing into a string cannot fail.
                let _infallible = write!(shown, "\\x{:02x}", u32::from(character));
            }
            character => shown.push(character),
        }
    }
    shown
}

/// Returns a value as a person reads it, on one line and cut where it is long.
pub(crate) fn value(value: &Value) -> String {
    let text = match value {
        Value::Null => return "(empty)".to_owned(),
        Value::String(text) if text.is_empty() => return "(empty)".to_owned(),
        Value::String(text) => format!("\"{}\"", printable(text)),
        Value::Object(link) if link.len() == 1 && link.contains_key("op") => {
            return format!("(the document made by step {})", link["op"]);
        }
        Value::Array(rows) if !rows.is_empty() && rows.iter().all(Value::is_object) => {
            return count(rows.len() as u64, "row");
        }
        other => printable(&other.to_string()),
    };
    cut(&text, VALUE_WIDTH)
}

/// Returns the first `width` characters, and says where there were more.
pub(crate) fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns `1 document`, `2 documents`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// Returns the first few names, each in backticks, and says how many there are beside them.
pub(crate) fn listed(names: &[String]) -> String {
    const MOST: usize = 6;
    let shown = names
        .iter()
        .take(MOST)
        .map(|name| format!("`{}`", printable(name)));
    let shown: Vec<String> = shown.collect();
    match (names.len().saturating_sub(MOST), shown.as_slice()) {
        (0, [init @ .., last]) if !init.is_empty() => format!("{} and {last}", init.join(", ")),
        (0, shown) => shown.join(", "),
        (more, shown) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Returns a time span with the one or two units that matter.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", span.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86400, seconds % 86400 / 3600),
    }
}

/// Tells how long ago something was.
pub(crate) fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (now - then).to_std() {
        Ok(passed) if passed < Duration::from_secs(1) => "just now".to_owned(),
        Ok(passed) => format!("{} ago", span(passed)),
        Err(_) => "in the future".to_owned(),
    }
}

/// Tells how long it is until something.
pub(crate) fn until(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (then - now).to_std() {
        Ok(left) => format!("in {}", span(left)),
        Err(_) => "now".to_owned(),
    }
}

/// Returns a size in bytes, in the unit that shows it best.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["kB", "MB", "GB"];
    if bytes < 1000 {
        return count(bytes, "byte");
    }
    // Only to be read: the last digits do not matter.
    let mut shown = bytes as f64 / 1000.0;
    let mut unit = 0;
    while shown >= 1000.0 && unit + 1 < UNITS.len() {
        shown /= 1000.0;
        unit += 1;
    }
    format!("{shown:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_cannot_steer_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[31mb\nc\u{202e}d"),
            "a\\x1b[31mb⏎c\u{fffd}d"
        );
    }

    #[test]
    fn values_are_short() {
        assert_eq!(value(&json!(null)), "(empty)");
        assert_eq!(value(&json!("Acme")), "\"Acme\"");
        assert_eq!(value(&json!(1.5)), "1.5");
        assert_eq!(value(&json!([{"qty": 1}, {"qty": 2}])), "2 rows");
        assert_eq!(value(&json!({"op": 7})), "(the document made by step 7)");
        assert_eq!(
            value(&json!("é".repeat(100))).chars().count(),
            VALUE_WIDTH + 1
        );
    }

    #[test]
    fn sizes_have_a_unit_that_fits() {
        for (bytes, shown) in [
            (1, "1 byte"),
            (999, "999 bytes"),
            (98_304, "98.3 kB"),
            (12_345_678, "12.3 MB"),
            (5_000_000_000_000, "5000.0 GB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }

    #[test]
    fn spans_show_what_matters() {
        assert_eq!(span(Duration::from_millis(4230)), "4.2 s");
        assert_eq!(span(Duration::from_secs(61)), "1 min 1 s");
        assert_eq!(span(Duration::from_secs(3 * 86400 + 7200)), "3 d 2 h");
    }
}
