//! The decision on `docstatus`: who is further, and whether the other side can follow now.

use frappe_sync_model::{FieldPath, Side, Site, StateStore};
use frappe_sync_planner::{Stage, StageVerdict, Verdict};
use serde_json::Value;

use super::deciding::Deciding;
use super::decision::{Decision, FoundConflict, Loss, Rule};
use crate::Clock;
use crate::document_plan::FieldPlan;
use crate::report::PlannedChange;
use crate::stage::{self, DOCSTATUS};
use crate::work::Pass;

impl<S: Site, T: StateStore, C: Clock> Deciding<'_, '_, S, T, C> {
    /// Decides on `docstatus` once every value is decided: a side moves on with its last changes, and never before
    /// what it could not be given afterwards.
    pub(super) fn stage(&self, pass: Pass, decision: &mut Decision) {
        let Some(verdict) = self.stages.verdict else {
            return;
        };
        let stages = self.stages.standing.stages;
        let path = FieldPath::Field(DOCSTATUS.into());
        let print = |stage| Some(stage::fingerprint(&self.session.fingerprints, stage));
        let mut plan = FieldPlan {
            id: DOCSTATUS.into(),
            verdict: Verdict::Unchanged,
            own: stages.map(print),
            sent: None,
            stays_apart: false,
            cleared: false,
        };
        match verdict {
            StageVerdict::Unchanged => {}
            StageVerdict::Settle => {
                plan.verdict = Verdict::Settle;
                plan.stays_apart = stages.a != stages.b;
            }
            StageVerdict::Drift { side } => {
                plan.verdict = Verdict::Drift { side };
                decision.drift.push(path);
            }
            StageVerdict::Conflict => {
                plan.verdict = Verdict::Conflict;
                decision.conflicts.push(FoundConflict {
                    path,
                    winner: None,
                    rule: Rule::Policy,
                });
            }
            StageVerdict::Advance { to, next, conflict } => {
                let is_held = decision.is_held();
                if !is_held && Self::can_advance(next, pass, decision) {
                    let from = to.other();
                    plan.verdict = Verdict::Write { to, conflict };
                    // Agreed is the step, even where the other side is further: the rest is still a change.
                    plan.own[from] = print(next);
                    plan.sent = print(next);
                    self.advance(to, next, conflict, decision);
                } else {
                    plan.verdict = Verdict::Later { to };
                    decision.is_to_go_on = !is_held;
                }
            }
        }
        decision.plan.fields.push(plan);
    }

    /// Tells whether a side can be moved on in this pass.
    fn can_advance(next: Stage, pass: Pass, decision: &Decision) -> bool {
        match (next, pass) {
            // A cancel takes any other value with it unchecked (protocol 7), and goes in an order of its own.
            (Stage::Cancelled, Pass::Cancels) => !decision.writes(),
            (Stage::Cancelled, _) | (_, Pass::Cancels) => false,
            _ => true,
        }
    }

    /// Asks a side to move on.
    fn advance(&self, to: Side, next: Stage, conflict: bool, decision: &mut Decision) {
        let from = to.other();
        let stages = self.stages.standing.stages;
        let (old, new) = (
            Value::from(stages[to].docstatus()),
            Value::from(next.docstatus()),
        );
        let path = FieldPath::Field(DOCSTATUS.into());
        decision.details[to].push(PlannedChange::new(path.clone(), old.clone(), new.clone()));
        if conflict {
            decision.conflicts.push(FoundConflict {
                path: path.clone(),
                winner: Some(from),
                rule: Rule::Policy,
            });
            decision.losses.push(Loss {
                side: to,
                path,
                lost: old,
                kept: new.clone(),
                rule: Rule::Policy,
            });
        }
        decision.changes[to].insert(DOCSTATUS.to_owned(), new);
        decision.advance = Some((to, next));
        decision.is_to_go_on = stages[from] > next;
    }
}
