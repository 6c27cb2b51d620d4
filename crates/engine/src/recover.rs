//! Writes whose outcome is not known, resolved by looking and never by repeating.

use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;
use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{
    Batch, Deletes, DocName, Document, Filter, Intent, IntentId, IntentKind, MappingName, Pair,
    PairId, PairSide, PerSide, Selection, Side, Site, StateStore, Todo, TodoReason,
};
use frappe_sync_planner::RowInput;

use crate::document_plan::DocumentPlan;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::links::{Links, folded};
use crate::session::Session;
use crate::settle::{ReadBack, Settled, settle};
use crate::stage::DOCSTATUS;
use crate::view::View;
use crate::{Clock, Event, removal, vanished};

/// A site's clock may be behind the one that we measured by this much.
const CLOCK_MARGIN: TimeDelta = TimeDelta::seconds(5);

/// Resolves what earlier runs left, as far as it can be resolved.
pub(crate) async fn recover<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<(), EngineError> {
    if ledger.intents.is_empty() {
        return Ok(());
    }
    session.parts.progress.event(Event::Phase("recover"));
    let mut groups: BTreeMap<(MappingName, Side), Vec<Intent>> = BTreeMap::new();
    let mut others = Vec::new();
    let mut orphans: Vec<IntentId> = Vec::new();
    for intent in &ledger.intents {
        match &intent.kind {
            IntentKind::Create { .. } => {
                let place = (intent.mapping.clone(), intent.side);
                groups.entry(place).or_default().push(intent.clone());
            }
            IntentKind::Update { pair, .. } if !is_known(session, intent, *pair)? => {
                orphans.extend(intent.id);
            }
            // The next decision on the pair takes it into account; so the pair is looked at.
            IntentKind::Update { .. } => {
                let todo = Todo {
                    key: intent.source.clone(),
                    reason: TodoReason::OpenPair,
                };
                session
                    .store()
                    .stage(&intent.mapping, intent.side.other(), &[todo], None)?;
            }
            IntentKind::Delete { .. } | IntentKind::Rename { .. } => others.push(intent.clone()),
        }
    }
    if !orphans.is_empty() {
        ledger
            .intents
            .retain(|intent| intent.id.is_none_or(|id| !orphans.contains(&id)));
        session.store().commit(&Batch {
            intents_done: orphans,
            ..Batch::default()
        })?;
    }
    for intent in others {
        let Some(mapping) = session
            .mappings
            .iter()
            .position(|m| m.name == intent.mapping)
        else {
            continue;
        };
        match intent.kind {
            IntentKind::Rename { merge: false, .. } => {
                vanished::look_for_rename(session, ledger, mapping, &intent).await?;
            }
            _ => removal::look(session, ledger, mapping, &intent).await?,
        }
    }
    for ((name, side), intents) in groups {
        let Some(mapping) = session.mappings.iter().position(|m| m.name == name) else {
            continue;
        };
        resolve_creates(session, ledger, mapping, side, &intents).await?;
    }
    Ok(())
}

/// Tells whether the pair of an update still says anything of it: it may have been forgotten since, or be a
/// tombstone that stays.
fn is_known<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
    pair: PairId,
) -> Result<bool, EngineError> {
    let (store, source) = (session.store(), intent.side.other());
    let IntentKind::Update { name, .. } = &intent.kind else {
        return Ok(true);
    };
    let mut known = store.counterparts(&intent.mapping, intent.side, std::slice::from_ref(name))?;
    let from = std::slice::from_ref(&intent.source.name);
    known.extend(store.counterparts(&intent.mapping, source, from)?);
    let creation: Vec<_> = intent.source.creation.iter().cloned().collect();
    known.extend(store.counterparts_by_creation(&intent.mapping, source, &creation)?);
    let mapping = session.mappings.iter().find(|m| m.name == intent.mapping);
    let stays = mapping.is_some_and(|mapping| mapping.deletes == Deletes::Ignore);
    Ok(known
        .iter()
        .any(|known| known.pair == pair && !(stays && known.gone.is_some())))
}

/// Looks for the documents of these creates. Those found are paired; those that cannot come any more are
/// forgotten, so that the queue makes them; the others wait. Returns how many were found.
pub(crate) async fn resolve_creates<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    intents: &[Intent],
) -> Result<usize, EngineError> {
    let now = session.parts.clock.now();
    let timeout = TimeDelta::from_std(session.parts.options.request_timeout[side])
        .unwrap_or(TimeDelta::seconds(120));
    let found = look(session, mapping, side, intents).await?;
    let count = found.len();
    let mut batch = Batch::default();
    let mut resolved: Vec<IntentId> = Vec::new();
    for (index, document) in found {
        let intent = &intents[index];
        adopt(session, ledger, intent, &document, &mut batch)?;
        resolved.extend(intent.id);
    }
    for intent in intents {
        let over = now - intent.sent_at > timeout;
        if let Some(id) = intent.id
            && over
            && !resolved.contains(&id)
        {
            resolved.push(id);
        }
    }
    batch.intents_done.clone_from(&resolved);
    session.store().commit(&batch)?;
    ledger
        .intents
        .retain(|intent| intent.id.is_none_or(|id| !resolved.contains(&id)));
    Ok(count)
}

/// Pairs a document that turned out to have been made.
fn adopt<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    intent: &Intent,
    document: &Document,
    batch: &mut Batch,
) -> Result<(), EngineError> {
    let Some(mapping) = session
        .mappings
        .iter()
        .find(|mapping| mapping.name == intent.mapping)
    else {
        return Ok(());
    };
    let settled = settle_created(session, mapping, intent.side, &intent.sent, document);
    let mut pair = new_pair(mapping, intent, document, settled);
    // What it says was true when it was sent; whether it still is, the next look tells.
    pair.open = true;
    ledger.summary.create += 1;
    ledger.applied_to[intent.side] += 1;
    batch.pairs.push(pair);
    let todo = Todo {
        key: intent.source.clone(),
        reason: TodoReason::OpenPair,
    };
    batch
        .again
        .push((mapping.name.clone(), intent.side.other(), todo));
    Ok(())
}

/// Settles a document that was made, from what was sent and what is there.
pub(crate) fn settle_created<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: &EffectiveMapping,
    side: Side,
    sent: &frappe_sync_model::Baseline,
    document: &Document,
) -> Settled {
    let plan = DocumentPlan::from_sent(sent, side);
    let links = Links::new(session);
    let view = View::new(&session.fingerprints, mapping, side, document, &links);
    let back = ReadBack {
        view: &view,
        ours: session.is_ours(side, document),
    };
    let backs = PerSide::from_fn(|other| (other == side).then_some(back));
    settle(&plan, &frappe_sync_model::Baseline::default(), backs)
}

/// Makes the pair of a document that was made.
pub(crate) fn new_pair(
    mapping: &EffectiveMapping,
    intent: &Intent,
    document: &Document,
    settled: Settled,
) -> Pair {
    let source = side_of(&intent.source);
    let made = side_of(&document.key);
    let sides = match intent.side {
        Side::A => PerSide { a: made, b: source },
        Side::B => PerSide { a: source, b: made },
    };
    Pair {
        id: None,
        mapping: mapping.name.clone(),
        sides,
        open: settled.again,
        gone: None,
        baseline: settled.baseline,
    }
}

/// Takes what a pair keeps of a key.
pub(crate) fn side_of(key: &frappe_sync_model::DocKey) -> PairSide {
    PairSide {
        name: key.name.clone(),
        creation: key.creation.clone(),
        owner: key.owner.clone(),
        modified: key.modified.clone(),
    }
}

/// Looks for the documents that these creates may have made, and returns those found by the intent's index.
pub(crate) async fn look<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    intents: &[Intent],
) -> Result<Vec<(usize, Document)>, EngineError> {
    let effective = &session.mappings[mapping];
    let now = session.parts.clock.now();
    let local = session.facts[side].clock.local_at(now);
    // Where the site's clocks were put back since, what was made afterwards looks older than the intent.
    let earliest = |intent: &Intent| {
        let as_if_unchanged = local.earlier(now - intent.sent_at);
        if intent.site_time.is_after(&as_if_unchanged) {
            as_if_unchanged
        } else {
            intent.site_time.clone()
        }
    };
    let Some(since) = intents.iter().map(earliest).min() else {
        return Ok(Vec::new());
    };
    // Not by name, even where that was certain: somebody may have renamed what was made.
    let filters = [
        Filter::new("owner", "=", session.facts[side].user.as_str()),
        Filter::new("creation", ">=", since.earlier(CLOCK_MARGIN).as_str()),
    ];
    let keys = session
        .site(side)
        .matching_keys(&effective.doctypes[side], &filters)
        .await
        .on(side)?;
    let names: Vec<DocName> = keys.into_iter().map(|key| key.name).collect();
    let paired: HashSet<DocName> = session
        .store()
        .counterparts(&effective.name, side, &names)?
        .into_iter()
        .map(|pair| pair.name)
        .collect();
    let free: Vec<DocName> = names
        .into_iter()
        .filter(|name| !paired.contains(name))
        .collect();
    if free.is_empty() {
        return Ok(Vec::new());
    }
    let read = session.documents(mapping, side, Selection::Names(free));
    let mut documents = read.await?;
    documents.sort_by(|left, right| {
        (&left.key.creation, left.name()).cmp(&(&right.key.creation, right.name()))
    });
    Ok(match_up(session, effective, side, intents, documents))
}

fn expected_name(intent: &Intent) -> Option<&DocName> {
    match &intent.kind {
        IntentKind::Create { expected_name, .. } => expected_name.as_ref(),
        _ => None,
    }
}

fn place(intent: &Intent) -> (&str, u32) {
    match &intent.kind {
        IntentKind::Create { chunk, place, .. } => (chunk, *place),
        _ => ("", 0),
    }
}

/// Tells whether a document may have come of a create.
type Fits<'a> = dyn Fn(&Intent, &View, &Document) -> bool + 'a;

/// Tells which document came of which create: by name where it was certain, by everything that was sent
/// being there, and for what the site rewrote by the order within one request.
fn match_up<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: &EffectiveMapping,
    side: Side,
    intents: &[Intent],
    documents: Vec<Document>,
) -> Vec<(usize, Document)> {
    let links = Links::new(session);
    let mut free: Vec<Option<(View, Document)>> = documents
        .into_iter()
        .map(|document| {
            let view = View::new(&session.fingerprints, mapping, side, &document, &links);
            Some((view, document))
        })
        .collect();
    let mut order: Vec<usize> = (0..intents.len()).collect();
    order.sort_by_key(|index| place(&intents[*index]));
    let is_named = |intent: &Intent, _: &View, document: &Document| {
        expected_name(intent).is_some_and(|name| folded(name) == folded(document.name()))
    };
    let is_whole = |intent: &Intent, view: &View, _: &Document| {
        let (equal, all) = likeness(intent, view, side);
        equal == all && (all > 0 || expected_name(intent).is_none())
    };
    // The site rewrote something in it. At least half of it must still be what was sent.
    let is_half = |intent: &Intent, view: &View, _: &Document| {
        let (equal, all) = likeness(intent, view, side);
        equal * 2 >= all && all > 0
    };
    let rules: [&Fits<'_>; 3] = [&is_named, &is_whole, &is_half];
    let mut found = Vec::new();
    for rule in rules {
        order.retain(|index| {
            let fits = |slot: &Option<(View, Document)>| {
                let fits =
                    |(view, document): &(View, Document)| rule(&intents[*index], view, document);
                slot.as_ref().is_some_and(fits)
            };
            let taken = free.iter().position(fits).and_then(|at| free[at].take());
            let is_open = taken.is_none();
            found.extend(taken.map(|(_, document)| (*index, document)));
            is_open
        });
    }
    found
}

/// Counts the sent values that a document holds, and all that were sent.
fn likeness(intent: &Intent, view: &View, side: Side) -> (usize, usize) {
    let (mut equal, mut all) = (0, 0);
    for (id, sent) in &intent.sent.fields {
        // Every draft has it in common with every other.
        if id == DOCSTATUS {
            continue;
        }
        if let Some(sent) = sent[side] {
            all += 1;
            equal += usize::from(view.fields.get(id).is_some_and(|value| value.own == sent));
        }
    }
    for (id, rows) in &intent.sent.tables {
        let mut free: Vec<&RowInput> = view.tables.get(id).into_iter().flatten().collect();
        for row in rows {
            // Rows may have been moved or dropped since: each is compared with the one that is most like it.
            let shared = |held: &RowInput| {
                let fields = row.fields.iter();
                fields
                    .filter(|(field, sent)| {
                        let held = held.fields.get(*field).map(|value| value.own);
                        sent[side].is_some() && held == sent[side]
                    })
                    .count()
            };
            all += row
                .fields
                .values()
                .filter(|sent| sent[side].is_some())
                .count();
            let best = (0..free.len()).max_by_key(|at| (shared(free[*at]), free.len() - at));
            if let Some(at) = best {
                equal += shared(free.remove(at));
            }
        }
    }
    (equal, all)
}
