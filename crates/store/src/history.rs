//! What a person asks about the past of a sync.

use frappe_sync_model::{
    ConflictRecord, DocName, DocType, FieldPath, JournalEntry, MappingName, RunId, Side, StateError,
};

use crate::journal;
use crate::sync_state::SyncState;
use crate::tables::conflicts;

/// Which conflicts are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConflictFilter {
    /// Those that wait for a person.
    Open,
    /// Those that were decided, of documents that are paired no longer too.
    Decided,
    /// Both.
    #[default]
    All,
}

/// Which journal entries are asked for: those that agree with all that is set here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalFilter {
    /// Written by this run.
    pub run: Option<RunId>,
    /// Of documents of this DocType, on the side that lost the value.
    pub doctype: Option<DocType>,
    /// Of documents of this name, on the side that lost the value.
    pub name: Option<DocName>,
    /// Lost by this side.
    pub side: Option<Side>,
    /// Of this value, under the names of the side that lost it.
    pub path: Option<FieldPath>,
}

/// What happened, for `conflicts`, `history`, `why` and `undo`. All of it fails only where a file cannot be
/// read.
impl SyncState {
    /// Returns up to `limit` conflicts, those found last first. An open one that was found again keeps the
    /// place that it had.
    pub fn conflicts(
        &self,
        filter: ConflictFilter,
        limit: usize,
    ) -> Result<Vec<ConflictRecord>, StateError> {
        self.read("read conflicts", |session| {
            conflicts::last(session, filter, limit)
        })
    }

    /// Returns all conflicts of the document called `name` on `a`, decided ones included, oldest first.
    pub fn conflict_history(
        &self,
        mapping: &MappingName,
        name: &DocName,
    ) -> Result<Vec<ConflictRecord>, StateError> {
        self.of_mapping(
            "read the conflicts of a document",
            mapping,
            |session, row| conflicts::of_document(session, row, name),
        )
    }

    /// Returns up to `limit` journal entries, those written last first.
    pub fn journal_entries(
        &self,
        filter: &JournalFilter,
        limit: usize,
    ) -> Result<Vec<JournalEntry>, StateError> {
        self.read_journal(|journal| journal::last(journal, self.name(), filter, limit))
    }

    /// Returns the journal entries of a document, on whichever side it lost a value, oldest first.
    pub fn journal_of(
        &self,
        doctype: &DocType,
        name: &DocName,
    ) -> Result<Vec<JournalEntry>, StateError> {
        self.read_journal(|journal| journal::of_document(journal, self.name(), doctype, name))
    }
}
