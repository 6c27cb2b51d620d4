//! What a state file holds.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::status::last_run;
use super::style::{CAUTION, FAINT, GOOD, HEADING};
use super::table::table;
use super::text::size;
use crate::report::state::{StateReport, StoredSync};

/// Returns where the files are and what they hold, as seen at `now`.
pub(crate) fn state(report: &StateReport, now: DateTime<Utc>) -> String {
    let mut text = format!(
        "{HEADING}State {}{HEADING:#}\n  file     {} {FAINT}({}){FAINT:#}\n  journal  {} {FAINT}({}){FAINT:#}\n",
        report.state_id,
        report.path.display(),
        size(report.bytes),
        report.journal_path.display(),
        size(report.journal_bytes),
    );
    if report.syncs.is_empty() {
        text.push_str("  nothing is stored yet\n");
    }
    for sync in &report.syncs {
        text.push_str(&stored(sync, now));
    }
    if report.whole == Some(true) {
        let _infallible = writeln!(text, "{GOOD}both files are whole{GOOD:#}");
    }
    text
}

fn stored(sync: &StoredSync, now: DateTime<Utc>) -> String {
    let last = match &sync.last_run {
        Some(run) => last_run(run, now),
        None => "never ran".to_owned(),
    };
    let unknown = if sync.configured {
        String::new()
    } else {
        format!(" {CAUTION}(not in the configuration){CAUTION:#}")
    };
    let mut text = format!("{HEADING}{}{HEADING:#}: {last}{unknown}\n", sync.sync);
    let rows = sync.mappings.iter().map(|mapping| {
        let counts = &mapping.counts;
        [
            mapping.mapping.to_string(),
            counts.pairs.to_string(),
            counts.tombstones.to_string(),
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
        "tombstones",
        "open",
        "parked",
        "conflicts",
        "unknown",
        "to look at",
    ];
    text.push_str(&table(headings, 1, rows));
    text
}
