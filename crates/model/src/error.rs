//! What can go wrong with a site, named by what the caller can do.

use std::time::Duration;

/// What a failed request means for the work behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteErrorKind {
    /// The site could not be reached, or answered that it is busy, and the retries are used up. The
    /// request did nothing.
    Unreachable,
    /// The request may or may not have been carried out, or may still be running: look before writing again.
    OutcomeUnknown,
    /// The document changed since it was read (`TimestampMismatchError`): read again, decide again.
    Stale,
    /// A document of this name or unique value exists.
    Duplicate,
    /// The document or DocType does not exist.
    NotFound,
    /// The site refused this document for a reason of its own; nothing was written.
    Refused {
        /// Frappe's `exc_type`, or the class in `exception` (protocol 1.2), where given.
        exc_type: String,
    },
    /// The user may not do this to this DocType or document.
    NotPermitted,
    /// The key or secret is wrong.
    NotAuthorised,
    /// What answers is not a Frappe site as we know it: HTML, a redirect, half a body.
    NotFrappe,
    /// The TLS certificate did not verify, or TLS failed.
    Tls,
    /// The site asks to come back later (429, 503), and the retries are used up.
    Busy {
        /// What `Retry-After` said.
        retry_after: Option<Duration>,
    },
}

/// A failed request to a site. Holds no secret and no document value.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SiteError {
    /// What the caller can do.
    pub kind: SiteErrorKind,
    /// What happened, in the site's words where it gave any, without HTML.
    pub message: String,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// What was asked, such as `PUT Customer CUST-1`.
    pub request: String,
    /// The cause underneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl SiteError {
    /// Makes an error without a cause underneath.
    pub fn new(kind: SiteErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            request: String::new(),
            source: None,
        }
    }

    /// Tells whether only this document is concerned, so that others can go on.
    pub fn concerns_one_document(&self) -> bool {
        matches!(
            self.kind,
            SiteErrorKind::Stale
                | SiteErrorKind::Duplicate
                | SiteErrorKind::NotFound
                | SiteErrorKind::Refused { .. }
                | SiteErrorKind::NotPermitted
        )
    }
}
