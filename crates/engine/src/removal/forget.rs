//! The end of a pair.

use frappe_sync_model::{Batch, Intent, IntentKind, OperationRecord, Site, StateStore};

use crate::Clock;
use crate::error::EngineError;
use crate::gate::carried_out_by_name;
use crate::ledger::Ledger;
use crate::report::Action;
use crate::session::Session;
use crate::vanished::resolved;

/// Forgets a pair of which nothing is left; `operation` is what we did to it, if it was us.
pub(super) fn forget<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    intent: &Intent,
    operation: Option<OperationRecord>,
) -> Result<(), EngineError> {
    let (pair, action) = match intent.kind {
        IntentKind::Delete { pair, .. } => {
            ledger.summary.delete += 1;
            (pair, Action::Delete)
        }
        IntentKind::Rename { pair, .. } => {
            ledger.summary.rename += 1;
            (pair, Action::Rename)
        }
        IntentKind::Create { .. } | IntentKind::Update { .. } => return Ok(()),
    };
    let mapping = session.mappings.iter().find(|it| it.name == intent.mapping);
    if let Some(mapping) = mapping {
        let own = (&mapping.doctypes[intent.side], &intent.source.name);
        carried_out_by_name(ledger, intent.side, action, own);
    }
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
        operations: operation.into_iter().collect(),
        ..Batch::default()
    };
    resolved(session, ledger, intent, batch)
}
