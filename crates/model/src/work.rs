//! Work in the state file: what is still to be looked at, under way, parked, in conflict, or done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Baseline, DocKey, DocName, DocType, FieldPath, MappingName, OperationId, OperationRecord, Pair,
    PairId, PerSide, RunId, Side, SiteTime, UndoMark,
};

/// Why a document is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TodoReason {
    /// A poll or sweep showed it with a `modified` that was not compared yet.
    Seen,
    /// Its pair has an unsettled value.
    OpenPair,
    /// It was parked and is due again.
    ParkedDue,
    /// A value in it waited for another document.
    Deferred,
    /// It is paired and was not where it was: deleted, renamed, merged, or hidden from us.
    Vanished,
}

/// A document that is to be looked at: an entry of the durable queue that a cursor may pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Todo {
    /// The document.
    pub key: DocKey,
    /// Why.
    pub reason: TodoReason,
}

/// The row number of an intent in the state file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentId(pub i64);

/// What a write wants to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentKind {
    /// Make a document.
    Create {
        /// The name it will have, where that is certain beforehand.
        expected_name: Option<DocName>,
        /// Its place among the creates that went out in one request.
        place: u32,
        /// Tells the creates of one request from those of another.
        chunk: String,
    },
    /// Change a paired document.
    Update {
        /// The pair.
        pair: PairId,
        /// Its name on the target.
        name: DocName,
        /// The `modified` that the decision was based on.
        base: SiteTime,
    },
    /// Delete a paired document, because its counterpart is gone.
    Delete {
        /// The pair.
        pair: PairId,
        /// Its name on the target.
        name: DocName,
        /// The `modified` that the decision was based on; a delete cannot carry it (protocol 6.1).
        base: Option<SiteTime>,
    },
    /// Give a paired document another name, or merge it into another document.
    Rename {
        /// The pair.
        pair: PairId,
        /// Its name on the target before.
        from: DocName,
        /// Its name on the target afterwards, or the document that it is merged into.
        to: DocName,
        /// Merge it into a document that exists.
        merge: bool,
    },
}

/// The durable record of a write, committed before the request leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Its row in the state file; `None` before it is stored.
    pub id: Option<IntentId>,
    /// The run that wrote it.
    pub run: RunId,
    /// The mapping.
    pub mapping: MappingName,
    /// The side that is written to.
    pub side: Side,
    /// The document on the other side that the write comes from.
    pub source: DocKey,
    /// What the write wants.
    pub kind: IntentKind,
    /// For every value sent: what the source holds (its own fingerprint), and what was sent (the
    /// target's). Rows made by a create have an empty name on the target.
    pub sent: Baseline,
    /// When it was stored, by our clock.
    pub sent_at: DateTime<Utc>,
    /// The target's local time then: nothing that it made can have been made before.
    pub site_time: SiteTime,
}

/// Why a document could not be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ParkedCause {
    /// The site refused it, with an error of this type.
    Refused {
        /// Frappe's `exc_type`.
        exc_type: String,
    },
    /// It links to a document that has no counterpart.
    MissingTarget {
        /// The link field.
        field: String,
        /// DocType of the missing document, on the source.
        doctype: DocType,
        /// Its name on the source.
        name: DocName,
    },
    /// The user may not write it.
    NotPermitted,
    /// It is part of a cycle of links that must be set.
    MandatoryCycle,
    /// Several documents of the other side fit its identity.
    AmbiguousIdentity,
    /// Another document took its counterpart's place or name.
    Collision,
    /// It is submitted or cancelled, or its `docstatus` differs from its counterpart's.
    Docstatus,
    /// Its counterpart is not there any more, and deletes are not carried over.
    CounterpartGone,
    /// Both sites amended its predecessor on their own.
    IndependentAmendments,
    /// It changed again and again while it was being decided.
    KeepsChanging,
    /// Something that the mapping says cannot be done to it.
    Mapping,
}

/// A document that could not be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The mapping.
    pub mapping: MappingName,
    /// The side that the document stands on.
    pub side: Side,
    /// The document.
    pub key: DocKey,
    /// Why.
    pub cause: ParkedCause,
    /// What to tell a person, in the site's own words where it gave any.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was first parked.
    pub since: DateTime<Utc>,
    /// When it is due again, unless its cause goes away before.
    pub retry_at: DateTime<Utc>,
}

/// Where a conflict stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictState {
    /// It waits for a person.
    Open,
    /// The mapping's policy decided for this side; the other side's value is in the journal.
    Decided(Side),
}

/// Both sides changed the same value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictRecord {
    /// Its row in the state file; `None` before it is stored.
    pub id: Option<i64>,
    /// The run that found it.
    pub run: RunId,
    /// The mapping.
    pub mapping: MappingName,
    /// The document on each side.
    pub names: PerSide<DocName>,
    /// The value, under the names of side `a`.
    pub path: FieldPath,
    /// Where it stands.
    pub state: ConflictState,
    /// When each side was saved, in its own time.
    pub modified: PerSide<Option<SiteTime>>,
    /// Who saved each side last.
    pub users: PerSide<String>,
}

/// A value that a decision overwrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The run.
    pub run: RunId,
    /// When, by our clock.
    pub at: DateTime<Utc>,
    /// The side that lost its value.
    pub side: Side,
    /// DocType on that side.
    pub doctype: DocType,
    /// Document on that side.
    pub name: DocName,
    /// Where in the document, under that side's names.
    pub path: FieldPath,
    /// What was there.
    pub lost: Value,
    /// What was put in its place.
    pub kept: Value,
    /// Why, such as `newest: b was saved later`.
    pub reason: String,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunOutcome {
    /// Both sides agree under the mapping.
    Converged,
    /// Something is parked, unknown, or in conflict.
    Partial,
    /// A guard stopped it.
    Stopped,
    /// It failed.
    Failed,
}

/// One run, as `history` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its id.
    pub run: RunId,
    /// When it started, by our clock.
    pub started: DateTime<Utc>,
    /// When it ended; `None` while it runs, or where it was killed.
    pub finished: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Option<RunOutcome>,
    /// Its report, in the form `frappe-sync/run@1`.
    pub report: Value,
}

/// Everything that one step of a run settles, committed in one transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Pairs to store or replace, with their baselines. A tombstone that claims a name of one of them is forgotten.
    pub pairs: Vec<Pair>,
    /// Pairs to forget: both documents are gone. Todos, parked entries and open conflicts of their names go with
    /// them.
    pub forget: Vec<PairId>,
    /// Todos that are dealt with: mapping, side and name.
    pub done: Vec<(MappingName, Side, DocName)>,
    /// Documents to look at again.
    pub again: Vec<(MappingName, Side, Todo)>,
    /// Documents to park; an older entry of the same document is replaced, its first time kept.
    pub park: Vec<Parked>,
    /// Documents that are parked no longer.
    pub unpark: Vec<(MappingName, Side, DocName)>,
    /// Conflicts found; an open one of the same value is replaced.
    pub conflicts: Vec<ConflictRecord>,
    /// Values whose conflict is over: mapping, name on `a`, path.
    pub conflicts_over: Vec<(MappingName, DocName, FieldPath)>,
    /// Intents that are resolved.
    pub intents_done: Vec<IntentId>,
    /// Values that a decision overwrote; they go to the journal before the rest is committed.
    pub journal: Vec<JournalEntry>,
    /// Writes that are now known to have arrived, for the log of operations.
    pub operations: Vec<OperationRecord>,
    /// Operations that an undo has taken back.
    pub undone: Vec<(OperationId, UndoMark)>,
}
