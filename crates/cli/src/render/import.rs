//! What was imported.

use std::fmt::Write as _;

use super::style::{CAUTION, FAINT, HEADING, HELP};
use super::text::{count, printable};
use crate::event_streaming::{Difference, ImportReport, MappingReport};

/// Returns what was made, with every difference, and what comes next.
pub(crate) fn import(report: &ImportReport) -> String {
    let mut text = String::new();
    for sync in &report.syncs {
        let _infallible = writeln!(
            text,
            "{HEADING}Sync {}{HEADING:#}, from {} to {}",
            sync.sync, sync.sites.a.name, sync.sites.b.name
        );
        for mapping in &sync.mappings {
            text.push_str(&mapping_text(mapping));
        }
        for skipped in &sync.skipped {
            let _infallible = writeln!(
                text,
                "  {}: not taken, {} {FAINT}[{}]{FAINT:#}",
                printable(&skipped.doctype),
                printable(&skipped.reason),
                printable(&skipped.place)
            );
        }
        text.push_str(&differences(&sync.differences, "  "));
    }
    text.push_str(&differences(&report.differences, ""));
    for name in &report.unused {
        let _infallible = writeln!(
            text,
            "No Event Producer uses Document Type Mapping {}",
            printable(name)
        );
    }
    for aside in &report.set_aside {
        let _infallible = writeln!(text, "What was there is now {aside}");
    }
    if let Some(config) = &report.config {
        let _infallible = write!(
            text,
            "{HEADING}To add to frappe-sync.yaml{HEADING:#}\n{config}"
        );
    }
    let files = count(report.files.len() as u64, "file");
    let _infallible = write!(
        text,
        "{HEADING}Imported{HEADING:#}: {files} in {}\n  {HELP}next{HELP:#}: unsubscribe in event_streaming, give the keys \
         of both sites, then `frappe-sync check` and `frappe-sync plan`\n",
        report.folder
    );
    text
}

fn mapping_text(mapping: &MappingReport) -> String {
    let (a, b) = (
        printable(&mapping.doctypes.a),
        printable(&mapping.doctypes.b),
    );
    let doctypes = if a == b { a } else { format!("{a} → {b}") };
    let waits = if mapping.waits {
        format!(", {CAUTION}waits for a person{CAUTION:#}")
    } else {
        String::new()
    };
    let by = match &mapping.mapping {
        Some(name) => format!(" {FAINT}[{}]{FAINT:#}", printable(name)),
        None => String::new(),
    };
    let text = format!(
        "  {doctypes}: {}, identity {}{waits}{by}\n",
        mapping.file, mapping.identity
    );
    text + &differences(&mapping.differences, "    ")
}

fn differences(differences: &[Difference], indent: &str) -> String {
    let told = differences.iter().map(|difference| {
        let mut text = format!(
            "{indent}{CAUTION}differs{CAUTION:#}: {} {FAINT}[{}]{FAINT:#}\n",
            printable(&difference.message),
            printable(&difference.place)
        );
        if let Some(remedy) = &difference.remedy {
            let _infallible = writeln!(text, "{indent}  {HELP}help{HELP:#}: {}", printable(remedy));
        }
        text
    });
    told.collect()
}
