//! Past runs.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use frappe_sync_engine::Summary;
use frappe_sync_model::{OperationRecord, RunOutcome, UndoStep};

use super::style::{BAD, CAUTION, FAINT, GOOD, HEADING};
use super::text::{ago, count, printable, span};
use crate::report::history::{HistoryReport, PastRun};

/// Returns a line for each run, and what it left below.
pub(crate) fn list(report: &HistoryReport, now: DateTime<Utc>) -> String {
    let mut text = format!(
        "{HEADING}{}{HEADING:#}: {}\n",
        report.sync,
        count(report.runs.len() as u64, "run")
    );
    for run in &report.runs {
        let _infallible = writeln!(text, "  {}", line(run, now));
        for more in below(run) {
            let _infallible = writeln!(text, "    {more}");
        }
    }
    text
}

/// Returns all that is known of one run.
pub(crate) fn show(report: &HistoryReport, now: DateTime<Utc>) -> String {
    let mut text = String::new();
    for run in &report.runs {
        let _infallible = writeln!(
            text,
            "{HEADING}{}{HEADING:#}: run {}",
            report.sync, run.run_id
        );
        let _infallible = writeln!(text, "  {}", line(run, now));
        for more in below(run) {
            let _infallible = writeln!(text, "  {more}");
        }
        if let Some(requests) = run.requests {
            let _infallible = writeln!(
                text,
                "  {FAINT}requests: a {} reads, {} writes; b {} reads, {} writes{FAINT:#}",
                requests.a.read, requests.a.write, requests.b.read, requests.b.write
            );
        }
        let parked = run
            .report
            .as_ref()
            .and_then(|report| report["parked"].as_array());
        for one in parked.into_iter().flatten() {
            let part = |key: &str| printable(one[key].as_str().unwrap_or_default());
            let _infallible = writeln!(
                text,
                "  parked: {} {} `{}`: {}",
                part("site"),
                part("doctype"),
                part("name"),
                part("message")
            );
        }
        let operations = run.operations.as_deref().unwrap_or_default();
        if !operations.is_empty() {
            let _infallible = writeln!(text, "{HEADING}Wrote ({}){HEADING:#}", operations.len());
        }
        for one in operations {
            let _infallible = writeln!(text, "  {}", operation(one));
        }
    }
    text
}

/// Returns what an operation did, to which document and why.
pub(super) fn operation(one: &OperationRecord) -> String {
    let undone = match &one.undo {
        Some(mark) if mark.step == UndoStep::Done => format!(" {FAINT}[undone]{FAINT:#}"),
        _ => String::new(),
    };
    format!(
        "{} {} {} `{}`: {}{undone}",
        one.side,
        one.action.as_str(),
        printable(one.mapping.as_str()),
        printable(one.names[one.side].as_str()),
        printable(&one.reason),
    )
}

fn line(run: &PastRun, now: DateTime<Utc>) -> String {
    let outcome = match run.outcome {
        Some(RunOutcome::Converged) => format!("{GOOD}converged{GOOD:#}"),
        Some(RunOutcome::Partial) => format!("{CAUTION}partial{CAUTION:#}"),
        Some(RunOutcome::Stopped) => format!("{BAD}stopped{BAD:#}"),
        Some(RunOutcome::Failed) => format!("{BAD}failed{BAD:#}"),
        None => format!("{CAUTION}did not end{CAUTION:#}"),
    };
    let took = run.seconds.map_or_else(String::new, |seconds| {
        let took = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        format!(" in {}", span(took))
    });
    let did = run.summary.as_ref().map_or_else(String::new, did);
    format!(
        "{} {FAINT}({}){FAINT:#} {} {outcome}{took}{did}",
        run.started.format("%Y-%m-%d %H:%M:%S UTC"),
        ago(run.started, now),
        run.run_id,
    )
}

/// Returns what a run did, action by action.
fn did(summary: &Summary) -> String {
    let parts = [
        (summary.create, "created"),
        (summary.update, "updated"),
        (summary.submit, "submitted"),
        (summary.cancel, "cancelled"),
        (summary.delete, "deleted"),
        (summary.rename, "renamed"),
    ];
    let done: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    match done.is_empty() {
        true => ": nothing to do".to_owned(),
        false => format!(": {}", done.join(", ")),
    }
}

fn below(run: &PastRun) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(sides) = run.applied_to.filter(|sides| sides.a + sides.b > 0) {
        lines.push(format!("writes to a: {}, to b: {}", sides.a, sides.b));
    }
    if !run.parked.is_empty() {
        let causes: Vec<String> = run
            .parked
            .iter()
            .map(|(cause, number)| format!("{number} {}", cause.replace('_', " ")))
            .collect();
        lines.push(format!("{CAUTION}parked{CAUTION:#}: {}", causes.join(", ")));
    }
    if run.unknown > 0 {
        let number = count(run.unknown, "write");
        lines.push(format!("{CAUTION}outcome not known{CAUTION:#}: {number}"));
    }
    if let Some(guard) = &run.guard {
        lines.push(format!("{BAD}guard{BAD:#}: {}", printable(guard)));
    }
    if let Some(error) = &run.error {
        lines.push(format!("{BAD}error{BAD:#}: {}", printable(error)));
    }
    if let Some(prediction) = &run.prediction {
        lines.push(format!(
            "as planned: {} of {} ({} %)",
            prediction["as_planned"], prediction["planned"], prediction["percent"]
        ));
    }
    if let Some(undone) = &run.undone {
        lines.push(format!(
            "{CAUTION}undone{CAUTION:#}: {} of {} {FAINT}({}, {}){FAINT:#}",
            undone.taken_back,
            count(undone.operations, "write"),
            undone.at.format("%Y-%m-%d %H:%M:%S UTC"),
            undone.undo_id
        ));
    }
    lines
}
