//! What a site says to people, out of its wrappings.

use serde_json::Value;

/// The longest text that is kept of a site's words, in characters.
const MAX_CHARS: usize = 600;

/// Finds what the site wants people to read in the body of an error, without HTML and bounded.
///
/// `_server_messages` is a JSON text that holds an array of JSON texts that each hold an object (protocol
/// 1.2). The message that was raised wins; without one, all of them; without any, the text behind the
/// class in `exception`.
pub(crate) fn site_words(body: &Value) -> Option<String> {
    let messages = server_messages(body);
    let raised: Vec<&String> = messages
        .iter()
        .filter(|(_, raised)| *raised)
        .map(|(text, _)| text)
        .collect();
    let told = if raised.is_empty() {
        messages.iter().map(|(text, _)| text).collect()
    } else {
        raised
    };
    let mut words: Vec<String> = Vec::new();
    for text in told {
        let plain = plain_text(text);
        if !plain.is_empty() && !words.contains(&plain) {
            words.push(plain);
        }
    }
    if words.is_empty() {
        words.extend(without_server_messages(body));
    }
    (!words.is_empty()).then(|| bounded(&words.join("; ")))
}

/// Returns each message with whether it was raised; what is not of that form is left out.
fn server_messages(body: &Value) -> Vec<(String, bool)> {
    let Some(outer) = body.get("_server_messages").and_then(Value::as_str) else {
        return Vec::new();
    };
    let Ok(Value::Array(inner)) = serde_json::from_str(outer) else {
        return Vec::new();
    };
    inner.iter().filter_map(server_message).collect()
}

fn server_message(item: &Value) -> Option<(String, bool)> {
    let text = item.as_str()?;
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return Some((text.to_owned(), false));
    };
    let said = match message.get("message") {
        Some(Value::String(said)) => said.clone(),
        Some(Value::Array(lines)) => {
            let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
            lines.join("<br>")
        }
        _ => return None,
    };
    let raised = message
        .get("raise_exception")
        .is_some_and(|flag| !matches!(flag, Value::Null | Value::Bool(false)) && flag != 0);
    Some((said, raised))
}

fn without_server_messages(body: &Value) -> Option<String> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    // Without a colon it is the class alone, which says nothing to people.
    let exception = text("exception")
        .and_then(|exception| exception.split_once(": "))
        .map(|(_, message)| message);
    [text("_error_message"), exception, text("message")]
        .into_iter()
        .flatten()
        .map(plain_text)
        .find(|plain| !plain.is_empty())
}

fn bounded(text: &str) -> String {
    if text.chars().count() <= MAX_CHARS {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MAX_CHARS - 1).collect();
    short.push('\u{2026}');
    short
}

/// Turns a piece of HTML into one line of text: tags dropped, entities decoded, control characters gone.
pub fn plain_text(html: &str) -> String {
    let mut untagged = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        untagged.push_str(&rest[..at]);
        rest = &rest[at..];
        match tag_end(rest) {
            Some(end) => {
                if breaks_line(&rest[..end]) {
                    untagged.push(' ');
                }
                rest = &rest[end..];
            }
            None => {
                untagged.push('<');
                rest = &rest[1..];
            }
        }
    }
    untagged.push_str(rest);
    let decoded = decoded(&untagged);
    let words: Vec<&str> = decoded
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Returns where the tag that the text begins with ends; `None` where `<` is only a character.
fn tag_end(text: &str) -> Option<usize> {
    let name = text[1..].trim_start_matches('/').chars().next()?;
    if !name.is_ascii_alphabetic() && name != '!' {
        return None;
    }
    text.find('>').map(|end| end + 1)
}

/// Tells whether words on both sides of a tag stand apart.
fn breaks_line(tag: &str) -> bool {
    let name: String = tag
        .trim_start_matches(['<', '/'])
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    !matches!(
        name.to_ascii_lowercase().as_str(),
        "a" | "b" | "strong" | "i" | "em" | "span" | "code" | "u" | "small" | "font"
    )
}

/// Decodes the entities that Frappe's messages use, and numeric ones.
fn decoded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = rest[1..]
            .find(';')
            .filter(|length| *length <= 8)
            .and_then(|length| Some((entity(&rest[1..=length])?, length + 2)));
        match entity {
            Some((letter, length)) => {
                plain.push(letter);
                rest = &rest[length..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" | "ldquo" | "rdquo" => Some('"'),
        "apos" | "lsquo" | "rsquo" => Some('\''),
        "nbsp" => Some(' '),
        "ndash" => Some('\u{2013}'),
        "mdash" => Some('\u{2014}'),
        "hellip" => Some('\u{2026}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Wraps messages as a site does.
    fn wrapped(messages: &[Value]) -> Value {
        let inner: Vec<String> = messages.iter().map(Value::to_string).collect();
        json!({ "_server_messages": json!(inner).to_string() })
    }

    #[test]
    fn html_becomes_one_line_of_text() {
        for (html, text) in [
            (
                "Could not find <strong>Item: A&amp;B</strong>",
                "Could not find Item: A&B",
            ),
            ("One<br>Two<br/>Three", "One Two Three"),
            ("<ul><li>x</li><li>y</li></ul>", "x y"),
            ("<a href=\"/app/item/x\">x</a>, <b>y</b>!", "x, y!"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
            (
                "&lt;b&gt; &#39;q&#x27; &nbsp; &unknown; & &;",
                "<b> 'q' &unknown; & &;",
            ),
            ("a\u{1b}[31mred\u{7}\n\tb", "a [31mred b"),
            ("broken <strong", "broken <strong"),
            ("caf&eacute; &#0; &#99999999;", "caf&eacute; &#99999999;"),
        ] {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }

    #[test]
    fn the_message_that_was_raised_wins() {
        let body = wrapped(&[
            json!({"message": "Saved an <b>alert</b>", "alert": 1}),
            json!({"message": "Value missing for <strong>Item</strong>", "raise_exception": 1}),
        ]);
        assert_eq!(site_words(&body).unwrap(), "Value missing for Item");
    }

    #[test]
    fn without_a_raised_message_all_are_told_once() {
        let body = wrapped(&[
            json!({"message": "one"}),
            json!({"message": ["two", "three"], "as_list": 1}),
            json!({"message": "one", "raise_exception": 0}),
        ]);
        assert_eq!(site_words(&body).unwrap(), "one; two three");
    }

    #[test]
    fn without_messages_the_exception_speaks() {
        let body = json!({"exception": "frappe.exceptions.ValidationError: Not <b>so</b>: no"});
        assert_eq!(site_words(&body).unwrap(), "Not so: no");
        let body = json!({"exception": "frappe.exceptions.AuthenticationError"});
        assert_eq!(site_words(&body), None);
    }

    #[test]
    fn what_is_malformed_says_nothing_or_itself() {
        assert_eq!(site_words(&json!({})), None);
        assert_eq!(site_words(&json!({"_server_messages": "no json"})), None);
        assert_eq!(
            site_words(&json!({"_server_messages": "[1, \"{}\"]"})),
            None
        );
        let body = json!({"_server_messages": "[\"plain words\"]"});
        assert_eq!(site_words(&body).unwrap(), "plain words");
    }

    #[test]
    fn a_long_message_is_cut() {
        let body = wrapped(&[json!({"message": "\u{e9}".repeat(5000)})]);
        let words = site_words(&body).unwrap();
        assert_eq!(words.chars().count(), MAX_CHARS);
        assert!(words.ends_with('\u{2026}'));
    }
}
