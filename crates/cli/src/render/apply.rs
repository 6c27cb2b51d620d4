//! The report of carrying out a plan.

use std::fmt::Write as _;

use frappe_sync_engine::{ApplyReport, SkipReason, SkippedReport};

use super::run;
use super::style::{CAUTION, FAINT, HEADING};
use super::text::{count, printable};

/// Returns what was skipped first, then what every run tells, and the score last.
pub(crate) fn apply(report: &ApplyReport) -> String {
    let mut text = String::new();
    run::section(&mut text, "Skipped", &report.skipped, skipped);
    run::section(&mut text, "Not needed any more", &report.not_needed, |it| {
        let name = printable(it.name.as_str());
        format!("{} {} `{name}`: it is so already", it.site, it.doctype)
    });
    text.push_str(&run::run(&report.run));
    text.push_str(&last_line(report));
    text
}

fn skipped(skipped: &SkippedReport) -> String {
    format!(
        "{} {} `{}`: {} {FAINT}[{}]{FAINT:#}",
        skipped.site,
        skipped.doctype,
        printable(skipped.name.as_str()),
        printable(&skipped.message),
        word(skipped.reason),
    )
}

fn word(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Moved => "moved since the plan",
        SkipReason::Gone => "gone",
        SkipReason::Depends => "needs another",
        SkipReason::Together => "goes with another",
        SkipReason::OtherValues => "other values",
        SkipReason::Conflict => "conflict",
        SkipReason::Guard => "guard",
        SkipReason::Parked => "parked",
        SkipReason::Unknown => "unknown",
        SkipReason::Waits => "waits",
    }
}

fn last_line(report: &ApplyReport) -> String {
    let mut line = format!(
        "{HEADING}plan {}{HEADING:#}: {} of {} done",
        report.plan_id,
        report.done.len(),
        count(report.done.len() as u64 + open(report), "operation"),
    );
    if !report.skipped.is_empty() {
        let _infallible = write!(
            line,
            ", {CAUTION}{} skipped{CAUTION:#}",
            report.skipped.len()
        );
    }
    if !report.not_needed.is_empty() {
        let _infallible = write!(line, ", {} not needed", report.not_needed.len());
    }
    if report.not_in_plan > 0 {
        let _infallible = write!(line, ", {} not in the plan and left", report.not_in_plan);
    }
    if let Some(prediction) = report.run.prediction {
        let _infallible = write!(line, "; {:.1} % as planned", prediction.percent);
    }
    line.push('\n');
    line
}

fn open(report: &ApplyReport) -> u64 {
    (report.skipped.len() + report.not_needed.len()) as u64
}
