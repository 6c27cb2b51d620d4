//! Queueing the documents that a run was asked for, in place of reading what changed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use frappe_sync_model::{
    Batch, Counterpart, DocName, MappingState, Pair, PairId, Presence, Side, Site, StateStore,
    Todo, TodoReason,
};

use super::refused;
use super::seen::is_of;
use crate::chosen::{Chosen, Part};
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::session::Session;
use crate::vanished::{found_by_creation, keys_of};
use crate::{Clock, Event};

/// This many queued documents are looked at together.
const AT_ONCE: usize = 500;

/// Queues the chosen documents of one mapping, and takes all others off.
pub(crate) async fn choose<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    chosen: &Chosen,
) -> Result<(), EngineError> {
    let (store, name, side) = (session.store(), session.name_of(mapping), chosen.side);
    let names = chosen.names_of(name);
    drop_others(session, ledger, mapping, side, &names)?;
    let state = MappingState {
        effective: session.mappings[mapping].effective_form(),
        schema: session.schema.clone(),
        complete: true,
    };
    let known = store.mapping(name)?;
    if known
        .as_ref()
        .is_some_and(|known| known.schema != state.schema)
    {
        refused::reopen(session, mapping)?;
    }
    if known.as_ref() != Some(&state) {
        store.put_mapping(name, &state)?;
    }
    let names: Vec<DocName> = names.into_iter().collect();
    let pairs = with_counterpart(session, mapping, side, &names).await?;
    let keys = keys_of(session, mapping, side, &names).await?;
    let mut todos: Vec<Todo> = Vec::new();
    for key in keys.into_values() {
        let reason = match pairs.get(&key.name) {
            Some(pair) if !is_of(pair, &key) => TodoReason::Vanished,
            // It is linked to, and its counterpart is known.
            Some(_) if chosen.part_of(name, &key.name) != Part::Whole => continue,
            _ => TodoReason::Seen,
        };
        todos.push(Todo { key, reason });
    }
    session.parts.progress.event(Event::Polled {
        mapping: name.clone(),
        side,
        queued: todos.len() as u64,
    });
    Ok(store.stage(name, side, &todos, None)?)
}

/// Takes off the queue, and out of what is parked, all that was not chosen: it is asked for again by name.
fn drop_others<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    chosen_side: Side,
    names: &BTreeSet<DocName>,
) -> Result<(), EngineError> {
    let (store, mapping) = (session.store(), session.name_of(mapping));
    let is_chosen = |side: Side, name: &DocName| side == chosen_side && names.contains(name);
    let mut batch = Batch::default();
    for side in Side::BOTH {
        let mut skip = 0;
        loop {
            let todos = store.todos(mapping, side, skip, AT_ONCE)?;
            if todos.is_empty() {
                break;
            }
            skip += todos.len();
            let others = todos.into_iter().map(|todo| todo.key.name);
            let others = others.filter(|name| !is_chosen(side, name));
            batch
                .done
                .extend(others.map(|name| (mapping.clone(), side, name)));
        }
    }
    let parked: Vec<_> = ledger
        .parked
        .keys()
        .filter(|(of, side, name)| of == mapping && !is_chosen(*side, name))
        .cloned()
        .collect();
    for place in parked {
        ledger.unpark(&place);
        batch.unpark.push(place);
    }
    Ok(store.commit(&batch)?)
}

/// Returns the pairs of these names, and forgets those whose counterpart is gone: whoever asks for a document
/// by name wants it there.
async fn with_counterpart<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    names: &[DocName],
) -> Result<BTreeMap<DocName, Counterpart>, EngineError> {
    let (store, name, other) = (session.store(), session.name_of(mapping), side.other());
    let mut pairs = store.counterparts(name, side, names)?;
    let across: Vec<DocName> = pairs
        .iter()
        .filter(|pair| pair.gone.is_none())
        .map(|pair| pair.other.clone())
        .collect();
    let there = keys_of(session, mapping, other, &across).await?;
    let lost: Vec<DocName> = pairs
        .iter()
        .filter(|pair| pair.gone.is_none() && !there.contains_key(&pair.other))
        .map(|pair| pair.name.clone())
        .collect();
    let mut gone = really_gone(session, mapping, side, &lost).await?;
    gone.extend(
        pairs
            .iter()
            .filter(|pair| pair.gone == Some(other))
            .map(|pair| pair.pair),
    );
    pairs.retain(|pair| !gone.contains(&pair.pair));
    if !gone.is_empty() {
        store.commit(&Batch {
            forget: gone.into_iter().collect(),
            ..Batch::default()
        })?;
    }
    Ok(pairs
        .into_iter()
        .map(|pair| (pair.name.clone(), pair))
        .collect())
}

/// Returns those of the pairs whose counterpart neither has another name nor is hidden from us.
async fn really_gone<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    lost: &[DocName],
) -> Result<HashSet<PairId>, EngineError> {
    let (store, name, other) = (session.store(), session.name_of(mapping), side.other());
    let mut gone = HashSet::new();
    let pairs: Vec<Pair> = store.pairs(name, side, lost)?;
    if pairs.is_empty() {
        return Ok(gone);
    }
    let all: Vec<&Pair> = pairs.iter().collect();
    let found = found_by_creation(session, mapping, other, &all).await?;
    let doctype = &session.mappings[mapping].doctypes[other];
    for pair in &pairs {
        let across = &pair.sides[other].name;
        if found.renamed.contains_key(across) || found.unclear.contains(across) {
            continue;
        }
        let presence = session.site(other).presence(doctype, across).await;
        if presence.on(other)? == Presence::Gone {
            gone.extend(pair.id);
        }
    }
    Ok(gone)
}
