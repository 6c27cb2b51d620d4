//! Why a check does not hold, and the few comparisons that say so.

use std::fmt;

use serde_json::Value;

/// What was found, told so that it can be judged without running the check again.
#[derive(Debug)]
pub(super) struct Failure(String);

/// What a check returns.
pub(super) type Outcome = Result<(), Failure>;

impl Failure {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self(text)
    }
}

/// Fails with `what` unless the condition holds.
pub(super) fn holds(condition: bool, what: impl fmt::Display) -> Outcome {
    if condition {
        Ok(())
    } else {
        Err(Failure::new(what.to_string()))
    }
}

/// Fails unless both values are equal, showing both.
pub(super) fn equal<Found, Wanted>(what: &str, found: Found, wanted: Wanted) -> Outcome
where
    Found: PartialEq<Wanted> + fmt::Debug,
    Wanted: fmt::Debug,
{
    if found == wanted {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "{what}: wanted {wanted:?}, found {found:?}"
        )))
    }
}

/// A text field of a document.
pub(super) fn text<'v>(document: &'v Value, field: &str) -> Result<&'v str, Failure> {
    document[field]
        .as_str()
        .ok_or_else(|| Failure::new(format!("`{field}` is no text in {document}")))
}

/// A numeric field of a document.
pub(super) fn number(document: &Value, field: &str) -> Result<f64, Failure> {
    document[field]
        .as_f64()
        .ok_or_else(|| Failure::new(format!("`{field}` is no number in {document}")))
}

/// The name of a document as text.
pub(super) fn name(document: &Value) -> Result<&str, Failure> {
    text(document, "name")
}

/// A list inside a document: the rows of a table field, or of an answer.
pub(super) fn rows<'v>(document: &'v Value, field: &str) -> Result<&'v [Value], Failure> {
    document[field]
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| Failure::new(format!("`{field}` is no list in {document}")))
}

/// One field of each row, in order.
pub(super) fn column<'v>(rows: &'v [Value], field: &str) -> Vec<&'v Value> {
    rows.iter().map(|row| &row[field]).collect()
}

/// Whether an answer leaves a key out, which is not the same as giving null.
pub(super) fn absent(document: &Value, field: &str) -> Outcome {
    match document.get(field) {
        None => Ok(()),
        Some(value) => Err(Failure::new(format!(
            "`{field}` should be absent and is {value}"
        ))),
    }
}
