//! What somebody saved between our look and our delete or merge: neither carries a `modified` (protocol 6.1).

use std::collections::HashMap;

use frappe_sync_model::{Deletion, DocName, Intent, Side, Site, StateStore};

use super::forget::forget;
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::report::NoteReport;
use crate::session::Session;
use crate::vanished::deletions_of;

/// Compares what was deleted with what was decided on, as far as the site tells; what somebody had saved in
/// between is restored, and so made again on the other side. Then the pairs are forgotten.
pub(super) async fn make_good<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    deleted: Vec<Intent>,
) -> Result<(), EngineError> {
    if deleted.is_empty() {
        return Ok(());
    }
    let doctype = &session.mappings[mapping].doctypes[side];
    let site = session.site(side);
    let names: Vec<DocName> = deleted
        .iter()
        .map(|intent| intent.source.name.clone())
        .collect();
    let records = deletions_of(session, mapping, side, &names)
        .await?
        .unwrap_or_default();
    let ours = &session.facts[side].user;
    // Oldest first: the last record of a name is that of our delete.
    let last: HashMap<&DocName, &Deletion> = records
        .iter()
        .filter(|record| &record.by == ours && !record.restored)
        .map(|record| (&record.name, record))
        .collect();
    for intent in deleted {
        if let Some(record) = last.get(&intent.source.name)
            && was_saved_meanwhile(session, side, &intent, record).await?
        {
            let message = match site.restore(&record.record).await {
                Ok(()) => {
                    "was saved while it was being deleted: it is restored, and made again on the \
                           other site"
                        .to_owned()
                }
                Err(error) if error.concerns_one_document() => format!(
                    "was saved while it was being deleted, and cannot be restored: {}; it is in Deleted \
                     Document `{}`",
                    error.message, record.record
                ),
                Err(error) => return Err(error).on(side),
            };
            ledger.notes.insert(NoteReport {
                kind: "restored".to_owned(),
                site: side,
                doctype: doctype.clone(),
                name: Some(intent.source.name.clone()),
                message,
            });
        }
        forget(session, ledger, &intent)?;
    }
    Ok(())
}

async fn was_saved_meanwhile<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
    intent: &Intent,
    record: &Deletion,
) -> Result<bool, EngineError> {
    let Some(decided_on) = &intent.source.modified else {
        return Ok(false);
    };
    let key = session
        .site(side)
        .deleted_key(&record.record)
        .await
        .on(side)?;
    let Some(key) = key.filter(|key| key.creation == intent.source.creation) else {
        return Ok(false);
    };
    Ok(key
        .modified
        .is_some_and(|modified| !modified.same_moment(decided_on)))
}
