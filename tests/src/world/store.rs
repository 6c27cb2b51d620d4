//! The memory of a sync whose engine can be killed before or after each write.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    Batch, BeforeImage, ConflictRecord, Counterpart, Cursor, DocName, FingerprintKey, Intent,
    IntentId, IntentKind, JournalEntry, MappingCounts, MappingName, MappingState, OperationId,
    OperationRecord, Pair, PairId, PairSide, Parked, RunRecord, Side, SiteTime, StateError,
    StateStore, Todo, TodoReason, UndoMark,
};
use serde_json::Value;

use super::fate::Fate;
use super::history::{Event, Meddle, When};
use super::planted::Planted;
use super::site::World;

/// A store of which a dead engine gets nothing any more.
pub(crate) struct MortalStore<'w, T> {
    pub(crate) store: T,
    pub(crate) fate: Arc<Fate>,
    pub(crate) world: &'w World,
    /// The bug that is planted here, if one is.
    pub(crate) planted: Option<Planted>,
}

impl<T> MortalStore<'_, T> {
    fn alive(&self) -> Result<(), StateError> {
        if self.fate.is_dead() {
            Err(StateError {
                message: "the engine is dead".to_owned(),
                source: None,
            })
        } else {
            Ok(())
        }
    }

    /// Reads, unless the engine is dead.
    fn reading<V>(&self, read: impl FnOnce(&T) -> Result<V, StateError>) -> Result<V, StateError> {
        self.alive()?;
        read(&self.store)
    }

    /// Writes, unless the engine is dead or dies here.
    fn writing<V>(
        &self,
        name: &str,
        write: impl FnOnce(&T) -> Result<V, StateError>,
    ) -> Result<V, StateError> {
        self.alive()?;
        let met = self.fate.meet(Event::StateWrite);
        self.die(&met, When::Before, name);
        self.alive()?;
        let written = write(&self.store);
        self.die(&met, When::After, name);
        self.alive()?;
        written
    }

    /// Queues what a poll found, and moves the cursor.
    fn stage_all(
        &self,
        mapping: &MappingName,
        side: Side,
        todos: &[Todo],
        cursor: Option<&Cursor>,
    ) -> Result<(), StateError>
    where
        T: StateStore,
    {
        let stage = |todos: &[Todo], cursor: Option<&Cursor>| {
            self.writing("stage", |store| store.stage(mapping, side, todos, cursor))
        };
        match self.planted {
            Some(Planted::QueueForgotten) => stage(todos.get(1..).unwrap_or_default(), cursor),
            _ => stage(todos, cursor),
        }
    }

    /// Commits a step.
    fn commit_all(&self, batch: &Batch) -> Result<(), StateError>
    where
        T: StateStore,
    {
        let commit = |batch: &Batch| self.writing("commit", |store| store.commit(batch));
        let mut batch = batch.clone();
        match self.planted {
            Some(Planted::NothingJournaled) => batch.journal.clear(),
            Some(Planted::HalfCommit) => {
                commit(&Batch {
                    done: std::mem::take(&mut batch.done),
                    intents_done: std::mem::take(&mut batch.intents_done),
                    ..Batch::default()
                })?;
            }
            _ => {}
        }
        commit(&batch)
    }

    /// Stores intents.
    fn begin_all(&self, intents: &[Intent]) -> Result<Vec<IntentId>, StateError>
    where
        T: StateStore,
    {
        let is_create = |intent: &Intent| matches!(intent.kind, IntentKind::Create { .. });
        if self.planted == Some(Planted::NoIntent) && intents.iter().all(is_create) {
            return Ok((1_000_000..).map(IntentId).take(intents.len()).collect());
        }
        self.writing("begin", |store| store.begin(intents))
    }

    fn die(&self, met: &[Meddle], moment: When, name: &str) {
        if met.contains(&Meddle::Kill(moment)) {
            let kind = format!("{moment:?} the state's `{name}`");
            self.world.book().tally.add("kills", kind);
            self.fate.kill();
        }
    }
}

macro_rules! forward {
    ($( $way:ident fn $name:ident($($argument:ident: $kind:ty),* $(,)?) -> $answer:ty; )+) => {
        $( forward!(@ $way $name ($($argument: $kind),*) $answer); )+
    };
    (@ reads $name:ident ($($argument:ident: $kind:ty),*) $answer:ty) => {
        fn $name(&self, $($argument: $kind),*) -> Result<$answer, StateError> {
            self.reading(|store| store.$name($($argument),*))
        }
    };
    (@ writes $name:ident ($($argument:ident: $kind:ty),*) $answer:ty) => {
        fn $name(&self, $($argument: $kind),*) -> Result<$answer, StateError> {
            self.writing(stringify!($name), |store| store.$name($($argument),*))
        }
    };
}

impl<T: StateStore> StateStore for MortalStore<'_, T> {
    fn fingerprint_key(&self) -> FingerprintKey {
        self.store.fingerprint_key()
    }

    fn state_id(&self) -> String {
        self.store.state_id()
    }

    fn stage(
        &self,
        mapping: &MappingName,
        side: Side,
        todos: &[Todo],
        cursor: Option<&Cursor>,
    ) -> Result<(), StateError> {
        self.stage_all(mapping, side, todos, cursor)
    }

    fn begin(&self, intents: &[Intent]) -> Result<Vec<IntentId>, StateError> {
        self.begin_all(intents)
    }

    fn commit(&self, batch: &Batch) -> Result<(), StateError> {
        self.commit_all(batch)
    }

    forward! {
        reads fn note(key: &str) -> Option<Value>;
        writes fn put_note(key: &str, note: &Value) -> ();
        reads fn mapping(mapping: &MappingName) -> Option<MappingState>;
        writes fn put_mapping(mapping: &MappingName, state: &MappingState) -> ();
        reads fn cursor(mapping: &MappingName, side: Side) -> Option<Cursor>;
        writes fn drop_cursors(mapping: &MappingName) -> ();
        reads fn todos(mapping: &MappingName, side: Side, skip: usize, limit: usize) -> Vec<Todo>;
        reads fn queued(mapping: &MappingName, side: Side, names: &[DocName]) -> Vec<Todo>;
        reads fn todos_for(
            mapping: &MappingName, side: Side, reason: TodoReason, after: Option<&DocName>, limit: usize,
        ) -> Vec<Todo>;
        reads fn changed_pairs(mapping: &MappingName, side: Side) -> (u64, u64);
        reads fn pairs(mapping: &MappingName, side: Side, names: &[DocName]) -> Vec<Pair>;
        reads fn pairs_after(mapping: &MappingName, after: Option<PairId>, limit: usize) -> Vec<Pair>;
        reads fn counterparts_after(
            mapping: &MappingName, side: Side, after: Option<PairId>, limit: usize,
        ) -> Vec<Counterpart>;
        reads fn last_settled(side: Side, limit: usize) -> Vec<(MappingName, PairSide)>;
        reads fn counterparts(mapping: &MappingName, side: Side, names: &[DocName]) -> Vec<Counterpart>;
        reads fn counterparts_by_creation(
            mapping: &MappingName, side: Side, creations: &[SiteTime],
        ) -> Vec<Counterpart>;
        reads fn latest_modified(mapping: &MappingName, side: Side) -> Option<SiteTime>;
        writes fn requeue(mapping: &MappingName, now: DateTime<Utc>, all_parked: bool) -> u64;
        reads fn open_intents() -> Vec<Intent>;
        reads fn parked(mapping: Option<&MappingName>) -> Vec<Parked>;
        reads fn open_conflicts() -> Vec<ConflictRecord>;
        reads fn conflict(id: i64) -> Option<ConflictRecord>;
        reads fn counts(mapping: &MappingName) -> MappingCounts;
        writes fn put_run(record: &RunRecord) -> ();
        reads fn runs(limit: usize) -> Vec<RunRecord>;
        reads fn journal(run: &str) -> Vec<JournalEntry>;
        writes fn keep(mapping: &MappingName, images: &[BeforeImage]) -> ();
        reads fn image(intent: IntentId) -> Option<BeforeImage>;
        reads fn operations(run: &str) -> Vec<OperationRecord>;
        reads fn operations_of(
            mapping: &MappingName, side: Side, name: &DocName, limit: usize,
        ) -> Vec<OperationRecord>;
        writes fn begin_undo(operations: &[OperationId], mark: &UndoMark) -> ();
    }
}
