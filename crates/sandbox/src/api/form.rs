//! The arguments of a request, and the traps in how Frappe reads them (protocol 1.4).

use serde_json::{Map, Value};

use super::multipart::{Part, parts};
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::http::Request;
use crate::value::Cell;

/// `frappe.form_dict`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    /// All arguments.
    pub(crate) values: Map<String, Value>,
    /// The file of a multipart body: the name that the client gives it, and its bytes.
    pub(crate) file: Option<(String, Vec<u8>)>,
}

impl Form {
    /// Reads query and body. A JSON body replaces the query altogether.
    pub(crate) fn read(request: &Request, profile: Profile) -> Attempt<Self> {
        let content_type = request
            .header("content-type")
            .unwrap_or_default()
            .to_lowercase();
        if content_type.starts_with("application/json") && !request.body.is_empty() {
            let body: Value = serde_json::from_slice(&request.body)
                .map_err(|error| Failure::bare(Kind::JsonDecode, error.to_string()))?;
            return match body {
                Value::Object(values) => Ok(Self { values, file: None }),
                Value::Array(_) if profile == Profile::V14 => {
                    Err(Failure::invalid("Invalid request arguments"))
                }
                _ => Err(Failure::bare(
                    Kind::Attribute,
                    "'list' object has no attribute 'items'",
                )),
            };
        }
        let mut values = parse_pairs(&request.query);
        if content_type.starts_with("application/x-www-form-urlencoded") {
            values.extend(parse_pairs(&String::from_utf8_lossy(&request.body)));
        }
        let mut file = None;
        for part in parts(
            request.header("content-type").unwrap_or_default(),
            &request.body,
        ) {
            let Part {
                name,
                file_name,
                content,
            } = part;
            match file_name {
                Some(file_name) if name == "file" => file = Some((file_name, content)),
                Some(_) => {}
                None => {
                    let text = String::from_utf8_lossy(&content).into_owned();
                    values.insert(name, Value::String(text));
                }
            }
        }
        values.remove("_");
        Ok(Self { values, file })
    }

    /// An argument, unless it is missing.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// An argument as text; empty where it is missing.
    pub(crate) fn text(&self, key: &str) -> String {
        self.values
            .get(key)
            .map(|value| Cell::from_json(value.clone()).to_text().into_owned())
            .unwrap_or_default()
    }

    /// An argument that the function cannot do without: Python's TypeError where it is missing.
    pub(crate) fn required(&self, key: &str) -> Attempt<Value> {
        self.values.get(key).cloned().ok_or_else(|| {
            Failure::bare(
                Kind::Type,
                format!("missing 1 required positional argument: '{key}'"),
            )
        })
    }

    /// [`Form::required`] as text.
    pub(crate) fn required_text(&self, key: &str) -> Attempt<String> {
        self.required(key)?;
        Ok(self.text(key))
    }

    /// A name: text, or the number of an autoincrement DocType.
    pub(crate) fn name(&self, key: &str) -> Attempt<Cell> {
        Ok(Cell::from_json(self.required(key)?))
    }

    /// An argument that is an object, or JSON text of one.
    pub(crate) fn object(&self, key: &str) -> Attempt<Map<String, Value>> {
        into_object(parsed(self.required(key)?)?)
    }

    /// Whether a flag is set.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(crate::list::is_true)
    }
}

/// Reads JSON text where the value is text.
pub(crate) fn parsed(value: Value) -> Attempt<Value> {
    match value {
        Value::String(text) => serde_json::from_str(&text)
            .map_err(|error| Failure::bare(Kind::JsonDecode, error.to_string())),
        other => Ok(other),
    }
}

/// The object that a value is.
pub(crate) fn into_object(value: Value) -> Attempt<Map<String, Value>> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(Failure::bare(
            Kind::Attribute,
            format!("`{other}` is no object"),
        )),
    }
}

/// Decodes `%XX`, and `+` where it stands for a space.
pub(crate) fn percent_decode(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if *first == b'+' && plus_is_space {
                    b' '
                } else {
                    *first
                });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Encodes text as a value of a query.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn parse_pairs(text: &str) -> Map<String, Value> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                percent_decode(key, true),
                Value::String(percent_decode(value, true)),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;
    use serde_json::json;

    #[test]
    fn a_json_body_replaces_the_query() {
        let request = Request::new(Method::Post, "/x?a=1").json(&json!({"b": 2}));
        let form = Form::read(&request, Profile::V15).unwrap();
        assert_eq!(Value::Object(form.values), json!({"b": 2}));
    }

    #[test]
    fn pairs_are_decoded() {
        let form = Form::read(&Request::new(Method::Get, "/x?a=1%2F2+3&b"), Profile::V15).unwrap();
        assert_eq!(form.text("a"), "1/2 3");
        assert_eq!(form.text("b"), "");
    }
}
