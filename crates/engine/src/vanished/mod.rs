//! Paired documents that are not where they were: renamed, merged, deleted, or hidden from us.
//!
//! A rename leaves `creation` and `owner` as they were (protocol 8); what cannot be found by them is asked
//! for by name, and only what a site says is gone counts as deleted.

mod carry;
mod find;
mod judge;

use frappe_sync_model::{Side, Site, StateStore};

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::session::Session;
use crate::{Clock, Event};

pub(crate) use carry::{carry_names, is_over, look as look_for_rename, resolved};
pub(crate) use find::{
    deletions_of, found_by_creation, keys_of, last_name, renamings, renamings_of,
};

/// Finds out what became of every vanished document. Returns whether that gave the mappings something new to
/// work on.
///
/// Nothing is written to a site: renames are carried over by [`carry_names`], deletes by the removal.
pub(crate) async fn resolve<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
) -> Result<bool, EngineError> {
    session.parts.progress.event(Event::Phase("vanished"));
    let mut anything = false;
    for mapping in session.selected() {
        for side in Side::BOTH {
            if !ledger.stopped.contains(&mapping) {
                anything |= judge::judge(session, ledger, mapping, side).await?;
            }
        }
    }
    Ok(anything)
}
