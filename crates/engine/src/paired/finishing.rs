//! Putting what was decided and written into the state.

use std::collections::BTreeSet;

use frappe_sync_model::{
    Batch, DocKey, Parked, ParkedCause, PerSide, Side, Site, StateStore, TodoReason,
};

use crate::Clock;
use crate::decide::Decision;
use crate::error::EngineError;
use crate::gate::carried_out;
use crate::ledger::Ledger;
use crate::past;
use crate::report::Action;
use crate::session::{Mode, Session};
use crate::settle::{Settled, settle};
use crate::update::Outcome;
use crate::work::{Pass, Worked};

/// Puts what was decided and written into the state.
pub(super) struct Finishing<'a, 'p, S, T, C> {
    pub(super) session: &'a Session<'p, S, T, C>,
    pub(super) ledger: &'a mut Ledger,
    pub(super) mapping: usize,
    /// The side whose queue is being worked on.
    pub(super) side: Side,
    pub(super) pass: Pass,
    pub(super) batch: Batch,
    pub(super) worked: Worked,
}

impl<S: Site, T: StateStore, C: Clock> Finishing<'_, '_, S, T, C> {
    pub(super) fn commit(&mut self) -> Result<(), EngineError> {
        let batch = std::mem::take(&mut self.batch);
        self.session.store().commit(&batch)?;
        let done: BTreeSet<_> = batch.intents_done.iter().copied().collect();
        self.ledger
            .intents
            .retain(|intent| intent.id.is_none_or(|id| !done.contains(&id)));
        Ok(())
    }

    pub(super) fn park(&mut self, decision: &Decision, cause: ParkedCause, message: String) {
        self.park_on(decision, self.side, cause, message);
    }

    pub(super) fn park_on(
        &mut self,
        decision: &Decision,
        side: Side,
        cause: ParkedCause,
        message: String,
    ) {
        let key: &DocKey = &decision.documents[side].key;
        let now = self.session.parts.clock.now();
        let name = self.session.name_of(self.mapping);
        let parked = self.ledger.park(name, side, key, cause, message, now);
        // A pair is decided on as one, so what an earlier run said of its other document is not so any more.
        let other = side.other();
        let other_name = decision.documents[other].name();
        let place = (name.clone(), other, other_name.clone());
        let is_of_now = |parked: &Parked| parked.side == other && &parked.key.name == other_name;
        if !self.batch.park.iter().any(is_of_now) && self.ledger.unpark(&place) {
            self.batch.unpark.push(place);
        }
        self.batch.park.push(parked);
        self.keep(decision);
        self.done(decision);
    }

    /// Stores the baselines that the decision was made against: an open intent may be folded in.
    pub(super) fn keep(&mut self, decision: &Decision) {
        if decision.pair.id.is_some() {
            self.batch.pairs.push(decision.pair.clone());
        }
    }

    /// Stores a pair that differs as it is, open: the next run decides on it.
    pub(super) fn leave(&mut self, decision: &Decision) {
        let settled = settle(&decision.plan, &decision.pair.baseline, PerSide::default());
        let mut pair = decision.pair.clone();
        pair.baseline = settled.baseline;
        pair.open = true;
        self.batch.pairs.push(pair);
        self.done(decision);
    }

    pub(super) fn done(&mut self, decision: &Decision) {
        self.worked.dealt += 1;
        for side in Side::BOTH {
            let name = decision.documents[side].name().clone();
            self.batch
                .done
                .push((decision.pair.mapping.clone(), side, name));
        }
    }

    /// Takes the outcome of a write.
    pub(super) fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Written {
                decision,
                settled,
                modified,
            } => {
                // What was saved cannot take an older update any more.
                let intents = self.ledger.intents.iter();
                let older = intents.filter(|intent| {
                    crate::update::concerns(intent, &decision.pair)
                        && decision.writes_to(intent.side)
                });
                self.batch
                    .intents_done
                    .extend(older.filter_map(|intent| intent.id));
                self.settled(*decision, settled, modified);
            }
            Outcome::Changed(decision) => self.changed(&decision),
            Outcome::Refused {
                decision,
                to,
                cause,
                message,
            } => {
                self.park_on(&decision, to.other(), cause, message);
            }
            Outcome::Unknown(decision) => self.changed(&decision),
        }
    }

    /// Somebody saved it between our read and our write: it stays queued, to be decided again.
    pub(super) fn changed(&mut self, decision: &Decision) {
        let place = (
            decision.pair.mapping.clone(),
            self.side,
            decision.documents[self.side].name().clone(),
        );
        let times = self.ledger.stale.entry(place).or_default();
        *times += 1;
        if *times > 5 {
            let message = "it changed again and again while it was being decided".to_owned();
            self.park(decision, ParkedCause::KeepsChanging, message);
        } else {
            self.keep(decision);
            self.worked.dealt += 1;
            self.worked.waiting += 1;
        }
    }

    /// Stores a pair with its new baselines.
    pub(super) fn settled(
        &mut self,
        decision: Decision,
        settled: Settled,
        modified: PerSide<Option<Option<frappe_sync_model::SiteTime>>>,
    ) {
        self.count(&decision, &settled);
        self.conflicts(&decision);
        self.told(&decision);
        let mut pair = decision.pair.clone();
        pair.open = decision.plan.stays_open() || settled.again || decision.is_to_go_on;
        pair.baseline = settled.baseline;
        self.log(&decision, &modified);
        for side in Side::BOTH {
            let key = &decision.documents[side].key;
            pair.sides[side].modified = match &modified[side] {
                Some(written) => written.clone(),
                None => key.modified.clone(),
            };
            pair.sides[side].creation.clone_from(&key.creation);
            pair.sides[side].owner.clone_from(&key.owner);
        }
        let waits = !decision.missing.is_empty() || settled.again || decision.is_to_go_on;
        self.done(&decision);
        if waits {
            // Staged after it was taken off: it stays queued under the same key.
            let key = decision.documents[self.side].key.clone();
            let reason = TodoReason::Deferred;
            self.batch.again.push((
                pair.mapping.clone(),
                self.side,
                frappe_sync_model::Todo { key, reason },
            ));
            self.worked.waiting += 1;
            if decision.is_to_go_on {
                self.ledger.to_cancel.insert(self.mapping);
            }
            if !decision.writes() {
                self.worked.dealt -= 1;
            }
        }
        for side in Side::BOTH {
            let place = (
                pair.mapping.clone(),
                side,
                decision.documents[side].name().clone(),
            );
            if self.ledger.unpark(&place) {
                self.batch.unpark.push(place);
            }
        }
        self.batch.pairs.push(pair);
    }

    /// Logs what was written.
    fn log(
        &mut self,
        decision: &Decision,
        modified: &PerSide<Option<Option<frappe_sync_model::SiteTime>>>,
    ) {
        if self.session.mode != Mode::Run {
            return;
        }
        for side in Side::BOTH {
            if !decision.writes_to(side) {
                continue;
            }
            let sent = self.ledger.intents.iter().rfind(|intent| {
                intent.side == side && crate::update::concerns(intent, &decision.pair)
            });
            let moved = modified[side].clone().flatten();
            let operation = past::written(self.session, sent, decision, side, moved);
            self.batch.operations.push(operation);
        }
    }

    pub(super) fn count(&mut self, decision: &Decision, settled: &Settled) {
        for side in Side::BOTH {
            if decision.writes_to(side) {
                let summary = &mut self.ledger.summary;
                match decision.action(side) {
                    Action::Submit => summary.submit += 1,
                    Action::Cancel => summary.cancel += 1,
                    _ => summary.update += 1,
                }
                self.ledger.applied_to[side] += 1;
                let from = side.other();
                let doctypes = &self.session.mappings[self.mapping].doctypes;
                carried_out(
                    self.ledger,
                    side,
                    decision.action(side),
                    (&doctypes[from], decision.documents[from].name()),
                    settled.is_as_sent(&decision.pair.baseline, &decision.plan.sent_to(side)),
                );
            }
        }
        if !decision.writes() && !decision.is_to_go_on && decision.pair.id.is_some() {
            self.ledger.summary.unchanged += 1;
        }
        for (side, path) in &settled.refused {
            self.ledger.refused.push(crate::report::RefusedReport {
                site: *side,
                doctype: self.session.mappings[self.mapping].doctypes[*side].clone(),
                name: decision.documents[*side].name().clone(),
                path: path.clone(),
            });
        }
    }
}
