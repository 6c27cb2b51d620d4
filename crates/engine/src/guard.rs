//! The guards that count changes, judged before a run's first write.

use frappe_sync_model::{Batch, DocName, Selection, Side, Site, StateStore, Todo, TodoReason};
use frappe_sync_planner::judge_changes;

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::links::Links;
use crate::poll::stop;
use crate::report::GuardReport;
use crate::session::Session;
use crate::settle::{differs, has_changed};
use crate::view::View;
use crate::{Clock, Event};

/// The name of the guard on the count of changes.
const MAX_CHANGES: &str = "max_changes";

/// Judges the queue of every mapping; stops those that changed too much, with what links to them.
pub(crate) async fn judge<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<(), EngineError> {
    session.parts.progress.event(Event::Phase("guard"));
    if session.parts.options.allow.contains(MAX_CHANGES) {
        return Ok(());
    }
    for mapping in session.selected() {
        for side in Side::BOTH {
            let name = session.name_of(mapping);
            let limit = session.parts.options.max_changes;
            let (changed, pairs) = session.store().changed_pairs(name, side)?;
            if judge_changes(name, side, to_usize(changed), to_usize(pairs), limit).is_none() {
                continue;
            }
            // Many writes move `modified` and change nothing: only values count.
            let changed = true_changes(session, mapping, side).await?;
            if let Some(hit) = judge_changes(name, side, to_usize(changed), to_usize(pairs), limit)
            {
                let guard = GuardReport::of(hit, name);
                stop(session, ledger, mapping, guard);
            }
        }
    }
    Ok(())
}

/// Reads the bodies of queued pairs, settles those whose values are as they were, and returns how many
/// really changed.
async fn true_changes<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
) -> Result<u64, EngineError> {
    let effective = &session.mappings[mapping];
    let store = session.store();
    let (mut skip, mut changed) = (0, 0);
    loop {
        let limit = session.parts.options.documents_per_batch;
        let todos = store.todos(&effective.name, side, skip, limit)?;
        if todos.is_empty() {
            return Ok(changed);
        }
        skip += todos.len();
        let seen: Vec<&Todo> = todos
            .iter()
            .filter(|todo| todo.reason == TodoReason::Seen)
            .collect();
        let names: Vec<DocName> = seen.iter().map(|todo| todo.key.name.clone()).collect();
        let pairs = store.pairs(&effective.name, side, &names)?;
        let names = pairs
            .iter()
            .map(|pair| pair.sides[side].name.clone())
            .collect();
        let documents = session
            .documents(mapping, side, Selection::Names(names))
            .await?;
        let mut links = Links::new(session);
        links
            .resolve_all(session, mapping, side, &documents)
            .await?;
        let mut batch = Batch::default();
        for mut pair in pairs {
            let found = documents
                .iter()
                .find(|doc| doc.name() == &pair.sides[side].name);
            let Some(document) = found else {
                changed += 1;
                continue;
            };
            let view = View::new(&session.fingerprints, effective, side, document, &links);
            if pair.open || differs(&view, side, &pair.baseline) {
                // A field that was never agreed on is to be compared, but nobody changed it.
                changed += u64::from(has_changed(&view, side, &pair.baseline));
                continue;
            }
            batch
                .done
                .push((effective.name.clone(), side, document.name().clone()));
            pair.sides[side].modified.clone_from(&document.key.modified);
            batch.pairs.push(pair);
        }
        skip -= batch.done.len();
        store.commit(&batch)?;
    }
}

fn to_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
