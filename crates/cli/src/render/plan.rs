//! A dry run: what would change and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use frappe_sync_engine::{Action, Operation, PlanReport};
use frappe_sync_model::{DocType, Side};

use super::changes::{Steps, changes};
use super::run::{conflict, guard_text, note, open_ends, parked, section};
use super::style::{BAD, CAUTION, FAINT, GOOD, HEADING};
use super::text::{count, printable};

/// Returns the plan by site and DocType, at most `limit` documents of each (0: all), and the summary last.
pub(crate) fn plan(report: &PlanReport, limit: usize) -> String {
    let mut text = format!(
        "{HEADING}Sync {}{HEADING:#}\n  a  {}\n  b  {}\n",
        report.sync, report.sites.a, report.sites.b
    );
    let steps: Steps<'_> = report
        .operations
        .iter()
        .map(|step| (step.id, step))
        .collect();
    for ((site, doctype), operations) in groups(&report.operations) {
        let documents = count(operations.len() as u64, "document");
        let _infallible = writeln!(
            text,
            "\n{HEADING}{doctype} on {site}{HEADING:#} {FAINT}({documents}){FAINT:#}"
        );
        let shown = if limit == 0 { operations.len() } else { limit };
        for operation in operations.iter().take(shown) {
            text.push_str(&operation_text(operation, &steps));
        }
        if operations.len() > shown {
            let more = operations.len() - shown;
            let _infallible = writeln!(
                text,
                "  {FAINT}… and {more} more; `--limit 0` shows all{FAINT:#}"
            );
        }
    }
    if !report.operations.is_empty() {
        text.push('\n');
    }
    if let Some(guard) = &report.guard {
        text.push_str(&guard_text(guard, "would stop"));
    }
    section(&mut text, "Conflicts", &report.conflicts, conflict);
    section(&mut text, "Parked", &report.parked, parked);
    section(&mut text, "Notes", &report.notes, note);
    text.push_str(&last_line(report));
    text.push('\n');
    text
}

/// Returns the one line that tells it all.
pub(crate) fn last_line(report: &PlanReport) -> String {
    let summary = &report.summary;
    let mut parts = vec![
        format!("{} to create", summary.create),
        format!("{} to update", summary.update),
    ];
    for (number, word) in [
        (summary.submit, "to submit"),
        (summary.cancel, "to cancel"),
        (summary.delete, "to delete"),
        (summary.rename, "to rename"),
        (summary.link, "to pair"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    parts.extend(open_ends(summary));
    format!(
        "{HEADING}Plan{HEADING:#}: {} (a to b: {}, b to a: {})",
        parts.join(", "),
        report.writes_to.b,
        report.writes_to.a
    )
}

/// Groups the operations by site and DocType; the groups in the order of their first operation.
fn groups(operations: &[Operation]) -> Vec<((Side, &DocType), Vec<&Operation>)> {
    let mut place: BTreeMap<(Side, &DocType), usize> = BTreeMap::new();
    let mut groups: Vec<((Side, &DocType), Vec<&Operation>)> = Vec::new();
    for operation in operations {
        let key = (operation.site, &operation.doctype);
        let index = *place.entry(key).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[index].1.push(operation);
    }
    groups
}

fn operation_text(operation: &Operation, steps: &Steps<'_>) -> String {
    let name = match &operation.name {
        Some(name) => format!("`{}`", printable(name.as_str())),
        None => "(the site names it)".to_owned(),
    };
    let from = match &operation.counterpart {
        Some(other) if Some(&other.name) == operation.name.as_ref() => String::new(),
        Some(other) => format!(
            " from {} `{}`",
            other.doctype,
            printable(other.name.as_str())
        ),
        None => String::new(),
    };
    let head = match operation.action {
        Action::Create => format!("{GOOD}+ create{GOOD:#}"),
        Action::Update => format!("{CAUTION}~ update{CAUTION:#}"),
        Action::Submit => format!("{CAUTION}^ submit{CAUTION:#}"),
        Action::Cancel => format!("{BAD}x cancel{BAD:#}"),
        Action::Delete => format!("{BAD}- delete{BAD:#}"),
        Action::Rename => format!("{CAUTION}> rename{CAUTION:#}"),
    };
    let mut text = format!(
        "  {head} {name}{from} {FAINT}[{}]{FAINT:#}\n",
        printable(&operation.reason)
    );
    text.push_str(&changes(operation, steps));
    text
}
