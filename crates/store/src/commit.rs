//! What one step of a run settles, in the order that makes its parts agree.

use frappe_sync_model::Batch;

use crate::error::Failure;
use crate::journal;
use crate::session::Session;
use crate::tables::{conflicts, intents, operations, pairs, parked, todos};

/// Writes a batch into the session's transaction, and last of all its journal.
///
/// What is forgotten goes first, so that a new pair may take its names. What is done with and what is
/// unparked goes by the names that documents had before the batch: where a pair takes a document to another
/// name, its entries are off the queue before the rest follows. What is queued, parked or in conflict goes
/// by the new names.
///
/// A document that a batch both takes off the queue and queues again stays queued; one that it both
/// unparks and parks stays parked, from the time the batch says; a value whose conflict it both ends and
/// finds stays in conflict.
///
/// The journal is on the disk when this returns. It comes last so that a refused batch leaves no entry,
/// and before the commit so that no value is overwritten without one.
pub(crate) fn write(session: &mut Session<'_>, batch: &Batch) -> Result<(), Failure> {
    for pair in &batch.forget {
        pairs::forget(session, *pair)?;
    }
    for (mapping, side, name) in &batch.done {
        if let Some(mapping) = session.find_mapping(mapping)? {
            todos::remove(session, mapping, *side, name)?;
        }
    }
    for (mapping, side, name) in &batch.unpark {
        if let Some(mapping) = session.find_mapping(mapping)? {
            parked::remove(session, mapping, *side, name)?;
        }
    }
    pairs::put(session, &batch.pairs)?;
    for (mapping, side, todo) in &batch.again {
        let mapping = session.mapping_row(mapping)?;
        todos::put(session, mapping, *side, [todo])?;
    }
    for document in &batch.park {
        parked::put(session, document)?;
    }
    for (mapping, name, path) in &batch.conflicts_over {
        if let Some(mapping) = session.find_mapping(mapping)? {
            conflicts::end(session, mapping, name, path)?;
        }
    }
    for conflict in &batch.conflicts {
        conflicts::put(session, conflict)?;
    }
    for intent in &batch.intents_done {
        intents::remove(session, *intent)?;
    }
    for operation in &batch.operations {
        operations::put(session, operation)?;
    }
    for (operation, mark) in &batch.undone {
        operations::mark(session, *operation, mark)?;
    }
    journal::append(session.journal, session.sync, &batch.journal)
        .map_err(|failure| Failure::Journal(Box::new(failure)))
}
