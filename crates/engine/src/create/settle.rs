//! What was made, read back and paired.

use std::collections::{BTreeSet, HashMap};

use frappe_sync_model::{
    Baseline, Batch, DocName, Document, Intent, Pair, PairSide, PerSide, Side, Site, StateStore,
    Todo, TodoReason,
};

use super::creator::{Creator, Made};
use crate::error::EngineError;
use crate::links::folded;
use crate::recover::{new_pair, settle_created, side_of};
use crate::report::RefusedReport;
use crate::stage::DOCSTATUS;
use crate::{Clock, Event};

impl<'a, 'p, S: Site, T: StateStore, C: Clock> Creator<'a, 'p, S, T, C> {
    /// Settles what was made by what was read back.
    pub(super) fn settle(
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
        let mut batch = Batch::default();
        for ((ready, intent), name) in part.iter().zip(&intents).zip(&names) {
            self.ledger.summary.create += 1;
            self.ledger.applied_to[to] += 1;
            self.worked.dealt += 1;
            batch.intents_done.extend(intent.id);
            let place = (mapping.name.clone(), self.from, ready.source.name().clone());
            if self.ledger.unpark(&place) {
                batch.unpark.push(place.clone());
            }
            let Some(document) = by_name.remove(&folded(name)) else {
                // It was made and cannot be seen: paired by name, so that it is never made twice.
                batch.pairs.push(unseen_pair(mapping, intent, name));
                batch.done.push(place);
                continue;
            };
            let settled = settle_created(session, mapping, to, &intent.sent, &document);
            for (side, path) in &settled.refused {
                self.ledger.refused.push(RefusedReport {
                    site: *side,
                    doctype: mapping.doctypes[*side].clone(),
                    name: document.name().clone(),
                    path: path.clone(),
                });
            }
            let mut pair = new_pair(mapping, intent, &document, settled);
            pair.open |= !ready.body.deferred.is_empty() || ready.body.is_to_go_on;
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
            batch.pairs.push(pair);
        }
        session.store().commit(&batch)?;
        let done: BTreeSet<_> = batch.intents_done.iter().copied().collect();
        self.ledger
            .intents
            .retain(|intent| intent.id.is_none_or(|id| !done.contains(&id)));
        session.parts.progress.event(Event::Documents {
            count: part.len() as u64,
        });
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
    let source = side_of(&intent.source);
    let sides = match intent.side {
        Side::A => PerSide { a: made, b: source },
        Side::B => PerSide { a: source, b: made },
    };
    Pair {
        id: None,
        mapping: mapping.name.clone(),
        sides,
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
