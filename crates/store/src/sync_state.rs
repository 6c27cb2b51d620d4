//! One sync's part of a state file.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    Batch, BeforeImage, ConflictRecord, Counterpart, Cursor, DocName, FingerprintKey, Intent,
    IntentId, JournalEntry, MappingCounts, MappingName, MappingState, OperationId, OperationRecord,
    Pair, PairId, PairSide, Parked, RunRecord, Side, SiteTime, StateError, StateStore, SyncName,
    Todo, TodoReason, UndoMark,
};
use rusqlite::Connection;
use serde_json::Value;

use crate::commit;
use crate::error::Failure;
use crate::journal;
use crate::names::MappingRow;
use crate::session::Session;
use crate::shared::Shared;
use crate::tables::{
    conflicts, counterparts, counts, cursors, images, intents, latest, mappings, notes, operations,
    pairs, parked, runs, todos,
};

/// The durable memory of one sync.
///
/// A handle: clones share the connection of their [`StateFile`](crate::StateFile). Of a mapping that
/// nothing was stored for, everything is empty. A name that is asked for twice is answered once; answers
/// come in the order of the question.
#[derive(Clone)]
pub struct SyncState {
    shared: Arc<Shared>,
    sync: SyncName,
}

impl SyncState {
    pub(crate) fn new(shared: Arc<Shared>, sync: SyncName) -> Self {
        Self { shared, sync }
    }

    /// Returns the name of the sync.
    pub fn name(&self) -> &SyncName {
        &self.sync
    }

    /// Returns the mappings that something is stored for, in the order in which they were first met.
    pub fn mappings(&self) -> Result<Vec<MappingName>, StateError> {
        self.read("read the names of the mappings", |session| {
            let mappings = mappings::all(session)?;
            Ok(mappings.into_iter().map(|(_, name)| name).collect())
        })
    }

    pub(crate) fn read<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, Failure>,
    ) -> Result<T, StateError> {
        self.shared.read(&self.sync, doing, work)
    }

    pub(crate) fn write<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, Failure>,
    ) -> Result<T, StateError> {
        self.shared.write(&self.sync, doing, work)
    }

    /// Reads the journal.
    pub(crate) fn read_journal<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StateError> {
        work(&self.shared.databases().journal).map_err(|failure| {
            Failure::Journal(Box::new(failure))
                .into_state_error("read the journal", &self.shared.place)
        })
    }

    /// Reads what belongs to a mapping; nothing where nothing was stored for it.
    pub(crate) fn of_mapping<T: Default>(
        &self,
        doing: &str,
        mapping: &MappingName,
        work: impl FnOnce(&mut Session<'_>, MappingRow) -> Result<T, Failure>,
    ) -> Result<T, StateError> {
        self.read(doing, |session| match session.find_mapping(mapping)? {
            Some(row) => work(session, row),
            None => Ok(T::default()),
        })
    }
}

impl StateStore for SyncState {
    fn fingerprint_key(&self) -> FingerprintKey {
        self.shared.identity.key.clone()
    }

    fn state_id(&self) -> String {
        self.shared.identity.state_id.clone()
    }

    fn note(&self, key: &str) -> Result<Option<Value>, StateError> {
        self.read("read a note", |session| notes::read(session, key))
    }

    fn put_note(&self, key: &str, note: &Value) -> Result<(), StateError> {
        self.write("leave a note", |session| notes::put(session, key, note))
    }

    fn mapping(&self, mapping: &MappingName) -> Result<Option<MappingState>, StateError> {
        self.of_mapping("read a mapping", mapping, |session, row| {
            mappings::read(session, row)
        })
    }

    fn put_mapping(&self, mapping: &MappingName, state: &MappingState) -> Result<(), StateError> {
        self.write("remember a mapping", |session| {
            let row = session.mapping_row(mapping)?;
            mappings::put(session, row, state)
        })
    }

    fn cursor(&self, mapping: &MappingName, side: Side) -> Result<Option<Cursor>, StateError> {
        self.of_mapping("read a cursor", mapping, |session, row| {
            cursors::read(session, row, side)
        })
    }

    fn stage(
        &self,
        mapping: &MappingName,
        side: Side,
        todos: &[Todo],
        cursor: Option<&Cursor>,
    ) -> Result<(), StateError> {
        self.write("queue documents", |session| {
            let row = session.mapping_row(mapping)?;
            todos::put(session, row, side, todos)?;
            match cursor {
                Some(cursor) => cursors::put(session, row, side, cursor),
                None => Ok(()),
            }
        })
    }

    fn drop_cursors(&self, mapping: &MappingName) -> Result<(), StateError> {
        self.write("forget cursors", |session| {
            match session.find_mapping(mapping)? {
                Some(row) => cursors::remove(session, row),
                None => Ok(()),
            }
        })
    }

    fn todos(
        &self,
        mapping: &MappingName,
        side: Side,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<Todo>, StateError> {
        self.of_mapping("read the queue", mapping, |session, row| {
            todos::page(session, row, side, skip, limit)
        })
    }

    fn queued(
        &self,
        mapping: &MappingName,
        side: Side,
        names: &[DocName],
    ) -> Result<Vec<Todo>, StateError> {
        self.of_mapping("look documents up in the queue", mapping, |session, row| {
            todos::named(session, row, side, names)
        })
    }

    fn todos_for(
        &self,
        mapping: &MappingName,
        side: Side,
        reason: TodoReason,
        after: Option<&DocName>,
        limit: usize,
    ) -> Result<Vec<Todo>, StateError> {
        self.of_mapping("read the queue", mapping, |session, row| {
            todos::for_reason(session, row, side, reason, after, limit)
        })
    }

    /// Tombstones are not counted among the pairs either.
    fn changed_pairs(&self, mapping: &MappingName, side: Side) -> Result<(u64, u64), StateError> {
        self.of_mapping("count changed pairs", mapping, |session, row| {
            Ok((
                todos::count_paired(session, row, side)?,
                counts::pairs(session, row)?,
            ))
        })
    }

    /// A tombstone is not found by the name of its document that is gone.
    fn pairs(
        &self,
        mapping: &MappingName,
        side: Side,
        names: &[DocName],
    ) -> Result<Vec<Pair>, StateError> {
        self.of_mapping("look pairs up", mapping, |session, row| {
            pairs::named(session, row, mapping, side, names)
        })
    }

    fn pairs_after(
        &self,
        mapping: &MappingName,
        after: Option<PairId>,
        limit: usize,
    ) -> Result<Vec<Pair>, StateError> {
        self.of_mapping("read pairs", mapping, |session, row| {
            pairs::after(session, row, mapping, after, limit)
        })
    }

    fn counterparts_after(
        &self,
        mapping: &MappingName,
        side: Side,
        after: Option<PairId>,
        limit: usize,
    ) -> Result<Vec<Counterpart>, StateError> {
        self.of_mapping("read counterparts", mapping, |session, row| {
            counterparts::after(session, row, side, after, limit)
        })
    }

    fn last_settled(
        &self,
        side: Side,
        limit: usize,
    ) -> Result<Vec<(MappingName, PairSide)>, StateError> {
        self.read("find the latest pairs", |session| {
            latest::settled(session, side, limit)
        })
    }

    /// A tombstone is not found by the name of its document that is gone.
    fn counterparts(
        &self,
        mapping: &MappingName,
        side: Side,
        names: &[DocName],
    ) -> Result<Vec<Counterpart>, StateError> {
        self.of_mapping("look counterparts up", mapping, |session, row| {
            counterparts::named(session, row, side, names)
        })
    }

    fn counterparts_by_creation(
        &self,
        mapping: &MappingName,
        side: Side,
        creations: &[SiteTime],
    ) -> Result<Vec<Counterpart>, StateError> {
        self.of_mapping("look counterparts up", mapping, |session, row| {
            counterparts::created_at(session, row, side, creations)
        })
    }

    /// Tombstones are left out: their document may be the one that is gone.
    fn latest_modified(
        &self,
        mapping: &MappingName,
        side: Side,
    ) -> Result<Option<SiteTime>, StateError> {
        self.of_mapping("find the latest pair", mapping, |session, row| {
            latest::modified(session, row, side)
        })
    }

    /// A document that is queued already keeps its key and reason, which are no older, and is not counted.
    fn requeue(
        &self,
        mapping: &MappingName,
        now: DateTime<Utc>,
        all_parked: bool,
    ) -> Result<u64, StateError> {
        self.write("queue open pairs and parked documents", |session| {
            let Some(row) = session.find_mapping(mapping)? else {
                return Ok(0);
            };
            let due = (!all_parked).then_some(now);
            let open_pairs = todos::requeue_open_pairs(session, row)?;
            Ok(open_pairs + todos::requeue_parked(session, row, due)?)
        })
    }

    fn begin(&self, intents: &[Intent]) -> Result<Vec<IntentId>, StateError> {
        self.write("store intents", |session| {
            intents
                .iter()
                .map(|intent| intents::put(session, intent))
                .collect()
        })
    }

    fn open_intents(&self) -> Result<Vec<Intent>, StateError> {
        self.read("read open intents", intents::open)
    }

    fn commit(&self, batch: &Batch) -> Result<(), StateError> {
        self.write("commit a step", |session| commit::write(session, batch))
    }

    fn parked(&self, mapping: Option<&MappingName>) -> Result<Vec<Parked>, StateError> {
        match mapping {
            None => self.read("read parked documents", |session| {
                parked::list(session, None)
            }),
            Some(mapping) => self.of_mapping("read parked documents", mapping, |session, row| {
                parked::list(session, Some(row))
            }),
        }
    }

    fn open_conflicts(&self) -> Result<Vec<ConflictRecord>, StateError> {
        self.read("read open conflicts", conflicts::open)
    }

    fn conflict(&self, id: i64) -> Result<Option<ConflictRecord>, StateError> {
        self.read("read a conflict", |session| conflicts::of_id(session, id))
    }

    fn counts(&self, mapping: &MappingName) -> Result<MappingCounts, StateError> {
        self.of_mapping("count", mapping, |session, row| {
            counts::of_mapping(session, row)
        })
    }

    fn put_run(&self, record: &RunRecord) -> Result<(), StateError> {
        self.write("remember a run", |session| runs::put(session, record))
    }

    fn runs(&self, limit: usize) -> Result<Vec<RunRecord>, StateError> {
        self.read("read past runs", |session| runs::last(session, limit))
    }

    fn journal(&self, run: &str) -> Result<Vec<JournalEntry>, StateError> {
        self.read_journal(|journal| journal::of_run(journal, &self.sync, run))
    }

    /// The values are on the disk before the pairs are: a crash between the two leaves values too many.
    fn keep(&self, mapping: &MappingName, images: &[BeforeImage]) -> Result<(), StateError> {
        self.write("keep what is overwritten", |session| {
            journal::keep_images(session.journal, session.sync, images)
                .map_err(|failure| Failure::Journal(Box::new(failure)))?;
            images
                .iter()
                .try_for_each(|image| images::put(session, mapping, image))
        })
    }

    fn image(&self, intent: IntentId) -> Result<Option<BeforeImage>, StateError> {
        self.read("read what was overwritten", |session| {
            images::of_intent(session, intent)
        })
    }

    fn operations(&self, run: &str) -> Result<Vec<OperationRecord>, StateError> {
        self.read("read the operations of a run", |session| {
            operations::of_run(session, run)
        })
    }

    fn operations_of(
        &self,
        mapping: &MappingName,
        side: Side,
        name: &DocName,
        limit: usize,
    ) -> Result<Vec<OperationRecord>, StateError> {
        self.of_mapping(
            "read the operations of a document",
            mapping,
            |session, row| operations::of_document(session, row, side, name, limit),
        )
    }

    fn begin_undo(&self, operations: &[OperationId], mark: &UndoMark) -> Result<(), StateError> {
        self.write("begin to take operations back", |session| {
            operations
                .iter()
                .try_for_each(|operation| operations::mark(session, *operation, mark))
        })
    }
}

impl fmt::Debug for SyncState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncState")
            .field("sync", &self.sync)
            .field("place", &self.shared.place)
            .finish_non_exhaustive()
    }
}
