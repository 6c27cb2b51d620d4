//! What an undo did, or would do.

use std::fmt::Write as _;

use chrono::TimeDelta;
use frappe_sync_engine::{UndoAction, UndoOutcome, UndoReport, UndoneDocument};

use super::style::{BAD, CAUTION, FAINT, GOOD, HEADING, HELP};
use super::text::{count, printable, value};

/// Returns what is taken back, then what is not and why, and the one line that tells it all last.
pub(crate) fn undo(report: &UndoReport, kept_for: Option<TimeDelta>) -> String {
    let mut text = String::new();
    let of = |outcomes: &[UndoOutcome]| -> Vec<&UndoneDocument> {
        let documents = report.documents.iter();
        documents
            .filter(|document| outcomes.contains(&document.outcome))
            .collect()
    };
    let heading = match report.dry_run {
        true => "Would be taken back",
        false => "Taken back",
    };
    section(
        &mut text,
        heading,
        &of(&[UndoOutcome::Planned, UndoOutcome::Done]),
    );
    section(&mut text, "Left as it is", &of(&[UndoOutcome::Left]));
    section(
        &mut text,
        "Cannot be taken back",
        &of(&[UndoOutcome::Impossible]),
    );
    if let Some(mark) = &report.done_before {
        let _infallible = writeln!(
            text,
            "run {} was undone before, by {} on {}: nothing was left to do",
            report.run_id,
            mark.by,
            mark.at.format("%Y-%m-%d %H:%M:%S UTC")
        );
        return text;
    }
    if report.summary.taken_back() > 0 {
        let _infallible = writeln!(
            text,
            "{FAINT}what the sites did of themselves stays done: mails, notifications, counters, and what their own \
             hooks wrote elsewhere{FAINT:#}"
        );
    }
    if kept_for.is_none() && report.summary.impossible > 0 {
        let _infallible = writeln!(
            text,
            "{HELP}help{HELP:#}: `undo: {{ keep: 30 days }}` in the sync's configuration keeps what later runs overwrite"
        );
    }
    if report.held && !report.dry_run {
        let _infallible = writeln!(
            text,
            "{HELP}help{HELP:#}: the sync is held, since its next run would do the same again: `frappe-sync plan {0}` \
             shows it, `frappe-sync run {0} --allow undone` lets it",
            report.sync
        );
    }
    text.push_str(&last_line(report));
    text
}

fn section(text: &mut String, heading: &str, documents: &[&UndoneDocument]) {
    if documents.is_empty() {
        return;
    }
    let _infallible = writeln!(text, "{HEADING}{heading} ({}){HEADING:#}", documents.len());
    for document in documents {
        let _infallible = writeln!(text, "  {}", line(document));
        for change in &document.changes {
            let _infallible = writeln!(
                text,
                "      {}: {} -> {}",
                printable(&change.path.to_string()),
                value(&change.from),
                value(&change.to)
            );
        }
    }
}

fn line(document: &UndoneDocument) -> String {
    let (sign, what) = match (document.outcome, document.action) {
        (UndoOutcome::Left | UndoOutcome::Impossible, _) | (_, UndoAction::Nothing) => {
            (format!("{BAD}!{BAD:#}"), "")
        }
        (_, UndoAction::PutBack) => (format!("{CAUTION}~{CAUTION:#}"), "put back"),
        (_, UndoAction::Delete) => (format!("{BAD}-{BAD:#}"), "deleted"),
        (_, UndoAction::Restore) => (format!("{GOOD}+{GOOD:#}"), "restored"),
        (_, UndoAction::Rename) => (format!("{CAUTION}~{CAUTION:#}"), "renamed"),
    };
    let renamed = document.new_name.as_ref().map_or_else(String::new, |name| {
        format!(" (now `{}`)", printable(name.as_str()))
    });
    let saved = match (&document.by, &document.at) {
        (Some(by), Some(at)) => format!(", by {} at {at}", printable(by)),
        (Some(by), None) => format!(", by {}", printable(by)),
        _ => String::new(),
    };
    let reason = printable(&document.reason);
    let told = match what {
        "" => format!("{reason}{saved}"),
        what => format!("{what} ({reason})"),
    };
    format!(
        "{sign} {} {} `{}`{renamed}: {told}",
        document.site,
        printable(document.doctype.as_str()),
        printable(document.name.as_str()),
    )
}

fn last_line(report: &UndoReport) -> String {
    let summary = &report.summary;
    let verb = if report.dry_run {
        "Undo would put"
    } else {
        "Undone: put"
    };
    format!(
        "{verb} {} back, delete {}, restore {}, rename {}; {} left, {} impossible\n",
        count(summary.put_back, "document"),
        summary.deleted,
        summary.restored,
        summary.renamed,
        summary.left,
        summary.impossible,
    )
}
