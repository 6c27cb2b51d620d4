//! The end of a pair.

use frappe_sync_model::{Batch, Intent, IntentKind, Site, StateStore};

use crate::Clock;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::session::Session;
use crate::vanished::resolved;

/// Forgets a pair of which nothing is left.
pub(super) fn forget<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    intent: &Intent,
) -> Result<(), EngineError> {
    let pair = match intent.kind {
        IntentKind::Delete { pair, .. } => {
            ledger.summary.delete += 1;
            pair
        }
        IntentKind::Rename { pair, .. } => {
            ledger.summary.rename += 1;
            pair
        }
        IntentKind::Create { .. } | IntentKind::Update { .. } => return Ok(()),
    };
    ledger.applied_to[intent.side] += 1;
    let place = (
        intent.mapping.clone(),
        intent.side,
        intent.source.name.clone(),
    );
    let unparked = ledger.unpark(&place);
    let batch = Batch {
        forget: vec![pair],
        unpark: unparked.then(|| place.clone()).into_iter().collect(),
        done: vec![place],
        ..Batch::default()
    };
    resolved(session, ledger, intent, batch)
}
