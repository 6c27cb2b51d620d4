//! What became of a request that brought nothing back.

use std::fmt::Display;
use std::time::Duration;

use reqwest::header::LOCATION;
use serde_json::Value;
use url::Url;

use frappe_sync_model::{SiteError, SiteErrorKind};

use crate::answer::{Content, RawAnswer};
use crate::request::Request;
use crate::server_message::{plain_text, site_words};
use crate::way::{BrokenOff, NoAnswer, Progress, Source};
use crate::{Class, RequestKind, Signal, SiteUrl, exception_class};

/// A try that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the caller is told if it was the last.
    pub(crate) error: SiteError,
    /// Whether another try may follow.
    pub(crate) may_repeat: bool,
    /// What the site asked to wait.
    pub(crate) retry_after: Option<Duration>,
    /// What it showed of the site's state, other than by the time that it took.
    pub(crate) strain: Option<Signal>,
    /// The answer is larger than we read; a smaller question may do.
    pub(crate) too_large: bool,
}

impl Failure {
    fn new(kind: SiteErrorKind, message: String) -> Self {
        Self {
            error: SiteError::new(kind, message),
            may_repeat: false,
            retry_after: None,
            strain: None,
            too_large: false,
        }
    }

    pub(crate) fn caused_by(mut self, source: Source) -> Self {
        self.error.source = Some(source);
        self
    }

    /// We cannot log in, and a person has to do something about it.
    pub(crate) fn of_login(message: String) -> Self {
        Self::new(SiteErrorKind::NotAuthorised, message)
    }

    /// No answer came.
    pub(crate) fn of_silence(silence: NoAnswer, request: &Request, site: &dyn Display) -> Self {
        let mut failure = match silence.progress {
            Progress::NotTrusted => Self::new(
                SiteErrorKind::Tls,
                format!(
                    "the certificate of `{site}` did not verify, or TLS failed; \
                     the certificate of a private authority belongs in the site's `ca_file`"
                ),
            ),
            Progress::NotConnected | Progress::NotSendable => {
                let mut failure = Self::new(
                    SiteErrorKind::Unreachable,
                    format!("`{site}` cannot be reached"),
                );
                failure.may_repeat = silence.progress == Progress::NotConnected;
                failure
            }
            Progress::Sent => {
                let what = if silence.timed_out {
                    "did not answer in time"
                } else {
                    "closed the connection without an answer"
                };
                Self::lost(request.kind, format!("`{site}` {what}"))
            }
        };
        failure.strain = silence.timed_out.then_some(Signal::TimedOut);
        failure.caused_by(silence.source)
    }

    /// The answer was lost on its way: a read can be asked again, a write must be looked for.
    fn lost(kind: RequestKind, message: String) -> Self {
        match kind {
            RequestKind::Read => {
                let mut failure = Self::new(SiteErrorKind::Unreachable, message);
                failure.may_repeat = true;
                failure
            }
            RequestKind::Write => Self::new(
                SiteErrorKind::OutcomeUnknown,
                format!("{message}: whether the request was carried out is not known"),
            ),
        }
    }

    /// An answer came that is not what was asked for.
    pub(crate) fn of_answer(
        class: Class,
        answer: RawAnswer,
        request: &Request,
        site: &SiteUrl,
        retry_after: Option<Duration>,
    ) -> Self {
        let status = answer.status.as_u16();
        let mut failure = match answer.content {
            Content::Broken(broken_off) if answer.status.is_success() => {
                Self::broken_off(broken_off, request.kind, site)
            }
            Content::TooLarge if answer.status.is_success() => Self::too_large(request.kind),
            _ => {
                let mut failure = Self::new(
                    error_kind(class, &answer, retry_after),
                    message(class, &answer, site),
                );
                failure.may_repeat = class.may_repeat();
                failure
            }
        };
        failure.retry_after = retry_after;
        if matches!(status, 429 | 503) {
            failure.strain = Some(Signal::Overloaded);
        } else if status == 504 {
            failure.strain = Some(Signal::TimedOut);
        }
        failure.error.status = Some(status);
        failure
    }

    fn broken_off(broken_off: BrokenOff, kind: RequestKind, site: &SiteUrl) -> Self {
        let timed_out = broken_off.timed_out;
        let mut failure = Self::lost(kind, format!("the answer of `{site}` broke off"));
        if kind == RequestKind::Read && !timed_out {
            failure.error.kind = SiteErrorKind::NotFrappe;
        }
        failure.strain = timed_out.then_some(Signal::TimedOut);
        failure.caused_by(broken_off.source)
    }

    fn too_large(kind: RequestKind) -> Self {
        let mut failure = Self::lost(kind, "the answer is larger than is read".to_owned());
        failure.may_repeat = false;
        failure.too_large = true;
        if kind == RequestKind::Read {
            failure.error.kind = SiteErrorKind::NotFrappe;
        }
        failure
    }
}

fn error_kind(class: Class, answer: &RawAnswer, retry_after: Option<Duration>) -> SiteErrorKind {
    match class {
        Class::NotAuthorised => SiteErrorKind::NotAuthorised,
        Class::NotPermitted => SiteErrorKind::NotPermitted,
        Class::NotFound => SiteErrorKind::NotFound,
        Class::Duplicate => SiteErrorKind::Duplicate,
        Class::Stale => SiteErrorKind::Stale,
        // A lock that never comes free holds back one document, not the site.
        Class::Refused | Class::RolledBack => SiteErrorKind::Refused {
            exc_type: exception_class(answer.text("exception"), answer.text("exc_type")).to_owned(),
        },
        Class::Busy => SiteErrorKind::Busy { retry_after },
        Class::Unavailable => SiteErrorKind::Unreachable,
        Class::OutcomeUnknown => SiteErrorKind::OutcomeUnknown,
        Class::NotFrappe | Class::Answered => SiteErrorKind::NotFrappe,
    }
}

fn message(class: Class, answer: &RawAnswer, site: &SiteUrl) -> String {
    let status = answer.status.as_u16();
    let words = match &answer.content {
        Content::Json(body) => site_words(&Value::Object(body.clone())),
        _ => None,
    };
    let told = |fallback: &str| words.clone().unwrap_or_else(|| fallback.to_owned());
    match class {
        Class::NotAuthorised => format!("`{site}` does not accept the API key and secret"),
        Class::NotPermitted => told("the user is not permitted to do this"),
        Class::NotFound => told("the DocType or document does not exist"),
        Class::Duplicate => told("the name or a unique value is taken"),
        Class::Stale => told("the document changed since it was read"),
        Class::Refused if status == 413 => "the request is larger than the site takes".to_owned(),
        Class::Refused => told(&format!("the site refused with status {status}")),
        Class::RolledBack => told("the site's database gave up waiting for a lock"),
        Class::Busy => told(&format!(
            "the site is busy or in maintenance (status {status})"
        )),
        Class::Unavailable => format!("`{site}` is not available (status {status})"),
        Class::OutcomeUnknown => format!(
            "`{site}` answered with status {status}: whether the request was carried out is not known"
        ),
        Class::NotFrappe | Class::Answered => not_frappe(answer, site),
    }
}

fn not_frappe(answer: &RawAnswer, site: &SiteUrl) -> String {
    let status = answer.status.as_u16();
    if answer.status.is_redirection() {
        return match redirect_target(answer) {
            Some(target) => format!(
                "`{site}` redirects to `{target}`; redirects are not followed, so set the `url` of \
                 the site to where it answers itself"
            ),
            None => format!("`{site}` redirects elsewhere (status {status}); set its `url` right"),
        };
    }
    let got = match &answer.content {
        Content::Other(content_type) => plain_text(content_type),
        Content::Json(_) | Content::Bytes(_) => "JSON of another form".to_owned(),
        Content::TooLarge | Content::Broken(_) => "an answer that cannot be read".to_owned(),
    };
    format!(
        "`{site}` answered with status {status} and {got} instead of Frappe's JSON; is that the \
         address of the site itself?"
    )
}

/// Returns where a redirect points, without what might be secret in it.
fn redirect_target(answer: &RawAnswer) -> Option<String> {
    let location = answer.headers.get(LOCATION)?.to_str().ok()?;
    let Ok(mut target) = Url::parse(location) else {
        // Relative: only the path is new.
        return location.split(['?', '#']).next().map(plain_text);
    };
    target.set_query(None);
    target.set_fragment(None);
    // Both fail only for URLs that can have neither.
    let _has_no_user = target.set_username("");
    let _has_no_password = target.set_password(None);
    Some(target.to_string())
}
