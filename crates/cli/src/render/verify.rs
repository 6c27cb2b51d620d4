//! The certificate of a deep comparison.

use std::fmt::Write as _;

use frappe_sync_engine::{
    AloneReport, DifferenceReport, DocTypeVerification, ValueReport, VerifyOutcome, VerifyReport,
};
use frappe_sync_model::Side;

use super::run::section;
use super::style::{BAD, FAINT, GOOD, HEADING};
use super::table::table;
use super::text::{count, printable};

/// Returns the counts of each DocType, what differs, and the verdict last.
pub(crate) fn verify(report: &VerifyReport) -> String {
    let mut text = format!(
        "{HEADING}Certificate of sync {}{HEADING:#}, {}\n",
        report.sync,
        report.finished.format("%Y-%m-%d %H:%M:%S UTC")
    );
    for side in Side::BOTH {
        let site = &report.sites[side];
        let _infallible = writeln!(
            text,
            "  {side}  {}, read as {}, Frappe {}",
            printable(&site.url),
            printable(&site.user),
            printable(&site.frappe_version)
        );
    }
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
        section(&mut text, &heading("only on a"), &doctype.only_a, alone);
        section(&mut text, &heading("only on b"), &doctype.only_b, alone);
        text.push_str(&left_out(doctype));
    }
    if !report.causes.is_empty() {
        let _infallible = writeln!(text, "{HEADING}Causes{HEADING:#}");
    }
    for (cause, number) in &report.causes {
        let _infallible = writeln!(text, "  {number} {cause}: {}", cause.meaning());
    }
    text.push_str(&last_line(report));
    text.push('\n');
    text
}

/// Says what of a DocType could not be compared, or takes no part.
fn left_out(doctype: &DocTypeVerification) -> String {
    let mut text = String::new();
    for side in Side::BOTH {
        let number = doctype.filtered[side];
        if number > 0 {
            let documents = count(number, "document");
            let _infallible = writeln!(
                text,
                "{}: filters leave out {documents} of {side}",
                doctype.doctype
            );
        }
    }
    if !doctype.not_shown.is_empty() {
        let names = doctype.not_shown.iter().map(ToString::to_string);
        let names: Vec<String> = names.collect();
        let _infallible = writeln!(
            text,
            "{}: not compared, since one site does not show it: {}",
            doctype.doctype,
            printable(&names.join(", "))
        );
    }
    text
}

/// Returns the one line that tells it all.
pub(crate) fn last_line(report: &VerifyReport) -> String {
    let total = |number: fn(&DocTypeVerification) -> usize| -> usize {
        report.doctypes.iter().map(number).sum()
    };
    let pairs: u64 = report.doctypes.iter().map(|doctype| doctype.pairs).sum();
    let sync = format!("{HEADING}{}{HEADING:#}", report.sync);
    let compared = || count(pairs, "pair");
    let mut text = match report.outcome {
        VerifyOutcome::Equal => {
            return format!(
                "{sync}: {GOOD}equal{GOOD:#}, {} compared in every mapped value",
                compared()
            );
        }
        VerifyOutcome::EqualBut => format!("{sync}: {GOOD}equal but for what is listed{GOOD:#}"),
        VerifyOutcome::Different => format!("{sync}: {BAD}not equal{BAD:#}"),
    };
    let _infallible = write!(
        text,
        ", {} of {} differ, {} only on a, {} only on b",
        total(|doctype| doctype.different.len()),
        compared(),
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
    let paths: Vec<String> = if difference.values.is_empty() {
        let paths = difference.paths.iter();
        paths.map(|path| printable(&path.to_string())).collect()
    } else {
        let one = |value: &ValueReport| {
            let path = printable(&value.path.to_string());
            format!("{path} {FAINT}[{}]{FAINT:#}", value.cause)
        };
        difference.values.iter().map(one).collect()
    };
    let mut text = format!("{names}: {}", paths.join(", "));
    if difference.values.is_empty() {
        let _infallible = write!(text, " {FAINT}[{}]{FAINT:#}", difference.cause);
    }
    text.push_str(&beyond(difference.message.as_deref()));
    text
}

fn alone(alone: &AloneReport) -> String {
    format!(
        "`{}` {FAINT}[{}]{FAINT:#}{}",
        printable(alone.name.as_str()),
        alone.cause,
        beyond(alone.message.as_deref())
    )
}

/// Returns what is known beyond a cause.
fn beyond(message: Option<&str>) -> String {
    message.map_or_else(String::new, |message| format!(": {}", printable(message)))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use frappe_sync_engine::{Cause, VerifiedSite};
    use frappe_sync_model::PerSide;

    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn report() -> VerifyReport {
        let alone = |name: &str, cause: Cause, message: Option<&str>| AloneReport {
            name: name.into(),
            cause,
            message: message.map(str::to_owned),
        };
        let doctype = DocTypeVerification {
            doctype: "Customer".into(),
            b_doctype: "Customer".into(),
            a_count: 3,
            b_count: 2,
            pairs: 2,
            tombstones: 4,
            equal: 1,
            different: vec![DifferenceReport {
                a_name: "CUST-1".into(),
                b_name: "CUST-7".into(),
                paths: vec!["territory".to_owned().into(), "phone".to_owned().into()],
                cause: Cause::NotYetSynced,
                message: None,
                values: vec![
                    ValueReport {
                        path: "territory".to_owned().into(),
                        cause: Cause::NotYetSynced,
                    },
                    ValueReport {
                        path: "phone".to_owned().into(),
                        cause: Cause::Rewritten,
                    },
                ],
            }],
            only_a: vec![alone("CUST-3", Cause::Parked, Some("Tax ID is wrong"))],
            only_b: Vec::new(),
            filtered: PerSide { a: 0, b: 2 },
            not_shown: Vec::new(),
            digests: PerSide::default(),
        };
        let site = |name: &str| VerifiedSite {
            url: format!("https://{name}.example.com"),
            user: "sync@example.com".to_owned(),
            frappe_version: "15.55.1".to_owned(),
        };
        let moment = DateTime::<Utc>::UNIX_EPOCH;
        let causes = doctype.causes();
        VerifyReport {
            format: "frappe-sync/verify@1".to_owned(),
            sync: "hq-branch".into(),
            equal: false,
            outcome: VerifyOutcome::Different,
            started: moment,
            finished: moment,
            engine: "0.1.0".to_owned(),
            state_id: "state".to_owned(),
            mapping_hash: "0".to_owned(),
            sites: PerSide {
                a: site("hq"),
                b: site("branch"),
            },
            doctypes: vec![doctype],
            requests: PerSide::default(),
            causes,
        }
    }

    #[test]
    fn a_certificate_counts_and_names_what_differs_with_its_cause() {
        assert_eq!(
            plain(&verify(&report())),
            "\
Certificate of sync hq-branch, 1970-01-01 00:00:00 UTC
  a  https://hq.example.com, read as sync@example.com, Frappe 15.55.1
  b  https://branch.example.com, read as sync@example.com, Frappe 15.55.1
  DocType   on a  on b  pairs  tombstones  equal  different  only on a  only on b
  Customer     3     2      2           4      1          1          1          0
Customer that differ (1)
  `CUST-1` and `CUST-7`: territory [not yet synced], phone [rewritten]
Customer only on a (1)
  `CUST-3` [parked]: Tax ID is wrong
Customer: filters leave out 2 documents of b
Causes
  1 parked: it is parked
  1 not yet synced: it changed since, or was never carried over; the next run looks at it
  2 filtered: a filter of the mapping leaves it out
hq-branch: not equal, 1 of 2 pairs differ, 1 only on a, 0 only on b (1 parked, 1 not yet synced, 2 filtered)
"
        );
    }

    #[test]
    fn the_last_line_tells_equal_from_equal_but() {
        let mut report = report();
        report.outcome = VerifyOutcome::EqualBut;
        report.causes = [(Cause::Direction, 1)].into();
        assert_eq!(
            plain(&last_line(&report)),
            "hq-branch: equal but for what is listed, 1 of 2 pairs differ, 1 only on a, 0 only on b (1 direction)"
        );
        report.outcome = VerifyOutcome::Equal;
        assert_eq!(
            plain(&last_line(&report)),
            "hq-branch: equal, 2 pairs compared in every mapped value"
        );
    }
}
