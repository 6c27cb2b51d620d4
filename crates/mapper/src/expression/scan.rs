//! The words of an expression, before it is evaluated: every field, filter and function in it is known by then.

use frappe_sync_model::FieldName;

use super::helpers::{FILTERS, FUNCTIONS, METHODS, TESTS};

/// Whose field an expression names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// `doc.field`
    Document,
    /// `row.field`
    Row,
}

/// Something in an expression that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slip {
    /// The word, and the how manieth of its like it is in the text, from 0.
    pub(crate) word: String,
    pub(crate) nth: usize,
    pub(crate) message: String,
    /// What to do, where that is certain.
    pub(crate) help: Option<String>,
    /// The words that are known there, to find the nearest.
    pub(crate) known: &'static [&'static str],
}

/// A field that an expression names, with its place as in [`Slip`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) scope: Scope,
    pub(crate) field: FieldName,
    pub(crate) nth: usize,
}

/// Words of the language itself.
const KEYWORDS: [&str; 13] = [
    "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None",
];

/// What people know from Frappe and cannot have here.
const CLOCKS: [&str; 8] = [
    "nowdate",
    "today",
    "now",
    "now_datetime",
    "nowtime",
    "get_datetime",
    "random",
    "utcnow",
];
const OTHERS: [&str; 5] = ["frappe", "get_link", "get_doc", "get_value", "db"];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word { text: String, nth: usize },
    Text { text: String, nth: usize },
    Sign(char),
}

/// Finds the fields that an expression names; what cannot be in it is a slip. `has_row` tells whether there is a row
/// beside the document.
pub(crate) fn scan(text: &str, has_row: bool) -> Result<Vec<Named>, Slip> {
    let tokens = tokens(text)?;
    let mut named = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Token::Word { text, nth } = &tokens[at] {
            at += word(&tokens, at, (text, *nth), has_row, &mut named)?;
        }
        at += 1;
    }
    Ok(named)
}

/// Judges one word by what stands around it; returns how many tokens it takes in beside itself.
fn word(
    tokens: &[Token],
    at: usize,
    (text, nth): (&str, usize),
    has_row: bool,
    named: &mut Vec<Named>,
) -> Result<usize, Slip> {
    let slip = |message: String, help: Option<&str>, known| Slip {
        word: text.to_owned(),
        nth,
        message,
        help: help.map(str::to_owned),
        known,
    };
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    let is_called = tokens.get(at + 1) == Some(&Token::Sign('('));
    let tests = |at: usize| matches!(&tokens[at], Token::Word { text, .. } if text == "is");
    let is_test = match before {
        Some(Token::Word { text, .. }) if text == "is" => true,
        Some(Token::Word { text, .. }) if text == "not" => at >= 2 && tests(at - 2),
        _ => false,
    };
    match before {
        Some(Token::Sign('|')) => known(text, &FILTERS, "filter", slip)?,
        Some(Token::Sign('.')) if is_called => known(text, &METHODS, "method", slip)?,
        Some(Token::Sign('.')) => {
            let help = "an expression reaches the fields of its own document, `doc.field`";
            return Err(slip(format!("a value has no `{text}`"), Some(help), &[]));
        }
        _ if is_test && text != "not" => known(&text.to_lowercase(), &TESTS, "test", slip)?,
        _ if KEYWORDS.contains(&text) => {}
        _ if text == "doc" || (text == "row" && has_row) => {
            let scope = if text == "doc" {
                Scope::Document
            } else {
                Scope::Row
            };
            return field(tokens, at, scope, named).ok_or_else(|| {
                let help = format!("name a field of it, as in `{text}.customer_name`");
                slip(format!("`{text}` alone is no value"), Some(&help), &[])
            });
        }
        _ if is_called => function(text, slip)?,
        // The name of an argument, as in `round(precision=2)`.
        _ if tokens.get(at + 1) == Some(&Token::Sign('='))
            && tokens.get(at + 2) != Some(&Token::Sign('=')) => {}
        _ => {
            let message = format!("`{text}` means nothing here");
            let help = format!("a field is written `doc.{text}`, a text `\"{text}\"`");
            return Err(slip(message, Some(&help), &[]));
        }
    }
    Ok(0)
}

fn known(
    word: &str,
    words: &'static [&'static str],
    what: &str,
    slip: impl FnOnce(String, Option<&str>, &'static [&'static str]) -> Slip,
) -> Result<(), Slip> {
    if words.contains(&word) {
        return Ok(());
    }
    Err(slip(format!("there is no {what} `{word}`"), None, words))
}

fn function(
    name: &str,
    slip: impl FnOnce(String, Option<&str>, &'static [&'static str]) -> Slip,
) -> Result<(), Slip> {
    if CLOCKS.contains(&name) {
        let help =
            "the same document must always give the same value: take a field that holds the time";
        let message = format!("`{name}` cannot be here: an expression has no clock");
        return Err(slip(message, Some(help), &[]));
    }
    if OTHERS.contains(&name) {
        let help = "what another document holds must be fetched into a field first (`fetch_from`)";
        let message = format!("`{name}` cannot be here: an expression reaches no other document");
        return Err(slip(message, Some(help), &[]));
    }
    known(name, &FUNCTIONS, "function", slip)
}

/// Takes the field behind `doc` or `row`: `doc.field` or `doc["field"]`.
fn field(tokens: &[Token], at: usize, scope: Scope, named: &mut Vec<Named>) -> Option<usize> {
    match (tokens.get(at + 1), tokens.get(at + 2), tokens.get(at + 3)) {
        (Some(Token::Sign('.')), Some(Token::Word { .. }), Some(Token::Sign('('))) => None,
        (Some(Token::Sign('.')), Some(Token::Word { text, nth }), _) => {
            named.push(Named {
                scope,
                field: FieldName::from(text.as_str()),
                nth: *nth,
            });
            Some(2)
        }
        (Some(Token::Sign('[')), Some(Token::Text { text, nth }), Some(Token::Sign(']'))) => {
            named.push(Named {
                scope,
                field: FieldName::from(text.as_str()),
                nth: *nth,
            });
            Some(3)
        }
        _ => None,
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Slip> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphabetic() || first == '_' {
            let end = rest
                .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .unwrap_or(rest.len());
            let word = &rest[..end];
            let before = &text[..text.len() - rest.len()];
            tokens.push(Token::Word {
                text: word.to_owned(),
                nth: places_of(word, before).count(),
            });
            end
        } else if first.is_ascii_digit() {
            let end = rest
                .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.')
                .unwrap_or(rest.len());
            tokens.push(Token::Sign('0'));
            end
        } else if first == '"' || first == '\'' {
            let (literal, length) = quoted(rest, first);
            let before = &text[..text.len() - rest.len()];
            let nth = places_of(&literal, before).count();
            tokens.push(Token::Text { text: literal, nth });
            length
        } else {
            if rest.starts_with("{{") || rest.starts_with("{%") {
                return Err(Slip {
                    word: rest[..2].to_owned(),
                    nth: 0,
                    message: "an expression stands without braces".to_owned(),
                    help: Some("write `doc.first_name`, not `{{ doc.first_name }}`".to_owned()),
                    known: &[],
                });
            }
            if !first.is_whitespace() {
                tokens.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// Returns where a word stands by itself in a text, in bytes.
pub(crate) fn places_of<'t>(word: &'t str, text: &'t str) -> impl Iterator<Item = usize> + 't {
    let goes_on = |letter: char| letter.is_alphanumeric() || letter == '_';
    let found = text.match_indices(word).filter(move |_| !word.is_empty());
    found.map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    })
}

/// Reads a text in quotes; returns what it says, and its length with both quotes.
fn quoted(rest: &str, quote: char) -> (String, usize) {
    let mut literal = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return (literal, at + 1);
        }
        if letter == '\\' {
            literal.extend(letters.next().map(|(_, letter)| letter));
        } else {
            literal.push(letter);
        }
    }
    (literal, rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<String> {
        let named = scan(text, true).unwrap_or_else(|slip| panic!("{text}: {slip:?}"));
        named
            .iter()
            .map(|named| format!("{:?}.{}", named.scope, named.field))
            .collect()
    }

    #[test]
    fn the_fields_of_an_expression_are_known_before_it_runs() {
        assert_eq!(
            fields("doc.first_name ~ ' doc.not_this ' ~ doc[\"last_name\"]"),
            ["Document.first_name", "Document.last_name"]
        );
        assert_eq!(
            fields("flt(row.qty, 2) * doc.rate if row.uom is not none else 0"),
            ["Row.qty", "Document.rate", "Row.uom"]
        );
        assert_eq!(
            fields("doc.a.strip().upper() | round(precision=2) == 1.5"),
            ["Document.a"]
        );
        assert_eq!(
            fields("doc.a in ['x', 'y'] and not doc.b"),
            ["Document.a", "Document.b"]
        );
    }

    #[test]
    fn what_an_expression_cannot_have_is_told_by_its_word() {
        for (text, word, message) in [
            ("nowdate()", "nowdate", "no clock"),
            ("frappe.db.get_value('X')", "frappe", "means nothing"),
            ("get_link(doc.x)", "get_link", "reaches no other document"),
            ("doc.a | uper", "uper", "no filter"),
            ("doc.a.trip()", "trip", "no method"),
            ("fltt(doc.a)", "fltt", "no function"),
            ("doc.a is nun", "nun", "no test"),
            ("doc", "doc", "alone"),
            ("doc.get('x')", "doc", "alone"),
            ("doc[x]", "doc", "alone"),
            ("doc.a.b", "b", "has no `b`"),
            ("customer_name", "customer_name", "means nothing"),
            ("{{ doc.a }}", "{{", "without braces"),
            ("range(9)", "range", "no function"),
        ] {
            let slip = scan(text, false).expect_err(text);
            assert_eq!(slip.word, word, "{text}");
            assert!(slip.message.contains(message), "{text}: {}", slip.message);
        }
        assert!(scan("row.a", false).is_err());
    }
}
