//! A request as this crate speaks of it.

use std::fmt;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::Value;
use url::Url;

use frappe_sync_model::{DocName, DocType, SiteError, SiteErrorKind};

/// Everything but what RFC 3986 never needs encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Whether a request may change the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// It only reads, so it can be asked again at will.
    Read,
    /// It writes, so after a lost answer one must look before asking again.
    Write,
}

/// One request, ready to be sent as often as needed. `Debug` leaves query and body out: they may hold a secret.
pub(crate) struct Request {
    pub(crate) kind: RequestKind,
    pub(crate) method: Method,
    /// The encoded path with its query.
    pub(crate) path: String,
    /// The path without values, for logs.
    pub(crate) route: String,
    /// What people call it, such as `PUT Customer CUST-1`.
    pub(crate) label: String,
    /// JSON unless `content_type` says otherwise, rendered once.
    pub(crate) body: Option<Bytes>,
    /// What the body is, where it is no JSON.
    pub(crate) content_type: Option<String>,
    /// What the answer to it is.
    pub(crate) wants: Wants,
    /// Where it goes in place of the site, such as to a gateway that gives out tokens for it.
    pub(crate) elsewhere: Option<Url>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("route", &self.route)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wants {
    /// A JSON object, as the site answers nearly everything.
    #[default]
    Json,
    /// The bytes of a file, whatever they are.
    Bytes,
}

impl Request {
    /// Reads by a whitelisted method, with arguments in the query.
    pub(crate) fn get(method: &str, arguments: &[(&str, &str)], label: String) -> Self {
        let route = format!("/api/method/{method}");
        let query: Vec<String> = arguments
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        Self {
            kind: RequestKind::Read,
            method: Method::GET,
            path: format!("{route}{mark}{}", query.join("&")),
            route,
            label,
            body: None,
            content_type: None,
            wants: Wants::Json,
            elsewhere: None,
        }
    }

    /// Calls a whitelisted method with JSON arguments (protocol 4.2).
    pub(crate) fn call(kind: RequestKind, method: &str, arguments: &Value, label: String) -> Self {
        let route = format!("/api/method/{method}");
        Self {
            kind,
            method: Method::POST,
            path: route.clone(),
            route,
            label,
            body: Some(rendered(arguments)),
            content_type: None,
            wants: Wants::Json,
            elsewhere: None,
        }
    }

    /// Makes a document (protocol 4.1). The body is wrapped, or a field named `data` or `cmd` would be
    /// taken for something else (protocol 1.4).
    pub(crate) fn insert(doctype: &DocType, data: Value) -> Self {
        Self {
            kind: RequestKind::Write,
            method: Method::POST,
            path: format!("/api/resource/{}", encoded(doctype.as_str())),
            route: "/api/resource/{doctype}".to_owned(),
            label: format!("POST {doctype}"),
            body: Some(rendered(&wrapped(data))),
            content_type: None,
            wants: Wants::Json,
            elsewhere: None,
        }
    }

    /// Updates a document (protocol 4.1).
    pub(crate) fn update(
        doctype: &DocType,
        name: &DocName,
        data: Value,
    ) -> Result<Self, SiteError> {
        let body = Some(rendered(&wrapped(data)));
        Self::of_document(Method::PUT, doctype, name, body)
    }

    /// Deletes a document (protocol 4.1).
    pub(crate) fn delete(doctype: &DocType, name: &DocName) -> Result<Self, SiteError> {
        Self::of_document(Method::DELETE, doctype, name, None)
    }

    /// Reads a page of the site by its path.
    pub(crate) fn page(path: String, label: String) -> Self {
        Self {
            kind: RequestKind::Read,
            method: Method::GET,
            route: path.split(['?', '#']).next().unwrap_or_default().to_owned(),
            path,
            label,
            body: None,
            content_type: None,
            wants: Wants::Bytes,
            elsewhere: None,
        }
    }

    /// Posts a form to a method that logs in or out. It changes no document, so it counts as one that reads.
    pub(crate) fn form(
        method: &str,
        elsewhere: Option<Url>,
        fields: &[(&str, &str)],
        label: String,
    ) -> Self {
        let route = format!("/api/method/{method}");
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        Self {
            kind: RequestKind::Read,
            method: Method::POST,
            path: route.clone(),
            route,
            label,
            body: Some(pairs.join("&").into_bytes().into()),
            content_type: Some("application/x-www-form-urlencoded".to_owned()),
            wants: Wants::Json,
            elsewhere,
        }
    }

    /// Asks for bytes in place of JSON.
    pub(crate) fn for_bytes(mut self) -> Self {
        self.wants = Wants::Bytes;
        self
    }

    /// Addresses one document. A name that cannot stand in a URL is refused: every URL parser takes `.` and
    /// `..` for steps, encoded or not.
    fn of_document(
        method: Method,
        doctype: &DocType,
        name: &DocName,
        body: Option<Bytes>,
    ) -> Result<Self, SiteError> {
        if matches!(name.as_str(), "" | "." | "..") {
            return Err(SiteError::new(
                SiteErrorKind::Refused {
                    exc_type: String::new(),
                },
                format!("a document named `{name}` has no address of its own over REST"),
            ));
        }
        Ok(Self {
            kind: RequestKind::Write,
            label: format!("{method} {doctype} {name}"),
            method,
            path: format!(
                "/api/resource/{}/{}",
                encoded(doctype.as_str()),
                encoded(name.as_str())
            ),
            route: "/api/resource/{doctype}/{name}".to_owned(),
            body,
            content_type: None,
            wants: Wants::Json,
            elsewhere: None,
        })
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn wrapped(data: Value) -> Value {
    let mut body = serde_json::Map::new();
    body.insert("data".to_owned(), data);
    Value::Object(body)
}

fn rendered(value: &Value) -> Bytes {
    value.to_string().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_encoded_in_full() {
        let request = Request::update(
            &"Sales Order".into(),
            &"A/B%C#D?E \u{e9}+~x".into(),
            json!({}),
        )
        .unwrap();
        assert_eq!(
            request.path,
            "/api/resource/Sales%20Order/A%2FB%25C%23D%3FE%20%C3%A9%2B~x"
        );
        assert_eq!(request.route, "/api/resource/{doctype}/{name}");
        assert_eq!(request.body.unwrap(), br#"{"data":{}}"#[..]);
    }

    #[test]
    fn a_name_that_a_url_cannot_carry_makes_no_request() {
        for name in ["", ".", ".."] {
            assert!(Request::update(&"ToDo".into(), &name.into(), json!({})).is_err());
            assert!(Request::delete(&"ToDo".into(), &name.into()).is_err());
        }
    }

    #[test]
    fn a_query_is_encoded_and_absent_without_arguments() {
        let request = Request::get("frappe.x", &[("doctype", "Sales Order")], String::new());
        assert_eq!(request.path, "/api/method/frappe.x?doctype=Sales%20Order");
        assert_eq!(request.route, "/api/method/frappe.x");
        let request = Request::get("frappe.x", &[], String::new());
        assert_eq!(request.path, "/api/method/frappe.x");
    }
}
