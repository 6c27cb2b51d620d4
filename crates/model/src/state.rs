//! The boundary to the durable memory of one sync.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Batch, BeforeImage, ConflictRecord, Cursor, DocName, FingerprintKey, Intent, IntentId,
    JournalEntry, MappingName, OperationId, OperationRecord, Pair, PairId, PairSide, Parked,
    RunRecord, Side, SiteTime, Todo, TodoReason, UndoMark,
};

/// A failure of the state file.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StateError {
    /// What happened and where.
    pub message: String,
    /// The cause underneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What is remembered of a mapping itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappingState {
    /// The mapping's effective form when it was last read in full.
    pub effective: Value,
    /// Fingerprint of both sites' schema then, so that parked documents are tried again when it changes.
    pub schema: String,
    /// Both sides were read in full once under that form.
    pub complete: bool,
}

/// A document's counterpart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// The pair.
    pub pair: PairId,
    /// The name that was asked for.
    pub name: DocName,
    /// The name on the other side.
    pub other: DocName,
    /// `modified` of the asked side when the pair was last compared.
    pub modified: Option<SiteTime>,
    /// `creation` of the asked side.
    pub creation: Option<SiteTime>,
    /// `owner` of the asked side.
    pub owner: String,
    /// The pair has an unsettled value.
    pub open: bool,
    /// The side whose document was deleted while the other stays.
    pub gone: Option<Side>,
}

/// How much of a mapping stands where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingCounts {
    /// Pairs, tombstones left out.
    pub pairs: u64,
    /// Pairs of which one document was deleted and the other stays.
    pub tombstones: u64,
    /// Pairs with an unsettled value.
    pub open: u64,
    /// Parked documents.
    pub parked: u64,
    /// Conflicts that wait for a person.
    pub conflicts: u64,
    /// Documents still to be looked at.
    pub todo: u64,
    /// Writes whose outcome is not known yet.
    pub intents: u64,
}

/// The durable memory of one sync.
///
/// Every method that writes is one transaction that is on the disk when it returns
/// (`synchronous=FULL`). Names are compared byte by byte, as the site spelled them. Methods block for the
/// time of a local disk write; one caller at a time.
pub trait StateStore {
    /// Returns the secret under which this file's fingerprints are made.
    fn fingerprint_key(&self) -> FingerprintKey;

    /// Returns the id of this state file, made when it was.
    fn state_id(&self) -> String;

    /// Returns a note that an earlier run left under `key`, such as a site's metadata with its stamp.
    fn note(&self, key: &str) -> Result<Option<Value>, StateError>;

    /// Leaves a note for later runs; an older one under the same key is replaced.
    fn put_note(&self, key: &str, note: &Value) -> Result<(), StateError>;

    /// Returns what is remembered of a mapping; `None` before its first run.
    fn mapping(&self, mapping: &MappingName) -> Result<Option<MappingState>, StateError>;

    /// Remembers a mapping.
    fn put_mapping(&self, mapping: &MappingName, state: &MappingState) -> Result<(), StateError>;

    /// Returns where reading a side stands; `None` before it was read in full.
    fn cursor(&self, mapping: &MappingName, side: Side) -> Result<Option<Cursor>, StateError>;

    /// Queues documents to look at and moves the cursor, in one transaction. A todo of a document that
    /// is queued already is replaced by the newer key.
    fn stage(
        &self,
        mapping: &MappingName,
        side: Side,
        todos: &[Todo],
        cursor: Option<&Cursor>,
    ) -> Result<(), StateError>;

    /// Forgets where reading stands, so that the next poll reads the side in full.
    fn drop_cursors(&self, mapping: &MappingName) -> Result<(), StateError>;

    /// Returns up to `limit` queued documents of one side, trees by `lft`, others by `creation`, then
    /// name; `skip` passes over the first so many that are still queued.
    fn todos(
        &self,
        mapping: &MappingName,
        side: Side,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<Todo>, StateError>;

    /// Returns which of these names are queued on a side.
    fn queued(
        &self,
        mapping: &MappingName,
        side: Side,
        names: &[DocName],
    ) -> Result<Vec<Todo>, StateError>;

    /// Returns up to `limit` queued documents of one side that are queued for `reason`, by name; `after`
    /// passes over names up to and including that one.
    fn todos_for(
        &self,
        mapping: &MappingName,
        side: Side,
        reason: TodoReason,
        after: Option<&DocName>,
        limit: usize,
    ) -> Result<Vec<Todo>, StateError>;

    /// Returns how many documents of a side are paired, and queued because they may have changed, and how
    /// many pairs there are. Tombstones, and documents queued as [`Vanished`](TodoReason::Vanished), are not
    /// counted among the changed.
    fn changed_pairs(&self, mapping: &MappingName, side: Side) -> Result<(u64, u64), StateError>;

    /// Returns the pairs of these names on a side, with baselines.
    fn pairs(
        &self,
        mapping: &MappingName,
        side: Side,
        names: &[DocName],
    ) -> Result<Vec<Pair>, StateError>;

    /// Returns up to `limit` pairs after `after`, with baselines, by their row.
    fn pairs_after(
        &self,
        mapping: &MappingName,
        after: Option<PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StateError>;

    /// Returns up to `limit` pairs after `after` by their row, as seen from a side; tombstones too.
    fn counterparts_after(
        &self,
        mapping: &MappingName,
        side: Side,
        after: Option<PairId>,
        limit: usize,
    ) -> Result<Vec<Counterpart>, StateError>;

    /// Returns the up to `limit` documents of a side with the greatest `modified` of all pairs of all
    /// mappings, latest first: those that a site cannot have forgotten. Tombstones are left out.
    fn last_settled(
        &self,
        side: Side,
        limit: usize,
    ) -> Result<Vec<(MappingName, PairSide)>, StateError>;

    /// Returns the counterparts of these names of a side.
    fn counterparts(
        &self,
        mapping: &MappingName,
        side: Side,
        names: &[DocName],
    ) -> Result<Vec<Counterpart>, StateError>;

    /// Returns the pairs whose document on a side was made at one of these moments.
    fn counterparts_by_creation(
        &self,
        mapping: &MappingName,
        side: Side,
        creations: &[SiteTime],
    ) -> Result<Vec<Counterpart>, StateError>;

    /// Returns the greatest `modified` of all pairs on a side.
    fn latest_modified(
        &self,
        mapping: &MappingName,
        side: Side,
    ) -> Result<Option<SiteTime>, StateError>;

    /// Queues every open pair on side `a` (reason `OpenPair`), and every parked document that is due at
    /// `now` or, with `all_parked`, all of them. Returns how many were queued.
    fn requeue(
        &self,
        mapping: &MappingName,
        now: DateTime<Utc>,
        all_parked: bool,
    ) -> Result<u64, StateError>;

    /// Stores intents and returns their ids in the same order.
    fn begin(&self, intents: &[Intent]) -> Result<Vec<IntentId>, StateError>;

    /// Returns the intents that are not resolved, oldest first.
    fn open_intents(&self) -> Result<Vec<Intent>, StateError>;

    /// Commits what a step settled, all or nothing; its journal entries are written first.
    fn commit(&self, batch: &Batch) -> Result<(), StateError>;

    /// Returns parked documents, all mappings if none is named.
    fn parked(&self, mapping: Option<&MappingName>) -> Result<Vec<Parked>, StateError>;

    /// Returns the conflicts that wait for a person.
    fn open_conflicts(&self) -> Result<Vec<ConflictRecord>, StateError>;

    /// Returns a conflict, open or decided; `None` where there is none of this id.
    fn conflict(&self, id: i64) -> Result<Option<ConflictRecord>, StateError>;

    /// Returns the counts of a mapping.
    fn counts(&self, mapping: &MappingName) -> Result<MappingCounts, StateError>;

    /// Remembers a run, as started or, of the same id, as ended.
    fn put_run(&self, record: &RunRecord) -> Result<(), StateError>;

    /// Returns the last runs, newest first.
    fn runs(&self, limit: usize) -> Result<Vec<RunRecord>, StateError>;

    /// Returns the journal entries of a run, oldest first.
    fn journal(&self, run: &str) -> Result<Vec<JournalEntry>, StateError>;

    /// Keeps what writes are about to overwrite. Their intents are stored already, and their requests leave
    /// when this has returned.
    fn keep(&self, mapping: &MappingName, images: &[BeforeImage]) -> Result<(), StateError>;

    /// Returns what was kept for a write; `None` where nothing was, or not any more.
    fn image(&self, intent: IntentId) -> Result<Option<BeforeImage>, StateError>;

    /// Returns the operations of a run, oldest first.
    fn operations(&self, run: &str) -> Result<Vec<OperationRecord>, StateError>;

    /// Returns up to `limit` operations of the document called `name` on a side, the last ones first.
    fn operations_of(
        &self,
        mapping: &MappingName,
        side: Side,
        name: &DocName,
        limit: usize,
    ) -> Result<Vec<OperationRecord>, StateError>;

    /// Marks operations as being taken back, before the requests that do so leave.
    fn begin_undo(&self, operations: &[OperationId], mark: &UndoMark) -> Result<(), StateError>;
}
