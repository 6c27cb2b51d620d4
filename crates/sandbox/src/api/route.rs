//! Finds out what a request asks for, and carries it out as one transaction.

use serde_json::{Map, Value};

use super::envelope::{EnvelopeStyle, failure_response, no_route, success_response};
use super::files::answer_with_bytes;
use super::form::{Form, percent_decode};
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::http::{Method, Request, Response};
use crate::site::{Site, Transaction};
use crate::value::Cell;

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/api/resource/D`, `/api/v2/document/D`.
    List { doctype: String },
    /// `/api/resource/D/N`, `/api/v2/document/D/N`.
    Document { doctype: String, name: String },
    /// `/api/v2/document/D/N/method/M`.
    DocumentMethod {
        doctype: String,
        name: String,
        method: String,
    },
    /// `/api/v2/doctype/D/meta` and `/count`.
    DocType { doctype: String, part: String },
    /// `/api/method/M`.
    Method { method: String },
    /// Nothing that is served.
    Unknown,
}

/// A request with its route.
#[derive(Debug, Clone)]
pub(crate) struct Routed {
    pub(crate) style: EnvelopeStyle,
    pub(crate) route: Route,
}

impl Routed {
    /// Reads the path.
    pub(crate) fn of(request: &Request, profile: Profile) -> Self {
        let path = request.path.strip_prefix("/api/").unwrap_or_default();
        let (style, path) = match path.split_once('/') {
            Some(("v1", rest)) if profile != Profile::V14 => (EnvelopeStyle::One, rest),
            Some(("v2", rest)) if profile != Profile::V14 => (EnvelopeStyle::Two, rest),
            _ => (EnvelopeStyle::One, path),
        };
        let parts: Vec<String> = path
            .trim_end_matches('/')
            .split('/')
            .map(|part| percent_decode(part, false))
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Self {
            style,
            route: route(&parts, style),
        }
    }

    /// The DocType of the route, where it names one.
    pub(crate) fn doctype(&self) -> Option<&str> {
        match &self.route {
            Route::List { doctype }
            | Route::Document { doctype, .. }
            | Route::DocumentMethod { doctype, .. }
            | Route::DocType { doctype, .. } => Some(doctype),
            Route::Method { .. } | Route::Unknown => None,
        }
    }
}

fn route(parts: &[&str], style: EnvelopeStyle) -> Route {
    let documents = match style {
        EnvelopeStyle::One => "resource",
        EnvelopeStyle::Two => "document",
    };
    match parts {
        ["method", method @ ..] if !method.is_empty() => Route::Method {
            method: method.join("/"),
        },
        ["doctype", doctype, part] if style == EnvelopeStyle::Two => Route::DocType {
            doctype: (*doctype).to_owned(),
            part: (*part).to_owned(),
        },
        [first, doctype] if *first == documents => Route::List {
            doctype: (*doctype).to_owned(),
        },
        [first, doctype, name @ .., "method", method]
            if *first == documents && style == EnvelopeStyle::Two && !name.is_empty() =>
        {
            Route::DocumentMethod {
                doctype: (*doctype).to_owned(),
                name: name.join("/"),
                method: (*method).to_owned(),
            }
        }
        [first, doctype, name @ ..] if *first == documents && !name.is_empty() => Route::Document {
            doctype: (*doctype).to_owned(),
            name: name.join("/"),
        },
        _ => Route::Unknown,
    }
}

/// The body of a successful answer, and its status.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Map<String, Value>,
}

impl Reply {
    /// `{key: value}` with 200; without the key where the value is null, as with functions that return nothing.
    pub(crate) fn keyed(key: &str, value: Value) -> Self {
        let mut body = Map::new();
        if !value.is_null() {
            body.insert(key.to_owned(), value);
        }
        Self { status: 200, body }
    }

    /// `{"data": value}`.
    pub(crate) fn data(value: Value) -> Self {
        Self::keyed("data", value)
    }
}

/// Answers a request as this user: everything or nothing of it is done.
pub(crate) fn answer(site: &mut Site, user: &str, request: &Request) -> Response {
    let profile = site.profile;
    let routed = Routed::of(request, profile);
    match answer_with_bytes(site, user, request) {
        Some(Ok(response)) => return response,
        Some(Err(failure)) => return failure_response(&failure, &[], routed.style, profile),
        None => {}
    }
    let mut transaction = Transaction::begin(site, user);
    let replied = transaction.reply(request, &routed);
    match replied {
        Ok(Some(reply)) => {
            let messages = if request.method == Method::Get {
                // Reads write nothing that should stay.
                transaction.rollback()
            } else {
                transaction.commit()
            };
            success_response(reply.body, reply.status, &messages, routed.style, profile)
        }
        Ok(None) => {
            transaction.rollback();
            no_route(profile)
        }
        Err(failure) => {
            let messages = transaction.rollback();
            failure_response(&failure, &messages, routed.style, profile)
        }
    }
}

impl Transaction<'_> {
    fn reply(&mut self, request: &Request, routed: &Routed) -> Attempt<Option<Reply>> {
        let form = Form::read(request, self.profile())?;
        let data_key = match (routed.style, &routed.route) {
            (EnvelopeStyle::One, Route::Method { .. }) => "message",
            _ => "data",
        };
        // A key `cmd` turns any request into the call of a method.
        if let Some(command) = form.get("cmd").and_then(Value::as_str).map(str::to_owned) {
            return self.call(&command, request, &form, "message").map(Some);
        }
        match (&routed.route, routed.style) {
            (Route::Method { method }, _) => self.call(method, request, &form, data_key).map(Some),
            (Route::List { doctype }, EnvelopeStyle::One) => {
                self.resource_list(doctype, request, form)
            }
            (Route::Document { doctype, name }, EnvelopeStyle::One) => {
                self.resource_document(doctype, &Cell::text(&**name), request, form)
            }
            (Route::List { doctype }, EnvelopeStyle::Two) => {
                self.document_list(doctype, request, form)
            }
            (Route::Document { doctype, name }, EnvelopeStyle::Two) => {
                self.document_one(doctype, &Cell::text(&**name), request, form)
            }
            (
                Route::DocumentMethod {
                    doctype,
                    name,
                    method,
                },
                _,
            ) => self
                .document_method(doctype, &Cell::text(&**name), method, request, &form)
                .map(Some),
            (Route::DocType { doctype, part }, _) => {
                self.doctype_part(doctype, part, request, &form)
            }
            (Route::Unknown, _) if request.path.starts_with("/api/") => Ok(None),
            (Route::Unknown, _) => {
                Err(Failure::bare(Kind::PageDoesNotExist, "Page does not exist"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(path: &str) -> Route {
        Routed::of(&Request::new(Method::Get, path), Profile::V15).route
    }

    #[test]
    fn names_with_slashes_round_trip() {
        let expected = Route::Document {
            doctype: "Sales Order".to_owned(),
            name: "A/B #1?".to_owned(),
        };
        assert_eq!(
            routed("/api/resource/Sales%20Order/A%2FB%20%231%3F"),
            expected
        );
        assert_eq!(
            routed("/api/v1/resource/Sales%20Order/A/B%20%231%3F"),
            expected
        );
    }

    #[test]
    fn version_two_has_methods_of_documents() {
        let expected = Route::DocumentMethod {
            doctype: "Item".to_owned(),
            name: "x".to_owned(),
            method: "submit".to_owned(),
        };
        assert_eq!(routed("/api/v2/document/Item/x/method/submit"), expected);
        assert_eq!(
            Routed::of(
                &Request::new(Method::Get, "/api/v2/document/Item"),
                Profile::V14
            )
            .route,
            Route::Unknown
        );
    }
}
