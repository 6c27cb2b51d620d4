//! What runs wrote, and what was there before they did.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{DocName, Document, IntentId, MappingName, Pair, PerSide, RunId, Side, SiteTime};

/// The row number of an operation in the state file; a later operation has a greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(pub i64);

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationAction {
    /// It made a document.
    Create,
    /// It changed a document.
    Update,
    /// It submitted a document, with what else changed in it.
    Submit,
    /// It cancelled a document.
    Cancel,
    /// It deleted a document.
    Delete,
    /// It gave a document another name.
    Rename,
    /// It merged a document into another.
    Merge,
}

impl OperationAction {
    /// Returns the word for it, as stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Submit => "submit",
            Self::Cancel => "cancel",
            Self::Delete => "delete",
            Self::Rename => "rename",
            Self::Merge => "merge",
        }
    }
}

/// How far an undo got with an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoStep {
    /// Its write may have left, or may still leave.
    Begun,
    /// It is taken back.
    Done,
}

/// An undo, as an operation remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoMark {
    /// The id of the undo.
    pub by: RunId,
    /// When, by our clock.
    pub at: DateTime<Utc>,
    /// How far it got.
    pub step: UndoStep,
}

/// A write that is known to have arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRecord {
    /// Its row in the state file; `None` before it is stored.
    pub id: Option<OperationId>,
    /// The run that sent it; a later run may have found out that it arrived.
    pub run: RunId,
    /// The mapping.
    pub mapping: MappingName,
    /// The side that was written to.
    pub side: Side,
    /// What it did.
    pub action: OperationAction,
    /// The two documents, by their names after the write; those of a delete by their names before.
    pub names: PerSide<DocName>,
    /// When it was known to have arrived, by our clock.
    pub at: DateTime<Utc>,
    /// The rule behind it, for people.
    pub reason: String,
    /// Its intent, under which its image is kept.
    pub intent: Option<IntentId>,
    /// `modified` of the document that was written, as it was read back; `None` where what was read back was
    /// not provably ours.
    pub modified: Option<SiteTime>,
    /// `creation` of that document.
    pub creation: Option<SiteTime>,
    /// An undo that began on it.
    pub undo: Option<UndoMark>,
}

/// What a write was about to overwrite, on the disk before the write leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeforeImage {
    /// The intent of the write.
    pub intent: IntentId,
    /// When it was kept, by our clock.
    pub at: DateTime<Utc>,
    /// The pair as it was, with its baselines; `None` where the write makes a document.
    pub pair: Option<Pair>,
    /// The mapped values of the document as they were; `None` where the write makes it.
    pub document: Option<Document>,
}
