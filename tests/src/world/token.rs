//! Values that can be told from all others, wherever they end up.

use std::collections::BTreeSet;

use serde_json::Value;

/// A value that one person wrote at one time, and nobody else ever.
pub(crate) type Token = u64;

/// Numbers from here on are tokens.
const FIRST_NUMBER: u64 = 1_000_000;

/// A token as text.
pub(crate) fn as_text(token: Token) -> String {
    format!("~{token}~")
}

/// A token as a number.
pub(crate) fn as_number(token: Token) -> u64 {
    FIRST_NUMBER + token
}

/// Adds the tokens in a value, however deep.
pub(crate) fn collect(value: &Value, into: &mut BTreeSet<Token>) {
    match value {
        Value::String(text) => of_text(text, into),
        Value::Number(number) => into.extend(of_number(number.as_f64().unwrap_or(0.0))),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, into)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn of_text(text: &str, into: &mut BTreeSet<Token>) {
    let mut parts = text.split('~');
    // Before the first mark there is nothing.
    let _before = parts.next();
    into.extend(parts.filter_map(|part| part.parse::<Token>().ok()));
}

fn of_number(number: f64) -> Option<Token> {
    let first = FIRST_NUMBER as f64;
    if number < first || number >= first * 2.0 || number.fract() != 0.0 {
        return None;
    }
    format!("{number:.0}")
        .parse::<Token>()
        .ok()
        .map(|number| number - FIRST_NUMBER)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_are_found_in_whatever_became_of_them() {
        let mut found = BTreeSet::new();
        let document = json!({
            "notes": "a ~1~ LINE\n~2~", "html": "<p>~3~</p>", "number": as_number(4),
            "decimal": 1_000_005.0, "rows": [{"note": "~6~ (seen)"}], "idx": 7, "rate": 1_000_008.5,
        });
        collect(&document, &mut found);
        assert_eq!(found, BTreeSet::from([1, 2, 3, 4, 5, 6]));
    }
}
