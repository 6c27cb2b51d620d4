//! A value that a person wrote in place of both.

use frappe_sync_model::{Batch, ConflictState, JournalEntry, Side, Site, StateStore};
use serde_json::Value;

use super::bring_back::bring_back;
use super::detail::conflict_detail;
use super::one::resolve;
use super::{ResolveOutcome, ResolveReport};
use crate::error::EngineError;
use crate::removal::DELETED;
use crate::{Clock, Parts};

/// Writes a value, in the terms of `a`, to `a`, and decides the conflict for `a`. What both held before goes to the
/// journal.
///
/// Where it ends half way, `a` holds the value and the conflict waits as before.
///
/// # Errors
///
/// [`EngineError::Unknown`] where there is no such conflict, or no value can be written at its place; else as a run.
pub async fn resolve_by_hand<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
    conflict: i64,
    value: Value,
) -> Result<ResolveReport, EngineError> {
    let detail = conflict_detail(parts, conflict).await?;
    let record = &detail.conflict;
    if record.path.to_string() == DELETED {
        return Err(EngineError::Unknown(
            "a value in a document that one site deleted: decide whether it stays".to_owned(),
        ));
    }
    if record.state == ConflictState::Open && value != detail.values.a {
        let entry = |lost: &Value, kept: &Value| JournalEntry {
            run: parts.run.clone(),
            at: parts.clock.now(),
            side: Side::A,
            doctype: detail.doctypes.a.clone(),
            name: record.names.a.clone(),
            path: record.path.clone(),
            lost: lost.clone(),
            kept: kept.clone(),
            reason: "a person wrote another value".to_owned(),
        };
        parts.store.commit(&Batch {
            journal: vec![entry(&detail.values.a, &value)],
            ..Batch::default()
        })?;
        // The same way as a loser comes back: only where what it takes the place of still stands there.
        let written = bring_back(parts, &entry(&value, &detail.values.a)).await?;
        if written.outcome != ResolveOutcome::Done {
            return Ok(ResolveReport {
                conflict: Some(conflict),
                ..written
            });
        }
    }
    Box::pin(resolve(parts, conflict, Side::A)).await
}
