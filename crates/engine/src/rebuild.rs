//! A state made anew: both sites are read and paired, and neither is written to.

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    DocType, PerSide, RequestCounts, RunId, RunOutcome, RunRecord, Site, StateStore, SyncName,
};
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::report::ParkedReport;
use crate::run::{counts, open, parked};
use crate::session::Mode;
use crate::{Clock, Event, Parts, poll, work};

/// How one mapping was paired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuiltMapping {
    /// DocType on `a`.
    pub doctype: DocType,
    /// Pairs.
    pub pairs: u64,
    /// Pairs whose documents differ: the next run decides on them as on a first one.
    pub different: u64,
    /// Documents of either side without a counterpart: the next run makes one.
    pub alone: u64,
}

/// A state made anew, `frappe-sync/rebuild@1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RebuildReport {
    /// `frappe-sync/rebuild@1`.
    pub format: String,
    /// The run that did it.
    pub run_id: RunId,
    /// The sync.
    pub sync: SyncName,
    /// When it started.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub finished: DateTime<Utc>,
    /// Each mapping.
    pub doctypes: Vec<RebuiltMapping>,
    /// Documents that could not be paired for certain.
    pub parked: Vec<ParkedReport>,
    /// Requests that it made; none of them a write.
    pub requests: PerSide<RequestCounts>,
}

/// Pairs both sites anew, by identity, and where a mapping has none by what documents of our user hold.
///
/// Equal values settle. What differs, and what stands alone, waits for the next run, which decides on it as on a
/// first one. The store should be empty.
///
/// # Errors
///
/// As [`run`](crate::run()).
pub async fn rebuild<S: Site, T: StateStore, C: Clock>(
    parts: &Parts<'_, S, T, C>,
) -> Result<RebuildReport, EngineError> {
    let started = parts.clock.now();
    let before = counts(parts);
    let session = open(parts, Mode::Rebuild).await?;
    let mut ledger = Ledger::load(parts.store)?;
    parts.progress.event(Event::Phase("poll"));
    for mapping in session.selected() {
        if session.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        poll::poll(&session, &mut ledger, mapping).await?;
    }
    work::work(&session, &mut ledger).await?;
    let mut doctypes = Vec::new();
    for mapping in session.selected() {
        let counts = parts.store.counts(session.name_of(mapping))?;
        doctypes.push(RebuiltMapping {
            doctype: session.mappings[mapping].doctypes.a.clone(),
            pairs: counts.pairs,
            different: counts.open,
            alone: counts.todo,
        });
    }
    let finished = parts.clock.now();
    let after = counts(parts);
    let report = RebuildReport {
        format: "frappe-sync/rebuild@1".to_owned(),
        run_id: parts.run.clone(),
        sync: parts.sync.clone(),
        started,
        finished,
        doctypes,
        parked: parked(&session)?,
        requests: PerSide::from_fn(|side| RequestCounts {
            read: after[side].read - before[side].read,
            write: after[side].write - before[side].write,
        }),
    };
    parts.store.put_run(&RunRecord {
        run: parts.run.clone(),
        started,
        finished: Some(finished),
        outcome: Some(RunOutcome::Partial),
        report: serde_json::to_value(&report).unwrap_or_default(),
    })?;
    Ok(report)
}
