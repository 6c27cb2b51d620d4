//! Lists of conflicts.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use frappe_sync_model::{DocName, FieldPath, Side, SiteTime};
use frappe_sync_store::ConflictFilter;

use super::style::{FAINT, GOOD, HEADING, HELP};
use super::text::{ago, count, printable};
use crate::report::conflicts::{ConflictEntry, ConflictsReport, EntryState};

/// Stands for a whole document that one site deleted, in place of a field.
const DELETED: &str = "(deleted)";

/// Returns the conflicts, as seen at `now`, with what can be done about them last.
pub(crate) fn list(report: &ConflictsReport, filter: ConflictFilter, now: DateTime<Utc>) -> String {
    let what = match filter {
        ConflictFilter::Open => "waiting for a person",
        ConflictFilter::Decided => "decided",
        ConflictFilter::All => "waiting or decided",
    };
    let sync = format!("{HEADING}{}{HEADING:#}", report.sync);
    if report.conflicts.is_empty() {
        return format!("{sync}: {GOOD}no conflicts{GOOD:#} {what}\n");
    }
    let number = report.conflicts.len() + report.more;
    let mut text = format!("{sync}: {} {what}\n", count(number as u64, "conflict"));
    for conflict in &report.conflicts {
        text.push_str(&entry(conflict, now));
    }
    if report.more > 0 {
        let _infallible = writeln!(
            text,
            "  {FAINT}… and {} more; `--limit 0` lists all{FAINT:#}",
            report.more
        );
    }
    text.push_str(&help(report));
    text
}

/// Returns the name of a document, or both where they differ or one is not known.
pub(super) fn names(a: &DocName, b: &DocName) -> String {
    let quoted = |name: &DocName| format!("`{}`", printable(name.as_str()));
    match (a.as_str(), b.as_str()) {
        (left, right) if left == right => quoted(a),
        ("", _) => quoted(b),
        (_, "") => quoted(a),
        _ => format!("{} and {}", quoted(a), quoted(b)),
    }
}

/// Returns the value that a conflict is about.
pub(super) fn place(path: &FieldPath) -> String {
    match path {
        FieldPath::Field(field) if field == DELETED => {
            "deleted on one site, edited on the other".to_owned()
        }
        path => printable(&path.to_string()),
    }
}

fn entry(conflict: &ConflictEntry, now: DateTime<Utc>) -> String {
    let number = match (&conflict.id, &conflict.journal) {
        (Some(id), _) => id.to_string(),
        (None, Some(journal)) => journal.to_string(),
        (None, None) => "-".to_owned(),
    };
    let mut text = format!(
        "  {HEADING}{number}{HEADING:#}  {} {}: {}\n",
        conflict.doctype,
        names(&conflict.a_name, &conflict.b_name),
        place(&conflict.path),
    );
    let seen = conflict.seen.map_or_else(String::new, |seen| {
        format!(" {FAINT}({}){FAINT:#}", ago(seen, now))
    });
    match (conflict.state, conflict.winner) {
        (EntryState::Decided, Some(winner)) => {
            let reason = match conflict.reason.as_deref() {
                None | Some("") => String::new(),
                Some(reason) => format!(" {FAINT}[{}]{FAINT:#}", printable(reason)),
            };
            let kept = match (&conflict.id, &conflict.journal) {
                (Some(_), Some(id)) => format!("; what {} held is kept as {id}", winner.other()),
                // Its id stands where the number would.
                (None, _) => format!("; what {} held is kept", winner.other()),
                (Some(_), None) => String::new(),
            };
            let _infallible = writeln!(text, "     {winner} won{reason}{kept}{seen}");
        }
        _ => {
            for side in Side::BOTH {
                let (modified, user) = match side {
                    Side::A => (&conflict.a_modified, &conflict.a_user),
                    Side::B => (&conflict.b_modified, &conflict.b_user),
                };
                let _infallible = writeln!(
                    text,
                    "     {side} {}",
                    saved(modified.as_ref(), user.as_deref())
                );
            }
            let _infallible = writeln!(
                text,
                "     seen by run {}{seen}",
                printable(conflict.run_id.as_str())
            );
        }
    }
    text
}

/// Returns when a document was saved, in its site's own time, and by whom.
pub(super) fn saved(modified: Option<&SiteTime>, user: Option<&str>) -> String {
    match (modified, user) {
        (None, None | Some("")) => "deleted, or never saved".to_owned(),
        (modified, user) => {
            let when = modified.map_or("at a time not known", to_the_second);
            match user {
                None | Some("") => format!("saved {when}"),
                Some(user) => format!("saved {when} by {}", printable(user)),
            }
        }
    }
}

/// Returns a site's time without what nobody reads.
fn to_the_second(time: &SiteTime) -> &str {
    let text = time.as_str();
    text.split_once('.').map_or(text, |(seconds, _)| seconds)
}

fn help(report: &ConflictsReport) -> String {
    let conflicts = &report.conflicts;
    let waiting = conflicts
        .iter()
        .find(|conflict| conflict.state == EntryState::Open);
    if let Some(id) = waiting.and_then(|conflict| conflict.id) {
        return format!(
            "{HELP}help{HELP:#}: `frappe-sync conflicts show {id}` shows both values, \
             `frappe-sync conflicts resolve {id} --take a` decides\n"
        );
    }
    let kept = conflicts
        .iter()
        .find_map(|conflict| conflict.journal.as_ref());
    match kept {
        Some(id) => format!(
            "{HELP}help{HELP:#}: `frappe-sync conflicts restore {id}` brings that value back\n"
        ),
        None => String::new(),
    }
}
