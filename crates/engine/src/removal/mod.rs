//! Deletes, carried over: the last phase of a run, in the reverse of the order in which documents are made.
//!
//! What is deleted was compared with its own baseline just before: an edit goes before a delete, and makes the
//! document again where it was deleted.

mod delete;
mod forget;
mod judge;
mod look;
mod repointed;
mod restore;

use frappe_sync_model::{Side, Site, StateStore};

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::session::Session;
use crate::{Clock, Event};

pub(crate) use delete::remove_one;
pub(crate) use look::look;
pub(crate) use restore::{RESTORED, is_of_this_delete, was_another};

/// What an edit against a delete is called where a value has its path, and a whole document in the journal.
pub(crate) const DELETED: &str = "(deleted)";

/// Carries over the deletes that wait. Returns whether documents are to be made again.
pub(crate) async fn remove<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<bool, EngineError> {
    session.parts.progress.event(Event::Phase("remove"));
    let mut selected: Vec<usize> = session.selected().collect();
    selected.reverse();
    let mut anything = false;
    for mapping in selected {
        for side in Side::BOTH {
            if session.is_cancelled() {
                return Err(EngineError::Interrupted);
            }
            if !ledger.stopped.contains(&mapping) {
                anything |= judge::judge(session, ledger, mapping, side).await?;
            }
        }
    }
    Ok(anything)
}
