//! What an undo tells: the JSON shape of `frappe-sync/undo@1`.

use frappe_sync_model::{DocName, DocType, RunId, Side, SiteTime, SyncName, UndoMark};
use serde::{Deserialize, Serialize};

use crate::report::{CounterpartReport, PlannedChange};

/// Whether an undo writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoMode {
    /// It tells what it would do.
    Look,
    /// It does it.
    Do,
}

/// What takes the writes to one document back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoAction {
    /// Its values are put back, and its name where the run renamed it.
    PutBack,
    /// It is deleted, since the run made it.
    Delete,
    /// It is restored, since the run deleted it.
    Restore,
    /// It gets its old name back.
    Rename,
    /// Nothing can.
    Nothing,
}

/// What came of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoOutcome {
    /// It would be taken back: nothing stands in the way.
    Planned,
    /// It is taken back.
    Done,
    /// An earlier undo has taken it back.
    DoneBefore,
    /// It was saved since, or the site would not: it is left as it is.
    Left,
    /// It cannot be taken back at all.
    Impossible,
}

/// One document that the run wrote to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndoneDocument {
    /// The site that the run wrote to.
    pub site: Side,
    /// Its DocType there.
    pub doctype: DocType,
    /// Its name there: after the run, or before it where the run deleted it.
    pub name: DocName,
    /// The document on the other side.
    pub counterpart: Option<CounterpartReport>,
    /// What takes it back.
    pub action: UndoAction,
    /// What came of it.
    pub outcome: UndoOutcome,
    /// The values that are put back.
    pub changes: Vec<PlannedChange>,
    /// The name that it has afterwards, where that is another one.
    pub new_name: Option<DocName>,
    /// For people: what the run did, or why it is left.
    pub reason: String,
    /// Who saved it last, where it is left because of that.
    pub by: Option<String>,
    /// When it was saved last, in the site's time, where it is left because of that.
    pub at: Option<SiteTime>,
}

/// How many documents came to what; in a look, those that would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoSummary {
    /// Documents whose values were put back.
    pub put_back: u64,
    /// Documents deleted, since the run had made them.
    pub deleted: u64,
    /// Documents restored, since the run had deleted them.
    pub restored: u64,
    /// Documents that got their old name back.
    pub renamed: u64,
    /// Documents that an earlier undo had taken back.
    pub done_before: u64,
    /// Documents left as they are.
    pub left: u64,
    /// Documents that cannot be taken back.
    pub impossible: u64,
}

/// An undo, `frappe-sync/undo@1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndoReport {
    /// `frappe-sync/undo@1`.
    pub format: String,
    /// The sync.
    pub sync: SyncName,
    /// The id of this undo.
    pub undo_id: RunId,
    /// The run that is taken back.
    pub run_id: RunId,
    /// Nothing was written: it was only looked.
    pub dry_run: bool,
    /// The undo that had taken back all there is before this one.
    pub done_before: Option<UndoMark>,
    /// What it came to.
    pub summary: UndoSummary,
    /// Each document, in the order in which they are taken back.
    pub documents: Vec<UndoneDocument>,
    /// The sync is held until a person lets a run pass the guard `undone`.
    pub held: bool,
}

impl UndoSummary {
    /// Counts documents.
    pub(crate) fn of(documents: &[UndoneDocument]) -> Self {
        let mut summary = Self::default();
        for document in documents {
            let count = match (document.outcome, document.action) {
                (UndoOutcome::Left, _) => &mut summary.left,
                (UndoOutcome::Impossible, _) | (_, UndoAction::Nothing) => &mut summary.impossible,
                (UndoOutcome::DoneBefore, _) => &mut summary.done_before,
                (_, UndoAction::PutBack) => &mut summary.put_back,
                (_, UndoAction::Delete) => &mut summary.deleted,
                (_, UndoAction::Restore) => &mut summary.restored,
                (_, UndoAction::Rename) => &mut summary.renamed,
            };
            *count += 1;
        }
        summary
    }

    /// Returns how many documents are, or would be, taken back.
    pub fn taken_back(&self) -> u64 {
        self.put_back + self.deleted + self.restored + self.renamed
    }
}
