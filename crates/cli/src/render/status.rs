//! Where a sync stands.

use chrono::{DateTime, Utc};
use frappe_sync_engine::HoldState;
use frappe_sync_model::RunOutcome;

use super::run::{cause, section};
use super::style::{BAD, CAUTION, FAINT, GOOD, HEADING};
use super::table::table;
use super::text::{ago, count, printable};
use crate::report::status::{LastRun, OpenConflict, ParkedDocument, StatusReport, UnknownWrite};

/// Returns the last run, the counts of each mapping, and what waits, as seen at `now`.
pub(crate) fn status(report: &StatusReport, now: DateTime<Utc>) -> String {
    let mut text = format!(
        "{HEADING}{}{HEADING:#}: {}\n",
        report.sync,
        last_run(&report.last_run, now)
    );
    text.push_str(&lag(report, now));
    let rows = report.mappings.iter().map(|mapping| {
        [
            mapping.mapping.to_string(),
            mapping.pairs.to_string(),
            mapping.open.to_string(),
            mapping.parked.to_string(),
            mapping.conflicts.to_string(),
            mapping.unknown.to_string(),
            mapping.todo.to_string(),
        ]
    });
    let headings = [
        "mapping",
        "pairs",
        "open",
        "parked",
        "conflicts",
        "unknown",
        "to look at",
    ];
    text.push_str(&table(headings, 1, rows));
    section(&mut text, "Parked", &report.parked, |parked| {
        parked_text(parked, now)
    });
    section(
        &mut text,
        "Conflicts that wait for a person",
        &report.conflicts,
        conflict_text,
    );
    section(
        &mut text,
        "Outcome not known yet",
        &report.unknown,
        unknown_text,
    );
    text
}

/// Returns when both sides were last brought together, what waits since when, and what holds the sync.
fn lag(report: &StatusReport, now: DateTime<Utc>) -> String {
    let mut text = String::new();
    let is_last = |success: &LastRun| success.run_id == report.last_run.run_id;
    match &report.last_success {
        Some(success) if is_last(success) => {}
        Some(success) => {
            let at = success.finished.unwrap_or(success.started);
            text.push_str(&format!(
                "  last brought together {} {FAINT}({}){FAINT:#}\n",
                ago(at, now),
                at.format("%Y-%m-%d %H:%M:%S UTC")
            ));
        }
        None => text.push_str(&format!("  {CAUTION}never brought together{CAUTION:#}\n")),
    }
    if report.lag.queued > 0 {
        let since = report.lag.oldest_change.map_or_else(String::new, |oldest| {
            format!(", the oldest saved {}", ago(oldest, now))
        });
        text.push_str(&format!(
            "  {CAUTION}waiting{CAUTION:#}: {}{since}\n",
            count(report.lag.queued, "document")
        ));
    }
    if let Some(hold) = &report.hold {
        let what = match hold.state {
            HoldState::Undoing => format!("the undo of run {} did not end", hold.run),
            HoldState::Undone => format!("run {} was undone", hold.run),
        };
        text.push_str(&format!("  {BAD}held{BAD:#}: {what}\n"));
    }
    text
}

/// Returns how a run ended, and how long ago.
pub(super) fn last_run(run: &LastRun, now: DateTime<Utc>) -> String {
    let outcome = match run.outcome {
        Some(RunOutcome::Converged) => format!("{GOOD}converged{GOOD:#}"),
        Some(RunOutcome::Partial) => format!("{CAUTION}partial{CAUTION:#}"),
        Some(RunOutcome::Stopped) => format!("{BAD}stopped by a guard{BAD:#}"),
        Some(RunOutcome::Failed) => format!("{BAD}failed{BAD:#}"),
        None => format!("{CAUTION}at work, or was killed{CAUTION:#}"),
    };
    let since = run.finished.unwrap_or(run.started);
    format!(
        "last run {outcome} {} {FAINT}({}){FAINT:#}",
        ago(since, now),
        since.format("%Y-%m-%d %H:%M:%S UTC")
    )
}

fn parked_text(parked: &ParkedDocument, now: DateTime<Utc>) -> String {
    format!(
        "{} {} `{}`: {} {FAINT}[{}; tried {}, first {}]{FAINT:#}",
        parked.site,
        parked.mapping,
        printable(parked.name.as_str()),
        printable(&parked.message),
        cause(&parked.cause),
        count(parked.attempts.into(), "time"),
        ago(parked.since, now),
    )
}

fn conflict_text(conflict: &OpenConflict) -> String {
    format!(
        "{} `{}` and `{}`: {}",
        conflict.mapping,
        printable(conflict.a_name.as_str()),
        printable(conflict.b_name.as_str()),
        printable(&conflict.path.to_string()),
    )
}

fn unknown_text(write: &UnknownWrite) -> String {
    format!(
        "{} {} of {} `{}`, sent {}",
        write.site,
        write.action,
        write.mapping,
        printable(write.source_name.as_str()),
        write.sent.format("%Y-%m-%d %H:%M:%S UTC"),
    )
}
