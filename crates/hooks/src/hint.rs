//! What a delivery says: look at this document.

use serde_json::Value;

/// The longest that a name or an event may be. Frappe's own names end at 140 characters.
const MOST_CHARACTERS: usize = 500;

/// A document that a site says something happened to. It says where to look, not what is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hint {
    /// The site that says so, as the configuration names it.
    pub site: String,
    /// The document's DocType, as that site names it.
    pub doctype: String,
    /// The document's name.
    pub name: String,
    /// What happened, in Frappe's words, such as `on_change`; only for people and logs.
    pub event: Option<String>,
}

/// Why a body is no hint. Shows no value of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HintError {
    /// It is no JSON.
    #[error(
        "the body is no JSON: the webhook was not made by `frappe-sync webhooks install`, or was edited"
    )]
    NotJson(#[source] serde_json::Error),
    /// It is JSON of another kind.
    #[error(
        "the body is no JSON object: the webhook was not made by `frappe-sync webhooks install`, or was edited"
    )]
    NotAnObject,
    /// Something that must be there is not.
    #[error(
        "the body has no `{key}`: the webhook was not made by `frappe-sync webhooks install`, or was edited"
    )]
    Missing {
        /// The key.
        key: &'static str,
    },
    /// Something is not what it must be.
    #[error("`{key}` in the body is {problem}")]
    Unusable {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Hint {
    /// Reads the body of a delivery that `site` sent. Keys that are not known are passed over.
    ///
    /// Call it once the signature is known to fit (see [`verify`](crate::verify)).
    ///
    /// # Errors
    ///
    /// It is no JSON object, or has no DocType and name in it.
    pub fn parse(site: &str, body: &[u8]) -> Result<Self, HintError> {
        let value: Value = serde_json::from_slice(body).map_err(HintError::NotJson)?;
        let Value::Object(object) = value else {
            return Err(HintError::NotAnObject);
        };
        let required = |key| text(key, object.get(key))?.ok_or(HintError::Missing { key });
        Ok(Self {
            site: site.to_owned(),
            doctype: required("doctype")?,
            name: required("name")?,
            event: text("event", object.get("event"))?,
        })
    }
}

/// Reads a text; a number is the name of a document that a database counts.
fn text(key: &'static str, value: Option<&Value>) -> Result<Option<String>, HintError> {
    let unusable = |problem| HintError::Unusable { key, problem };
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => number.to_string(),
        Some(_) => return Err(unusable("no text")),
    };
    if text.is_empty() {
        return Err(unusable("empty"));
    }
    if text.chars().count() > MOST_CHARACTERS {
        return Err(unusable("longer than any name of Frappe's"));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(body: &str) -> Result<Hint, HintError> {
        Hint::parse("hq", body.as_bytes())
    }

    #[test]
    fn a_body_as_python_writes_it_is_read() {
        let body = r#"{"doctype": "Customer", "name": "Zo\u00eb \"&\" S\u00f6hne \ud83d\udeab", "modified": "2025-03-01 10:00:00.123456", "event": "on_change"}"#;
        let hint = parse(body).unwrap();
        assert_eq!(
            hint,
            Hint {
                site: "hq".to_owned(),
                doctype: "Customer".to_owned(),
                name: "Zo\u{eb} \"&\" S\u{f6}hne \u{1f6ab}".to_owned(),
                event: Some("on_change".to_owned()),
            }
        );
    }

    #[test]
    fn what_is_not_needed_may_be_missing_and_what_is_not_known_may_be_there() {
        let hint =
            parse(r#"{"doctype": "ToDo", "name": 17, "owner": {"x": []}, "event": null}"#).unwrap();
        assert_eq!((hint.name.as_str(), hint.event), ("17", None));
    }

    #[test]
    fn anything_else_is_told_with_what_is_wrong() {
        let long = json!({"doctype": "Item", "name": "x".repeat(501)}).to_string();
        let cases = [
            ("", "the body is no JSON:"),
            ("doctype=Item&name=x", "the body is no JSON:"),
            (r#"{"doctype": "Item", "name": "x""#, "the body is no JSON:"),
            ("[]", "the body is no JSON object"),
            ("{}", "the body has no `doctype`"),
            (r#"{"doctype": "Item"}"#, "the body has no `name`"),
            (
                r#"{"doctype": "Item", "name": null}"#,
                "the body has no `name`",
            ),
            (
                r#"{"doctype": "Item", "name": ["x"]}"#,
                "`name` in the body is no text",
            ),
            (
                r#"{"doctype": "Item", "name": 1.5}"#,
                "`name` in the body is no text",
            ),
            (
                r#"{"doctype": "", "name": "x"}"#,
                "`doctype` in the body is empty",
            ),
            (
                &long,
                "`name` in the body is longer than any name of Frappe's",
            ),
        ];
        for (body, told) in cases {
            let error = parse(body).unwrap_err().to_string();
            assert!(error.starts_with(told), "{body}: {error}");
        }
    }

    #[test]
    fn a_body_that_is_not_utf8_is_refused() {
        assert!(matches!(
            Hint::parse("hq", b"{\"doctype\": \"\xff\"}"),
            Err(HintError::NotJson(_))
        ));
    }

    proptest! {
        #[test]
        fn every_name_comes_through(name in "\\PC{1,140}", doctype in "[A-Z][A-Za-z ]{0,40}") {
            let body = json!({"doctype": doctype, "name": name, "event": "on_change"}).to_string();
            let hint = parse(&body).unwrap();
            prop_assert_eq!(hint.name, name);
            prop_assert_eq!(hint.doctype, doctype);
        }

        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _either = Hint::parse("hq", &body).is_ok();
        }
    }
}
