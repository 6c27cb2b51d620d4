//! Link targets that no poll has shown: documents behind the cursor, such as one that was renamed in silence.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{DocName, Filter, ParkedCause, Side, Site, StateStore, Todo, TodoReason};

use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::session::Session;

/// This many names go into one request.
const ASKED_AT_ONCE: usize = 500;

/// Asks the sites for the documents that parked ones miss, each once in a run, and queues those that are there
/// and that their mapping admits. Returns whether there were any.
pub(crate) async fn ask<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<bool, EngineError> {
    if session.parts.options.chosen.is_some() {
        // What was not chosen stays where it is.
        return Ok(false);
    }
    let mut wanted: BTreeMap<(usize, Side), BTreeSet<DocName>> = BTreeMap::new();
    for parked in ledger.parked.values() {
        let ParkedCause::MissingTarget { doctype, name, .. } = &parked.cause else {
            continue;
        };
        let Some(mapping) = session.mapping_of(parked.side, doctype) else {
            continue;
        };
        let place = (session.name_of(mapping).clone(), parked.side, name.clone());
        if !ledger.parked.contains_key(&place) && ledger.asked_for.insert(place) {
            wanted
                .entry((mapping, parked.side))
                .or_default()
                .insert(name.clone());
        }
    }
    let mut anything = false;
    for ((mapping, side), names) in wanted {
        let store = session.store();
        let name = session.name_of(mapping);
        let mut names: Vec<DocName> = names.into_iter().collect();
        let mut known: BTreeSet<DocName> = store
            .counterparts(name, side, &names)?
            .into_iter()
            .map(|pair| pair.name)
            .collect();
        let queued = store.queued(name, side, &names)?;
        known.extend(queued.into_iter().map(|todo| todo.key.name));
        names.retain(|name| !known.contains(name));
        let effective = &session.mappings[mapping];
        for names in names.chunks(ASKED_AT_ONCE) {
            let mut filters = effective.filters[side].clone();
            filters.push(Filter::is_in(
                "name",
                names.iter().map(|name| name.as_str()),
            ));
            let doctype = &effective.doctypes[side];
            let keys = session.site(side).matching_keys(doctype, &filters).await;
            let todos: Vec<Todo> = keys
                .on(side)?
                .into_iter()
                .map(|key| Todo {
                    key,
                    reason: TodoReason::Seen,
                })
                .collect();
            anything |= !todos.is_empty();
            store.stage(name, side, &todos, None)?;
        }
    }
    Ok(anything)
}
