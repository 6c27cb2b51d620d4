//! Names that a site counts: which counter a name came from, and its number (protocol 5.2).

use serde_json::{Map, Value};

/// A counter of a site, and how far a name says that it has got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// What the site keeps the counter under: what stands before the number.
    pub prefix: String,
    /// The number in the name.
    pub number: u64,
}

/// The digits of a number where a series does not tell how many (protocol 5.2).
const DIGITS: usize = 5;

/// Returns the counters that may have handed out a name under a rule, such as the `naming_series` of the document or the
/// `autoname` of its DocType. None where the name is not one of the rule's, as after a rename.
///
/// A `format:` has its counter under what stands before the number, or under nothing, by version: both are returned.
pub fn counted(rule: &str, name: &str, fields: &Map<String, Value>) -> Vec<Counted> {
    let is_format = rule.to_ascii_lowercase().starts_with("format:");
    let tokens = if is_format {
        tokens_of_format(&rule["format:".len()..], fields)
    } else {
        let series = match rule.contains('#') {
            true => rule.to_owned(),
            false => format!("{rule}.{}", "#".repeat(DIGITS)),
        };
        series
            .split('.')
            .filter(|part| !part.is_empty())
            .map(|part| token(part, fields))
            .collect()
    };
    let Some(counted) = find(&tokens, name) else {
        return Vec::new();
    };
    let everywhere = Counted {
        prefix: String::new(),
        number: counted.number,
    };
    match is_format && !counted.prefix.is_empty() {
        true => vec![everywhere, counted],
        false => vec![counted],
    }
}

/// A part of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// This text.
    Text(String),
    /// So many digits, of a date.
    Digits(usize),
    /// The value of a field, or what an app puts there.
    Anything,
    /// The number, with at least so many digits.
    Number(usize),
}

fn token(part: &str, fields: &Map<String, Value>) -> Token {
    match part {
        "YYYY" => Token::Digits(4),
        "YY" | "MM" | "DD" | "WW" => Token::Digits(2),
        "timestamp" | "FY" => Token::Anything,
        _ if part.starts_with('#') => Token::Number(part.len()),
        _ if part.starts_with('{') || fields.contains_key(part) => Token::Anything,
        _ => Token::Text(part.to_owned()),
    }
}

fn tokens_of_format(format: &str, fields: &Map<String, Value>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = format;
    while let Some((text, after)) = rest.split_once('{') {
        let Some((part, after)) = after.split_once('}') else {
            break;
        };
        tokens.push(Token::Text(text.to_owned()));
        tokens.push(match token(part, fields) {
            Token::Text(_) => Token::Anything,
            token => token,
        });
        rest = after;
    }
    tokens.push(Token::Text(rest.to_owned()));
    tokens
}

/// Finds the number in a name: with as many digits as the rule says, or else more.
fn find(tokens: &[Token], name: &str) -> Option<Counted> {
    let at = tokens
        .iter()
        .position(|token| matches!(token, Token::Number(_)))?;
    let Token::Number(least) = tokens[at] else {
        return None;
    };
    let (before, after) = (&tokens[..at], &tokens[at + 1..]);
    (least..=name.len()).find_map(|digits| {
        (0..=name.len() - digits).find_map(|start| {
            let number = name.get(start..start + digits)?;
            // More digits than the rule says do not begin with a nought.
            if !all_digits(number) || (digits > least && number.starts_with('0')) {
                return None;
            }
            let fits = fit(before, name.get(..start)?) && fit(after, name.get(start + digits..)?);
            fits.then_some(())?;
            Some(Counted {
                prefix: name[..start].to_owned(),
                number: number.parse().ok()?,
            })
        })
    })
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tells whether a text is what these parts make.
fn fit(tokens: &[Token], text: &str) -> bool {
    let Some((first, rest)) = tokens.split_first() else {
        return text.is_empty();
    };
    match first {
        Token::Text(part) => text
            .strip_prefix(part.as_str())
            .is_some_and(|after| fit(rest, after)),
        Token::Digits(count) => text
            .get(..*count)
            .is_some_and(|digits| all_digits(digits) && fit(rest, &text[*count..])),
        // A site counts once.
        Token::Number(_) => fit(rest, text),
        Token::Anything => {
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|end| fit(rest, &text[end..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(rule: &str, name: &str) -> Option<(String, u64)> {
        let found = counted(rule, name, &Map::new());
        found
            .into_iter()
            .next_back()
            .map(|counted| (counted.prefix, counted.number))
    }

    fn is(prefix: &str, number: u64) -> Option<(String, u64)> {
        Some((prefix.to_owned(), number))
    }

    #[test]
    fn a_name_tells_its_counter_and_how_far_that_is() {
        let cases = [
            (
                "SAL-ORD-.YYYY.-",
                "SAL-ORD-2026-00042",
                is("SAL-ORD-2026-", 42),
            ),
            (
                "SAL-ORD-.YYYY.-",
                "SAL-ORD-2026-123456",
                is("SAL-ORD-2026-", 123_456),
            ),
            ("SAL-ORD-.YYYY.-", "SAL-ORD-2026-00042-1", None),
            ("SAL-ORD-.YYYY.-", "Renamed by hand", None),
            ("INV.YY.####", "INV260042", is("INV26", 42)),
            ("ABC-.###", "ABC-007", is("ABC-", 7)),
            ("ABC-.###", "ABC-0071", None),
            (".####.-X", "0012-X", is("", 12)),
            ("format:LOG-{MM}-{####}", "LOG-11-0003", is("LOG-11-", 3)),
            ("format:{title}-{##}-z", "a-b-09-z", is("a-b-", 9)),
        ];
        for (rule, name, expected) in cases {
            assert_eq!(one(rule, name), expected, "{rule} {name}");
        }
    }

    #[test]
    fn a_format_counts_under_its_beginning_or_under_nothing() {
        let found = counted("format:LOG-{####}", "LOG-0003", &Map::new());
        let prefixes: Vec<&str> = found.iter().map(|one| one.prefix.as_str()).collect();
        assert_eq!(prefixes, ["", "LOG-"]);
    }

    #[test]
    fn the_value_of_a_field_may_be_anything() {
        let mut fields = Map::new();
        fields.insert("branch".to_owned(), Value::from("renamed since"));
        let found = counted("{branch}.-.####", "NORTH-0005", &fields);
        assert_eq!(found[0].prefix, "NORTH-");
        assert_eq!(counted("branch.-.####", "NORTH-0005", &fields)[0].number, 5);
    }
}
