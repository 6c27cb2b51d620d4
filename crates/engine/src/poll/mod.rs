//! Reading keys: what is to be looked at.

mod chosen;
mod due;
mod older_state;
mod refused;
mod seen;
mod side;
mod sweep;

use frappe_sync_model::{MappingState, Side, Site, StateStore};
use frappe_sync_planner::empty_side;

use self::side::Reading;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::report::GuardReport;
use crate::session::{Mode, Session};
use crate::{Clock, Event};

pub(crate) use chosen::choose;
pub(crate) use due::requeue_resolved;
pub(crate) use sweep::vanished;

/// Queues everything that is to be looked at in one mapping.
pub(crate) async fn poll<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
) -> Result<(), EngineError> {
    let store = session.store();
    let name = session.name_of(mapping);
    let effective = session.mappings[mapping].effective_form();
    let known = store.mapping(name)?;
    let mut all_parked = false;
    let mut compare_all = false;
    match &known {
        Some(state) if state.effective == effective => {
            all_parked = state.schema != session.schema;
            if all_parked {
                refused::reopen(session, mapping)?;
            }
        }
        // Fields, filters or direction changed: everything is compared once, on kept baselines.
        Some(_) => {
            all_parked = true;
            compare_all = true;
            store.drop_cursors(name)?;
        }
        None => {}
    }
    let reading = Reading {
        session,
        mapping,
        all: known.is_none(),
        compare_all,
    };
    let (a, b) =
        futures::future::join(reading.side(Side::A, ledger), reading.side(Side::B, ledger)).await;
    for (side, result) in [(Side::A, a), (Side::B, b)] {
        let read = result?;
        session.parts.progress.event(Event::Polled {
            mapping: name.clone(),
            side,
            queued: read.queued,
        });
        let pairs = if read.empty {
            store.counts(name)?.pairs
        } else {
            0
        };
        let hit = empty_side(name, side, 0, usize::try_from(pairs).unwrap_or(usize::MAX));
        if let Some(hit) = hit
            && !session.parts.options.allow.contains(hit.name)
        {
            stop(session, ledger, mapping, GuardReport::of(hit, name));
        }
    }
    store.requeue(name, session.parts.clock.now(), all_parked)?;
    let state = MappingState {
        effective,
        schema: session.schema.clone(),
        complete: true,
    };
    if known.as_ref() != Some(&state) {
        store.put_mapping(name, &state)?;
    }
    Ok(())
}

/// Stops a mapping and all that link to it.
pub(crate) fn stop<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    guard: GuardReport,
) {
    ledger.guard.get_or_insert(guard);
    if session.mode == Mode::Plan {
        // A plan writes nothing: it shows what the guard is there to stop.
        return;
    }
    let mut reached = vec![mapping];
    while let Some(stopped) = reached.pop() {
        if ledger.stopped.insert(stopped) {
            reached.extend(
                (0..session.mappings.len())
                    .filter(|index| session.needs[*index].contains(&stopped)),
            );
        }
    }
}
