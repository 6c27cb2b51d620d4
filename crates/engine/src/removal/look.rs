//! Deletes and merges whose answer was lost, resolved by looking.

use frappe_sync_model::{Batch, Intent, Site, StateStore};

use super::restore::{make_good, was_ours};
use crate::Clock;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::session::Session;
use crate::vanished::{is_over, keys_of, resolved};

/// Looks whether a document was deleted or merged; if so, its pair is forgotten. If it was not, and cannot be
/// any more, the intent is dropped, and what becomes of the document is decided again.
pub(crate) async fn look<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    intent: &Intent,
) -> Result<(), EngineError> {
    let name = &intent.source.name;
    let keys = keys_of(session, mapping, intent.side, std::slice::from_ref(name)).await?;
    // Another document may have taken the name meanwhile.
    let is_there = keys
        .get(name)
        .is_some_and(|key| key.creation == intent.source.creation);
    let over = is_over(session, intent);
    if is_there && over {
        resolved(session, ledger, intent, Batch::default())
    } else if !is_there && (over || was_ours(session, mapping, intent).await?) {
        let removed = vec![intent.clone()];
        make_good(session, ledger, mapping, intent.side, removed).await
    } else {
        // It may still run, and hit whatever has the name by then.
        Ok(())
    }
}
