//! Deciding on pairs, and writing what was decided.

use frappe_sync_model::{
    Batch, Document, Intent, IntentKind, Pair, PerSide, Side, Site, StateStore,
};

use super::finishing::Finishing;
use crate::Clock;
use crate::decide::{Decision, decide};
use crate::error::EngineError;
use crate::gate::{Seen, Wanted, not_wanted, permits};
use crate::ledger::Ledger;
use crate::links::Links;
use crate::past;
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
        links.resolve_all(session, mapping, side, documents).await?;
        let documents = pairs.iter().map(|(_, documents)| &documents[side]);
        links
            .ask_for_clearing(session, &mut ledger.known, mapping, side, documents)
            .await?;
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
        for intent in &intents {
            let to = intent.side;
            if has_landed(intent, &decision) && session.is_ours(to, &decision.documents[to]) {
                let operation = past::landed(session, intent, &decision.documents);
                finishing.batch.operations.push(operation);
            }
        }
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
        if !is_permitted(session, finishing.ledger, mapping, &decision)? {
            // Nothing is settled; what an open intent told of the baselines is.
            if !intents.is_empty() {
                finishing.keep(&decision);
            }
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
    for mut group in in_groups(writes) {
        finishing.keep_losers(&mut group)?;
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

/// Tells whether what was decided may be written, where a plan bounds the run.
fn is_permitted<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    decision: &Decision,
) -> Result<bool, EngineError> {
    if ledger.gate.is_none() {
        return Ok(true);
    }
    if !decision.writes() {
        not_wanted(session, ledger, mapping, decision);
        return Ok(true);
    }
    let doctypes = &session.mappings[mapping].doctypes;
    let mut wanted = Vec::new();
    for site in Side::BOTH {
        if !decision.writes_to(site) {
            continue;
        }
        let from = site.other();
        let seen =
            PerSide::from_fn(|side| Some(Seen::of(session, side, &decision.documents[side])));
        wanted.push(Wanted {
            site,
            action: decision.action(site),
            source: (&doctypes[from], decision.documents[from].name()),
            own: Some((&doctypes[site], decision.documents[site].name())),
            seen,
            changes: &decision.details[site],
            missing: &decision.missing,
        });
    }
    permits(session, ledger, &wanted)
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
