//! Which request a fault hits, and what it does.

use serde::{Deserialize, Serialize};

use crate::http::Method;
use crate::sandbox::{RequestKind, RequestRecord};

/// Which requests are meant. What is left out matches every request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matcher {
    /// The verb.
    pub method: Option<Method>,
    /// A part of the path.
    pub path: Option<String>,
    /// The DocType that the request is about.
    pub doctype: Option<String>,
    /// Whether it reads or writes.
    pub kind: Option<RequestKind>,
    /// Only the so-manieth request that matches otherwise, counted from 1.
    pub nth: Option<usize>,
}

impl Matcher {
    /// Matches every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Matches requests that write.
    pub fn writes() -> Self {
        Self {
            kind: Some(RequestKind::Write),
            ..Self::default()
        }
    }

    /// Matches requests that read.
    pub fn reads() -> Self {
        Self {
            kind: Some(RequestKind::Read),
            ..Self::default()
        }
    }

    /// Narrows it to a DocType.
    #[must_use]
    pub fn doctype(self, doctype: &str) -> Self {
        Self {
            doctype: Some(doctype.to_owned()),
            ..self
        }
    }

    /// Narrows it to a verb.
    #[must_use]
    pub fn method(self, method: Method) -> Self {
        Self {
            method: Some(method),
            ..self
        }
    }

    /// Narrows it to paths that contain this.
    #[must_use]
    pub fn path(self, part: &str) -> Self {
        Self {
            path: Some(part.to_owned()),
            ..self
        }
    }

    /// Narrows it to the so-manieth request that matches otherwise.
    #[must_use]
    pub fn nth(self, nth: usize) -> Self {
        Self {
            nth: Some(nth),
            ..self
        }
    }

    /// Whether a request matches, but for its number.
    pub(super) fn covers(&self, request: &RequestRecord) -> bool {
        self.method.is_none_or(|method| method == request.method)
            && self
                .path
                .as_ref()
                .is_none_or(|part| request.path.contains(part))
            && self.kind.is_none_or(|kind| kind == request.kind)
            && self
                .doctype
                .as_ref()
                .is_none_or(|doctype| request.doctype.as_ref() == Some(doctype))
    }
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// It is refused with a Frappe error and not carried out.
    Reject {
        /// The status.
        status: u16,
        /// The class, such as `ValidationError`.
        exc_type: String,
        /// The text shown to the user.
        message: String,
    },
    /// The connection ends before it arrives.
    LoseRequest,
    /// It is carried out, and the connection ends before the answer.
    FailAfterWrite,
    /// The connection ends at once, and it is carried out later, with the timestamps of now.
    KeepRunning {
        /// How much later by the site's clock; left out: when the ticket is released.
        millis: Option<u64>,
    },
    /// It waits, before it is carried out, until the ticket is released or dropped.
    Hold,
    /// It is carried out at once, and its answer waits until the ticket is released or dropped.
    HoldResponse,
    /// It is carried out after a while: the machine's clock is waited for, a manual one is moved.
    Slow {
        /// How long.
        millis: u64,
    },
    /// It is carried out, and half of the answer's body arrives.
    CutBody,
    /// 429 by the site's budget, with `Retry-After` where given (protocol 10.1).
    TooManyRequests {
        /// Seconds.
        retry_after: Option<u64>,
    },
    /// 500 QueryDeadlockError; everything is rolled back (protocol 6.4).
    Deadlock,
    /// 502 from the proxy, in HTML.
    HtmlBadGateway {
        /// Whether it was carried out behind the proxy.
        #[serde(default)]
        executed: bool,
    },
    /// 302 to another place; it is not carried out.
    Redirect {
        /// Where to.
        location: String,
    },
    /// It is carried out, and the answer says of itself that it is HTML.
    WrongContentType,
}

/// A fault for one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which request.
    #[serde(default)]
    pub matcher: Matcher,
    /// What happens to it.
    pub action: Action,
}

/// A fault that hits some of all requests that match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which requests; `nth` does not count here.
    #[serde(default)]
    pub matcher: Matcher,
    /// What happens to them.
    pub action: Action,
    /// How likely it is for each, from 0 to 1.
    pub probability: f64,
}

/// When code of a test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the request is carried out.
    Before,
    /// After it was carried out, before the client has the answer.
    After,
}
