//! One conflict with both values, one kept value, and what came of a decision.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use frappe_sync_engine::{ResolveOutcome, ResolveReport};
use frappe_sync_model::{ConflictState, PerSide, Side};
use serde_json::Value;

use super::conflicts::{names, place, saved};
use super::style::{CAUTION, FAINT, GOOD, HEADING, HELP};
use super::text::{ago, printable, value};
use crate::report::conflict::ShownConflict;
use crate::report::journal::{JournalReport, KeptValue};
use crate::run_id;

/// Returns a conflict with what both sites, called `sites`, hold now.
pub(crate) fn conflict(
    shown: &ShownConflict,
    sites: &PerSide<String>,
    now: DateTime<Utc>,
) -> String {
    let record = &shown.detail.conflict;
    let mut text = format!(
        "{HEADING}Conflict {} of {}{HEADING:#}: {} {}: {}\n",
        record.id.unwrap_or_default(),
        shown.detail.sync,
        shown.detail.doctypes.a,
        names(&record.names.a, &record.names.b),
        place(&record.path),
    );
    for side in Side::BOTH {
        text.push_str(&held(shown, sites, side));
    }
    let seen = run_id::began(&record.run).map_or_else(String::new, |seen| {
        format!(" {FAINT}({}){FAINT:#}", ago(seen, now))
    });
    let run = printable(record.run.as_str());
    match (record.state, &shown.journal) {
        (ConflictState::Open, _) => {
            let id = record.id.unwrap_or_default();
            let _infallible = writeln!(
                text,
                "  {CAUTION}waits for a person{CAUTION:#}, seen by run {run}{seen}\n\
                 {HELP}help{HELP:#}: `frappe-sync conflicts resolve {id} --take a` or `--take b` decides",
            );
        }
        (ConflictState::Decided(winner), Some(journal)) => {
            let _infallible = writeln!(
                text,
                "  {winner} won by run {run}{seen} {FAINT}[{}]{FAINT:#}",
                printable(&journal.reason)
            );
            text.push_str(&kept(journal, sites));
        }
        (ConflictState::Decided(winner), None) => {
            let _infallible = writeln!(
                text,
                "  {winner} won by run {run}{seen}; nothing that lost is kept"
            );
        }
    }
    text
}

/// Returns a kept value.
pub(crate) fn kept_value(
    report: &JournalReport,
    sites: &PerSide<String>,
    now: DateTime<Utc>,
) -> String {
    let entry = &report.entry;
    let mut text = format!(
        "{HEADING}Kept value {} of {}{HEADING:#}: {} {FAINT}({}){FAINT:#}\n",
        entry.id,
        report.sync,
        on_site(entry, sites),
        ago(entry.at, now),
    );
    let _infallible = writeln!(
        text,
        "  overwritten by run {} {FAINT}[{}]{FAINT:#}",
        printable(entry.run_id.as_str()),
        printable(&entry.reason)
    );
    text.push_str(&kept(entry, sites));
    text
}

/// Asks whether the value of `winner` shall stand.
pub(crate) fn question(shown: &ShownConflict, sites: &PerSide<String>, winner: Side) -> String {
    let record = &shown.detail.conflict;
    let loser = winner.other();
    let exists = &shown.detail.exists;
    let what = |side: Side| {
        let held = match (exists[side], exists[side.other()]) {
            (true, true) => value(&shown.detail.values[side]),
            (true, false) => "the edit".to_owned(),
            (false, _) => "the delete".to_owned(),
        };
        format!("{held} of {side} ({})", sites[side])
    };
    format!(
        "{} {}: {}\nLet {} stand, over {}?",
        shown.detail.doctypes.a,
        names(&record.names.a, &record.names.b),
        place(&record.path),
        what(winner),
        what(loser),
    )
}

/// Asks whether a kept value shall be brought back.
pub(crate) fn question_of_kept(report: &JournalReport, sites: &PerSide<String>) -> String {
    let entry = &report.entry;
    format!(
        "{}\nBring {} back, in place of {}?",
        on_site(entry, sites),
        value(&entry.lost),
        value(&entry.kept),
    )
}

/// Returns what came of a decision, on one line.
pub(crate) fn resolved(report: &ResolveReport) -> String {
    let what = match report.conflict {
        Some(number) => format!("conflict {number}"),
        None => "kept value".to_owned(),
    };
    let outcome = match (report.outcome, report.conflict) {
        (ResolveOutcome::Done, Some(_)) => {
            format!("{GOOD}done{GOOD:#}, {} stands", report.winner)
        }
        (ResolveOutcome::Done, None) => format!(
            "{GOOD}done{GOOD:#}, it is back on {}; the next run carries it to {}",
            report.winner,
            report.winner.other()
        ),
        (ResolveOutcome::Queued, _) => format!(
            "{CAUTION}queued{CAUTION:#}, the next run carries out that {} stands",
            report.winner
        ),
        (ResolveOutcome::Over, _) => "over, there is nothing to decide any more".to_owned(),
        (ResolveOutcome::Changed, Some(_)) => format!(
            "{CAUTION}changed{CAUTION:#}, somebody saved one of the documents meanwhile: look again and decide \
             again"
        ),
        (ResolveOutcome::Changed, None) => format!(
            "{CAUTION}changed{CAUTION:#}, the document holds something else by now, and nothing was written"
        ),
    };
    format!(
        "{HEADING}{}{HEADING:#}: {what}, {} {}: {}: {outcome}\n",
        report.sync,
        report.doctype,
        names(&report.a_name, &report.b_name),
        place(&report.path),
    )
}

/// Returns what one side holds, and when it was saved.
fn held(shown: &ShownConflict, sites: &PerSide<String>, side: Side) -> String {
    let detail = &shown.detail;
    let width = sites.a.chars().count().max(sites.b.chars().count()) + 2;
    let site = format!("({})", sites[side]);
    let head = format!("  {HEADING}{side}{HEADING:#} {site:width$}");
    if !detail.exists[side] {
        return format!("{head}  {CAUTION}the document is not there{CAUTION:#}\n");
    }
    let mut text = format!(
        "{head}  {}\n",
        saved(
            detail.modified[side].as_ref(),
            detail.users[side].as_deref()
        )
    );
    let before = &detail.conflict.modified[side];
    let waits = detail.conflict.state == ConflictState::Open;
    if waits && before.is_some() && *before != detail.modified[side] {
        text.push_str("      saved again since the conflict was seen\n");
    }
    // Where one is gone, it is the whole document that is in question.
    if detail.exists[side.other()] {
        text.push_str(&whole(&detail.values[side]));
    }
    text
}

fn kept(entry: &KeptValue, sites: &PerSide<String>) -> String {
    format!(
        "  {HEADING}lost{HEADING:#} by {} ({}), kept as {}\n{}  {HEADING}put in its place{HEADING:#}\n{}\
         {HELP}help{HELP:#}: `frappe-sync conflicts restore {}` brings it back\n",
        entry.site,
        sites[entry.site],
        entry.id,
        whole(&entry.lost),
        whole(&entry.kept),
        entry.id,
    )
}

fn on_site(entry: &KeptValue, sites: &PerSide<String>) -> String {
    format!(
        "{} `{}` on {} ({}): {}",
        entry.doctype,
        printable(entry.name.as_str()),
        entry.site,
        sites[entry.site],
        printable(&entry.path.to_string()),
    )
}

/// Returns a value in full, line by line; the fields of a row one by one.
fn whole(shown: &Value) -> String {
    let mut text = String::new();
    match shown {
        Value::Object(fields) => {
            for (name, field) in fields {
                let _infallible = writeln!(text, "      {}: {}", printable(name), value(field));
            }
        }
        Value::String(long) if long.contains('\n') => {
            for line in long.lines() {
                let _infallible = writeln!(text, "      {}", printable(line));
            }
        }
        Value::String(short) if !short.is_empty() => {
            let _infallible = writeln!(text, "      \"{}\"", printable(short));
        }
        other => {
            let _infallible = writeln!(text, "      {}", value(other));
        }
    }
    text
}
