//! Text as it may stand in a YAML file.

/// Words that YAML takes for something else than text.
const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// Returns text as it can stand as a value or a key: as it is, or in quotes.
pub(crate) fn scalar(text: &str) -> String {
    let is_plain = text.chars().all(|character| {
        character.is_alphanumeric() || matches!(character, ' ' | '_' | '-' | '.' | '/')
    }) && text.starts_with(char::is_alphabetic)
        && !text.ends_with(' ')
        && !WORDS.contains(&text.to_lowercase().as_str());
    if is_plain {
        text.to_owned()
    } else {
        // A JSON text is a YAML text too.
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_misread_is_quoted() {
        for (text, written) in [
            ("Customer Group", "Customer Group"),
            ("hq", "hq"),
            ("erp.example.com", "erp.example.com"),
            ("mappings/item.yaml", "mappings/item.yaml"),
            ("NO", "\"NO\""),
            ("007", "\"007\""),
            ("a: b", "\"a: b\""),
            ("https://a.example", "\"https://a.example\""),
            ("", "\"\""),
            ("x\n- y", "\"x\\n- y\""),
        ] {
            assert_eq!(scalar(text), written);
        }
    }
}
