//! What a run and a plan tell: the JSON shapes of `frappe-sync/run@1` and `plan@1`.

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    DocName, DocType, FieldPath, MappingName, ParkedCause, PerSide, RequestCounts, RunId,
    RunOutcome, Side, SiteTime, SyncName,
};
use frappe_sync_planner::GuardHit;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::applied::Prediction;

use crate::graph::MappingGraph;

/// How many documents had what done to them, or would have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Documents made.
    pub create: u64,
    /// Documents changed; one that is written on both sides counts twice.
    pub update: u64,
    /// Documents submitted.
    pub submit: u64,
    /// Documents cancelled.
    pub cancel: u64,
    /// Documents deleted.
    pub delete: u64,
    /// Documents renamed.
    pub rename: u64,
    /// Documents found on both sides and paired, without a write.
    pub link: u64,
    /// Pairs that were looked at and needed nothing.
    pub unchanged: u64,
    /// Values that both sides changed.
    pub conflict: u64,
    /// Documents that could not be applied.
    pub parked: u64,
}

impl Summary {
    /// Returns how many writes these are.
    pub fn writes(&self) -> u64 {
        self.create + self.update + self.submit + self.cancel + self.delete + self.rename
    }
}

/// The report of one run, `frappe-sync/run@1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// `frappe-sync/run@1`.
    pub format: String,
    /// The run.
    pub run_id: RunId,
    /// The sync.
    pub sync: SyncName,
    /// When it started.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub finished: DateTime<Utc>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What it did.
    pub summary: Summary,
    /// Writes that are known to have arrived.
    pub applied: u64,
    /// Writes by the side they went to.
    pub applied_to: PerSide<u64>,
    /// Requests that it made.
    pub requests: PerSide<RequestCounts>,
    /// The guard that stopped it or one of its mappings.
    pub guard: Option<GuardReport>,
    /// Documents that are parked now.
    pub parked: Vec<ParkedReport>,
    /// Conflicts that this run found.
    pub conflicts: Vec<ConflictReport>,
    /// Values that a site would not take.
    pub refused: Vec<RefusedReport>,
    /// Writes whose outcome is not known yet.
    pub unknown: Vec<UnknownReport>,
    /// What else a person should know: drift, vanished documents, fields that cannot be seen.
    pub notes: Vec<NoteReport>,
    /// How much of the plan came out as planned; none of a run, whose plan is its own decision.
    #[serde(default)]
    pub prediction: Option<Prediction>,
}

/// A guard that stopped something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardReport {
    /// Its name, such as `max_changes`.
    pub name: String,
    /// What it allows.
    pub limit: String,
    /// What it saw.
    pub seen: String,
    /// The mapping that it stopped; none where it stopped the sync.
    pub mapping: Option<String>,
    /// What happened, for people.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl GuardReport {
    /// Tells of a guard that stopped a mapping.
    pub(crate) fn of(hit: GuardHit, mapping: &MappingName) -> Self {
        Self {
            name: hit.name.to_owned(),
            limit: hit.limit,
            seen: hit.seen,
            mapping: Some(mapping.to_string()),
            message: hit.message,
            remedy: hit.remedy,
        }
    }
}

/// A parked document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedReport {
    /// The side that it stands on.
    pub site: Side,
    /// Its DocType there.
    pub doctype: DocType,
    /// Its name there.
    pub name: DocName,
    /// Why.
    pub cause: ParkedCause,
    /// What to tell a person.
    pub message: String,
}

/// A value that both sides changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictReport {
    /// Number in the state file, once stored and where it waits for a person.
    pub id: Option<i64>,
    /// DocType on `a`.
    pub doctype: DocType,
    /// Name on `a`.
    pub a_name: DocName,
    /// Name on `b`.
    pub b_name: DocName,
    /// The values, under the names of `a`.
    pub fields: Vec<FieldPath>,
    /// The side that won; none where it waits for a person.
    pub winner: Option<Side>,
    /// The rule that decided.
    pub reason: String,
}

/// A value that was written and reads back as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedReport {
    /// The side that would not take it.
    pub site: Side,
    /// DocType there.
    pub doctype: DocType,
    /// Name there.
    pub name: DocName,
    /// The value.
    pub path: FieldPath,
}

/// A write whose outcome is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownReport {
    /// The side that was written to.
    pub site: Side,
    /// DocType of the document on the other side that it came from.
    pub doctype: DocType,
    /// Name of that document.
    pub source_name: DocName,
    /// `create` or `update`.
    pub action: String,
    /// When it was sent.
    pub sent: DateTime<Utc>,
}

/// Something that is neither a failure nor a change, but should be known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NoteReport {
    /// What kind: `drift`, `vanished`, `unseen_field`, `only_here`, `renamed`, `cancelled_skipped`, `series_raised`,
    /// `import_under_way`, `name_not_kept`.
    pub kind: String,
    /// The side that it is about.
    pub site: Side,
    /// DocType there.
    pub doctype: DocType,
    /// Document there, where it is about one.
    pub name: Option<DocName>,
    /// For people.
    pub message: String,
}

/// What an operation of a plan does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Makes a document.
    Create,
    /// Changes a document.
    Update,
    /// Submits a document, with what else changes in it.
    Submit,
    /// Cancels a document.
    Cancel,
    /// Deletes a document.
    Delete,
    /// Renames a document, or merges it into another.
    Rename,
}

/// One value that an operation changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// Where, under the names of the site that is written to.
    pub path: FieldPath,
    /// What is there now.
    pub from: Value,
    /// What will be there. A link to a document that the plan will make is `{"op": id}`.
    pub to: Value,
    /// The row that it is about; none for a field of the document itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<PlannedRow>,
    /// What the other site calls that which `to` links to, where it has another name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_name: Option<Value>,
    /// The rule that decided, where both sides had changed the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

impl PlannedChange {
    /// Makes a change of the document itself that no rule had to decide.
    pub fn new(path: FieldPath, from: Value, to: Value) -> Self {
        Self {
            path,
            from,
            to,
            row: None,
            other_name: None,
            rule: None,
        }
    }
}

/// A row of a child table, as people find it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedRow {
    /// Its number, from 1: of a new row where it will be, of the others where it is.
    pub number: u64,
    /// The values that tell it from other rows: those of the mapping's key, else its first link or text.
    pub key: Vec<Value>,
    /// What becomes of it.
    pub fate: RowFate,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowFate {
    /// It is made.
    New,
    /// It stays, with other values.
    Changed,
    /// It is taken out.
    Removed,
}

/// The document on the other side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterpartReport {
    /// Its DocType.
    pub doctype: DocType,
    /// Its name.
    pub name: DocName,
}

/// The states that an operation was decided on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseReport {
    /// `modified` on `a`, in that site's time.
    pub a_modified: Option<SiteTime>,
    /// `modified` on `b`, in that site's time.
    pub b_modified: Option<SiteTime>,
}

/// One operation of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Its number in the plan, from 1.
    pub id: u64,
    /// The site that is written to.
    pub site: Side,
    /// DocType there.
    pub doctype: DocType,
    /// Name there; none where the site will give it.
    pub name: Option<DocName>,
    /// The document that it comes from.
    pub counterpart: Option<CounterpartReport>,
    /// What it does.
    pub action: Action,
    /// What it was decided on.
    pub base: BaseReport,
    /// What it changes.
    pub changes: Vec<PlannedChange>,
    /// Operations that must come first.
    pub after: Vec<u64>,
    /// The rule behind it.
    pub reason: String,
}

/// A dry run, `frappe-sync/plan@1`. `O` holds its operations: a list, or [`crate::PackedOperations`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanReport<O = Vec<Operation>> {
    /// `frappe-sync/plan@1`.
    pub format: String,
    /// The sync.
    pub sync: SyncName,
    /// Fingerprint of the operations: equal plans have equal ids.
    pub plan_id: String,
    /// The state file that it was decided with.
    pub state_id: String,
    /// Fingerprint of the mappings.
    pub mapping_hash: String,
    /// Version of frappe-sync.
    pub engine: String,
    /// Address of each site.
    pub sites: PerSide<String>,
    /// What it would do.
    pub summary: Summary,
    /// Writes by the side they would go to.
    pub writes_to: PerSide<u64>,
    /// The guard that would stop a run, or one of its mappings.
    pub guard: Option<GuardReport>,
    /// The operations, in the order in which they would be done.
    pub operations: O,
    /// Conflicts.
    pub conflicts: Vec<ConflictReport>,
    /// Documents that could not be applied.
    pub parked: Vec<ParkedReport>,
    /// What else a person should know.
    pub notes: Vec<NoteReport>,
    /// Which mapping links to which, and the order of work.
    #[serde(default)]
    pub graph: MappingGraph,
}
