//! An answer of the site, read whole.

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap};
use serde_json::{Map, Value};

use frappe_sync_model::{SiteError, SiteErrorKind};

use crate::BodyFormat;
use crate::request::{Request, Wants};
use crate::way::{Arrival, Body, BrokenOff};

/// What a request that was carried out brought back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The body: a JSON object.
    pub(crate) body: Map<String, Value>,
    /// The body of an answer to a request for bytes.
    pub(crate) bytes: Vec<u8>,
    /// What the site's clock showed, to the second.
    pub(crate) site_date: Option<DateTime<Utc>>,
    /// Our clock when the request left.
    pub(crate) sent_at: DateTime<Utc>,
    /// Our clock when the answer began.
    pub(crate) answered_at: DateTime<Utc>,
}

impl Answer {
    /// Takes what a method returned; a method that returned nothing leaves the key out (protocol 1.1).
    pub(crate) fn into_message(mut self) -> Value {
        self.body.remove("message").unwrap_or(Value::Null)
    }

    /// Takes the list that a method returned.
    pub(crate) fn into_rows(self, request: &Request) -> Result<Vec<Value>, SiteError> {
        match self.into_message() {
            Value::Array(rows) => Ok(rows),
            _ => Err(unexpected(request, "a list")),
        }
    }

    /// Takes the document of `/api/resource`.
    pub(crate) fn into_data(mut self) -> Value {
        self.body.remove("data").unwrap_or(Value::Null)
    }
}

/// Makes the error for an answer that lacks what it should hold.
pub(crate) fn unexpected(request: &Request, missing: &str) -> SiteError {
    let mut error = SiteError::new(
        SiteErrorKind::NotFrappe,
        format!("the answer does not hold {missing}, as a Frappe site's would"),
    );
    error.request.clone_from(&request.label);
    error
}

/// An answer as it came, before its meaning is known.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Content {
    /// A JSON object under a JSON content type.
    Json(Map<String, Value>),
    /// What a request for bytes was answered with.
    Bytes(Vec<u8>),
    /// Something else, under this content type.
    Other(String),
    /// It is larger than we read.
    TooLarge,
    /// It broke off.
    Broken(BrokenOff),
}

impl RawAnswer {
    /// Reads an answer to its end, but not past a bound.
    pub(crate) async fn read(arrival: Arrival, wants: Wants, max_bytes: usize) -> Self {
        let status = arrival.status();
        let headers = arrival.headers().clone();
        let content = match arrival.body(max_bytes).await {
            Body::Whole(bytes) if wants == Wants::Bytes && status.is_success() => {
                Content::Bytes(bytes)
            }
            Body::Whole(bytes) => parsed(&headers, &bytes),
            Body::TooLarge => Content::TooLarge,
            Body::BrokenOff(broken_off) => Content::Broken(broken_off),
        };
        Self {
            status,
            headers,
            content,
        }
    }

    pub(crate) fn format(&self) -> BodyFormat {
        match self.content {
            Content::Json(_) | Content::Bytes(_) => BodyFormat::Json,
            _ => BodyFormat::Other,
        }
    }

    /// Returns a text at the top of a JSON body, or an empty one.
    pub(crate) fn text(&self, name: &str) -> &str {
        match &self.content {
            Content::Json(body) => body.get(name).and_then(Value::as_str).unwrap_or_default(),
            _ => "",
        }
    }

    pub(crate) fn site_date(&self) -> Option<DateTime<Utc>> {
        let text = self.headers.get(DATE)?.to_str().ok()?;
        let date = DateTime::parse_from_rfc2822(text).ok()?;
        Some(date.with_timezone(&Utc))
    }
}

fn parsed(headers: &HeaderMap, bytes: &[u8]) -> Content {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("no content type");
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json")
        && let Ok(body) = serde_json::from_slice(bytes)
    {
        return Content::Json(body);
    }
    Content::Other(essence.to_owned())
}
