//! Where a sync stands: the JSON shape of `frappe-sync/status@1`.

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    ConflictRecord, DocName, FieldPath, Intent, IntentKind, MappingName, Parked, ParkedCause,
    RunId, RunOutcome, RunRecord, Side, SyncName,
};
use serde::Serialize;
use serde_json::Value;

/// Where a sync stands, `frappe-sync/status@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StatusReport {
    /// `frappe-sync/status@1`.
    pub(crate) format: &'static str,
    /// The sync.
    pub(crate) sync: SyncName,
    /// The state file's own id.
    pub(crate) state_id: String,
    /// The last run.
    pub(crate) last_run: LastRun,
    /// Each mapping of the configuration.
    pub(crate) mappings: Vec<MappingStatus>,
    /// Documents that could not be applied.
    pub(crate) parked: Vec<ParkedDocument>,
    /// Conflicts that wait for a person.
    pub(crate) conflicts: Vec<OpenConflict>,
    /// Writes whose outcome is not known yet.
    pub(crate) unknown: Vec<UnknownWrite>,
}

/// The last run of a sync.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct LastRun {
    /// Its id.
    pub(crate) run_id: RunId,
    /// When it started.
    pub(crate) started: DateTime<Utc>,
    /// When it ended; none while it runs, or where it was killed.
    pub(crate) finished: Option<DateTime<Utc>>,
    /// How it ended.
    pub(crate) outcome: Option<RunOutcome>,
    /// What it did, as in its report; none where it did not get so far.
    pub(crate) summary: Value,
}

/// Where a mapping stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct MappingStatus {
    /// The mapping.
    pub(crate) mapping: MappingName,
    /// It was read in full at least once.
    pub(crate) complete: bool,
    /// Pairs.
    pub(crate) pairs: u64,
    /// Pairs with an unsettled value.
    pub(crate) open: u64,
    /// Parked documents.
    pub(crate) parked: u64,
    /// Conflicts that wait for a person.
    pub(crate) conflicts: u64,
    /// Writes whose outcome is not known yet.
    pub(crate) unknown: u64,
    /// Documents still to be looked at.
    pub(crate) todo: u64,
}

/// A document that could not be applied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ParkedDocument {
    /// The mapping.
    pub(crate) mapping: MappingName,
    /// The site that the document stands on.
    pub(crate) site: Side,
    /// The document.
    pub(crate) name: DocName,
    /// Why.
    pub(crate) cause: ParkedCause,
    /// What to tell a person.
    pub(crate) message: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// When it was first parked.
    pub(crate) since: DateTime<Utc>,
    /// When it is due again, unless its cause goes away before.
    pub(crate) retry_at: DateTime<Utc>,
}

/// A conflict that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct OpenConflict {
    /// Its number in the state file.
    pub(crate) id: Option<i64>,
    /// The mapping.
    pub(crate) mapping: MappingName,
    /// The document on `a`.
    pub(crate) a_name: DocName,
    /// The document on `b`.
    pub(crate) b_name: DocName,
    /// The value, under the names of `a`.
    pub(crate) path: FieldPath,
}

/// A write whose outcome is not known yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct UnknownWrite {
    /// The mapping.
    pub(crate) mapping: MappingName,
    /// The site that was written to.
    pub(crate) site: Side,
    /// The document that the write came from, on the other site.
    pub(crate) source_name: DocName,
    /// `create`, `update`, `delete` or `rename`.
    pub(crate) action: &'static str,
    /// When it was sent.
    pub(crate) sent: DateTime<Utc>,
}

impl From<RunRecord> for LastRun {
    fn from(run: RunRecord) -> Self {
        Self {
            run_id: run.run,
            started: run.started,
            finished: run.finished,
            outcome: run.outcome,
            summary: run.report.get("summary").cloned().unwrap_or_default(),
        }
    }
}

impl From<Parked> for ParkedDocument {
    fn from(parked: Parked) -> Self {
        Self {
            mapping: parked.mapping,
            site: parked.side,
            name: parked.key.name,
            cause: parked.cause,
            message: parked.message,
            attempts: parked.attempts,
            since: parked.since,
            retry_at: parked.retry_at,
        }
    }
}

impl From<ConflictRecord> for OpenConflict {
    fn from(conflict: ConflictRecord) -> Self {
        Self {
            id: conflict.id,
            mapping: conflict.mapping,
            a_name: conflict.names.a,
            b_name: conflict.names.b,
            path: conflict.path,
        }
    }
}

impl From<Intent> for UnknownWrite {
    fn from(intent: Intent) -> Self {
        Self {
            mapping: intent.mapping,
            site: intent.side,
            source_name: intent.source.name,
            action: match intent.kind {
                IntentKind::Create { .. } => "create",
                IntentKind::Update { .. } => "update",
                IntentKind::Delete { .. } => "delete",
                IntentKind::Rename { .. } => "rename",
            },
            sent: intent.sent_at,
        }
    }
}
