//! What a check found.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::style::{BAD, CAUTION, FAINT, GOOD, HEADING, HELP};
use super::text::{count, printable};
use crate::checks::{CheckReport, Finding, LeftOutField, Level};

/// Returns each finding with its remedy, then the fields that stay behind, and the verdict last.
pub(crate) fn check(report: &CheckReport) -> String {
    let mut text = format!("{HEADING}Sync {}{HEADING:#}\n", report.sync);
    for finding in &report.findings {
        text.push_str(&finding_text(finding));
    }
    text.push_str(&left_out(&report.left_out));
    let number = |level| {
        let of_level = report.findings.iter().filter(|found| found.level == level);
        of_level.count() as u64
    };
    let _infallible = writeln!(
        text,
        "{HEADING}{}{HEADING:#}: {} ok, {}, {}",
        report.sync,
        number(Level::Ok),
        count(number(Level::Warn), "warning"),
        count(number(Level::Fail), "failure"),
    );
    text
}

/// Returns the line of one finding, with its remedy below.
pub(crate) fn finding_text(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Ok => format!("{GOOD}ok  {GOOD:#}"),
        Level::Warn => format!("{CAUTION}warn{CAUTION:#}"),
        Level::Fail => format!("{BAD}fail{BAD:#}"),
    };
    let mut text = format!(
        "  {level}  {}: {}\n",
        finding.place,
        printable(&finding.message)
    );
    if let Some(remedy) = &finding.remedy {
        let _infallible = writeln!(text, "        {HELP}help{HELP:#}: {remedy}");
    }
    text
}

/// Returns the fields that stay behind by mapping and reason; a field with one reason on both sites once.
fn left_out(fields: &[LeftOutField]) -> String {
    let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for left_out in fields {
        let names = groups
            .entry((left_out.mapping.as_str(), &left_out.reason))
            .or_default();
        if !names.contains(&left_out.field.as_str()) {
            names.push(&left_out.field);
        }
    }
    if groups.is_empty() {
        return String::new();
    }
    let mut text = format!("{HEADING}Left out{HEADING:#}\n");
    for ((mapping, reason), names) in groups {
        let _infallible = writeln!(
            text,
            "  {mapping}: {} {FAINT}[{reason}]{FAINT:#}",
            names.join(", ")
        );
    }
    text
}
