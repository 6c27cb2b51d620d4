//! What somebody saved between our look and our delete or merge: neither carries a `modified` (protocol 6.1).

use chrono::TimeDelta;
use frappe_sync_model::{Deletion, DocName, Intent, Side, Site, StateStore};

use super::forget::forget;
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::past;
use crate::report::NoteReport;
use crate::session::{Mode, Session};
use crate::vanished::deletions_of;

/// A site's clock may be behind the one that we measured by this much.
const CLOCK_MARGIN: TimeDelta = TimeDelta::seconds(5);

/// What the note on a document that was brought back is called.
pub(crate) const RESTORED: &str = "restored";

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
    for intent in deleted {
        let mut of_name = Vec::new();
        for record in records
            .iter()
            .filter(|record| record.name == intent.source.name)
        {
            if is_of_this_delete(session, side, &intent, record) {
                of_name.push(record);
            }
        }
        for record in of_name {
            if !was_another(session, side, &intent, record).await? {
                continue;
            }
            if session.mode == Mode::Plan {
                continue;
            }
            let message = match site.restore(&record.record).await {
                Ok(()) => {
                    "was saved or made while one of its name was being deleted: it is restored, and made again on the \
                           other site"
                        .to_owned()
                }
                Err(error) if error.concerns_one_document() => format!(
                    "was saved or made while one of its name was being deleted, and cannot be restored: {}; it is in Deleted \
                     Document `{}`",
                    error.message, record.record
                ),
                Err(error) => return Err(error).on(side),
            };
            ledger.notes.insert(NoteReport {
                kind: RESTORED.to_owned(),
                site: side,
                doctype: doctype.clone(),
                name: Some(intent.source.name.clone()),
                message,
            });
        }
        let operation = past::removed(session, &intent);
        forget(session, ledger, &intent, Some(operation))?;
    }
    Ok(())
}

/// Tells whether the site says that it was us who removed the document of this intent.
pub(super) async fn was_ours<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    intent: &Intent,
) -> Result<bool, EngineError> {
    let side = intent.side;
    let name = std::slice::from_ref(&intent.source.name);
    let records = deletions_of(session, mapping, side, name).await?;
    for record in records.unwrap_or_default() {
        if is_of_this_delete(session, side, intent, &record) {
            let key = session
                .site(side)
                .deleted_key(&record.record)
                .await
                .on(side)?;
            if key.is_some_and(|key| key.creation == intent.source.creation) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Tells whether a record may have come of this delete: ours, and no older.
pub(crate) fn is_of_this_delete<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
    intent: &Intent,
    record: &Deletion,
) -> bool {
    let begun = intent.site_time.earlier(CLOCK_MARGIN);
    record.by == session.facts[side].user && !record.restored && !begun.is_after(&record.at)
}

/// Tells whether what was removed is not what was decided on: it was saved since, or is another document that had
/// taken the name.
pub(crate) async fn was_another<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
    intent: &Intent,
    record: &Deletion,
) -> Result<bool, EngineError> {
    let key = session
        .site(side)
        .deleted_key(&record.record)
        .await
        .on(side)?;
    let Some(key) = key else { return Ok(false) };
    if key.creation != intent.source.creation {
        return Ok(true);
    }
    Ok(match (&key.modified, &intent.source.modified) {
        (Some(removed), Some(decided_on)) => !removed.same_moment(decided_on),
        _ => false,
    })
}
