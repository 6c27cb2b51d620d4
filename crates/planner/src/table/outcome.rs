//! What a table merge answers.

use std::collections::BTreeMap;

use frappe_sync_model::{DocName, FieldName, PerSide, Side};

use crate::Verdict;

/// One row of the merged table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedRow {
    /// Its name on each side. `None`: the side does not hold it, and it is made there unless
    /// [`only`](Self::only) says otherwise.
    pub names: PerSide<Option<DocName>>,
    /// The verdict on each field that a side shows. A row that is made on one side has its fields
    /// written there.
    pub fields: BTreeMap<FieldName, Verdict>,
    /// The one side that keeps the row to itself: drift of a one-way mapping, or an edit against a
    /// delete that waits for a person.
    pub only: Option<Side>,
    /// The row of the baseline that it continues, by index. Where that row's other name is gone, the
    /// baseline must be kept as it is until the row settles.
    pub baseline: Option<usize>,
}

impl MergedRow {
    /// Tells whether the row is in the list of `side` once the merge is carried out.
    pub fn belongs_to(&self, side: Side) -> bool {
        self.only.is_none_or(|only| only == side)
    }

    /// Tells whether the row is to be made on `side`.
    pub fn is_made_on(&self, side: Side) -> bool {
        self.names[side].is_none() && self.belongs_to(side)
    }
}

/// What both sides did to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowConflictKind {
    /// Both changed this field, to different values.
    Field(FieldName),
    /// One side deleted the row, the other edited it.
    EditAgainstDelete {
        /// The side on which it is gone.
        deleted: Side,
    },
}

/// A conflict in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowConflict {
    /// The row's name on each side that holds it.
    pub row: PerSide<Option<DocName>>,
    /// What was done to it.
    pub kind: RowConflictKind,
    /// The side that won; `None` while it waits for a person.
    pub winner: Option<Side>,
}

/// What the side that is not the source did to the rows of a one-way table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowDriftKind {
    /// It has a row that the source does not have: one of its own, or one that it edited and the source
    /// deleted.
    Added,
    /// It removed a row that the source has not touched since.
    Removed,
}

/// A whole row of a one-way table that stands on one side only, and stays so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDrift {
    /// The row's name on the side that holds it.
    pub row: PerSide<Option<DocName>>,
    /// What the side that is not the source did.
    pub kind: RowDriftKind,
}

/// The merge of one child table.
///
/// Where [`write`](Self::write) says so, the list of a side is the [`rows`](Self::rows) that
/// [belong to it](MergedRow::belongs_to), in their order. Frappe replaces a whole list (protocol 5.4), so
/// all of them are sent. A side that is not written keeps its list as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableMerge {
    /// The rows that stay or are made, in the final order.
    pub rows: Vec<MergedRow>,
    /// The order in which rows are kept as baseline, by index into [`rows`](Self::rows). Other than
    /// their own order only where a one-way table's order has drifted.
    pub agreed_order: Vec<usize>,
    /// Rows to be removed from each side, because the other removed them; by place.
    pub dropped: PerSide<Vec<DocName>>,
    /// The side's list will differ from what it holds.
    pub write: PerSide<bool>,
    /// What both sides changed.
    pub conflicts: Vec<RowConflict>,
    /// Rows that one side of a one-way table added or removed on its own.
    pub drift: Vec<RowDrift>,
    /// Both sides put the rows in different orders: the side whose order is taken. No value is lost
    /// with an order, so that a manual policy too takes the preferred side's.
    pub order_conflict: Option<Side>,
    /// One way: this side put the rows in an order of its own, which is left.
    pub order_drift: Option<Side>,
    /// A value that should go across cannot be expressed there: the table must wait for it.
    pub missing: bool,
}

impl TableMerge {
    /// Tells whether a submitted document takes the list of `side` (protocol 7): rows come and go only where
    /// the table itself `may_grow`, and rows that stay change only in fields that `may_change`.
    pub fn is_allowed_after_submit(
        &self,
        side: Side,
        may_grow: bool,
        may_change: impl Fn(&FieldName) -> bool,
    ) -> bool {
        let grows =
            !self.dropped[side].is_empty() || self.rows.iter().any(|row| row.is_made_on(side));
        let changed = self
            .rows
            .iter()
            .filter(|row| row.names[side].is_some())
            .flat_map(|row| &row.fields)
            .filter(|(_, verdict)| verdict.writes_to(side));
        (may_grow || !grows) && changed.into_iter().all(|(field, _)| may_change(field))
    }
}
