//! What the sync says of itself: conflicts, parked documents, the journal.

use std::collections::BTreeSet;

use frappe_sync_model::{
    ConflictRecord, DocName, FieldPath, MappingName, Parked, Side, StateStore,
};
use frappe_sync_store::SyncState;

use crate::world::kind::Kind;
use crate::world::sync::Sync;
use crate::world::token::{self, Token};

/// What the sync says of itself.
pub(super) struct Records {
    pub(super) conflicts: Vec<ConflictRecord>,
    pub(super) parked: Vec<Parked>,
    /// The tokens that the journal keeps.
    pub(super) kept: BTreeSet<Token>,
    /// What the runs told of documents that could not be restored.
    pub(super) told: Vec<String>,
    store: SyncState,
}

impl Records {
    /// Reads them.
    pub(super) fn read(sync: &Sync) -> Self {
        let store = sync.store();
        let mut kept = BTreeSet::new();
        for run in sync.run_ids() {
            let entries = store.journal(&run).expect("the journal can be read");
            entries
                .iter()
                .for_each(|entry| token::collect(&entry.lost, &mut kept));
        }
        let runs = store.runs(10_000).expect("the state can be read");
        let told = runs.iter().flat_map(|run| {
            let notes = run.report["notes"].as_array().into_iter().flatten();
            notes.filter_map(|note| note["message"].as_str().map(str::to_owned))
        });
        Self {
            told: told.collect(),
            conflicts: store.open_conflicts().expect("the state can be read"),
            parked: store.parked(None).expect("the state can be read"),
            kept,
            store,
        }
    }

    /// The name on `b` of what the sync takes for the counterpart of a document of `a`.
    pub(super) fn counterpart(&self, kind: Kind, name: &str) -> Option<String> {
        let names = [DocName::new(name)];
        let mapping = MappingName::new(kind.doctype());
        let known = self.store.counterparts(&mapping, Side::A, &names);
        let known = known.expect("the state can be read");
        let pair = known.into_iter().find(|pair| pair.gone.is_none());
        pair.map(|pair| pair.other.to_string())
    }

    /// The open conflicts of a document, by its name on `a`.
    pub(super) fn conflicts_of<'r>(
        &'r self,
        kind: Kind,
        name: &'r str,
    ) -> impl Iterator<Item = &'r FieldPath> {
        let mapping = MappingName::new(kind.doctype());
        self.conflicts
            .iter()
            .filter(move |conflict| conflict.mapping == mapping && conflict.names.a == *name)
            .map(|conflict| &conflict.path)
    }

    /// Every conflict that was ever found in a document, by its name on `a`.
    pub(super) fn ever_in_conflict(&self, kind: Kind, name: &str) -> Vec<FieldPath> {
        let found = self
            .store
            .conflict_history(&MappingName::new(kind.doctype()), &DocName::new(name));
        let found = found.expect("the state can be read").into_iter();
        found.map(|conflict| conflict.path).collect()
    }

    /// The entry of a parked document.
    pub(super) fn parked(&self, side: Side, kind: Kind, name: &str) -> Option<&Parked> {
        self.parked.iter().find(|parked| {
            parked.side == side && parked.mapping == *kind.doctype() && parked.key.name == *name
        })
    }
}
