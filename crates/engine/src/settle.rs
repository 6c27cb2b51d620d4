//! Baselines, from what was read back.
//!
//! A write's answer is not what was stored, and what was stored may be somebody else's by now: a
//! read-back counts as ours only where that is proven, and then all of it does, side effects included.

mod made_rows;

use std::collections::{BTreeMap, HashMap};

use frappe_sync_model::{
    Baseline, DocName, FieldBaseline, FieldName, FieldPath, Fingerprint, PerSide, RowBaseline, Side,
};
use frappe_sync_planner::{RowInput, SideValue, Verdict};

use self::made_rows::names_of_made;
use crate::document_plan::{DocumentPlan, FieldPlan, RowPlan, TablePlan};
use crate::stage::DOCSTATUS;
use crate::view::View;

/// One side after a write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadBack<'a> {
    /// What it holds now.
    pub(crate) view: &'a View,
    /// Nobody but our user has saved it since we did.
    pub(crate) ours: bool,
}

/// What a read-back settled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settled {
    /// The new baselines.
    pub(crate) baseline: Baseline,
    /// Values that read back as they were before.
    pub(crate) refused: Vec<(Side, FieldPath)>,
    /// Something must be decided again: somebody saved in between, or rows do not fit.
    pub(crate) again: bool,
}

impl Settled {
    /// Tells whether every value that was sent reads back like that; `before` are the baselines until then.
    pub(crate) fn is_as_sent(&self, before: &Baseline, sent: &Baseline) -> bool {
        let was_sent = |path: &&FieldPath| match path {
            FieldPath::Field(id) => sent.fields.contains_key(id),
            FieldPath::Table(id) | FieldPath::RowField(id, ..) => sent.tables.contains_key(id),
        };
        let mut rewritten = self.baseline.rewritten.iter().filter(was_sent);
        self.refused.is_empty()
            && !self.again
            && rewritten.all(|path| before.rewritten.contains(path))
    }
}

/// Carries out `plan` on the baselines, believing only what was read back.
pub(crate) fn settle(
    plan: &DocumentPlan,
    previous: &Baseline,
    backs: PerSide<Option<ReadBack<'_>>>,
) -> Settled {
    let mut settling = Settling {
        settled: Settled::default(),
        backs,
    };
    // What the plan does not speak of stays as it was.
    settling.settled.baseline = previous.clone();
    for field in &plan.fields {
        let now = PerSide::from_fn(|side| {
            backs[side].map(|back| (back.view.fields.get(&field.id).copied(), back.ours))
        });
        let before = previous.fields.get(&field.id).copied().unwrap_or_default();
        let path = FieldPath::Field(field.id.clone());
        let after = if field.id == DOCSTATUS {
            settling.stage(field, before, now, &path)
        } else {
            settling.field(field, before, now, &path)
        };
        settling
            .settled
            .baseline
            .fields
            .insert(field.id.clone(), after);
    }
    for table in &plan.tables {
        settling.table(table, previous.tables.get(&table.id));
    }
    settling.settled
}

type Now = PerSide<Option<(Option<SideValue>, bool)>>;

struct Settling<'a> {
    settled: Settled,
    backs: PerSide<Option<ReadBack<'a>>>,
}

impl Settling<'_> {
    /// Settles `docstatus`: what was decided, whatever is there now. It only moves forward, so a side that has got
    /// further meanwhile is seen to lead at the next look, and one that has not got so far to lag.
    fn stage(
        &mut self,
        plan: &FieldPlan,
        before: FieldBaseline,
        now: Now,
        path: &FieldPath,
    ) -> FieldBaseline {
        match plan.verdict {
            Verdict::Settle => {
                if plan.stays_apart {
                    self.settled.baseline.rewritten.insert(path.clone());
                } else {
                    self.settled.baseline.rewritten.remove(path);
                }
                plan.own
            }
            Verdict::Write { to, .. } => {
                let arrived = now[to].and_then(|(value, _)| value).map(|value| value.own);
                if arrived != plan.sent {
                    self.settled.again = true;
                }
                if arrived.is_none() {
                    return before;
                }
                PerSide::from_fn(|side| {
                    if side == to {
                        plan.sent
                    } else {
                        plan.own[side]
                    }
                })
            }
            _ => before,
        }
    }

    fn field(
        &mut self,
        plan: &FieldPlan,
        before: FieldBaseline,
        now: Now,
        path: &FieldPath,
    ) -> FieldBaseline {
        // What a side holds for certain: its read-back where that is ours, else what was decided on.
        let certain = |side: Side| match now[side] {
            Some((Some(value), true)) => Some(value.own),
            _ => plan.own[side],
        };
        let baseline = &mut self.settled.baseline;
        let held_back = |after: FieldBaseline, to: Option<Side>| {
            let clears = |side: Side| plan.cleared && to.is_none_or(|to| side != to);
            PerSide::from_fn(|side| {
                if clears(side) {
                    before[side]
                } else {
                    after[side]
                }
            })
        };
        match plan.verdict {
            Verdict::Unchanged => PerSide::from_fn(|side| match now[side] {
                Some((Some(value), true)) => Some(value.own),
                _ => before[side],
            }),
            Verdict::Settle => {
                baseline.refused.remove(path);
                if plan.stays_apart {
                    baseline.rewritten.insert(path.clone());
                } else {
                    baseline.rewritten.remove(path);
                }
                held_back(PerSide::from_fn(certain), None)
            }
            Verdict::Write { to, .. } => {
                let Some((Some(current), ours)) = now[to] else {
                    self.settled.again = true;
                    return before;
                };
                let arrived = Some(current.own) == plan.sent;
                if !ours && !arrived {
                    self.settled.again = true;
                    return before;
                }
                baseline.refused.remove(path);
                baseline.rewritten.remove(path);
                if !arrived {
                    let stayed = match plan.own[to] {
                        Some(old) => old == current.own,
                        None => current.empty,
                    };
                    if stayed {
                        baseline.refused.insert(path.clone());
                        self.settled.refused.push((to, path.clone()));
                    } else {
                        baseline.rewritten.insert(path.clone());
                    }
                }
                let mut after = PerSide::from_fn(certain);
                after[to] = Some(current.own);
                held_back(after, Some(to))
            }
            Verdict::Conflict
            | Verdict::Drift { .. }
            | Verdict::Unknown
            | Verdict::MissingTarget { .. }
            | Verdict::Later { .. } => before,
        }
    }

    fn table(&mut self, plan: &TablePlan, previous: Option<&Vec<RowBaseline>>) {
        if plan.waits {
            return;
        }
        let path = FieldPath::Table(plan.id.clone());
        if plan.stays_apart {
            self.settled.baseline.rewritten.insert(path);
        } else {
            self.settled.baseline.rewritten.remove(&path);
        }
        let written: Vec<Side> = Side::BOTH
            .into_iter()
            .filter(|side| plan.write[*side])
            .collect();
        if written.iter().any(|side| self.backs[*side].is_none()) {
            self.settled.again = true;
            return;
        }
        let held = PerSide::from_fn(|side| {
            self.backs[side]
                .and_then(|back| back.view.tables.get(&plan.id))
                .map(Vec::as_slice)
        });
        let names = self.row_names(plan, held);
        let by_name: PerSide<Option<HashMap<&DocName, &RowInput>>> =
            held.map(|rows| rows.map(|rows| rows.iter().map(|row| (&row.name, row)).collect()));
        let mut rows = Vec::new();
        for (row, names) in plan.rows.iter().zip(names) {
            let before = row
                .baseline
                .and_then(|index| previous.and_then(|rows| rows.get(index)));
            let PerSide {
                a: Some(a),
                b: Some(b),
            } = &names
            else {
                // It stands on one side only: as drift, waiting for a person, or not found again.
                if row.only.is_none() {
                    self.settled.again = true;
                }
                rows.extend(before.cloned());
                continue;
            };
            let names_of = PerSide { a, b };
            let gone = written.iter().any(|side| {
                by_name[*side]
                    .as_ref()
                    .is_some_and(|rows| !rows.contains_key(names_of[*side]))
            });
            if gone {
                self.settled.again = true;
                rows.extend(before.cloned());
                continue;
            }
            let now_of = |id: &FieldName| -> Now {
                PerSide::from_fn(|side| {
                    let back = self.backs[side]?;
                    let name = names[side].as_ref()?;
                    let row = by_name[side].as_ref()?.get(name)?;
                    Some((row.fields.get(id).copied(), back.ours))
                })
            };
            let nows: Vec<Now> = row.fields.iter().map(|field| now_of(&field.id)).collect();
            let mut fields: BTreeMap<FieldName, FieldBaseline> = BTreeMap::new();
            for (field, now) in row.fields.iter().zip(nows) {
                let old = before
                    .and_then(|before| before.fields.get(&field.id))
                    .copied();
                let path = FieldPath::RowField(plan.id.clone(), a.clone(), field.id.clone());
                let after = self.field(field, old.unwrap_or_default(), now, &path);
                fields.insert(field.id.clone(), after);
            }
            rows.push(RowBaseline {
                names: PerSide {
                    a: a.clone(),
                    b: b.clone(),
                },
                fields,
            });
        }
        if self.has_strangers(plan, &rows, &written) {
            self.settled.again = true;
        }
        self.settled.baseline.tables.insert(plan.id.clone(), rows);
    }

    /// Finds the names that a site gave to the rows of a document that was made.
    fn row_names(
        &self,
        plan: &TablePlan,
        held: PerSide<Option<&[RowInput]>>,
    ) -> Vec<PerSide<Option<DocName>>> {
        let mut names: Vec<_> = plan.rows.iter().map(|row| row.names.clone()).collect();
        for side in Side::BOTH {
            let Some(rows) = held[side].filter(|_| plan.write[side]) else {
                continue;
            };
            let nameless = |row: &RowPlan| row.names[side].is_none() && row.only.is_none();
            let made: Vec<usize> = (0..plan.rows.len())
                .filter(|index| nameless(&plan.rows[*index]))
                .collect();
            if made.is_empty() {
                continue;
            }
            for (index, name) in names_of_made(plan, made, rows) {
                names[index][side] = Some(name);
            }
        }
        names
    }

    /// Tells whether a written list holds rows that nobody decided on: a hook's, or a person's.
    fn has_strangers(&self, plan: &TablePlan, rows: &[RowBaseline], written: &[Side]) -> bool {
        written.iter().any(|side| {
            let known: std::collections::HashSet<&DocName> = rows
                .iter()
                .map(|row| &row.names[*side])
                .chain(plan.rows.iter().filter_map(|row| row.names[*side].as_ref()))
                .collect();
            self.backs[*side]
                .and_then(|back| back.view.tables.get(&plan.id))
                .is_some_and(|held| {
                    let baseline = &self.settled.baseline;
                    let hides = |back: ReadBack<'_>, row: &DocName| {
                        back.view.hides(&plan.id, row, *side, baseline)
                    };
                    held.iter().any(|row| {
                        !known.contains(&row.name)
                            && !self.backs[*side].is_some_and(|back| hides(back, &row.name))
                    })
                })
        })
    }
}

/// Tells whether a side holds anything that is not what its baseline says, or that has none.
pub(crate) fn differs(view: &View, side: Side, baseline: &Baseline) -> bool {
    compare(view, side, baseline, true)
}

/// Tells whether a side holds anything else than it did when it was agreed on.
pub(crate) fn has_changed(view: &View, side: Side, baseline: &Baseline) -> bool {
    compare(view, side, baseline, false)
}

/// Tells whether a side holds a value that was never agreed on.
pub(crate) fn holds_unsettled(view: &View, side: Side, baseline: &Baseline) -> bool {
    let unknown = |value: &SideValue, base: Option<&FieldBaseline>| {
        !value.empty && base.and_then(|base| base[side]).is_none()
    };
    let in_fields = view
        .fields
        .iter()
        .any(|(id, value)| unknown(value, baseline.fields.get(id)));
    in_fields
        || view.tables.iter().any(|(id, rows)| {
            let mut rows = rows.iter();
            !baseline.tables.contains_key(id)
                && rows.any(|row| !view.hides(id, &row.name, side, baseline))
        })
}

/// Compares a side with its baseline; `unknown` is what a value without one counts as.
fn compare(view: &View, side: Side, baseline: &Baseline, unknown: bool) -> bool {
    let changed = |value: &SideValue, base: Option<&FieldBaseline>| {
        base.and_then(|base| base[side])
            .map_or(unknown, |base: Fingerprint| base != value.own)
    };
    if view
        .fields
        .iter()
        .any(|(id, value)| changed(value, baseline.fields.get(id)))
    {
        return true;
    }
    view.tables.iter().any(|(id, rows)| {
        let Some(agreed) = baseline.tables.get(id) else {
            return unknown;
        };
        let rows: Vec<&RowInput> = rows
            .iter()
            .filter(|row| !view.hides(id, &row.name, side, baseline))
            .collect();
        agreed.len() != rows.len()
            || rows.iter().zip(agreed).any(|(row, base)| {
                row.name != base.names[side]
                    || row
                        .fields
                        .iter()
                        .any(|(id, value)| changed(value, base.fields.get(id)))
            })
    })
}
