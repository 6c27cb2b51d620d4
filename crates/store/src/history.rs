//! What a person asks about the past of a sync.

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    ConflictRecord, DocName, DocType, FieldPath, JournalEntry, MappingName, RunId, Side, SiteTime,
    StateError,
};

use crate::error::Failure;
use crate::journal;
use crate::sync_state::SyncState;
use crate::tables::{conflicts, images, known_names, runs, todos};

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

    /// Returns the least `modified` of what is queued on a side: the oldest change that is still to be carried
    /// over, in that site's time.
    pub fn oldest_queued(
        &self,
        mapping: &MappingName,
        side: Side,
    ) -> Result<Option<SiteTime>, StateError> {
        self.of_mapping("find the oldest change", mapping, |session, row| {
            todos::oldest(session, row, side)
        })
    }

    /// Returns up to `limit` names on a side that pairs, the queue or parked documents have, the latest first; those of tombstones too.
    pub fn known_names(
        &self,
        mapping: &MappingName,
        side: Side,
        limit: usize,
    ) -> Result<Vec<DocName>, StateError> {
        self.of_mapping("read the names of documents", mapping, |session, row| {
            known_names::last(session, row, side, limit)
        })
    }

    /// Removes runs of this sync that ended before `older_than` with both sides together, wrote nothing and found no
    /// conflict, but for its last two; returns how many. A sync that runs every few seconds has thousands of them a day.
    pub fn prune_quiet_runs(&self, older_than: DateTime<Utc>) -> Result<u64, StateError> {
        self.write("remove runs that wrote nothing", |session| {
            runs::prune_quiet(session, older_than)
        })
    }

    /// Removes what was kept of this sync before `older_than` for `undo`, values from the disk too, and returns
    /// of how many writes.
    pub fn prune_images(&self, older_than: DateTime<Utc>) -> Result<u64, StateError> {
        self.write("remove old images", |session| {
            let removed = images::prune(session, older_than)?;
            journal::prune_images(session.journal, session.sync, older_than)
                .map_err(|failure| Failure::Journal(Box::new(failure)))?;
            Ok(removed)
        })
    }
}
