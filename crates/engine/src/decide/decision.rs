//! What was decided on one pair.

use frappe_sync_model::{Document, FieldName, FieldPath, Pair, PerSide, Side};
use serde_json::{Map, Value};

use crate::compose::MissingLink;
use crate::document_plan::DocumentPlan;
use crate::report::PlannedChange;

/// A value that both sides changed.
#[derive(Clone, Debug)]
pub(crate) struct FoundConflict {
    /// Where, under the names of `a`.
    pub(crate) path: FieldPath,
    /// Who won; `None` while it waits for a person.
    pub(crate) winner: Option<Side>,
}

/// A value that a decision overwrites.
#[derive(Clone, Debug)]
pub(crate) struct Loss {
    /// The side that loses it.
    pub(crate) side: Side,
    /// Where, under that side's names.
    pub(crate) path: FieldPath,
    /// What is there.
    pub(crate) lost: Value,
    /// What takes its place.
    pub(crate) kept: Value,
}

/// What was decided on one pair.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// The pair, with the baselines that the decision was made against.
    pub(crate) pair: Pair,
    /// Both documents as they were.
    pub(crate) documents: PerSide<Document>,
    /// Value by value.
    pub(crate) plan: DocumentPlan,
    /// What is sent to each side; empty where nothing is.
    pub(crate) changes: PerSide<Map<String, Value>>,
    /// The same, for people.
    pub(crate) details: PerSide<Vec<PlannedChange>>,
    /// What both sides changed.
    pub(crate) conflicts: Vec<FoundConflict>,
    /// What is overwritten by a decision.
    pub(crate) losses: Vec<Loss>,
    /// Links that should go across and cannot yet.
    pub(crate) missing: Vec<MissingLink>,
    /// Values of a one-way mapping's target that differ on their own, under the names of `a`.
    pub(crate) drift: Vec<FieldPath>,
    /// Fields that a side does not show.
    pub(crate) unseen: Vec<(Side, FieldName)>,
}

impl Decision {
    /// Tells whether anything is written to `side`.
    pub(crate) fn writes_to(&self, side: Side) -> bool {
        !self.changes[side].is_empty()
    }

    /// Tells whether anything is written at all.
    pub(crate) fn writes(&self) -> bool {
        self.writes_to(Side::A) || self.writes_to(Side::B)
    }
}
