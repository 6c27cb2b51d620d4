//! What frappe-sync does otherwise than event_streaming did.

use serde::Serialize;

/// One difference, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// What kind it is of.
    pub(crate) kind: DifferenceKind,
    /// What says it: a document of event_streaming and its row.
    pub(crate) place: String,
    /// The field on the consumer, if it is about one.
    pub(crate) field: Option<String>,
    /// What is otherwise.
    pub(crate) message: String,
    /// What can be done about it.
    pub(crate) remedy: Option<String>,
    /// The mapping is not used before somebody has decided on it.
    pub(crate) waits: bool,
    /// Where in the mapping file it is told.
    #[serde(skip)]
    pub(super) section: Section,
}

/// Kinds of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DifferenceKind {
    /// A condition that is no filter.
    Condition,
    /// A condition that a method of the producer decides.
    ConditionMethod,
    /// Documents that arrived under names of their own.
    OwnNames,
    /// A name that the consumer hands out is not kept.
    NamesNotKept,
    /// The first run looks at all documents.
    FirstRun,
    /// Linked documents are not made along.
    LinkedDocuments,
    /// A document that was looked for by other fields than its name.
    DependencyByFilter,
    /// All documents of a DocType travel, not only those that others depend on.
    Dependency,
    /// A field that every document has, which does not travel.
    StandardField,
    /// A field that is given a value twice.
    FieldTwice,
    /// Something that event_streaming itself takes no notice of.
    WithoutEffect,
    /// A DocType that is paired with two others.
    DoctypeTwice,
    /// The mapping is of another DocType than the row.
    OtherDoctype,
    /// What this site gives to others.
    OtherDirection,
    /// A field that event_streaming does not have.
    UnknownField,
}

/// The part of a mapping file that a difference belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Section {
    #[default]
    Head,
    Identity,
    Filters,
    Fields,
    Table(String),
}

impl Difference {
    pub(super) fn new(
        kind: DifferenceKind,
        place: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            place: place.into(),
            field: None,
            message: message.into(),
            remedy: None,
            waits: false,
            section: Section::Head,
        }
    }

    pub(super) fn of(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(super) fn waiting(mut self) -> Self {
        self.waits = true;
        self
    }

    pub(super) fn within(mut self, section: Section) -> Self {
        self.section = section;
        self
    }
}
