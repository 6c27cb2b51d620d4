//! A group of updates: intents, writes side by side, one read-back.

use std::collections::{BTreeMap, HashMap};

use frappe_sync_model::{
    Batch, DocName, Intent, IntentId, IntentKind, Pair, PairId, PerSide, Side, Site, SiteError,
    SiteErrorKind, StateStore, Written,
};
use futures::StreamExt;

use super::outcome::{Group, Outcome};
use super::planned::planned;
use super::read_back::{judge, read_back};
use crate::Clock;
use crate::decide::Decision;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::past;
use crate::posting::Posting;
use crate::report::Action;
use crate::session::{Mode, Session};

/// Pairs that are written and read back together.
pub(crate) const MOST_IN_GROUP: usize = 200;

/// Updates that are handed to a site at a time; the connector bounds how many are under way.
const AT_A_TIME: usize = 8;

/// Tells whether an intent is an update of this pair.
pub(crate) fn concerns(intent: &Intent, pair: &Pair) -> bool {
    match &intent.kind {
        IntentKind::Update { pair: id, .. } => Some(*id) == pair.id,
        _ => false,
    }
}

/// Writes what was decided on these pairs.
pub(crate) async fn write_updates<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    mut decisions: Vec<Decision>,
) -> Result<Group, EngineError> {
    if decisions.is_empty() {
        return Ok(Group::default());
    }
    if session.mode == Mode::Plan {
        let plan = |decision| planned(session, ledger, mapping, decision);
        let outcomes = decisions.into_iter().map(plan).collect();
        return Ok(Group {
            outcomes,
            ..Group::default()
        });
    }
    store_new_pairs(session, &mut decisions)?;
    let intents = begin(session, ledger, &decisions)?;
    let answers = send(session, mapping, &decisions).await;
    let mut fatal = None;
    let mut tried: Vec<PerSide<Option<Result<Written, SiteError>>>> =
        decisions.iter().map(|_| PerSide::default()).collect();
    for (index, side, answer) in answers {
        tried[index][side] = Some(answer);
    }
    let backs = read_back(session, mapping, &decisions, &tried).await?;
    let mut group = Group::default();
    for ((decision, tried), intents) in decisions.into_iter().zip(tried).zip(&intents) {
        let outcome = judge(session, mapping, decision, tried, &backs, &mut fatal);
        if !matches!(outcome, Outcome::Unknown(_)) {
            group.intents_done.extend(intents.iter().copied());
        }
        group.outcomes.push(outcome);
    }
    group.fatal = fatal.map(|(side, source)| EngineError::Site { side, source });
    Ok(group)
}

/// Stores pairs that were just found, so that an intent can name them.
fn store_new_pairs<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    decisions: &mut [Decision],
) -> Result<(), EngineError> {
    let new: Vec<Pair> = decisions
        .iter()
        .filter(|decision| decision.pair.id.is_none())
        .map(|decision| Pair {
            open: true,
            ..decision.pair.clone()
        })
        .collect();
    let Some(mapping) = new.first().map(|pair| pair.mapping.clone()) else {
        return Ok(());
    };
    session.store().commit(&Batch {
        pairs: new.clone(),
        ..Batch::default()
    })?;
    let names: Vec<DocName> = new.iter().map(|pair| pair.sides.a.name.clone()).collect();
    let ids: HashMap<DocName, PairId> = session
        .store()
        .counterparts(&mapping, Side::A, &names)?
        .into_iter()
        .map(|found| (found.name, found.pair))
        .collect();
    for decision in decisions
        .iter_mut()
        .filter(|decision| decision.pair.id.is_none())
    {
        decision.pair.id = ids.get(&decision.pair.sides.a.name).copied();
    }
    Ok(())
}

/// Puts the intents of a group on the disk, and returns their ids for each decision.
fn begin<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    decisions: &[Decision],
) -> Result<Vec<Vec<IntentId>>, EngineError> {
    let now = session.parts.clock.now();
    let mut intents = Vec::new();
    let mut owners = Vec::new();
    for (index, decision) in decisions.iter().enumerate() {
        for to in Side::BOTH
            .into_iter()
            .filter(|side| decision.writes_to(*side))
        {
            let (Some(pair), Some(base)) = (
                decision.pair.id,
                decision.documents[to].key.modified.clone(),
            ) else {
                continue;
            };
            intents.push(Intent {
                id: None,
                run: session.parts.run.clone(),
                mapping: decision.pair.mapping.clone(),
                side: to,
                source: decision.documents[to.other()].key.clone(),
                kind: IntentKind::Update {
                    pair,
                    name: decision.documents[to].name().clone(),
                    base,
                },
                sent: decision.plan.sent_to(to),
                sent_at: now,
                site_time: session.facts[to].clock.local_at(now),
            });
            owners.push(index);
        }
    }
    let ids = session.store().begin(&intents)?;
    let mut of_decision = vec![Vec::new(); decisions.len()];
    for ((intent, id), owner) in intents.iter_mut().zip(ids).zip(&owners) {
        intent.id = Some(id);
        of_decision[*owner].push(id);
    }
    if let Some(first) = decisions.first() {
        let kept = intents.iter().zip(&owners).map(|(intent, owner)| {
            let decision = &decisions[*owner];
            let document = &decision.documents[intent.side];
            (intent, Some(&decision.pair), Some(document))
        });
        past::keep_all(session, &first.pair.mapping, kept)?;
    }
    ledger.intents.extend(intents);
    Ok(of_decision)
}

async fn send<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    decisions: &[Decision],
) -> Vec<(usize, Side, Result<Written, SiteError>)> {
    let answers: Vec<Vec<_>> = futures::stream::iter(lanes(decisions))
        .map(|lane| async move {
            let mut answers = Vec::with_capacity(lane.len());
            for (index, to) in lane {
                let answer = send_one(session, mapping, &decisions[index], to).await;
                answers.push((index, to, answer));
            }
            answers
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    answers.into_iter().flatten().collect()
}

async fn send_one<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    decision: &Decision,
    to: Side,
) -> Result<Written, SiteError> {
    let document = &decision.documents[to];
    let Some(base) = &document.key.modified else {
        // Without a `modified` nothing could tell whether somebody else saved in between.
        let message = "it has no `modified`, so it cannot be changed safely";
        let exc_type = "NoModified".to_owned();
        return Err(SiteError::new(SiteErrorKind::Refused { exc_type }, message));
    };
    let doctype = &session.mappings[mapping].doctypes[to];
    let changes = decision.changes[to].clone();
    let site = session.site(to);
    site.update(doctype, document.name(), base, changes).await
}

/// Parts the writes into lanes that go side by side. Submits and cancels of one company write one ledger: they
/// share a lane, submits by posting date, cancels the other way round.
fn lanes(decisions: &[Decision]) -> Vec<Vec<(usize, Side)>> {
    let mut lanes: Vec<Vec<(usize, Side)>> = Vec::new();
    let mut posted: BTreeMap<(Side, String), Vec<(Posting, usize)>> = BTreeMap::new();
    for (index, decision) in decisions.iter().enumerate() {
        for to in Side::BOTH
            .into_iter()
            .filter(|side| decision.writes_to(*side))
        {
            if decision.action(to) == Action::Update {
                lanes.push(vec![(index, to)]);
                continue;
            }
            let posting = Posting::of(&decision.documents[to]);
            let company = (to, posting.company.clone());
            posted.entry(company).or_default().push((posting, index));
        }
    }
    for ((to, _), mut lane) in posted {
        lane.sort();
        let is_cancel =
            |(_, index): &(Posting, usize)| decisions[*index].action(to) == Action::Cancel;
        let (mut cancels, submits): (Vec<_>, Vec<_>) = lane.into_iter().partition(is_cancel);
        cancels.reverse();
        let lane = cancels.into_iter().chain(submits);
        lanes.push(lane.map(|(_, index)| (index, to)).collect());
    }
    lanes
}
