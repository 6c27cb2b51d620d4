//! The report of a run.

use std::fmt::Write as _;
use std::time::Duration;

use frappe_sync_engine::{
    ConflictReport, GuardReport, NoteReport, ParkedReport, RefusedReport, RunReport, Summary,
    UnknownReport,
};
use frappe_sync_model::{ParkedCause, PerSide};

use super::style::{BAD, CAUTION, FAINT, HEADING, HELP};
use super::text::{count, printable, span};

/// The most entries of one kind that are listed; `--json` has them all.
const LISTED: usize = 20;

/// Returns the report with what needs a person first, and the one line that tells it all last.
pub(crate) fn run(report: &RunReport) -> String {
    let mut text = String::new();
    if let Some(guard) = &report.guard {
        text.push_str(&guard_text(guard, "stopped"));
    }
    section(&mut text, "Parked", &report.parked, parked);
    section(&mut text, "Conflicts", &report.conflicts, conflict);
    section(&mut text, "Refused by a site", &report.refused, refused);
    section(&mut text, "Outcome not known yet", &report.unknown, unknown);
    section(&mut text, "Notes", &report.notes, note);
    text.push_str(&help(report));
    let PerSide { a, b } = report.requests;
    let _infallible = writeln!(
        text,
        "{FAINT}requests: a {} reads, {} writes; b {} reads, {} writes{FAINT:#}",
        a.read, a.write, b.read, b.write
    );
    text.push_str(&last_line(report));
    text.push('\n');
    text
}

/// Names the commands for what needs a person.
fn help(report: &RunReport) -> String {
    let mut text = String::new();
    if !report.parked.is_empty() {
        let _infallible = writeln!(
            text,
            "{HELP}help{HELP:#}: `frappe-sync parked show DOCTYPE NAME` tells more of one that is parked"
        );
    }
    let waits = |conflict: &ConflictReport| conflict.winner.is_none();
    if report.conflicts.iter().any(waits) {
        let _infallible = writeln!(
            text,
            "{HELP}help{HELP:#}: `frappe-sync conflicts list` numbers the conflicts that wait, \
             `conflicts resolve` decides them"
        );
    }
    text
}

/// Returns the one line that tells it all.
pub(crate) fn last_line(report: &RunReport) -> String {
    let summary = &report.summary;
    let mut parts = vec![
        format!("{} created", summary.create),
        format!(
            "{} updated (a to b: {}, b to a: {})",
            summary.update, report.applied_to.b, report.applied_to.a
        ),
    ];
    for (number, word) in [
        (summary.submit, "submitted"),
        (summary.cancel, "cancelled"),
        (summary.delete, "deleted"),
        (summary.rename, "renamed"),
        (summary.link, "paired"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    parts.extend(open_ends(summary));
    if !report.unknown.is_empty() {
        parts.push(format!("{} unknown", report.unknown.len()));
    }
    let stopped = match &report.guard {
        Some(guard) => format!(", stopped by `{}`", guard.name),
        None => String::new(),
    };
    let taken = span(Duration::try_from_secs_f64(report.seconds).unwrap_or_default());
    format!(
        "{HEADING}{}{HEADING:#}: {}{stopped} in {taken}",
        report.sync,
        parts.join(", ")
    )
}

/// Returns conflicts and parked documents, in the words of every summary line.
pub(crate) fn open_ends(summary: &Summary) -> [String; 2] {
    [
        count(summary.conflict, "conflict"),
        format!("{} parked", summary.parked),
    ]
}

/// Returns a list with its heading, or nothing of an empty one.
pub(crate) fn section<T>(
    text: &mut String,
    heading: &str,
    entries: &[T],
    line: impl Fn(&T) -> String,
) {
    if entries.is_empty() {
        return;
    }
    let _infallible = writeln!(text, "{HEADING}{heading} ({}){HEADING:#}", entries.len());
    for entry in entries.iter().take(LISTED) {
        let _infallible = writeln!(text, "  {}", line(entry));
    }
    if entries.len() > LISTED {
        let more = entries.len() - LISTED;
        let _infallible = writeln!(
            text,
            "  {FAINT}… and {more} more; `--json` has all{FAINT:#}"
        );
    }
}

/// Returns a guard, what it did or would do, and what to do about it.
pub(crate) fn guard_text(guard: &GuardReport, did: &str) -> String {
    let what = match &guard.mapping {
        Some(mapping) => format!("mapping `{}`", printable(mapping)),
        None => "the sync".to_owned(),
    };
    format!(
        "{BAD}Guard `{name}` {did} {what}{BAD:#}\n  {message} (limit {limit}, seen {seen})\n  \
         {HELP}help{HELP:#}: {remedy}; `run --allow {name}` lets it pass once\n",
        name = guard.name,
        message = guard.message,
        limit = guard.limit,
        seen = guard.seen,
        remedy = guard.remedy,
    )
}

/// Returns a parked document on one line.
pub(crate) fn parked(parked: &ParkedReport) -> String {
    let cause = cause(&parked.cause);
    format!(
        "{} {} `{}`: {} {FAINT}[{cause}]{FAINT:#}",
        parked.site,
        parked.doctype,
        printable(parked.name.as_str()),
        printable(&parked.message),
    )
}

/// Returns why a document is parked, in a word or two.
pub(crate) fn cause(cause: &ParkedCause) -> String {
    match cause {
        ParkedCause::Refused { exc_type } if exc_type.is_empty() => {
            "refused by the site".to_owned()
        }
        ParkedCause::Refused { exc_type } => printable(exc_type),
        ParkedCause::MissingTarget {
            field,
            doctype,
            name,
        } => format!("{field} needs {doctype} `{}`", printable(name.as_str())),
        ParkedCause::NotPermitted => "not permitted".to_owned(),
        ParkedCause::MandatoryCycle => "mandatory links in a circle".to_owned(),
        ParkedCause::AmbiguousIdentity => "several documents fit".to_owned(),
        ParkedCause::Collision => "name or place taken".to_owned(),
        ParkedCause::Docstatus => "docstatus".to_owned(),
        ParkedCause::CounterpartGone => "counterpart gone".to_owned(),
        ParkedCause::IndependentAmendments => "amended on both sites".to_owned(),
        ParkedCause::KeepsChanging => "keeps changing".to_owned(),
        ParkedCause::Mapping => "mapping".to_owned(),
    }
}

/// Returns a conflict on one line.
pub(crate) fn conflict(conflict: &ConflictReport) -> String {
    let (a, b) = (conflict.a_name.as_str(), conflict.b_name.as_str());
    let names = if a == b {
        format!("`{}`", printable(a))
    } else {
        format!("`{}` and `{}`", printable(a), printable(b))
    };
    let fields: Vec<String> = conflict
        .fields
        .iter()
        .map(|path| printable(&path.to_string()))
        .collect();
    let outcome = match conflict.winner {
        Some(side) => format!("{side} wins, the other value goes to the journal"),
        None => format!("{CAUTION}waits for a person{CAUTION:#}"),
    };
    let reason = match conflict.reason.as_str() {
        "" => String::new(),
        reason => format!(" {FAINT}[{}]{FAINT:#}", printable(reason)),
    };
    format!(
        "{} {names}: {}: {outcome}{reason}",
        conflict.doctype,
        fields.join(", ")
    )
}

fn refused(refused: &RefusedReport) -> String {
    format!(
        "{} {} `{}`: {} was written and reads back as before",
        refused.site,
        refused.doctype,
        printable(refused.name.as_str()),
        printable(&refused.path.to_string()),
    )
}

fn unknown(unknown: &UnknownReport) -> String {
    format!(
        "{} {} of {} `{}`, sent {}: looked up again by the next run",
        unknown.site,
        unknown.action,
        unknown.doctype,
        printable(unknown.source_name.as_str()),
        unknown.sent.format("%H:%M:%S UTC"),
    )
}

/// Returns a note on one line.
pub(crate) fn note(note: &NoteReport) -> String {
    let name = match &note.name {
        Some(name) => format!(" `{}`", printable(name.as_str())),
        None => String::new(),
    };
    format!(
        "{} {}{name}: {} {FAINT}[{}]{FAINT:#}",
        note.site,
        note.doctype,
        printable(&note.message),
        note.kind
    )
}
