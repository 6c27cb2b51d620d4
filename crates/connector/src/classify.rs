//! The one place that tells what an answer means.

use crate::RequestKind;

/// What the body of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// A JSON object under a JSON content type: the site itself speaks.
    Json,
    /// Anything else, such as a proxy's page.
    Other,
}

/// Everything about an answer that its meaning depends on.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    /// HTTP status.
    pub status: u16,
    /// What the body is.
    pub format: BodyFormat,
    /// `exc_type` of the body, or empty.
    pub exc_type: &'a str,
    /// `exception` of the body, or empty.
    pub exception: &'a str,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The request was carried out.
    Answered,
    /// Key or secret are wrong.
    NotAuthorised,
    /// The user may not do this.
    NotPermitted,
    /// The document or DocType does not exist.
    NotFound,
    /// The name or a unique value is taken.
    Duplicate,
    /// The document changed since it was read.
    Stale,
    /// The site does not want it; nothing was written.
    Refused,
    /// The site asks to come back later; nothing was done.
    Busy,
    /// The database gave up on a lock; everything was rolled back, and trying again may help.
    RolledBack,
    /// A read did not get through to the site.
    Unavailable,
    /// A write may or may not have been carried out.
    OutcomeUnknown,
    /// What answers is not the site.
    NotFrappe,
}

impl Class {
    /// Tells whether the same request may be sent again without looking first.
    ///
    /// A write is only ever sent again where the site said that nothing was done.
    pub fn may_repeat(self) -> bool {
        matches!(self, Self::Busy | Self::RolledBack | Self::Unavailable)
    }
}

/// Tells what an answer means, from its status, then the class at the start of `exception`, then
/// `exc_type` (protocol 1.2, 1.3 and 6.4).
///
/// On Frappe 14 `exc_type` is absent from many errors and stale on others, even on answers of success, so
/// it is asked last and never against the status.
pub fn classify(signals: Signals<'_>, kind: RequestKind) -> Class {
    match (signals.status, signals.format) {
        (200..=299, BodyFormat::Json) => Class::Answered,
        (200..=299, BodyFormat::Other) => lost(kind, Class::NotFrappe),
        (300..=399, _) => Class::NotFrappe,
        (429, _) => Class::Busy,
        (status, BodyFormat::Json) => by_site(status, signals, kind),
        (status, BodyFormat::Other) => by_proxy(status, kind),
    }
}

/// Tells the class of an exception: the one that `exception` begins with, else `exc_type`.
///
/// `exception` is the last line of a traceback, so with a message of several lines it begins with any
/// word; only what looks like a class counts.
pub fn exception_class<'a>(exception: &'a str, exc_type: &'a str) -> &'a str {
    let path = exception.split(':').next().unwrap_or_default().trim();
    let is_path = !path.is_empty()
        && path.split('.').all(|part| {
            !part.is_empty()
                && !part.starts_with(|first: char| first.is_ascii_digit())
                && part
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        });
    let name = path.rsplit('.').next().unwrap_or_default();
    let is_class = is_path
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && (path.contains('.') || is_builtin(name));
    if is_class { name } else { exc_type }
}

/// Tells whether a single word is one of Python's own exceptions; people write `Error: ...` themselves.
fn is_builtin(name: &str) -> bool {
    ["Error", "Exception"].iter().any(|suffix| {
        name.strip_suffix(suffix)
            .is_some_and(|start| !start.is_empty())
    })
}

/// The site answered in its own format.
fn by_site(status: u16, signals: Signals<'_>, kind: RequestKind) -> Class {
    let class = exception_class(signals.exception, signals.exc_type);
    match status {
        401 => Class::NotAuthorised,
        403 => Class::NotPermitted,
        404 => Class::NotFound,
        408 => lost(kind, Class::Unavailable),
        // A name that Frappe does not allow, as against one that is taken.
        409 if class == "NameError" => Class::Refused,
        409 => Class::Duplicate,
        417 => match class {
            "TimestampMismatchError" => Class::Stale,
            "UniqueValidationError" | "DuplicateEntryError" => Class::Duplicate,
            _ => Class::Refused,
        },
        500 if gave_up_on_a_lock(class, signals.exception) => Class::RolledBack,
        // The database went away, perhaps in the middle of a commit.
        500 if lost_the_database(signals.exception) => lost(kind, Class::Unavailable),
        500 => Class::Refused,
        503 => Class::Busy,
        508 => Class::RolledBack,
        501..=599 => lost(kind, Class::Unavailable),
        _ => Class::Refused,
    }
}

/// Something on the way answered, or the site's web server without the site.
fn by_proxy(status: u16, kind: RequestKind) -> Class {
    match (status, kind) {
        // Turned down for its form or size, before the site saw it.
        (413, _) => Class::Refused,
        (400 | 401 | 405 | 411 | 414 | 415 | 431, _) => Class::NotFrappe,
        // A cache in front may say so after the site began to work, so a write is not repeated.
        (503, RequestKind::Read) => Class::Busy,
        (408 | 500..=599, _) => lost(kind, Class::Unavailable),
        _ => lost(kind, Class::NotFrappe),
    }
}

/// Nobody can say what became of the request: a read can be asked again, a write must be looked for.
fn lost(kind: RequestKind, read: Class) -> Class {
    match kind {
        RequestKind::Read => read,
        RequestKind::Write => Class::OutcomeUnknown,
    }
}

fn gave_up_on_a_lock(class: &str, exception: &str) -> bool {
    matches!(class, "QueryDeadlockError" | "QueryTimeoutError")
        || is_database_error(exception, &["(1213,", "(1205,"])
}

fn lost_the_database(exception: &str) -> bool {
    is_database_error(exception, &["(2006,", "(2013,"])
}

/// Finds the driver's own errors, which it numbers: `pymysql.err.OperationalError: (1213, '...')`.
fn is_database_error(exception: &str, numbers: &[&str]) -> bool {
    exception.split_once(": ").is_some_and(|(class, rest)| {
        class.ends_with("OperationalError") && numbers.iter().any(|number| rest.starts_with(number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use BodyFormat::{Json, Other};
    use RequestKind::{Read, Write};

    fn class(
        status: u16,
        format: BodyFormat,
        exc_type: &str,
        exception: &str,
        kind: RequestKind,
    ) -> Class {
        let signals = Signals {
            status,
            format,
            exc_type,
            exception,
        };
        classify(signals, kind)
    }

    #[test]
    fn an_answer_in_json_means_what_its_status_and_class_say() {
        let same_for_both = [
            (200, "", "", Class::Answered),
            // 14 leaves the type of an exception that was swallowed (protocol 1.2).
            (202, "DoesNotExistError", "", Class::Answered),
            (302, "", "", Class::NotFrappe),
            (400, "CSRFTokenError", "", Class::Refused),
            (401, "AuthenticationError", "", Class::NotAuthorised),
            (401, "DoesNotExistError", "", Class::NotAuthorised),
            (403, "PermissionError", "", Class::NotPermitted),
            (404, "DoesNotExistError", "", Class::NotFound),
            (404, "", "", Class::NotFound),
            (409, "DuplicateEntryError", "", Class::Duplicate),
            (
                409,
                "",
                "frappe.exceptions.DuplicateEntryError: ('Item', 'A')",
                Class::Duplicate,
            ),
            (409, "", "", Class::Duplicate),
            (409, "NameError", "", Class::Refused),
            (409, "", "frappe.exceptions.NameError: x", Class::Refused),
            (410, "LinkExpired", "", Class::Refused),
            (417, "TimestampMismatchError", "", Class::Stale),
            (
                417,
                "",
                "frappe.exceptions.TimestampMismatchError: x",
                Class::Stale,
            ),
            (417, "UniqueValidationError", "", Class::Duplicate),
            (417, "MandatoryError", "", Class::Refused),
            (
                417,
                "",
                "frappe.exceptions.MandatoryError: [Item, x]: y",
                Class::Refused,
            ),
            (417, "", "", Class::Refused),
            // A stale `exc_type` of 14 does not outweigh the exception.
            (
                417,
                "TimestampMismatchError",
                "frappe.exceptions.LinkValidationError: x",
                Class::Refused,
            ),
            (429, "TooManyRequestsError", "", Class::Busy),
            (500, "QueryDeadlockError", "", Class::RolledBack),
            (
                500,
                "",
                "frappe.exceptions.QueryDeadlockError: (1213, 'x')",
                Class::RolledBack,
            ),
            (500, "QueryTimeoutError", "", Class::RolledBack),
            (
                500,
                "",
                "pymysql.err.OperationalError: (1205, 'Lock wait')",
                Class::RolledBack,
            ),
            (
                500,
                "DataError",
                "pymysql.err.DataError: (1406, 'x')",
                Class::Refused,
            ),
            (500, "SecurityException", "", Class::Refused),
            (500, "TypeError", "TypeError: x", Class::Refused),
            (503, "SessionStopped", "", Class::Busy),
            (503, "InReadOnlyMode", "", Class::Busy),
            (508, "", "", Class::RolledBack),
        ];
        for (status, exc_type, exception, expected) in same_for_both {
            for kind in [Read, Write] {
                let got = class(status, Json, exc_type, exception, kind);
                assert_eq!(got, expected, "{status} {exc_type} {exception} {kind:?}");
            }
        }
    }

    #[test]
    fn a_write_without_a_word_of_the_site_is_unknown_where_a_read_may_try_again() {
        for (status, format, exception, read) in [
            (200, Other, "", Class::NotFrappe),
            (403, Other, "", Class::NotFrappe),
            (404, Other, "", Class::NotFrappe),
            (408, Json, "", Class::Unavailable),
            (408, Other, "", Class::Unavailable),
            (500, Other, "", Class::Unavailable),
            (
                500,
                Json,
                "pymysql.err.OperationalError: (2013, 'Lost connection')",
                Class::Unavailable,
            ),
            (502, Other, "", Class::Unavailable),
            (503, Other, "", Class::Busy),
            (504, Other, "", Class::Unavailable),
            (504, Json, "", Class::Unavailable),
            (524, Other, "", Class::Unavailable),
        ] {
            assert_eq!(class(status, format, "", exception, Read), read, "{status}");
            let write = class(status, format, "", exception, Write);
            assert_eq!(write, Class::OutcomeUnknown, "{status}");
        }
    }

    #[test]
    fn a_proxy_that_turns_a_request_down_for_its_form_did_not_pass_it_on() {
        for kind in [Read, Write] {
            assert_eq!(class(413, Other, "", "", kind), Class::Refused);
            assert_eq!(class(414, Other, "", "", kind), Class::NotFrappe);
            assert_eq!(class(429, Other, "", "", kind), Class::Busy);
            assert_eq!(class(301, Other, "", "", kind), Class::NotFrappe);
        }
    }

    #[test]
    fn only_what_looks_like_a_class_is_taken_for_one() {
        for (exception, expected) in [
            (
                "frappe.exceptions.ValidationError: Row 1: x",
                "ValidationError",
            ),
            (
                "frappe.exceptions.AuthenticationError",
                "AuthenticationError",
            ),
            (
                "erpnext.stock.stock_ledger.NegativeStockError: x",
                "NegativeStockError",
            ),
            ("KeyError: 'x'", "KeyError"),
            ("Row: this is the second line of a message", "Told"),
            ("please see docs.example.com: there", "Told"),
            ("1.2.3: x", "Told"),
            ("Error: No module named 'x'", "Told"),
            ("", "Told"),
        ] {
            assert_eq!(exception_class(exception, "Told"), expected, "{exception}");
        }
    }
}
