//! Writes whose outcome is not known, resolved by looking and never by repeating.

mod look;

use std::collections::{BTreeMap, HashSet};

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{
    Batch, Deletes, DocKey, DocName, Document, Intent, IntentId, IntentKind, LoadState,
    MappingName, Pair, PairId, PairSide, PerSide, Side, Site, SiteErrorKind, StateStore, Todo,
    TodoReason,
};

pub(crate) use look::{Ended, Made, look};

use crate::create::label_of;
use crate::document_plan::DocumentPlan;
use crate::error::EngineError;
use crate::gate::carried_out;
use crate::ledger::Ledger;
use crate::links::{Links, folded};
use crate::report::Action;
use crate::session::{Mode, Session};
use crate::settle::{ReadBack, Settled, settle};
use crate::vanished::is_over;
use crate::view::View;
use crate::{Clock, Event, past, poll, removal, vanished};

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
        for (label, intents) in by_load(intents) {
            let ended = match &label {
                Some(label) => how_far(session, side, label).await?,
                None => Ended::Perhaps,
            };
            resolve_creates(session, ledger, mapping, side, &intents, ended).await?;
            // Whatever it left is not needed any more.
            if let Some(label) = label
                && ended == Ended::Over
                && let Err(error) = session.site(side).end_load(&label).await
            {
                tracing::debug!(%label, %error, "a Data Import stays on the site");
            }
        }
    }
    Ok(())
}

/// Parts creates by the load that they belong to, if to any.
fn by_load(intents: Vec<Intent>) -> BTreeMap<Option<String>, Vec<Intent>> {
    let mut parts: BTreeMap<Option<String>, Vec<Intent>> = BTreeMap::new();
    for intent in intents {
        let label = match &intent.kind {
            IntentKind::Create { chunk, .. } => label_of(chunk).map(str::to_owned),
            _ => None,
        };
        parts.entry(label).or_default().push(intent);
    }
    parts
}

/// Lets a load come to its end, and tells whether it has. A plan writes nothing, so there it is not waited for.
async fn how_far<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
    label: &str,
) -> Result<Ended, EngineError> {
    if session.mode != Mode::Run {
        return Ok(Ended::UnderWay);
    }
    match session.site(side).resume_load(label).await {
        Ok(LoadState::Unknown) => Ok(Ended::Perhaps),
        Ok(LoadState::UnderWay) => Ok(Ended::UnderWay),
        Ok(LoadState::Ended) => Ok(Ended::Over),
        // It does not begin: what it would make waits.
        Err(error)
            if error.concerns_one_document() || error.kind == SiteErrorKind::OutcomeUnknown =>
        {
            Ok(Ended::UnderWay)
        }
        Err(source) => Err(EngineError::Site { side, source }),
    }
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
    ended: Ended,
) -> Result<usize, EngineError> {
    let found = look(session, mapping, side, intents, ended).await?;
    let count = found.len();
    let made = found.iter().map(|made| made.document.name());
    let held = held_names(session, mapping, side, made.cloned().collect())?;
    let mut batch = Batch::default();
    let mut resolved: Vec<IntentId> = Vec::new();
    let mut waiting: Vec<IntentId> = Vec::new();
    for made in found {
        let intent = &intents[made.index];
        if held.contains(made.document.name()) {
            waiting.extend(intent.id);
            continue;
        }
        adopt(session, ledger, intent, &made, &mut batch)?;
        resolved.extend(intent.id);
    }
    for intent in intents {
        let over = match ended {
            Ended::Over => true,
            Ended::UnderWay => false,
            Ended::Answered | Ended::Perhaps => is_over(session, intent),
        };
        if let Some(id) = intent.id
            && over
            && !resolved.contains(&id)
            && !waiting.contains(&id)
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

/// Returns the names that pairs still hold whose document was deleted, so that the site gave the name again. What
/// became of that one is found out first; the new one is paired by the next run.
pub(crate) fn held_names<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    names: Vec<DocName>,
) -> Result<HashSet<DocName>, EngineError> {
    let (store, name) = (session.store(), session.name_of(mapping));
    let mut holding = store.counterparts(name, side, &names)?;
    holding.retain(|pair| pair.gone.is_none());
    let lost: Vec<Todo> = holding.iter().map(poll::vanished).collect();
    if !lost.is_empty() {
        store.stage(name, side, &lost, None)?;
    }
    Ok(holding.into_iter().map(|pair| pair.name).collect())
}

/// Pairs a document that turned out to have been made.
fn adopt<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    intent: &Intent,
    made: &Made,
    batch: &mut Batch,
) -> Result<(), EngineError> {
    let document = &made.document;
    let Some(mapping) = session
        .mappings
        .iter()
        .find(|mapping| mapping.name == intent.mapping)
    else {
        return Ok(());
    };
    let ours = made.certain && session.is_ours(intent.side, document);
    let settled = settle_created(
        session,
        mapping,
        intent.side,
        &intent.sent,
        (document, ours),
    );
    let made_from = (&mapping.doctypes[intent.side.other()], &intent.source.name);
    let as_sent = settled.is_as_sent(&frappe_sync_model::Baseline::default(), &intent.sent);
    carried_out(ledger, intent.side, Action::Create, made_from, as_sent);
    let mut pair = new_pair(mapping, intent, document, settled);
    // What it says was true when it was sent; whether it still is, the next look tells.
    pair.open = true;
    ledger.summary.create += 1;
    ledger.applied_to[intent.side] += 1;
    batch.operations.push(past::made(session, intent, &pair));
    let source = intent.side.other();
    if has_another_pair(session, intent, source)? {
        // Its source was deleted meanwhile, and another document has the name.
        pair.gone = Some(source);
        batch.pairs.push(pair);
        let todo = Todo {
            key: document.key.clone(),
            reason: TodoReason::Vanished,
        };
        batch.again.push((mapping.name.clone(), intent.side, todo));
        return Ok(());
    }
    if let Some(name) = name_before(session, intent, document)? {
        // It was renamed before it was known: as any rename, which is carried over where names are meant to be equal.
        pair.sides[intent.side].name = name.clone();
        let key = DocKey {
            name,
            ..document.key.clone()
        };
        let reason = TodoReason::Vanished;
        let todo = Todo { key, reason };
        batch.again.push((mapping.name.clone(), intent.side, todo));
    }
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

/// Returns the name that a made document was certain to have, where it has another by now, and no pair has that one.
fn name_before<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
    document: &Document,
) -> Result<Option<DocName>, EngineError> {
    let IntentKind::Create { expected_name, .. } = &intent.kind else {
        return Ok(None);
    };
    let Some(name) = expected_name
        .as_ref()
        .filter(|name| folded(name) != folded(document.name()))
    else {
        return Ok(None);
    };
    let known =
        session
            .store()
            .counterparts(&intent.mapping, intent.side, std::slice::from_ref(name))?;
    let is_free = known.iter().all(|pair| pair.gone == Some(intent.side));
    Ok(is_free.then(|| name.clone()))
}

/// Tells whether the name of an intent's source is that of another pair's document by now.
fn has_another_pair<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
    source: Side,
) -> Result<bool, EngineError> {
    let name = std::slice::from_ref(&intent.source.name);
    let known = session
        .store()
        .counterparts(&intent.mapping, source, name)?;
    Ok(known
        .iter()
        .any(|pair| pair.gone.is_none() && pair.creation != intent.source.creation))
}

/// Settles a document that was made, from what was sent and what is there. Where it is not certainly `ours`, values
/// other than those sent get no baseline, so that they are decided like at a first comparison.
pub(crate) fn settle_created<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: &EffectiveMapping,
    side: Side,
    sent: &frappe_sync_model::Baseline,
    (document, ours): (&Document, bool),
) -> Settled {
    let plan = DocumentPlan::from_sent(sent, side);
    let links = Links::new(session);
    let view = View::new(&session.fingerprints, mapping, side, document, &links);
    let back = ReadBack { view: &view, ours };
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
    let made = side_of(&document.key);
    Pair {
        id: None,
        mapping: mapping.name.clone(),
        sides: PerSide::of(intent.side, made, side_of(&intent.source)),
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
