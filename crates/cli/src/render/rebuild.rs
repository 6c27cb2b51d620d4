//! A state that was made anew.

use std::fmt::Write as _;

use super::run::{parked, section};
use super::style::{FAINT, HEADING, HELP};
use super::table::table;
use super::text::count;
use crate::report::rebuild::RebuiltSync;

/// Returns what was paired, what differs and what stands alone, and where the old state is.
pub(crate) fn rebuilt(rebuilt: &RebuiltSync) -> String {
    let report = &rebuilt.report;
    let mut text = format!(
        "{HEADING}State of sync {} made anew{HEADING:#}\n",
        report.sync
    );
    let rows = report.doctypes.iter().map(|doctype| {
        [
            doctype.doctype.to_string(),
            doctype.pairs.to_string(),
            doctype.different.to_string(),
            doctype.alone.to_string(),
        ]
    });
    let headings = ["DocType", "pairs", "of them differ", "without counterpart"];
    text.push_str(&table(headings, 1, rows));
    section(&mut text, "Parked", &report.parked, parked);
    for (what, path) in [
        ("state", rebuilt.set_aside.as_ref().map(|old| &old.state)),
        (
            "journal",
            rebuilt.set_aside.as_ref().map(|old| &old.journal),
        ),
    ] {
        if let Some(Some(path)) = path {
            let _infallible = writeln!(text, "  {FAINT}old {what}: {}{FAINT:#}", path.display());
        }
    }
    let total = |number: fn(&frappe_sync_engine::RebuiltMapping) -> u64| -> u64 {
        report.doctypes.iter().map(number).sum()
    };
    let _infallible = writeln!(
        text,
        "{HEADING}{}{HEADING:#}: {}, {} differ, {} without counterpart, {} parked; nothing was written \
         to a site\n{HELP}help{HELP:#}: `frappe-sync plan {}` shows what the next run will do",
        report.sync,
        count(total(|mapping| mapping.pairs), "pair"),
        total(|mapping| mapping.different),
        total(|mapping| mapping.alone),
        report.parked.len(),
        report.sync,
    );
    text
}
