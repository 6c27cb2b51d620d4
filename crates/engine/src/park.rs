//! Parking a document that has no pair, in a transaction of its own.

use frappe_sync_model::{Batch, DocKey, ParkedCause, Side, Site, StateStore};

use crate::Clock;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::session::Session;

/// Parks a document of `side` and takes it off the queue.
pub(crate) fn park_alone<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    key: &DocKey,
    cause: ParkedCause,
    message: String,
) -> Result<(), EngineError> {
    let name = session.name_of(mapping);
    let now = session.parts.clock.now();
    let parked = ledger.park(name, side, key, cause, message, now);
    let batch = Batch {
        done: vec![(name.clone(), side, key.name.clone())],
        park: vec![parked],
        ..Batch::default()
    };
    session.store().commit(&batch)?;
    Ok(())
}
