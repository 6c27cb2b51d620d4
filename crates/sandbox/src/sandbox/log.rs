//! What was asked of a site, for tests of request budgets.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Profile;
use crate::api::{Form, Route, Routed};
use crate::http::{Method, Request};

/// Whether a request only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// It changes nothing, whatever its verb.
    Read,
    /// It may change something.
    Write,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// Its verb.
    pub method: Method,
    /// Its path, percent-encoded as sent.
    pub path: String,
    /// The DocType that it is about, where it names one.
    pub doctype: Option<String>,
    /// Whether it reads or writes.
    pub kind: RequestKind,
    /// Who sent it; empty where the credentials were refused.
    pub user: String,
    /// The status that the client saw; `None` where it saw none.
    pub status: Option<u16>,
    /// The document, the function, or how many documents.
    pub detail: String,
}

/// How many requests there were of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Requests that only read.
    pub reads: usize,
    /// Requests that may have written.
    pub writes: usize,
}

impl RequestCounts {
    /// All requests.
    pub fn total(self) -> usize {
        self.reads + self.writes
    }
}

/// How many requests the log keeps; counters go on.
const MAX_RECORDS: usize = 100_000;

/// The log of a site.
#[derive(Debug, Default)]
pub(super) struct Log {
    records: VecDeque<RequestRecord>,
    counts: RequestCounts,
}

impl Log {
    /// Adds a request.
    pub(super) fn push(&mut self, record: RequestRecord) {
        match record.kind {
            RequestKind::Read => self.counts.reads += 1,
            RequestKind::Write => self.counts.writes += 1,
        }
        if self.records.len() == MAX_RECORDS {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    /// What is kept, oldest first.
    pub(super) fn records(&self) -> Vec<RequestRecord> {
        self.records.iter().cloned().collect()
    }

    /// All requests by kind, also those that are no longer kept.
    pub(super) fn counts(&self) -> RequestCounts {
        self.counts
    }
}

/// Functions that change nothing although they are called by POST.
const READING_PREFIXES: [&str; 12] = [
    "frappe.client.get",
    "frappe.client.has_permission",
    "frappe.client.validate_link",
    "frappe.desk.form.load.",
    "frappe.desk.reportview.",
    "frappe.auth.",
    "frappe.utils.change_log.",
    "frappe.ping",
    "frappe.integrations.oauth2.",
    "login",
    "logout",
    "ping",
];

/// Describes a request before it is answered.
pub(super) fn describe(request: &Request, profile: Profile) -> RequestRecord {
    let routed = Routed::of(request, profile);
    let form = Form::read(request, profile).unwrap_or_default();
    let kind = match &routed.route {
        _ if matches!(request.method, Method::Get | Method::Head | Method::Options) => {
            RequestKind::Read
        }
        Route::Method { method }
            if READING_PREFIXES
                .iter()
                .any(|prefix| method.starts_with(prefix)) =>
        {
            RequestKind::Read
        }
        _ => RequestKind::Write,
    };
    let doctype = routed
        .doctype()
        .map(str::to_owned)
        .or_else(|| doctype_of_form(&form));
    RequestRecord {
        method: request.method,
        path: request.path.clone(),
        doctype,
        kind,
        user: String::new(),
        status: None,
        detail: detail(&routed.route, &form),
    }
}

fn doctype_of_form(form: &Form) -> Option<String> {
    let named = |value: &Value| {
        value
            .get("doctype")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let own = form
        .get("doctype")
        .and_then(Value::as_str)
        .map(str::to_owned);
    own.or_else(|| named(&crate::list::structure(form.get("doc"))))
        .or_else(|| named(crate::list::structure(form.get("docs")).get(0)?))
}

fn detail(route: &Route, form: &Form) -> String {
    let documents = crate::list::structure(form.get("docs"));
    match route {
        Route::Document { name, .. } => name.clone(),
        Route::DocumentMethod { name, method, .. } => format!("{name} {method}"),
        Route::DocType { part, .. } => part.clone(),
        Route::Method { method } => match documents.as_array() {
            Some(documents) => format!("{method} of {}", documents.len()),
            None => method.clone(),
        },
        Route::List { .. } | Route::Unknown => String::new(),
    }
}
