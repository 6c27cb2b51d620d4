//! Spans of time, as people write them.

use std::time::Duration;

/// Reads `500ms`, `120s`, `10m`, `2h`, `1d` and `30 days`; `None` where it is nothing of the kind.
pub(super) fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let milliseconds = match text[digits..].trim_start() {
        "ms" => 1,
        "s" | "second" | "seconds" => 1000,
        "m" | "min" | "minute" | "minutes" => 60 * 1000,
        "h" | "hour" | "hours" => 3600 * 1000,
        "d" | "day" | "days" => 86_400 * 1000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit() {
        for (text, milliseconds) in [
            ("500ms", Some(500)),
            ("120s", Some(120_000)),
            (" 10 m ", Some(600_000)),
            ("2h", Some(7_200_000)),
            ("1d", Some(86_400_000)),
            ("30 days", Some(30 * 86_400_000)),
            ("1 hour", Some(3_600_000)),
            ("120", None),
            ("s", None),
            ("", None),
            ("-5s", None),
            ("99999999999999999999s", None),
            ("1844674407370955161d", None),
        ] {
            assert_eq!(
                span(text),
                milliseconds.map(Duration::from_millis),
                "{text:?}"
            );
        }
    }
}
