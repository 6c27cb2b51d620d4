//! Conflicts of a sync: the JSON shape of `frappe-sync/conflicts@1`.

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    ConflictRecord, ConflictState, DocName, DocType, FieldPath, JournalEntry, MappingName, PerSide,
    RunId, Side, SiteTime, StateError, StateStore as _, SyncName,
};
use frappe_sync_store::{ConflictFilter, JournalFilter, SyncState};
use serde::Serialize;

use super::journal::JournalId;
use super::losers::{doctypes_of, losers};
use crate::run_id;

/// Conflicts of a sync, `frappe-sync/conflicts@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ConflictsReport {
    /// `frappe-sync/conflicts@1`.
    pub(crate) format: &'static str,
    /// The sync.
    pub(crate) sync: SyncName,
    /// The conflicts, those found last first.
    pub(crate) conflicts: Vec<ConflictEntry>,
    /// How many more there are.
    pub(crate) more: usize,
}

/// A value that both sides changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ConflictEntry {
    /// Its number; none where it is over and only its loser is known.
    pub(crate) id: Option<i64>,
    /// DocType on `a`.
    pub(crate) doctype: DocType,
    /// Document on `a`.
    pub(crate) a_name: DocName,
    /// Document on `b`.
    pub(crate) b_name: DocName,
    /// The value, under the names of `a`.
    pub(crate) path: FieldPath,
    /// Where it stands.
    pub(crate) state: EntryState,
    /// The side that won.
    pub(crate) winner: Option<Side>,
    /// The run that saw it last, or that decided it.
    pub(crate) run_id: RunId,
    /// When that run began.
    pub(crate) seen: Option<DateTime<Utc>>,
    /// When `a` was saved, in its own time.
    pub(crate) a_modified: Option<SiteTime>,
    /// When `b` was saved, in its own time.
    pub(crate) b_modified: Option<SiteTime>,
    /// Who saved `a`.
    pub(crate) a_user: Option<String>,
    /// Who saved `b`.
    pub(crate) b_user: Option<String>,
    /// The journal entry that holds what lost.
    pub(crate) journal: Option<JournalId>,
    /// The rule that decided, where what lost is kept.
    pub(crate) reason: Option<String>,
}

/// Where a conflict stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EntryState {
    /// It waits for a person.
    Open,
    /// A rule or a person decided.
    Decided,
}

/// Which conflicts are told.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Open, decided, or both.
    pub(crate) filter: ConflictFilter,
    /// Only of this DocType, on either side.
    pub(crate) doctype: Option<DocType>,
    /// At most so many.
    pub(crate) limit: usize,
}

/// Reads the conflicts of a sync, with what persons decided, which is known from the journal alone.
pub(crate) fn read(store: &SyncState, wanted: &Wanted) -> Result<ConflictsReport, StateError> {
    let mut records = store.conflicts(wanted.filter, usize::MAX)?;
    records.reverse();
    let mut entries = match wanted.filter {
        ConflictFilter::Open => Vec::new(),
        _ => store.journal_entries(&JournalFilter::default(), usize::MAX)?,
    };
    entries.reverse();
    let losers = losers(&records, &entries);
    let alone: Vec<&JournalEntry> = entries
        .iter()
        .enumerate()
        .filter(|(place, _)| !losers.contains(&Some(*place)))
        .map(|(_, entry)| entry)
        .collect();
    let mut conflicts: Vec<ConflictEntry> = records
        .into_iter()
        .zip(&losers)
        .map(|(record, loser)| of_record(record, loser.map(|place| &entries[place])))
        .collect();
    for entry in alone {
        conflicts.push(of_entry(store, entry)?);
    }
    if let Some(doctype) = &wanted.doctype {
        conflicts.retain(|conflict| &conflict.doctype == doctype);
    }
    // Those found last first; of one moment, the later in the file first.
    conflicts.reverse();
    conflicts.sort_by_key(|conflict| std::cmp::Reverse(conflict.seen));
    let more = conflicts.len().saturating_sub(wanted.limit);
    conflicts.truncate(wanted.limit);
    Ok(ConflictsReport {
        format: "frappe-sync/conflicts@1",
        sync: store.name().clone(),
        conflicts,
        more,
    })
}

/// Tells of one conflict, with the journal entry that holds what lost.
pub(crate) fn of_record(record: ConflictRecord, loser: Option<&JournalEntry>) -> ConflictEntry {
    let (state, winner) = match record.state {
        ConflictState::Open => (EntryState::Open, None),
        ConflictState::Decided(side) => (EntryState::Decided, Some(side)),
    };
    let known = |user: String| (!user.is_empty()).then_some(user);
    ConflictEntry {
        id: record.id,
        doctype: doctypes_of(&record.mapping).a,
        a_name: record.names.a,
        b_name: record.names.b,
        path: record.path,
        state,
        winner,
        seen: run_id::began(&record.run),
        run_id: record.run,
        a_modified: record.modified.a,
        b_modified: record.modified.b,
        a_user: known(record.users.a),
        b_user: known(record.users.b),
        journal: loser.map(JournalId::of),
        reason: loser.map(|entry| entry.reason.clone()),
    }
}

/// Returns the journal entry that holds what lost a decided conflict.
pub(crate) fn loser_of(
    store: &SyncState,
    record: &ConflictRecord,
) -> Result<Option<JournalEntry>, StateError> {
    let history = store.conflict_history(&record.mapping, &record.names.a)?;
    let entries = store.journal(record.run.as_str())?;
    let place = history.iter().position(|known| known.id == record.id);
    let found = place.and_then(|place| losers(&history, &entries)[place]);
    Ok(found.map(|place| entries[place].clone()))
}

/// Tells of a decision that only the journal knows: a person's.
fn of_entry(store: &SyncState, entry: &JournalEntry) -> Result<ConflictEntry, StateError> {
    let mapping = mapping_of(store, entry)?;
    let other = match &mapping {
        Some(mapping) => store
            .counterparts(mapping, entry.side, std::slice::from_ref(&entry.name))?
            .into_iter()
            .next()
            .map(|pair| pair.other),
        None => None,
    };
    let other = other.unwrap_or_else(|| DocName::new(""));
    let names = PerSide::of(entry.side, entry.name.clone(), other);
    Ok(ConflictEntry {
        id: None,
        doctype: mapping.map_or_else(|| entry.doctype.clone(), |mapping| doctypes_of(&mapping).a),
        a_name: names.a,
        b_name: names.b,
        path: entry.path.clone(),
        state: EntryState::Decided,
        winner: Some(entry.side.other()),
        run_id: entry.run.clone(),
        seen: Some(entry.at),
        a_modified: None,
        b_modified: None,
        a_user: None,
        b_user: None,
        journal: Some(JournalId::of(entry)),
        reason: Some(entry.reason.clone()),
    })
}

fn mapping_of(store: &SyncState, entry: &JournalEntry) -> Result<Option<MappingName>, StateError> {
    let mut mappings = store.mappings()?.into_iter();
    Ok(mappings.find(|mapping| doctypes_of(mapping)[entry.side] == entry.doctype))
}
