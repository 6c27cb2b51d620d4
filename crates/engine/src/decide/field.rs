//! The decision on one field.

use frappe_sync_mapper::FieldMapping;
use frappe_sync_model::{FieldBaseline, FieldPath, PerSide, Side, Site, StateStore};
use frappe_sync_planner::{Fit, Verdict, merge_field};
use serde_json::Value;

use super::deciding::Deciding;
use super::decision::{Decision, FoundConflict, Loss, Rule};
use crate::Clock;
use crate::compose::{explicit, field_value, missing_in};
use crate::described::other_name;
use crate::document_plan::FieldPlan;
use crate::report::PlannedChange;
use crate::view::View;

impl<S: Site, T: StateStore, C: Clock> Deciding<'_, '_, S, T, C> {
    pub(super) fn field(
        &self,
        field: &FieldMapping,
        views: &PerSide<View>,
        decision: &mut Decision,
    ) {
        let values = PerSide::from_fn(|side| views[side].fields.get(&field.id).copied());
        for side in Side::BOTH {
            if values[side].is_none() {
                decision.unseen.push((side, field.names[side].clone()));
            }
        }
        let baseline = decision
            .pair
            .baseline
            .fields
            .get(&field.id)
            .copied()
            .unwrap_or_default();
        let rules = self.rules_of(field);
        let path = FieldPath::Field(field.id.clone());
        let mut verdict = merge_field(values, &baseline, &rules);
        if verdict == Verdict::Unchanged && self.is_told_otherwise(field, values, &path, decision) {
            verdict = merge_field(values, &FieldBaseline::default(), &rules);
        }
        // A value that only an insert can give stays different for good (protocol 7).
        let only_on_insert = field.on_create_only
            && !matches!(
                verdict,
                Verdict::Unchanged | Verdict::Settle | Verdict::Unknown
            );
        let mut sent = None;
        let mut rule = self.rule_of(field.direction, field.conflict);
        let mut stays_apart = only_on_insert;
        if only_on_insert {
            verdict = Verdict::Settle;
        } else if let PerSide {
            a: Some(a),
            b: Some(b),
        } = values
        {
            let allowed = field.meta.as_ref().map(|meta| meta.allow_on_submit);
            let standing = &self.stages.standing;
            match standing.fit_value(verdict, &PerSide { a, b }, &allowed) {
                Fit::Carry(fitting) => {
                    // What goes one way does not go the other way round.
                    match fitting {
                        Verdict::Write { to, .. } if !field.direction.writes_to(to) => {
                            verdict = Verdict::Settle;
                            stays_apart = true;
                            decision.apart(path.clone(), to);
                        }
                        _ => {
                            if fitting != verdict {
                                rule = Rule::Further;
                            }
                            verdict = fitting;
                        }
                    }
                }
                Fit::Apart { kept } => {
                    verdict = Verdict::Settle;
                    stays_apart = true;
                    decision.apart(path.clone(), kept);
                }
                Fit::Refused { to } => {
                    verdict = Verdict::Later { to };
                    decision.past_rules.push((to, path.clone()));
                }
            }
        }
        let mut cleared = false;
        if let Verdict::Write { to, .. } | Verdict::MissingTarget { from: to } = verdict {
            let from = match verdict {
                Verdict::Write { .. } => to.other(),
                _ => to,
            };
            let fields = &decision.documents[from].fields;
            let missing = missing_in(field, from, fields, fields, self.links);
            cleared = missing.is_some_and(|missing| self.is_cleared(&missing));
            if cleared {
                let to = from.other();
                let is_empty = values[to].is_some_and(|value| value.empty);
                let allowed = field.meta[to].allow_on_submit;
                let stays = is_empty || !self.stages.standing.is_writable(to, allowed);
                verdict = match (verdict, stays) {
                    (_, true) => Verdict::Settle,
                    (Verdict::Write { .. }, false) => verdict,
                    (_, false) => Verdict::Write {
                        to,
                        conflict: false,
                    },
                };
            }
        }
        match verdict {
            Verdict::Write { to, conflict } => {
                let from = to.other();
                let fields = &decision.documents[from].fields;
                let value = match cleared {
                    true => Ok(explicit(field, to, Value::Null)),
                    false => field_value(field, from, fields, fields, self.links),
                };
                match value {
                    Ok(value) => {
                        sent = Some(self.fingerprint(field, to, &value));
                        let name = field.names[to].clone();
                        let old = decision.documents[to]
                            .fields
                            .get(name.as_str())
                            .cloned()
                            .unwrap_or(Value::Null);
                        let here = FieldPath::Field(name.clone());
                        decision.details[to].push(PlannedChange {
                            other_name: other_name(field, from, fields, &value),
                            ..PlannedChange::new(here.clone(), old.clone(), value.clone())
                        });
                        if conflict {
                            decision.conflicts.push(FoundConflict {
                                path,
                                winner: Some(from),
                                rule,
                            });
                            decision.losses.push(Loss {
                                side: to,
                                path: here,
                                lost: old,
                                kept: value.clone(),
                                rule,
                            });
                        }
                        decision.changes[to].insert(name.as_str().to_owned(), value);
                    }
                    Err(missing) => {
                        decision.missing.push(*missing);
                        verdict = Verdict::MissingTarget { from };
                    }
                }
            }
            Verdict::Conflict => decision.conflicts.push(FoundConflict {
                path,
                winner: None,
                rule,
            }),
            Verdict::Drift { .. } => decision.drift.push(path),
            Verdict::MissingTarget { from } => {
                let fields = &decision.documents[from].fields;
                decision
                    .missing
                    .extend(missing_in(field, from, fields, fields, self.links));
            }
            Verdict::Unchanged | Verdict::Settle | Verdict::Unknown | Verdict::Later { .. } => {}
        }
        decision.plan.fields.push(FieldPlan {
            id: field.id.clone(),
            verdict,
            own: values.map(|value| value.map(|value| value.own)),
            sent,
            stays_apart,
            cleared,
        });
    }
}
