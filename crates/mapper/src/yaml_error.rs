//! Errors of the YAML reader as diagnostics.

use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use crate::source::{Position, Source};
use crate::{Diagnostic, nearest};

/// Turns an error of the YAML reader into a diagnostic with line, column and the nearest right word.
///
/// The value that was found is named by its kind only: configuration can hold secrets in the wrong place.
pub fn diagnostic_of(error: &Error, text: &str, file: &str) -> Diagnostic {
    let position = error.location().map_or(Position::START, Position::from);
    let (message, help) = describe(innermost(error));
    let diagnostic = Source { file, text }.diagnostic(position, message);
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

fn innermost(mut error: &Error) -> &Error {
    while let Error::WithSnippet { error: inner, .. } | Error::AliasError { error: inner, .. } =
        error
    {
        error = inner;
    }
    error
}

fn describe(error: &Error) -> (String, Option<String>) {
    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("unknown key `{field}`"),
            Some(suggestion(field, expected)),
        ),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            format!("`{variant}` is not a choice here"),
            Some(suggestion(variant, expected)),
        ),
        Error::SerdeMissingField { field, .. } => (format!("the key `{field}` is missing"), None),
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        }
        | Error::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        } => (
            format!("expected {expected}, found {}", kind_of(unexpected)),
            None,
        ),
        Error::DuplicateMappingKey { key: Some(key), .. } => (
            format!("the key `{key}` is given twice"),
            Some("keep one of the two".to_owned()),
        ),
        Error::Unexpected { expected, .. } => (format!("expected {}", plain(expected)), None),
        Error::InvalidScalar { ty, .. } => (format!("expected {}", plain(ty)), None),
        Error::InvalidBooleanStrict { .. } => ("expected `true` or `false`".to_owned(), None),
        Error::NullIntoString { .. } => ("expected text, found nothing".to_owned(), None),
        Error::MultipleDocuments { .. } => (
            "a second document starts here".to_owned(),
            Some("a file holds one document: remove the line `---`".to_owned()),
        ),
        other => (
            UserMessageFormatter.format_message(other).into_owned(),
            None,
        ),
    }
}

/// Returns the help for a word that is not among those known here.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known here: {}", listed(known)),
    }
}

/// Joins words for a message.
pub(crate) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("`{}`", word.as_ref()))
        .collect();
    quoted.join(", ")
}

/// Says a type of the YAML reader's in words of the user's.
fn plain(expected: &str) -> &str {
    match expected {
        "mapping start" => "keys with values (`key: value`)",
        "sequence start" => "a list (`[..]`)",
        "string scalar" => "text",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number, not below 0",
        "f32" | "f64" | "floating point" => "a number",
        "bool" | "boolean" => "`true` or `false`",
        other => other,
    }
}

/// Keeps the kind of serde's `string "abc"` and drops the value.
fn kind_of(unexpected: &str) -> &str {
    match unexpected
        .split(['"', '`'])
        .next()
        .unwrap_or_default()
        .trim()
    {
        "string" => "text",
        "integer" => "a whole number",
        "floating point" => "a number",
        "boolean" => "`true` or `false`",
        "sequence" => "a list",
        "map" => "keys with values",
        "unit value" | "Option value" => "nothing",
        _ => "something else",
    }
}
