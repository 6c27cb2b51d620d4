//! The state after a document was taken back: the pair as it was before the run, and its documents queued, so that
//! the next plan comes to what the run came to.

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{
    Baseline, Batch, DocKey, Document, OperationAction, Pair, PairSide, Side, Site, StateStore,
    Todo, TodoReason, UndoMark, UndoStep,
};

use super::candidate::Candidate;
use crate::Clock;
use crate::error::EngineError;
use crate::links::Links;
use crate::recover::side_of;
use crate::session::Session;
use crate::view::View;

/// Settles a document that was taken back; `now` is what was read back of it.
pub(super) fn settle<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    candidate: &Candidate,
    now: Option<&Document>,
    mark: &UndoMark,
) -> Result<(), EngineError> {
    let mut batch = Batch::default();
    if candidate.is_made() {
        forget(session, candidate, &mut batch)?;
    } else if let (Some(before), Some(now)) = (&candidate.pair, now) {
        put_back(session, candidate, before, now, &mut batch)?;
    }
    let done = UndoMark {
        step: UndoStep::Done,
        ..mark.clone()
    };
    batch.undone = candidate
        .ids()
        .into_iter()
        .map(|id| (id, done.clone()))
        .collect();
    batch.intents_done = candidate
        .intents
        .iter()
        .filter_map(|intent| intent.id)
        .collect();
    session.store().commit(&batch)?;
    Ok(())
}

/// The run made the document: before it, its source had no pair.
fn forget<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    candidate: &Candidate,
    batch: &mut Batch,
) -> Result<(), EngineError> {
    let (side, other) = (candidate.side, candidate.side.other());
    let mapping = session.name_of(candidate.mapping);
    let name = std::slice::from_ref(candidate.name());
    let made = &candidate.last().creation;
    for pair in session.store().pairs(mapping, side, name)? {
        let own = &pair.sides[side];
        if made.is_some() && own.creation.is_some() && &own.creation != made {
            continue;
        }
        batch.forget.extend(pair.id);
        let todo = Todo {
            key: key_of(&pair.sides[other]),
            reason: TodoReason::Seen,
        };
        batch.again.push((mapping.clone(), other, todo));
    }
    Ok(())
}

fn put_back<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    candidate: &Candidate,
    before: &Pair,
    now: &Document,
    batch: &mut Batch,
) -> Result<(), EngineError> {
    let (side, other) = (candidate.side, candidate.side.other());
    let mapping = session.name_of(candidate.mapping);
    let is_restored = candidate.last().action == OperationAction::Delete;
    let mut pair = before.clone();
    let stored = stored(session, candidate, before)?;
    if let Some(stored) = &stored {
        pair.sides[other] = stored.sides[other].clone();
        // What the run wrote there, too, is taken back on its own, and remembered then.
        if !candidate.wrote_both {
            pair.sides[other]
                .modified
                .clone_from(&before.sides[other].modified);
        }
    } else if is_restored {
        pair.id = None;
    } else {
        // The pair is gone since: there is nothing to put back but the values.
        return Ok(());
    }
    pair.sides[side] = side_of(&now.key);
    if let Some(document) = &candidate.document {
        let effective = &session.mappings[candidate.mapping];
        follow(session, effective, side, document, now, &mut pair.baseline);
    }
    pair.open = before.open || before.baseline == Baseline::default();
    let was_renamed = candidate.had(OperationAction::Rename);
    let todo = if is_restored {
        let key = now.key.clone();
        (side, key, TodoReason::Vanished)
    } else if was_renamed {
        // Under its old name nothing is found, and so the next plan finds the new one again.
        pair.sides[other].name = before.sides[other].name.clone();
        (other, key_of(&before.sides[other]), TodoReason::Vanished)
    } else {
        (other, key_of(&pair.sides[other]), TodoReason::Seen)
    };
    let (of, key, reason) = todo;
    batch
        .again
        .push((mapping.clone(), of, Todo { key, reason }));
    batch.pairs.push(pair);
    Ok(())
}

/// Returns the pair as it is stored now, by either of its documents.
fn stored<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    candidate: &Candidate,
    before: &Pair,
) -> Result<Option<Pair>, EngineError> {
    let mapping = session.name_of(candidate.mapping);
    for side in Side::BOTH {
        let mut names = vec![
            candidate.last().names[side].clone(),
            before.sides[side].name.clone(),
        ];
        names.dedup();
        let pairs = session.store().pairs(mapping, side, &names)?;
        if let Some(pair) = pairs.into_iter().find(|pair| pair.id == before.id) {
            return Ok(Some(pair));
        }
    }
    Ok(None)
}

/// Lets baselines of a side that stood for what was put back stand for what reads back: a site may store it as
/// something else, and gives new names to the rows of what it restores.
fn follow<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: &EffectiveMapping,
    side: Side,
    before: &Document,
    now: &Document,
    baseline: &mut Baseline,
) {
    let links = Links::new(session);
    let view = |document| View::new(&session.fingerprints, mapping, side, document, &links);
    let (before, now) = (view(before), view(now));
    for (id, agreed) in &mut baseline.fields {
        if let (Some(old), Some(new)) = (before.fields.get(id), now.fields.get(id))
            && agreed[side] == Some(old.own)
        {
            agreed[side] = Some(new.own);
        }
    }
    for (id, agreed) in &mut baseline.tables {
        let (Some(old), Some(new)) = (before.tables.get(id), now.tables.get(id)) else {
            continue;
        };
        if old.len() != new.len() {
            continue;
        }
        for row in agreed {
            let Some((old, new)) = old
                .iter()
                .zip(new)
                .find(|(old, _)| old.name == row.names[side])
            else {
                continue;
            };
            row.names[side] = new.name.clone();
            for (id, agreed) in &mut row.fields {
                if let (Some(old), Some(new)) = (old.fields.get(id), new.fields.get(id))
                    && agreed[side] == Some(old.own)
                {
                    agreed[side] = Some(new.own);
                }
            }
        }
    }
}

fn key_of(side: &PairSide) -> DocKey {
    DocKey {
        name: side.name.clone(),
        modified: side.modified.clone(),
        creation: side.creation.clone(),
        owner: side.owner.clone(),
        lft: None,
    }
}
