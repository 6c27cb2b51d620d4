//! What was made, read back and paired.

use std::collections::{BTreeSet, HashMap};

use frappe_sync_model::{
    Baseline, Batch, DocName, Document, Intent, Pair, PairSide, PerSide, Site, StateStore, Todo,
    TodoReason,
};

use super::creator::{Creator, Made};
use super::load::unsettle;
use crate::error::EngineError;
use crate::gate::carried_out;
use crate::links::folded;
use crate::past;
use crate::recover::{Ended, held_names, look, new_pair, resolve_creates, settle_created, side_of};
use crate::report::{Action, RefusedReport};
use crate::stage::DOCSTATUS;
use crate::{Clock, Event};

impl<'a, 'p, S: Site, T: StateStore, C: Clock> Creator<'a, 'p, S, T, C> {
    /// Settles what was made by what was read back.
    pub(crate) async fn settle(
        &mut self,
        made: Made,
        documents: Vec<Document>,
    ) -> Result<(), EngineError> {
        let (session, to) = (self.session, self.from.other());
        let mapping = &session.mappings[self.mapping];
        let Made {
            part,
            intents,
            names,
        } = made;
        let mut by_name: HashMap<String, Document> = documents
            .into_iter()
            .map(|document| (folded(document.name()), document))
            .collect();
        let made = by_name.values().map(|document| document.name().clone());
        let held = held_names(session, self.mapping, to, made.collect())?;
        let mut batch = Batch::default();
        let mut unseen: Vec<(Intent, DocName)> = Vec::new();
        for ((ready, intent), name) in part.iter().zip(&intents).zip(&names) {
            let place = (mapping.name.clone(), self.from, ready.source.name().clone());
            if self.ledger.unpark(&place) {
                batch.unpark.push(place.clone());
            }
            let Some(document) = by_name.remove(&folded(name)) else {
                unseen.push((intent.clone(), name.clone()));
                continue;
            };
            if held.contains(document.name()) {
                // Its intent stays, and the next run pairs it.
                self.worked.waiting += 1;
                continue;
            }
            self.ledger.summary.create += 1;
            self.ledger.applied_to[to] += 1;
            self.worked.dealt += 1;
            batch.intents_done.extend(intent.id);
            // What was sent, as it was meant: what did not arrive of it is told apart afterwards.
            let sent = match ready.lossy.is_empty() {
                true => intent.sent.clone(),
                false => ready.body.plan.sent_to(to),
            };
            let ours = session.is_ours(to, &document);
            let mut settled = settle_created(session, mapping, to, &sent, (&document, ours));
            let is_lossy = unsettle(&mut settled, self.from, &ready.lossy);
            let made_from = (&mapping.doctypes[self.from], ready.source.name());
            let as_sent = !is_lossy && settled.is_as_sent(&Baseline::default(), &sent);
            carried_out(self.ledger, to, Action::Create, made_from, as_sent);
            for (side, path) in &settled.refused {
                self.ledger.refused.push(RefusedReport {
                    site: *side,
                    doctype: mapping.doctypes[*side].clone(),
                    name: document.name().clone(),
                    path: path.clone(),
                });
            }
            let mut pair = new_pair(mapping, intent, &document, settled);
            pair.open |= is_lossy
                || !ready.body.deferred.is_empty()
                || ready.body.is_to_go_on
                || ready.body.is_to_be_compared;
            if pair.open {
                let key = ready.source.key.clone();
                let todo = Todo {
                    key,
                    reason: TodoReason::Deferred,
                };
                batch.again.push((mapping.name.clone(), self.from, todo));
                self.worked.waiting += 1;
            } else {
                batch.done.push(place);
            }
            batch.operations.push(past::made(session, intent, &pair));
            batch.pairs.push(pair);
        }
        session.store().commit(&batch)?;
        let done: BTreeSet<_> = batch.intents_done.iter().copied().collect();
        self.ledger
            .intents
            .retain(|intent| intent.id.is_none_or(|id| !done.contains(&id)));
        self.find(unseen).await?;
        let count = part.len() as u64;
        self.ledger.told_as_made += count;
        session.parts.progress.event(Event::Documents { count });
        Ok(())
    }
}

impl<'a, 'p, S: Site, T: StateStore, C: Clock> Creator<'a, 'p, S, T, C> {
    /// Looks for what was made and is not under its name any more: somebody renamed it. What cannot be found is hidden
    /// from us, and paired by its name, so that it is never made twice.
    async fn find(&mut self, unseen: Vec<(Intent, DocName)>) -> Result<(), EngineError> {
        if unseen.is_empty() {
            return Ok(());
        }
        let (session, to) = (self.session, self.from.other());
        let intents: Vec<Intent> = unseen.iter().map(|(intent, _)| intent.clone()).collect();
        let found = look(session, self.mapping, to, &intents, Ended::Answered).await?;
        let found: Vec<Intent> = found
            .iter()
            .map(|made| intents[made.index].clone())
            .collect();
        let count = resolve_creates(
            session,
            self.ledger,
            self.mapping,
            to,
            &found,
            Ended::Answered,
        )
        .await?;
        self.worked.dealt += unseen.len();
        self.worked.waiting += count;
        let mut batch = Batch::default();
        let mapping = &session.mappings[self.mapping];
        for (intent, name) in unseen {
            if found.iter().any(|found| found.id == intent.id) {
                continue;
            }
            self.ledger.summary.create += 1;
            self.ledger.applied_to[to] += 1;
            batch.intents_done.extend(intent.id);
            let made_from = (&mapping.doctypes[self.from], &intent.source.name);
            carried_out(self.ledger, to, Action::Create, made_from, false);
            let pair = unseen_pair(mapping, &intent, &name);
            batch.operations.push(past::made(session, &intent, &pair));
            batch.pairs.push(pair);
            let place = (mapping.name.clone(), self.from, intent.source.name.clone());
            batch.done.push(place);
        }
        session.store().commit(&batch)?;
        self.ledger
            .intents
            .retain(|intent| intent.id.is_none_or(|id| !batch.intents_done.contains(&id)));
        Ok(())
    }
}

fn unseen_pair(
    mapping: &frappe_sync_mapper::EffectiveMapping,
    intent: &Intent,
    name: &DocName,
) -> Pair {
    let made = PairSide {
        name: name.clone(),
        creation: None,
        owner: String::new(),
        modified: None,
    };
    Pair {
        id: None,
        mapping: mapping.name.clone(),
        sides: PerSide::of(intent.side, made, side_of(&intent.source)),
        open: true,
        gone: None,
        // How far it was made is certain; all else is compared when it can be seen.
        baseline: Baseline {
            fields: intent
                .sent
                .fields
                .get_key_value(DOCSTATUS)
                .map(|(id, print)| (id.clone(), *print))
                .into_iter()
                .collect(),
            ..Baseline::default()
        },
    }
}
