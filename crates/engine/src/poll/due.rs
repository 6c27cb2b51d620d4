//! Parked documents that are due because what they waited for is there.

use frappe_sync_model::{ParkedCause, Site, StateStore, Todo, TodoReason};

use crate::Clock;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::session::Session;

/// Queues the parked documents whose missing target has come, or is about to: those of earlier mappings
/// are paired by now.
pub(crate) fn requeue_resolved<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &Ledger,
    mapping: usize,
) -> Result<(), EngineError> {
    let name = session.name_of(mapping);
    for parked in ledger
        .parked
        .values()
        .filter(|parked| &parked.mapping == name)
    {
        let ParkedCause::MissingTarget {
            doctype,
            name: target,
            ..
        } = &parked.cause
        else {
            continue;
        };
        let come = match session.mapping_of(parked.side, doctype) {
            Some(other) => session
                .store()
                .counterparts(
                    session.name_of(other),
                    parked.side,
                    std::slice::from_ref(target),
                )?
                .iter()
                .any(|pair| pair.gone.is_none()),
            // Of an unmapped DocType: the site is asked when the document is written.
            None => true,
        };
        if come {
            let todo = Todo {
                key: parked.key.clone(),
                reason: TodoReason::ParkedDue,
            };
            session.store().stage(name, parked.side, &[todo], None)?;
        }
    }
    Ok(())
}
