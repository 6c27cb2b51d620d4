//! JSON that may stand in a `script` element.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

/// Writes a value as JSON without a character that could end the element or begin a comment in it.
///
/// All of these characters stand in strings only, so that escaping them does not change what the JSON says.
pub(super) fn embed<T: Serialize>(value: &T, to: &mut dyn Write) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(to, ForScript);
    value.serialize(&mut serializer)?;
    Ok(())
}

/// Writes strings without `<`, `>`, `&` and the line ends that only JavaScript knows.
struct ForScript;

impl Formatter for ForScript {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let is_special = |character| matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        let mut rest = fragment;
        while let Some(at) = rest.find(is_special) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut characters = after.chars();
            if let Some(special) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(special))?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn embedded(value: &Value) -> String {
        let mut bytes = Vec::new();
        embed(value, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn nothing_ends_the_element_or_begins_a_comment() {
        let hostile = json!({
            "</script>": "<!-- <script> ]]> &amp; \u{2028}\u{2029}",
            "plain": ["a\"b\\c", "\u{0}\n", "é", 1.5, null],
        });
        let text = embedded(&hostile);
        assert!(
            !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }

    #[test]
    fn what_needs_no_escape_stays_as_it_is() {
        let value = json!({"name": "Müller & Söhne"});
        assert_eq!(embedded(&value), "{\"name\":\"Müller \\u0026 Söhne\"}");
    }
}
