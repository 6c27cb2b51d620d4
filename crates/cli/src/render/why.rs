//! Everything known of one document.

use std::fmt::Write as _;

use frappe_sync_engine::{BaselineState, ExplainedDocument, ExplainedValue};
use frappe_sync_model::{Side, TodoReason};

use super::history::operation;
use super::style::{CAUTION, FAINT, GOOD, HEADING, HELP};
use super::text::{printable, value};
use crate::report::why::WhyReport;

/// Returns both documents, their values with rule and baseline, the past, and the next plan last.
pub(crate) fn why(report: &WhyReport) -> String {
    let known = &report.known;
    let mut text = format!(
        "{HEADING}{}{HEADING:#} (sync {})\n",
        printable(known.mapping.as_str()),
        known.sync
    );
    for side in Side::BOTH {
        let _infallible = writeln!(text, "  {side}: {}", document(&known.documents[side]));
    }
    let pair = match &known.pair {
        None => "not paired".to_owned(),
        Some(pair) => match (pair.gone, pair.open) {
            (Some(side), _) => format!("paired; the document on {side} was deleted"),
            (None, true) => "paired; some value is not settled".to_owned(),
            (None, false) => "paired, and settled when last compared".to_owned(),
        },
    };
    let _infallible = writeln!(text, "  {pair}");
    if !known.values.is_empty() {
        let _infallible = writeln!(text, "{HEADING}Values{HEADING:#}");
    }
    for one in &known.values {
        let _infallible = writeln!(text, "  {}", value_line(one));
    }
    for one in &known.parked {
        let message = printable(&one.message);
        let _infallible = writeln!(
            text,
            "{CAUTION}parked{CAUTION:#} on {}: {message}",
            one.site
        );
    }
    for one in &known.conflicts {
        let _infallible = writeln!(
            text,
            "{CAUTION}conflict{CAUTION:#} {}: {} waits for a person",
            one.id.unwrap_or_default(),
            printable(&one.path.to_string())
        );
    }
    if !known.operations.is_empty() {
        let _infallible = writeln!(text, "{HEADING}Written{HEADING:#}");
    }
    for one in &known.operations {
        let _infallible = writeln!(
            text,
            "  {FAINT}{} {}{FAINT:#} {}",
            one.at.format("%Y-%m-%d %H:%M:%S UTC"),
            one.run,
            operation(one)
        );
    }
    let _infallible = writeln!(
        text,
        "{HEADING}Next plan{HEADING:#}: {}",
        printable(&report.next.because)
    );
    for one in &report.next.operations {
        let name = one
            .name
            .as_ref()
            .map_or("(a new name)", |name| name.as_str());
        let action = serde_json::to_value(one.action).unwrap_or_default();
        let _infallible = writeln!(
            text,
            "  {} {} `{}`: {}",
            one.site,
            action.as_str().unwrap_or_default(),
            printable(name),
            printable(&one.reason)
        );
        for change in &one.changes {
            let _infallible = writeln!(
                text,
                "      {}: {} -> {}",
                printable(&change.path.to_string()),
                value(&change.from),
                value(&change.to)
            );
        }
    }
    for note in &report.next.notes {
        let message = printable(&note.message);
        let _infallible = writeln!(text, "  {HELP}note{HELP:#} on {}: {message}", note.site);
    }
    text
}

fn document(document: &ExplainedDocument) -> String {
    let Some(name) = &document.name else {
        return format!("{FAINT}no counterpart is known{FAINT:#}");
    };
    let name = printable(name.as_str());
    if !document.exists {
        return format!("`{name}`, {CAUTION}not there, or hidden from us{CAUTION:#}");
    }
    let state = match document.docstatus {
        Some(1) => ", submitted",
        Some(2) => ", cancelled",
        _ => "",
    };
    let modified = document.modified.as_ref().map_or("", |time| time.as_str());
    let by = printable(document.modified_by.as_deref().unwrap_or_default());
    let selected = match document.selected {
        Some(false) => format!("; {CAUTION}left out by the filters{CAUTION:#}"),
        _ => String::new(),
    };
    let queued = document.queued.map_or_else(String::new, |reason| {
        format!("; queued: {}", queued(reason))
    });
    format!("`{name}`{state}, saved {modified} by {by}{selected}{queued}")
}

fn queued(reason: TodoReason) -> &'static str {
    match reason {
        TodoReason::Seen => "it was saved since it was compared",
        TodoReason::OpenPair => "a value is not settled",
        TodoReason::ParkedDue => "it was parked and is due again",
        TodoReason::Deferred => "a value waits for another document",
        TodoReason::Vanished => "it was not where it was",
    }
}

fn value_line(one: &ExplainedValue) -> String {
    let names = match one.names.a == one.names.b {
        true => one.names.a.to_string(),
        false => format!("{} / {}", one.names.a, one.names.b),
    };
    let held = |side: Side| {
        let state = match one.baselines[side] {
            BaselineState::Equal => format!("{FAINT}as agreed{FAINT:#}"),
            BaselineState::Changed => format!("{CAUTION}changed{CAUTION:#}"),
            BaselineState::None => format!("{GOOD}nothing agreed yet{GOOD:#}"),
        };
        format!("{side} {} ({state})", value(&one.values[side]))
    };
    format!(
        "{names}: {}, {} {FAINT}[{}]{FAINT:#}",
        held(Side::A),
        held(Side::B),
        one.rule
    )
}
