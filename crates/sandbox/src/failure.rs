//! What goes wrong inside a request, with the status and the class that Frappe gives it (protocol 1.3).

use std::borrow::Cow;

use crate::schema::StoreError;

/// A class of exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Validation,
    Permission,
    Authentication,
    InvalidAuthorizationToken,
    CsrfToken,
    Security,
    DoesNotExist,
    PageDoesNotExist,
    Name,
    DuplicateEntry,
    TimestampMismatch,
    Mandatory,
    LinkValidation,
    CancelledLink,
    LinkExists,
    UpdateAfterSubmit,
    CannotChangeConstant,
    DocstatusTransition,
    UniqueValidation,
    CharacterLengthExceeded,
    NonNegative,
    InvalidEmailAddress,
    InvalidUuid,
    UniqueFieldname,
    DoctypeLink,
    WrongOptionsDoctypeLink,
    CannotCreateStandardDoctype,
    Data,
    NestedSetRecursion,
    NestedSetChildExists,
    NestedSetInvalidMerge,
    DocumentAlreadyRestored,
    MaxFileSizeReached,
    FileNotFound,
    FileExists,
    Operational,
    DriverData,
    Programming,
    Type,
    Key,
    Attribute,
    JsonDecode,
}

impl Kind {
    /// Status, class and module.
    fn facts(self) -> (u16, &'static str, &'static str) {
        const FRAPPE: &str = "frappe.exceptions.";
        const DRIVER: &str = "pymysql.err.";
        const NESTED_SET: &str = "frappe.utils.nestedset.";
        match self {
            Self::Validation => (417, "ValidationError", FRAPPE),
            Self::Permission => (403, "PermissionError", FRAPPE),
            Self::Authentication => (401, "AuthenticationError", FRAPPE),
            Self::InvalidAuthorizationToken => (400, "InvalidAuthorizationToken", FRAPPE),
            Self::CsrfToken => (400, "CSRFTokenError", FRAPPE),
            Self::Security => (500, "SecurityException", FRAPPE),
            Self::DoesNotExist => (404, "DoesNotExistError", FRAPPE),
            Self::PageDoesNotExist => (404, "PageDoesNotExistError", FRAPPE),
            Self::Name => (409, "NameError", FRAPPE),
            Self::DuplicateEntry => (409, "DuplicateEntryError", FRAPPE),
            Self::TimestampMismatch => (417, "TimestampMismatchError", FRAPPE),
            Self::Mandatory => (417, "MandatoryError", FRAPPE),
            Self::LinkValidation => (417, "LinkValidationError", FRAPPE),
            Self::CancelledLink => (417, "CancelledLinkError", FRAPPE),
            Self::DocumentAlreadyRestored => (417, "DocumentAlreadyRestored", FRAPPE),
            Self::LinkExists => (417, "LinkExistsError", FRAPPE),
            Self::UpdateAfterSubmit => (417, "UpdateAfterSubmitError", FRAPPE),
            Self::CannotChangeConstant => (417, "CannotChangeConstantError", FRAPPE),
            Self::DocstatusTransition => (417, "DocstatusTransitionError", FRAPPE),
            Self::UniqueValidation => (417, "UniqueValidationError", FRAPPE),
            Self::CharacterLengthExceeded => (417, "CharacterLengthExceededError", FRAPPE),
            Self::NonNegative => (417, "NonNegativeError", FRAPPE),
            Self::InvalidEmailAddress => (417, "InvalidEmailAddressError", FRAPPE),
            Self::InvalidUuid => (417, "InvalidUUIDValue", FRAPPE),
            Self::UniqueFieldname => (
                417,
                "UniqueFieldnameError",
                "frappe.core.doctype.doctype.doctype.",
            ),
            Self::DoctypeLink => (
                417,
                "DoctypeLinkError",
                "frappe.core.doctype.doctype.doctype.",
            ),
            Self::WrongOptionsDoctypeLink => (
                417,
                "WrongOptionsDoctypeLinkError",
                "frappe.core.doctype.doctype.doctype.",
            ),
            Self::CannotCreateStandardDoctype => (
                417,
                "CannotCreateStandardDoctypeError",
                "frappe.core.doctype.doctype.doctype.",
            ),
            Self::Data => (417, "DataError", FRAPPE),
            Self::NestedSetRecursion => (417, "NestedSetRecursionError", NESTED_SET),
            Self::NestedSetChildExists => (417, "NestedSetChildExistsError", NESTED_SET),
            Self::NestedSetInvalidMerge => (417, "NestedSetInvalidMergeError", NESTED_SET),
            Self::MaxFileSizeReached => (
                417,
                "MaxFileSizeReachedError",
                "frappe.core.doctype.file.exceptions.",
            ),
            Self::FileNotFound => (500, "FileNotFoundError", ""),
            Self::FileExists => (500, "FileExistsError", ""),
            Self::Operational => (500, "OperationalError", DRIVER),
            Self::DriverData => (500, "DataError", DRIVER),
            Self::Programming => (500, "ProgrammingError", DRIVER),
            Self::Type => (500, "TypeError", ""),
            Self::Key => (500, "KeyError", ""),
            Self::Attribute => (500, "AttributeError", ""),
            Self::JsonDecode => (500, "JSONDecodeError", "json.decoder."),
        }
    }
}

/// An exception on its way to the client.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{class}: {message}")]
pub(crate) struct Failure {
    /// The HTTP status.
    pub(crate) status: u16,
    /// `exc_type`.
    pub(crate) class: Cow<'static, str>,
    /// Module of the class with a dot, as it stands before the class in `exception`.
    pub(crate) module: &'static str,
    /// The text.
    pub(crate) message: String,
    /// Whether it was shown to the user as well. On Frappe 14 only then there is an `exc_type` (protocol 1.2).
    pub(crate) shown: bool,
}

impl Failure {
    /// An exception that is raised together with a message to the user (`frappe.throw`).
    pub(crate) fn shown(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            shown: true,
            ..Self::bare(kind, message)
        }
    }

    /// An exception raised without a message to the user.
    pub(crate) fn bare(kind: Kind, message: impl Into<String>) -> Self {
        let (status, class, module) = kind.facts();
        Self {
            status,
            class: Cow::Borrowed(class),
            module,
            message: message.into(),
            shown: false,
        }
    }

    /// `frappe.throw` of a plain ValidationError.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::shown(Kind::Validation, message)
    }

    /// A document that is not there.
    pub(crate) fn missing(doctype: &str, name: &str) -> Self {
        Self::shown(Kind::DoesNotExist, format!("{doctype} {name} not found"))
    }

    /// A DocType that is not there.
    pub(crate) fn missing_doctype(doctype: &str) -> Self {
        Self::shown(Kind::DoesNotExist, format!("DocType {doctype} not found"))
    }

    /// A right that the user has not.
    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::bare(Kind::Permission, message)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Incorrect { .. } => Kind::Operational,
            StoreError::TooLong { .. } | StoreError::OutOfRange { .. } => Kind::DriverData,
            StoreError::NotScalar => Kind::Type,
        };
        Self::bare(kind, error.to_string())
    }
}

/// The result of a step of a request.
pub(crate) type Attempt<T> = Result<T, Failure>;
