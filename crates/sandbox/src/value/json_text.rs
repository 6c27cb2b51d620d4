//! JSON as Python's `json.dumps` writes it: what is stored of an object in a JSON field, and in Deleted Document.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// How an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonStyle {
    /// Without spaces, keys as they come.
    Compact,
    /// With a space after commas and colons, keys as they come: what `json.dumps` does by itself.
    Spaced,
    /// Keys sorted, one to a line.
    Sorted {
        /// Spaces for each depth.
        indent: usize,
    },
}

/// Python's default separators.
struct SpacedFormatter;

impl Formatter for SpacedFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first {
            Ok(())
        } else {
            writer.write_all(b", ")
        }
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first {
            Ok(())
        } else {
            writer.write_all(b", ")
        }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// Writes JSON text, in ASCII alone.
pub(crate) fn python_json(value: &Value, style: JsonStyle) -> String {
    let text = match style {
        JsonStyle::Compact => written(value, CompactFormatter),
        JsonStyle::Spaced => written(value, SpacedFormatter),
        JsonStyle::Sorted { indent } => {
            let mut sorted = value.clone();
            sorted.sort_all_objects();
            written(
                &sorted,
                PrettyFormatter::with_indent(" ".repeat(indent).as_bytes()),
            )
        }
    };
    escape(&text)
}

fn written(value: &Value, formatter: impl Formatter) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, formatter);
    // A value has no key that is no text, and a buffer takes everything.
    value
        .serialize(&mut serializer)
        .expect("a JSON value always serialises");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escape(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut ascii = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if letter.is_ascii() {
            ascii.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_as_python_writes_it() {
        let value = json!({"b": [1, 2.5], "a": "ü😀"});
        assert_eq!(
            python_json(&value, JsonStyle::Compact),
            r#"{"b":[1,2.5],"a":"\u00fc\ud83d\ude00"}"#
        );
        assert_eq!(
            python_json(&value, JsonStyle::Spaced),
            r#"{"b": [1, 2.5], "a": "\u00fc\ud83d\ude00"}"#
        );
        assert_eq!(
            python_json(&json!({"b": 1, "a": {}}), JsonStyle::Sorted { indent: 1 }),
            "{\n \"a\": {},\n \"b\": 1\n}"
        );
    }
}
