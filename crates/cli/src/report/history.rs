//! Past runs: the JSON shape of `frappe-sync/history@1`, read from the state file.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use frappe_sync_engine::{RunReport, Summary};
use frappe_sync_model::{
    OperationRecord, PerSide, RequestCounts, RunId, RunOutcome, RunRecord, StateError, StateStore,
    SyncName, UndoMark, UndoStep,
};
use frappe_sync_store::SyncState;
use serde::Serialize;
use serde_json::Value;

/// Past runs of a sync, `frappe-sync/history@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct HistoryReport {
    /// `frappe-sync/history@1`.
    pub(crate) format: &'static str,
    /// The sync.
    pub(crate) sync: SyncName,
    /// Runs, newest first.
    pub(crate) runs: Vec<PastRun>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PastRun {
    /// Its id.
    pub(crate) run_id: RunId,
    /// When it started.
    pub(crate) started: DateTime<Utc>,
    /// When it ended; none while it runs, or where it was killed.
    pub(crate) finished: Option<DateTime<Utc>>,
    /// How long it took, in seconds.
    pub(crate) seconds: Option<f64>,
    /// How it ended.
    pub(crate) outcome: Option<RunOutcome>,
    /// Counts by action; none where it did not get so far.
    pub(crate) summary: Option<Summary>,
    /// Writes by the side they went to.
    pub(crate) applied_to: Option<PerSide<u64>>,
    /// Requests that it made.
    pub(crate) requests: Option<PerSide<RequestCounts>>,
    /// Documents that were parked when it ended, by cause.
    pub(crate) parked: BTreeMap<String, u64>,
    /// Writes whose outcome was not known when it ended.
    pub(crate) unknown: u64,
    /// The guard that stopped it, or one of its mappings.
    pub(crate) guard: Option<String>,
    /// What ended it, where it failed.
    pub(crate) error: Option<String>,
    /// How a saved plan came out, where it carried one out.
    pub(crate) prediction: Option<Value>,
    /// What became of it since, where it was undone.
    pub(crate) undone: Option<UndoneRun>,
    /// What it wrote, where one run is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operations: Option<Vec<OperationRecord>>,
    /// Its whole report, where one run is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) report: Option<Value>,
}

/// An undo of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct UndoneRun {
    /// The id of the last undo.
    pub(crate) undo_id: RunId,
    /// When it began.
    pub(crate) at: DateTime<Utc>,
    /// Operations that were taken back.
    pub(crate) taken_back: u64,
    /// Operations of the run.
    pub(crate) operations: u64,
}

/// How much of a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Its counts.
    Counts,
    /// All of it.
    Full,
}

/// Tells of a run.
pub(crate) fn past_run(
    store: &SyncState,
    record: RunRecord,
    detail: Detail,
) -> Result<PastRun, StateError> {
    let operations = store.operations(record.run.as_str())?;
    // What an older program stored may lack what is told now; then only what is common to all is.
    let report: Option<RunReport> = serde_json::from_value(record.report.clone()).ok();
    let text = |key: &str| record.report[key].as_str().map(str::to_owned);
    let mut parked = BTreeMap::new();
    for one in report.iter().flat_map(|report| &report.parked) {
        let cause = serde_json::to_value(&one.cause).unwrap_or(Value::Null);
        let kind = cause["kind"].as_str().unwrap_or("refused").to_owned();
        *parked.entry(kind).or_default() += 1;
    }
    let prediction = record.report.get("prediction").filter(|p| !p.is_null());
    Ok(PastRun {
        seconds: record
            .finished
            .map(|finished| (finished - record.started).as_seconds_f64()),
        summary: report.as_ref().map(|report| report.summary),
        applied_to: report.as_ref().map(|report| report.applied_to),
        requests: report.as_ref().map(|report| report.requests),
        parked,
        unknown: report
            .as_ref()
            .map_or(0, |report| report.unknown.len() as u64),
        guard: record.report["guard"]["name"].as_str().map(str::to_owned),
        error: text("error"),
        prediction: prediction.cloned(),
        undone: undone(&operations),
        operations: (detail == Detail::Full).then_some(operations),
        run_id: record.run,
        started: record.started,
        finished: record.finished,
        outcome: record.outcome,
        report: (detail == Detail::Full).then_some(record.report),
    })
}

fn undone(operations: &[OperationRecord]) -> Option<UndoneRun> {
    let marks: Vec<&UndoMark> = operations
        .iter()
        .filter_map(|operation| operation.undo.as_ref())
        .collect();
    let last = marks.iter().max_by_key(|mark| mark.at)?;
    let done = marks.iter().filter(|mark| mark.step == UndoStep::Done);
    Some(UndoneRun {
        undo_id: last.by.clone(),
        at: last.at,
        taken_back: done.count() as u64,
        operations: operations.len() as u64,
    })
}
