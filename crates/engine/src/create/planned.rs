//! Creates as operations of a plan.

use frappe_sync_model::{
    Batch, DocName, Document, FieldPath, Pair, PairSide, PerSide, Site, StateStore, Todo,
    TodoReason,
};
use frappe_sync_planner::Stage;
use serde_json::Value;

use super::creator::{Creator, Ready};
use crate::Clock;
use crate::described;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::recover::side_of;
use crate::report::{Action, BaseReport, CounterpartReport, Operation, PlannedChange};
use crate::session::Session;
use crate::stage::{self, DOCSTATUS};

/// Starts the stand-in name of a document that a plan will make, where its name is not certain.
pub(crate) const PLANNED_PREFIX: &str = "\u{2}op:";

impl<'a, 'p, S: Site, T: StateStore, C: Clock> Creator<'a, 'p, S, T, C> {
    /// Writes the operations of a plan.
    pub(super) fn plan(&mut self, ready: Vec<Ready>) -> Result<(), EngineError> {
        let (session, from, to) = (self.session, self.from, self.from.other());
        let mapping = &session.mappings[self.mapping];
        let certain = session.name_is_certain(self.mapping, to);
        let mut batch = Batch::default();
        let loads = self.loads();
        for Ready { source, body, .. } in ready {
            let id = self.ledger.operations.len() as u64 + 1;
            let name = certain.then(|| source.name().clone());
            let stand_in = name
                .clone()
                .unwrap_or_else(|| DocName::new(format!("{PLANNED_PREFIX}{id}")));
            let mut base = PerSide::default();
            base[from] = source.key.modified.clone();
            self.ledger.operations.push(Operation {
                id,
                site: to,
                doctype: mapping.doctypes[to].clone(),
                name,
                counterpart: Some(CounterpartReport {
                    doctype: mapping.doctypes[from].clone(),
                    name: source.name().clone(),
                }),
                action: Action::Create,
                base: BaseReport {
                    a_modified: base.a,
                    b_modified: base.b,
                },
                changes: described::new_document(&body.document, mapping, &source, to),
                after: Vec::new(),
                reason: format!("exists on `{from}` only"),
            });
            self.ledger.summary.create += 1;
            self.ledger.applied_to[to] += 1;
            // What is loaded is a draft first.
            let goes_on = !body.deferred.is_empty() || (loads && body.is_to_go_on);
            if source.docstatus == 2 && mapping.follows_docstatus() && !goes_on {
                self.plan_cancel(&source, &stand_in);
            }
            if goes_on {
                let mapping = (self.mapping, mapping);
                self.ledger
                    .foreseen
                    .made(mapping, to, &stand_in, &body.document);
            }
            let made = PairSide {
                name: stand_in,
                creation: None,
                owner: String::new(),
                modified: None,
            };
            let baseline = body.plan.sent_to(to);
            let pair = Pair {
                id: None,
                mapping: mapping.name.clone(),
                sides: PerSide::of(to, made, side_of(&source.key)),
                open: goes_on,
                gone: None,
                baseline,
            };
            batch.pairs.push(pair);
            if goes_on {
                let todo = Todo {
                    key: source.key.clone(),
                    reason: TodoReason::Deferred,
                };
                batch.again.push((mapping.name.clone(), from, todo));
                self.worked.waiting += 1;
            } else {
                let place = (mapping.name.clone(), from, source.name().clone());
                batch.done.push(place);
            }
            self.worked.dealt += 1;
        }
        session.store().commit(&batch)?;
        Ok(())
    }

    /// Remembers that a document which the plan makes is cancelled afterwards.
    fn plan_cancel(&mut self, source: &Document, made: &DocName) {
        let (from, to) = (self.from, self.from.other());
        let doctypes = &self.session.mappings[self.mapping].doctypes;
        let operation = Operation {
            id: 0,
            site: to,
            doctype: doctypes[to].clone(),
            name: Some(made.clone()),
            counterpart: Some(CounterpartReport {
                doctype: doctypes[from].clone(),
                name: source.name().clone(),
            }),
            action: Action::Cancel,
            base: BaseReport::default(),
            changes: vec![PlannedChange::new(
                FieldPath::Field(DOCSTATUS.into()),
                Value::from(1),
                Value::from(2),
            )],
            after: Vec::new(),
            reason: format!("cancelled on `{from}`"),
        };
        self.ledger.plan_cancel(self.mapping, operation);
    }
}

/// Writes the cancels of what the plan makes or submits, and takes them as done; returns how many. What came
/// last is cancelled first.
pub(crate) fn plan_cancels<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
) -> Result<usize, EngineError> {
    let planned = ledger.planned_cancels.remove(&mapping).unwrap_or_default();
    let count = planned.len();
    let mut batch = Batch::default();
    for mut operation in planned.into_iter().rev() {
        operation.id = ledger.operations.len() as u64 + 1;
        ledger.summary.cancel += 1;
        ledger.applied_to[operation.site] += 1;
        let made: Vec<DocName> = operation.name.iter().cloned().collect();
        let name = session.name_of(mapping);
        for mut pair in session.store().pairs(name, operation.site, &made)? {
            stage::agree_on(&session.fingerprints, &mut pair.baseline, Stage::Cancelled);
            batch.pairs.push(pair);
        }
        ledger.operations.push(operation);
    }
    session.store().commit(&batch)?;
    Ok(count)
}
