//! What differs between the two documents of a pair, value by value, and why.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_mapper::{EffectiveMapping, FieldMapping, TableMapping};
use frappe_sync_model::{
    Baseline, Document, FieldBaseline, FieldName, FieldPath, Fingerprinter, PerSide, Side,
};
use frappe_sync_planner::{
    MergeRules, RowInput, SideValue, Stage, StageVerdict, Verdict, merge_field, merge_stage,
};

use super::Cause;
use super::certificate::ValueReport;
use super::rows::{Rows, pair_rows};
use crate::stage::{self, DOCSTATUS};
use crate::view::View;

/// Both documents of a pair, side by side.
pub(super) struct Compared<'v> {
    /// The mapping.
    pub(super) mapping: &'v EffectiveMapping,
    /// Makes fingerprints under the state file's key.
    pub(super) fingerprints: &'v Fingerprinter,
    /// The documents, as they were read.
    pub(super) documents: PerSide<&'v Document>,
    /// What is mapped of them.
    pub(super) views: &'v PerSide<View>,
    /// What they held when they last agreed.
    pub(super) baseline: &'v Baseline,
}

impl Compared<'_> {
    /// Returns the values that differ, by their place, each with the cause that its own baselines tell. What waits
    /// is [`Cause::NotYetSynced`].
    pub(super) fn differences(&self, not_shown: &mut BTreeSet<FieldName>) -> Vec<ValueReport> {
        let mut found = Vec::new();
        let fields = self.views.as_ref().map(|view| &view.fields);
        self.fields(
            &self.mapping.fields,
            fields,
            &self.baseline.fields,
            &mut |field, cause| match cause {
                Some(cause) => found.push(ValueReport {
                    path: FieldPath::Field(field.clone()),
                    cause,
                }),
                None => {
                    not_shown.insert(field.clone());
                }
            },
        );
        found.extend(self.docstatus());
        for table in &self.mapping.tables {
            let held = self.views.as_ref().map(|view| view.tables.get(&table.id));
            let PerSide {
                a: Some(a),
                b: Some(b),
            } = held
            else {
                not_shown.insert(table.id.clone());
                continue;
            };
            let agreed = self.baseline.tables.get(&table.id).map(Vec::as_slice);
            let rows = pair_rows(PerSide { a, b }, agreed);
            let path = FieldPath::Table(table.id.clone());
            if let Some(cause) = self.order_cause(table, &rows, &path) {
                found.push(ValueReport { path, cause });
            }
            let nothing = BTreeMap::new();
            for row in &rows.paired {
                let held = row.rows.map(|row: &RowInput| &row.fields);
                let base = row.baseline.map_or(&nothing, |base| &base.fields);
                self.fields(&table.fields, held, base, &mut |field, cause| match cause {
                    Some(cause) => found.push(ValueReport {
                        path: FieldPath::RowField(
                            table.id.clone(),
                            row.rows.a.name.clone(),
                            field.clone(),
                        ),
                        cause,
                    }),
                    None => {
                        not_shown.insert(FieldName::new(format!("{}.{field}", table.id)));
                    }
                });
            }
        }
        for value in &mut found {
            if value.cause == Cause::Rewritten && self.baseline.refused.contains(&value.path) {
                value.cause = Cause::Refused;
            }
        }
        found
    }

    /// Tells of each mapped field that differs why, and of each that one side does not show that it is so.
    fn fields(
        &self,
        mapped: &[FieldMapping],
        held: PerSide<&BTreeMap<FieldName, SideValue>>,
        baseline: &BTreeMap<FieldName, FieldBaseline>,
        tell: &mut dyn FnMut(&FieldName, Option<Cause>),
    ) {
        for field in mapped {
            let values = held.map(|fields| fields.get(&field.id).copied());
            let (Some(a), Some(b)) = (values.a, values.b) else {
                tell(&field.id, None);
                continue;
            };
            if SideValue::agrees(a, b) {
                continue;
            }
            let base = baseline.get(&field.id).copied().unwrap_or_default();
            let cause = match merge_field(values, &base, &self.rules(field)) {
                // What it links to has no counterpart any more, though it had one when it was agreed on.
                Verdict::Unchanged if a.common.is_none() => Cause::DeletesIgnored,
                Verdict::Unchanged => Cause::Rewritten,
                Verdict::Drift { .. } => Cause::Direction,
                Verdict::MissingTarget { from }
                    if field.may_clear(from) && PerSide { a, b }[from.other()].empty =>
                {
                    Cause::NoTarget
                }
                _ => Cause::NotYetSynced,
            };
            tell(&field.id, Some(cause));
        }
    }

    fn rules(&self, field: &FieldMapping) -> MergeRules {
        MergeRules {
            direction: field.direction,
            policy: field.conflict,
            ..self.mapping_rules()
        }
    }

    fn mapping_rules(&self) -> MergeRules {
        MergeRules {
            direction: self.mapping.direction,
            policy: self.mapping.conflict,
            prefer: self.mapping.prefer,
            newer: None,
        }
    }

    /// Compares how far both have got, followed or not.
    fn docstatus(&self) -> Option<ValueReport> {
        let stages = self
            .documents
            .map(|document| Stage::of_docstatus(document.docstatus));
        if stages.a == stages.b {
            return None;
        }
        let agreed = stage::agreed(self.fingerprints, self.baseline);
        let cause = if self.mapping.follows_docstatus() {
            match merge_stage(stages, &agreed, &self.mapping_rules()) {
                StageVerdict::Unchanged => Cause::Rewritten,
                StageVerdict::Drift { .. } => Cause::Direction,
                _ => Cause::NotYetSynced,
            }
        } else {
            Cause::Docstatus
        };
        Some(ValueReport {
            path: FieldPath::Field(DOCSTATUS.into()),
            cause,
        })
    }

    /// Says why the rows of a table are not the same on both sides; none where they are.
    fn order_cause(
        &self,
        table: &TableMapping,
        rows: &Rows<'_>,
        path: &FieldPath,
    ) -> Option<Cause> {
        if rows.same_order && !rows.alone.a && !rows.alone.b {
            return None;
        }
        if self.baseline.rewritten.contains(path) {
            return Some(Cause::Rewritten);
        }
        // A side whose rows are those that were agreed on has nothing to say.
        let travels = Side::BOTH
            .into_iter()
            .any(|side| !rows.as_agreed[side] && table.direction.writes_to(side.other()));
        Some(if travels {
            Cause::NotYetSynced
        } else {
            Cause::Direction
        })
    }
}
