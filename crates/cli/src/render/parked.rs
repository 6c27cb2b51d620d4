//! Parked documents.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use frappe_sync_engine::RunReport;
use frappe_sync_model::ParkedCause;

use super::run::cause;
use super::style::{CAUTION, FAINT, GOOD, HEADING, HELP};
use super::text::{ago, count, printable, until};
use crate::report::parked::{ParkedEntry, ParkedReport};

/// Returns the parked documents, as seen at `now`.
pub(crate) fn list(report: &ParkedReport, now: DateTime<Utc>) -> String {
    let sync = format!("{HEADING}{}{HEADING:#}", report.sync);
    if report.parked.is_empty() {
        return format!("{sync}: {GOOD}nothing is parked{GOOD:#}\n");
    }
    let number = count(report.parked.len() as u64, "document");
    let mut text = format!("{sync}: {number} parked\n");
    for parked in &report.parked {
        let _infallible = writeln!(
            text,
            "  {} {} `{}`: {} {FAINT}[{}]{FAINT:#}\n     tried {}, first {}; next try {}",
            parked.site,
            parked.doctype,
            printable(parked.name.as_str()),
            printable(&parked.message),
            cause(&parked.cause),
            count(parked.attempts.into(), "time"),
            ago(parked.since, now),
            next(parked, now),
        );
    }
    let _infallible = writeln!(
        text,
        "{HELP}help{HELP:#}: `frappe-sync parked retry {} --all` tries them now",
        report.sync
    );
    text
}

/// Returns what is known of each parked document, in full.
pub(crate) fn show(report: &ParkedReport, now: DateTime<Utc>) -> String {
    let mut text = String::new();
    for parked in &report.parked {
        text.push_str(&one(report, parked, now));
    }
    text
}

fn one(report: &ParkedReport, parked: &ParkedEntry, now: DateTime<Utc>) -> String {
    let (doctype, name) = (&parked.doctype, printable(parked.name.as_str()));
    let mut text = format!(
        "{HEADING}{doctype} `{name}` on {}{HEADING:#} {FAINT}(sync {}, mapping {}){FAINT:#}\n  cause: {}\n",
        parked.site,
        report.sync,
        parked.mapping,
        cause(&parked.cause),
    );
    for line in parked
        .message
        .lines()
        .filter(|line| !line.trim().is_empty())
    {
        let _infallible = writeln!(text, "  {}", printable(line));
    }
    if let Some(counterpart) = &parked.counterpart {
        let _infallible = writeln!(
            text,
            "  counterpart on {}: `{}`",
            parked.site.other(),
            printable(counterpart.as_str())
        );
    }
    let _infallible = writeln!(
        text,
        "  tried {}, first {} {FAINT}({}){FAINT:#}\n  next try {}",
        count(parked.attempts.into(), "time"),
        ago(parked.since, now),
        parked.since.format("%Y-%m-%d %H:%M:%S UTC"),
        next(parked, now),
    );
    let _infallible = writeln!(
        text,
        "{HELP}help{HELP:#}: {}; `frappe-sync parked retry {} \"{doctype}\" \"{name}\"` tries it now",
        remedy(&parked.cause),
        report.sync,
    );
    text
}

/// Says what became of a document that was tried again.
pub(crate) fn retried(doctype: &str, name: &str, report: &RunReport) -> String {
    let is_parked = report
        .parked
        .iter()
        .any(|parked| parked.doctype.as_str() == doctype && parked.name.as_str() == name);
    let outcome = if is_parked {
        format!("{CAUTION}is still parked{CAUTION:#}")
    } else {
        format!("{GOOD}is parked no longer{GOOD:#}")
    };
    format!("{doctype} `{}` {outcome}\n", printable(name))
}

/// Tells when a document is tried again.
fn next(parked: &ParkedEntry, now: DateTime<Utc>) -> String {
    let due = if parked.next_try <= now {
        "with the next run".to_owned()
    } else {
        until(parked.next_try, now)
    };
    match parked.cause {
        ParkedCause::MissingTarget { .. } => format!("once that is there, or {due}"),
        _ => due,
    }
}

/// Says what can be done about a cause.
fn remedy(cause: &ParkedCause) -> String {
    match cause {
        ParkedCause::Refused { .. } => {
            "put right on the site that the document stands on what the other site will not take"
                .to_owned()
        }
        ParkedCause::MissingTarget { doctype, name, .. } => format!(
            "{doctype} `{}` needs a counterpart: map its DocType, or see why it stays behind",
            printable(name.as_str())
        ),
        ParkedCause::NotPermitted => {
            "give a role of the sync's user that permission, under Role Permissions Manager"
                .to_owned()
        }
        ParkedCause::MandatoryCycle => {
            "make one of these links optional, or make the documents by hand on the other site"
                .to_owned()
        }
        ParkedCause::AmbiguousIdentity => {
            "let only one document of the other site fit the mapping's `identity`".to_owned()
        }
        ParkedCause::Collision => "rename one of the two documents".to_owned(),
        ParkedCause::Docstatus => {
            "submit or cancel on both sites alike, or say `docstatus: draft` in the mapping"
                .to_owned()
        }
        ParkedCause::CounterpartGone => {
            "delete it here as well, or make its counterpart again".to_owned()
        }
        ParkedCause::IndependentAmendments => "keep one of the two amendments".to_owned(),
        ParkedCause::KeepsChanging => "see what saves it again and again".to_owned(),
        ParkedCause::Mapping => "change the mapping, or the document".to_owned(),
    }
}
