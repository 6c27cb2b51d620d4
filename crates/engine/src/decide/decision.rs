//! What was decided on one pair.

use frappe_sync_model::{
    ConflictPolicy, Direction, Document, FieldName, FieldPath, Pair, PerSide, Side,
};
use frappe_sync_planner::Stage;
use serde_json::{Map, Value};

use crate::compose::MissingLink;
use crate::document_plan::DocumentPlan;
use crate::report::{Action, PlannedChange};

/// Which rule made a side win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The mapping's policy, or its direction.
    Policy,
    /// That of a field or table of its own.
    Own(Direction, ConflictPolicy),
    /// The winner is submitted or cancelled, and the other side follows it.
    Further,
    /// One of the two is cancelled, and the winner takes nothing more; the other side keeps its own value too.
    Cancelled,
}

/// A value that both sides changed.
#[derive(Clone, Debug)]
pub(crate) struct FoundConflict {
    /// Where, under the names of `a`.
    pub(crate) path: FieldPath,
    /// Who won; `None` while it waits for a person.
    pub(crate) winner: Option<Side>,
    /// By which rule.
    pub(crate) rule: Rule,
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
    /// By which rule.
    pub(crate) rule: Rule,
}

impl Loss {
    /// Tells whether a change of its side takes the place of what is lost.
    pub(crate) fn is_in(&self, path: &FieldPath) -> bool {
        match (&self.path, path) {
            (FieldPath::Table(lost), FieldPath::RowField(table, ..)) => lost == table,
            (lost, path) => lost == path,
        }
    }
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
    /// Values that would go to a submitted document, which does not take them, under the names of `a`.
    pub(crate) past_rules: Vec<(Side, FieldPath)>,
    /// The side that is submitted or cancelled, and which of the two.
    pub(crate) advance: Option<(Side, Stage)>,
    /// It has another step to go, in a pass to come.
    pub(crate) is_to_go_on: bool,
}

impl Decision {
    /// Tells whether anything is written to `side`.
    pub(crate) fn writes_to(&self, side: Side) -> bool {
        !self.changes[side].is_empty()
    }

    /// Notes that a value stays different for good, since the side that is `kept` takes nothing any more.
    pub(super) fn apart(&mut self, path: FieldPath, kept: Side) {
        self.conflicts.push(FoundConflict {
            path,
            winner: Some(kept),
            rule: Rule::Cancelled,
        });
    }

    /// As [`Self::apart`] of a whole table, which is merged anew at every look: once.
    pub(super) fn table_apart(&mut self, path: FieldPath, kept: Side) {
        if !self.pair.baseline.rewritten.contains(&path) {
            self.apart(path, kept);
        }
    }

    /// Tells whether a submit or cancel must wait: for a person, for a document that a value names, or for what
    /// cannot be written at all.
    pub(crate) fn is_held(&self) -> bool {
        self.conflicts.iter().any(|found| found.winner.is_none())
            || !self.missing.is_empty()
            || !self.past_rules.is_empty()
            || self.plan.tables.iter().any(|table| table.waits)
    }

    /// Says what a write to `side` does.
    pub(crate) fn action(&self, side: Side) -> Action {
        match self.advance {
            Some((to, Stage::Cancelled)) if to == side => Action::Cancel,
            Some((to, _)) if to == side => Action::Submit,
            _ => Action::Update,
        }
    }

    /// Tells whether anything is written at all.
    pub(crate) fn writes(&self) -> bool {
        self.writes_to(Side::A) || self.writes_to(Side::B)
    }
}
