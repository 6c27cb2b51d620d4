//! Where a sync stands: the JSON shape of `frappe-sync/status@1`.

use chrono::{DateTime, Utc};
use frappe_sync_engine::Hold;
use frappe_sync_model::{
    ConflictRecord, DocName, FieldPath, Intent, IntentKind, MappingName, Parked, ParkedCause,
    PerSide, RunId, RunOutcome, RunRecord, Side, SiteTime, SyncName,
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
    /// The last run that brought both sides together; none where none did, as far as is remembered.
    pub(crate) last_success: Option<LastRun>,
    /// How far the sites are behind each other.
    pub(crate) lag: Lag,
    /// What holds the sync, where a run was undone.
    pub(crate) hold: Option<Hold>,
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

/// How far the sites are behind each other, as far as the state tells: what was saved since the last run is not
/// known to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Lag {
    /// Documents still to be looked at, of all mappings.
    pub(crate) queued: u64,
    /// When the oldest change that is not carried over was saved.
    pub(crate) oldest_change: Option<DateTime<Utc>>,
    /// Seconds since then; none where nothing waits.
    pub(crate) behind_seconds: Option<f64>,
    /// Seconds since the last run that brought both sides together began: what was saved before is carried over.
    pub(crate) since_success_seconds: Option<f64>,
}

/// How far a side of a mapping was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ReadUpTo {
    /// The last `modified` that was read, in the site's time.
    pub(crate) modified: SiteTime,
    /// The site's zone then.
    pub(crate) time_zone: String,
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
    /// How far each side was read; none before it was read in full.
    pub(crate) cursors: PerSide<Option<ReadUpTo>>,
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
