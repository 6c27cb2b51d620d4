//! The certificate of a deep comparison.

use std::fmt::Write as _;

use frappe_sync_engine::{DifferenceReport, DocTypeVerification, VerifyReport};
use frappe_sync_model::DocName;

use super::run::section;
use super::style::{BAD, FAINT, GOOD, HEADING};
use super::table::table;
use super::text::{count, printable};

/// Returns the counts of each DocType, what differs, and the verdict last.
pub(crate) fn verify(report: &VerifyReport) -> String {
    let mut text = format!("{HEADING}Certificate of sync {}{HEADING:#}\n", report.sync);
    let rows = report.doctypes.iter().map(|doctype| {
        [
            doctype.doctype.to_string(),
            doctype.a_count.to_string(),
            doctype.b_count.to_string(),
            doctype.pairs.to_string(),
            doctype.tombstones.to_string(),
            doctype.equal.to_string(),
            doctype.different.len().to_string(),
            doctype.only_a.len().to_string(),
            doctype.only_b.len().to_string(),
        ]
    });
    let headings = [
        "DocType",
        "on a",
        "on b",
        "pairs",
        "tombstones",
        "equal",
        "different",
        "only on a",
        "only on b",
    ];
    text.push_str(&table(headings, 1, rows));
    for doctype in &report.doctypes {
        let heading = |what: &str| format!("{} {what}", doctype.doctype);
        section(
            &mut text,
            &heading("that differ"),
            &doctype.different,
            difference,
        );
        section(&mut text, &heading("only on a"), &doctype.only_a, name);
        section(&mut text, &heading("only on b"), &doctype.only_b, name);
    }
    text.push_str(&last_line(report));
    text.push('\n');
    text
}

/// Returns the one line that tells it all.
pub(crate) fn last_line(report: &VerifyReport) -> String {
    let total = |number: fn(&DocTypeVerification) -> usize| -> usize {
        report.doctypes.iter().map(number).sum()
    };
    let pairs: u64 = report.doctypes.iter().map(|doctype| doctype.pairs).sum();
    let sync = format!("{HEADING}{}{HEADING:#}", report.sync);
    if report.equal {
        return format!(
            "{sync}: {GOOD}equal{GOOD:#}, {} compared in every mapped value",
            count(pairs, "pair")
        );
    }
    let mut text = format!(
        "{sync}: {BAD}not equal{BAD:#}, {} of {} differ, {} only on a, {} only on b",
        total(|doctype| doctype.different.len()),
        count(pairs, "pair"),
        total(|doctype| doctype.only_a.len()),
        total(|doctype| doctype.only_b.len()),
    );
    if !report.causes.is_empty() {
        let causes: Vec<String> = report
            .causes
            .iter()
            .map(|(cause, number)| format!("{number} {cause}"))
            .collect();
        let _infallible = write!(text, " ({})", causes.join(", "));
    }
    text
}

fn difference(difference: &DifferenceReport) -> String {
    let (a, b) = (difference.a_name.as_str(), difference.b_name.as_str());
    let names = if a == b {
        format!("`{}`", printable(a))
    } else {
        format!("`{}` and `{}`", printable(a), printable(b))
    };
    let paths: Vec<String> = difference
        .paths
        .iter()
        .map(|path| printable(&path.to_string()))
        .collect();
    format!(
        "{names}: {} {FAINT}[{}]{FAINT:#}",
        paths.join(", "),
        printable(&difference.cause)
    )
}

fn name(name: &DocName) -> String {
    format!("`{}`", printable(name.as_str()))
}
