//! A configuration that is proposed or was made.

use std::fmt::Write as _;

use frappe_sync_model::Side;

use super::check::finding_text;
use super::style::{FAINT, HEADING, HELP};
use super::text::{count, printable};
use crate::checks::Level;
use crate::init::{InitReport, MappingReport, SiteReport, Source};

/// Returns one line on a site that answered.
pub(crate) fn site(side: Side, site: &SiteReport) -> String {
    format!(
        "{HEADING}{side}{HEADING:#}  {}: {}, Frappe {}, {}; we are {}",
        site.name,
        site.url,
        printable(&site.frappe_version),
        site.time_zone,
        printable(&site.user),
    )
}

/// Returns what would be written, and what is to be known of it.
pub(crate) fn proposal(report: &InitReport) -> String {
    let mut text = format!(
        "{HEADING}Sync {}{HEADING:#}, those that others link to first\n",
        report.sync
    );
    for mapping in &report.mappings {
        text.push_str(&mapping_text(mapping));
    }
    if !report.skipped.is_empty() {
        let _infallible = writeln!(text, "{HEADING}Not mapped{HEADING:#}");
        for skipped in &report.skipped {
            let _infallible = writeln!(
                text,
                "  {}: {}",
                skipped.doctype,
                printable(&skipped.reason)
            );
        }
    }
    let to_see = report
        .findings
        .iter()
        .filter(|finding| finding.level != Level::Ok);
    let to_see: String = to_see.map(finding_text).collect();
    if !to_see.is_empty() {
        let _infallible = write!(text, "{HEADING}To look at{HEADING:#}\n{to_see}");
    }
    text
}

/// Returns what was written, and what comes next.
pub(crate) fn init(report: &InitReport) -> String {
    let mut text = proposal(report);
    for aside in &report.set_aside {
        let _infallible = writeln!(text, "What was there is now {aside}");
    }
    let files = count(report.files.len() as u64, "file");
    let _infallible = write!(
        text,
        "{HEADING}{}{HEADING:#}: {files} in {}\n  {HELP}next{HELP:#}: read the mapping files, then \
         `frappe-sync plan {}` there shows what a first run would do\n",
        report.sync, report.folder, report.sync
    );
    text
}

fn mapping_text(mapping: &MappingReport) -> String {
    let source = match mapping.source {
        Source::Ready => "ready file",
        Source::Metadata => "from both sites' metadata",
    };
    let why = if mapping.chosen {
        ""
    } else {
        ", needed by another"
    };
    let way = match mapping.direction {
        "both" => "both ways",
        way => way,
    };
    let mut text = format!(
        "  {}: {}, {way}, identity {} {FAINT}[{source}{why}]{FAINT:#}\n",
        mapping.doctype, mapping.file, mapping.identity
    );
    for left_out in &mapping.left_out {
        let _infallible = writeln!(
            text,
            "    leaves out {} {FAINT}[{}]{FAINT:#}",
            left_out.field,
            printable(&left_out.reason)
        );
    }
    text
}
