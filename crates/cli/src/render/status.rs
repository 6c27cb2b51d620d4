//! Where a sync stands.

use std::time::Duration;

use chrono::{DateTime, Utc};
use frappe_sync_model::{ConflictRecord, Parked, RunOutcome};

use super::run::{cause, section};
use super::style::{BAD, CAUTION, FAINT, GOOD, HEADING};
use super::table::table;
use super::text::{count, printable, span};
use crate::commands::status::{LastRun, StatusReport, UnknownWrite};

/// Returns the last run, the counts of each mapping, and what waits, as seen at `now`.
pub(crate) fn status(report: &StatusReport, now: DateTime<Utc>) -> String {
    let mut text = format!(
        "{HEADING}{}{HEADING:#}: {}\n",
        report.sync,
        last_run(&report.last_run, now)
    );
    let rows = report.mappings.iter().map(|mapping| {
        let counts = mapping.counts;
        [
            mapping.mapping.to_string(),
            counts.pairs.to_string(),
            counts.open.to_string(),
            counts.parked.to_string(),
            counts.conflicts.to_string(),
            counts.intents.to_string(),
            counts.todo.to_string(),
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

fn last_run(run: &LastRun, now: DateTime<Utc>) -> String {
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

fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (now - then).to_std() {
        Ok(passed) if passed < Duration::from_secs(1) => "just now".to_owned(),
        Ok(passed) => format!("{} ago", span(passed)),
        Err(_) => "in the future".to_owned(),
    }
}

fn parked_text(parked: &Parked, now: DateTime<Utc>) -> String {
    format!(
        "{} {} `{}`: {} {FAINT}[{}; tried {}, first {}]{FAINT:#}",
        parked.side,
        parked.mapping,
        printable(parked.key.name.as_str()),
        printable(&parked.message),
        cause(&parked.cause),
        count(parked.attempts.into(), "time"),
        ago(parked.since, now),
    )
}

fn conflict_text(conflict: &ConflictRecord) -> String {
    format!(
        "{} `{}` and `{}`: {}",
        conflict.mapping,
        printable(conflict.names.a.as_str()),
        printable(conflict.names.b.as_str()),
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
