//! Deciding on pairs, and writing what was decided.

use frappe_sync_model::{
    Batch, Document, Intent, IntentKind, Pair, PerSide, Side, Site, StateStore,
};

use super::finishing::Finishing;
use crate::Clock;
use crate::decide::{Decision, decide};
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::links::Links;
use crate::session::{Mode, Session};
use crate::settle::settle;
use crate::update::write_updates;
use crate::vanished::is_over;
use crate::work::{Pass, Worked};

/// Decides on pairs whose bodies were just read, writes, and settles.
pub(crate) async fn decide_and_write<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    pairs: Vec<(Pair, PerSide<Document>)>,
    pass: Pass,
) -> Result<Worked, EngineError> {
    let mut links = Links::new(session);
    for side in Side::BOTH {
        let documents = pairs.iter().map(|(_, documents)| &documents[side]);
        links.resolve(session, mapping, side, documents)?;
    }
    // What is just being paired may link to itself, or to another of them.
    links.know(session, mapping, pairs.iter().map(|(pair, _)| pair));
    let mut finishing = Finishing {
        session,
        ledger,
        mapping,
        side,
        pass,
        batch: Batch::default(),
        worked: Worked::default(),
    };
    let mut writes = Vec::new();
    for (pair, documents) in pairs {
        let intents: Vec<_> = finishing
            .ledger
            .intents
            .iter()
            .filter(|intent| crate::update::concerns(intent, &pair))
            .cloned()
            .collect();
        let decision = decide(
            session,
            mapping,
            pair,
            documents,
            &links,
            &intents.iter().collect::<Vec<_>>(),
            pass,
        );
        // A write that has not arrived, and may still run, stays open: it may land after this look.
        let known = intents
            .iter()
            .filter(|intent| has_landed(intent, &decision) || is_over(session, intent));
        finishing
            .batch
            .intents_done
            .extend(known.filter_map(|intent| intent.id));
        if session.mode == Mode::Rebuild && decision.writes() {
            finishing.leave(&decision);
            continue;
        }
        if let Some(decision) = finishing.ready_to_write(decision)? {
            if decision.writes() {
                if !intents.is_empty() {
                    finishing.keep(&decision);
                }
                writes.push(decision);
            } else {
                let settled = settle(&decision.plan, &decision.pair.baseline, PerSide::default());
                finishing.settled(decision, settled, PerSide::default());
            }
        }
    }
    finishing.commit()?;
    let writes = finishing.without_dangling_links(writes).await?;
    for group in in_groups(writes) {
        finishing.keep_losers(&group)?;
        let group = write_updates(session, finishing.ledger, mapping, group).await?;
        for outcome in group.outcomes {
            finishing.outcome(outcome);
        }
        finishing.batch.intents_done.extend(group.intents_done);
        finishing.commit()?;
        if let Some(error) = group.fatal {
            return Err(error);
        }
    }
    finishing.commit()?;
    Ok(finishing.worked)
}

/// Tells whether a document was saved since an update was sent to it: then the update has arrived, or never can.
fn has_landed(intent: &Intent, decision: &Decision) -> bool {
    let IntentKind::Update { base, .. } = &intent.kind else {
        return true;
    };
    decision.documents[intent.side]
        .key
        .modified
        .as_ref()
        .is_none_or(|now| !now.same_moment(base))
}

/// Cuts decisions into groups whose read-back is one request and one per child table.
fn in_groups(mut decisions: Vec<Decision>) -> Vec<Vec<Decision>> {
    let mut groups = Vec::new();
    while decisions.len() > crate::update::MOST_IN_GROUP {
        let rest = decisions.split_off(crate::update::MOST_IN_GROUP);
        groups.push(std::mem::replace(&mut decisions, rest));
    }
    groups.push(decisions);
    groups
}
