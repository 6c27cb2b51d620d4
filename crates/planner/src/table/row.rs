//! What becomes of one row.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{Direction, DocName, FieldBaseline, FieldName, PerSide, RowBaseline, Side};

use super::{MergedRow, RowConflict, RowConflictKind, RowDrift, RowDriftKind, RowInput};
use crate::{MergeRules, SideValue, Verdict, merge_field};

/// The decision on one row.
pub(super) enum RowDecision {
    /// It stays, or is made.
    Keep {
        row: MergedRow,
        conflicts: Vec<RowConflict>,
        drift: Option<RowDrift>,
    },
    /// The other side removed it, and nobody edited it here.
    Drop { from: Side },
}

/// The rules of a table's rows.
pub(super) struct RowRules<'a> {
    /// Of whole rows.
    pub(super) table: &'a MergeRules,
    /// Of fields that have rules of their own.
    pub(super) own: &'a BTreeMap<FieldName, MergeRules>,
}

impl RowRules<'_> {
    fn of(&self, field: &FieldName) -> &MergeRules {
        self.own.get(field).unwrap_or(self.table)
    }
}

/// A row that both sides hold.
pub(super) fn merge_shared(
    rows: PerSide<&RowInput>,
    baseline: Option<(usize, &RowBaseline)>,
    rules: &RowRules<'_>,
) -> RowDecision {
    let names = rows.map(|row| Some(row.name.clone()));
    let shown: BTreeSet<&FieldName> = rows.a.fields.keys().chain(rows.b.fields.keys()).collect();
    let mut conflicts = Vec::new();
    let mut fields = BTreeMap::new();
    for field in shown {
        let settled = settled_field(baseline, field);
        let values = rows.map(|row| row.fields.get(field).copied());
        let verdict = merge_field(values, &settled, rules.of(field));
        let winner = match verdict {
            Verdict::Write { to, conflict: true } => Some(Some(to.other())),
            Verdict::Conflict => Some(None),
            _ => None,
        };
        if let Some(winner) = winner {
            conflicts.push(RowConflict {
                row: names.clone(),
                kind: RowConflictKind::Field(field.clone()),
                winner,
            });
        }
        fields.insert(field.clone(), verdict);
    }
    RowDecision::Keep {
        row: MergedRow {
            names,
            fields,
            only: None,
            baseline: baseline.map(|(index, _)| index),
        },
        conflicts,
        drift: None,
    }
}

/// A row that only `side` holds.
pub(super) struct SingleRow<'a> {
    pub(super) side: Side,
    pub(super) row: &'a RowInput,
    /// The baseline row that it continues: the other side had it and removed it.
    pub(super) baseline: Option<(usize, &'a RowBaseline)>,
    /// The fields that the other side shows; `None` where it has no row to tell by.
    pub(super) shown_across: Option<&'a BTreeSet<&'a FieldName>>,
}

impl SingleRow<'_> {
    pub(super) fn decide(&self, rules: &RowRules<'_>) -> RowDecision {
        let edited = self.edited_fields(rules);
        let source = match rules.table.direction {
            Direction::Both => None,
            Direction::AToB => Some(Side::A),
            Direction::BToA => Some(Side::B),
        };
        match (self.baseline.is_some(), source) {
            // New on this side.
            (false, None) => self.make_across(None, rules),
            (false, Some(source)) if source == self.side => self.make_across(None, rules),
            (false, Some(_)) => self.leave(RowDriftKind::Added),

            // Removed by the other side: an edit goes before a delete.
            (true, None) if edited.is_empty() => RowDecision::Drop { from: self.side },
            (true, None) => match rules.table.winner() {
                Some(_) => self.make_across(Some(self.conflict(Some(self.side))), rules),
                None => self.hold_open(&edited),
            },

            // Removed by the side that is not the source.
            (true, Some(source)) if source == self.side => {
                if edited.is_empty() {
                    self.leave(RowDriftKind::Removed)
                } else {
                    self.make_across(Some(self.conflict(Some(self.side))), rules)
                }
            }

            // Removed by the source.
            (true, Some(_)) if edited.is_empty() => RowDecision::Drop { from: self.side },
            (true, Some(_)) => self.leave(RowDriftKind::Added),
        }
    }

    /// Returns the fields that hold what the other side has not seen.
    ///
    /// A value that was never settled counts, unless the other side cannot see the field at all: then
    /// nothing of it was ever agreed, and rows could not be deleted any more. Nor does what does not go that way.
    fn edited_fields(&self, rules: &RowRules<'_>) -> BTreeSet<&FieldName> {
        let to = self.side.other();
        // Where the table itself goes the other way, an edit is one whatever its field.
        let goes = |field: &FieldName| {
            !rules.table.direction.writes_to(to) || rules.of(field).direction.writes_to(to)
        };
        let fields = self.row.fields.iter();
        fields
            .filter(|(field, _)| goes(field))
            .filter(
                |(field, value)| match settled_field(self.baseline, field)[self.side] {
                    Some(settled) => settled != value.own,
                    None => {
                        !value.empty && self.shown_across.is_none_or(|shown| shown.contains(*field))
                    }
                },
            )
            .map(|(field, _)| field)
            .collect()
    }

    fn may_show_across(&self, field: &FieldName) -> bool {
        self.shown_across.is_none_or(|shown| shown.contains(field))
    }

    fn make_across(&self, conflict: Option<RowConflict>, rules: &RowRules<'_>) -> RowDecision {
        let to = self.side.other();
        self.keep(
            None,
            conflict.into_iter().collect(),
            None,
            |field, value| {
                if !self.may_show_across(field) {
                    Verdict::Unknown
                } else if !rules.of(field).direction.writes_to(to) {
                    Verdict::Drift { side: self.side }
                } else if value.across || value.empty {
                    Verdict::Write {
                        to,
                        conflict: false,
                    }
                } else {
                    Verdict::MissingTarget { from: self.side }
                }
            },
        )
    }

    fn hold_open(&self, edited: &BTreeSet<&FieldName>) -> RowDecision {
        let conflicts = vec![self.conflict(None)];
        self.keep(Some(self.side), conflicts, None, |field, _| {
            if edited.contains(field) {
                Verdict::Conflict
            } else {
                Verdict::Unchanged
            }
        })
    }

    fn leave(&self, kind: RowDriftKind) -> RowDecision {
        let drift = RowDrift {
            row: self.names(),
            kind,
        };
        self.keep(
            Some(self.side),
            Vec::new(),
            Some(drift),
            |_, _| match kind {
                RowDriftKind::Added => Verdict::Drift { side: self.side },
                RowDriftKind::Removed => Verdict::Unchanged,
            },
        )
    }

    fn keep(
        &self,
        only: Option<Side>,
        conflicts: Vec<RowConflict>,
        drift: Option<RowDrift>,
        verdict: impl Fn(&FieldName, &SideValue) -> Verdict,
    ) -> RowDecision {
        let fields = self.row.fields.iter();
        RowDecision::Keep {
            row: MergedRow {
                names: self.names(),
                fields: fields
                    .map(|(field, value)| (field.clone(), verdict(field, value)))
                    .collect(),
                only,
                baseline: self.baseline.map(|(index, _)| index),
            },
            conflicts,
            drift,
        }
    }

    fn names(&self) -> PerSide<Option<DocName>> {
        PerSide::from_fn(|side| (side == self.side).then(|| self.row.name.clone()))
    }

    fn conflict(&self, winner: Option<Side>) -> RowConflict {
        RowConflict {
            row: self.names(),
            kind: RowConflictKind::EditAgainstDelete {
                deleted: self.side.other(),
            },
            winner,
        }
    }
}

fn settled_field(baseline: Option<(usize, &RowBaseline)>, field: &FieldName) -> FieldBaseline {
    baseline
        .and_then(|(_, row)| row.fields.get(field))
        .copied()
        .unwrap_or_default()
}
