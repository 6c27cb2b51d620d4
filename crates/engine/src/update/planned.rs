//! Updates as operations of a plan.

use frappe_sync_model::{FieldPath, PerSide, Side, Site, StateStore};
use serde_json::Value;

use super::outcome::Outcome;
use crate::Clock;
use crate::create::PLANNED_PREFIX;
use crate::decide::Decision;
use crate::ledger::Ledger;
use crate::report::{Action, BaseReport, CounterpartReport, Operation, PlannedChange};
use crate::session::Session;
use crate::settle::{Settled, settle};
use crate::stage::DOCSTATUS;

/// Writes the operations of a plan, and takes them as done in the copy of the state.
pub(super) fn planned<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    mut decision: Decision,
) -> Outcome {
    let effective = &session.mappings[mapping];
    for to in Side::BOTH {
        if !decision.writes_to(to) {
            continue;
        }
        let from = to.other();
        let id = ledger.operations.len() as u64 + 1;
        let base = decision
            .documents
            .as_ref()
            .map(|document| document.key.modified.clone());
        let conflict = decision.losses.iter().any(|loss| loss.side == to);
        let reason = if decision.pair.id.is_none() {
            format!("paired; `{from}` has what `{to}` lacks")
        } else if conflict {
            "both changed; the policy decided".to_owned()
        } else {
            match decision.action(to) {
                Action::Submit => format!("submitted on `{from}`"),
                Action::Cancel => format!("cancelled on `{from}`"),
                _ => format!("changed on `{from}`"),
            }
        };
        let operation = Operation {
            id,
            site: to,
            doctype: effective.doctypes[to].clone(),
            name: Some(decision.documents[to].name().clone()),
            counterpart: Some(CounterpartReport {
                doctype: effective.doctypes[from].clone(),
                name: decision.documents[from].name().clone(),
            }),
            action: decision.action(to),
            base: BaseReport {
                a_modified: base.a,
                b_modified: base.b,
            },
            changes: decision.details[to].clone(),
            after: Vec::new(),
            reason,
        };
        if !decision.missing.is_empty() {
            ledger.foreseen.changed(mapping, to, &decision);
        }
        // The document itself is not submitted, so that another look would come to the same again.
        if operation.action == Action::Submit && std::mem::take(&mut decision.is_to_go_on) {
            ledger.plan_cancel(mapping, cancel_after(&operation, from));
        }
        ledger.operations.push(operation);
    }
    let baseline = assumed(&decision);
    let settled = Settled {
        baseline,
        ..Settled::default()
    };
    Outcome::Written {
        decision: Box::new(decision),
        settled,
        modified: PerSide::default(),
    }
}

/// Returns the cancel of a document that is submitted first.
fn cancel_after(submit: &Operation, from: Side) -> Operation {
    Operation {
        action: Action::Cancel,
        changes: vec![PlannedChange::new(
            FieldPath::Field(DOCSTATUS.into()),
            Value::from(1),
            Value::from(2),
        )],
        reason: format!("cancelled on `{from}`"),
        ..submit.clone()
    }
}

/// Takes what would be sent as what is there.
fn assumed(decision: &Decision) -> frappe_sync_model::Baseline {
    let mut baseline = settle(&decision.plan, &decision.pair.baseline, PerSide::default()).baseline;
    for to in Side::BOTH {
        let sent = decision.plan.sent_to(to);
        baseline.fields.extend(sent.fields);
        baseline.tables.extend(sent.tables);
    }
    baseline
}

/// Tells whether a name stands in for a document that a plan will make, and which operation makes it.
pub(crate) fn planned_operation(name: &str) -> Option<u64> {
    name.strip_prefix(PLANNED_PREFIX)?.parse().ok()
}
