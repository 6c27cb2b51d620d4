//! The webhooks of a sync.

use std::fmt::Write as _;

use super::style::{BAD, CAUTION, FAINT, GOOD, HEADING, HELP};
use super::text::{count, printable};
use crate::webhooks::{Action, Entry, SiteWebhooks, State, WebhooksReport};

/// Returns what is done, or would be, with the webhooks of each site.
pub(crate) fn changed(report: &WebhooksReport) -> String {
    let mut text = heading(report);
    for site in &report.sites {
        let _infallible = writeln!(text, "  {}", site.site);
        let changes = site
            .webhooks
            .iter()
            .filter(|entry| entry.action != Action::Keep);
        for entry in changes.clone() {
            let _infallible = writeln!(text, "    {}", change(entry));
        }
        if changes.count() == 0 {
            let _infallible = writeln!(text, "    {GOOD}nothing to do{GOOD:#}");
        }
    }
    let summary = report.summary;
    let [make, update, remove] = match report.dry_run {
        true => ["to make", "to update", "to remove"],
        false => ["made", "updated", "removed"],
    };
    let _infallible = writeln!(
        text,
        "Webhooks: {} {make}, {} {update}, {} {remove}, {} unchanged",
        summary.make, summary.update, summary.remove, summary.keep
    );
    text
}

/// Returns how the webhooks of each site were found.
pub(crate) fn list(report: &WebhooksReport) -> String {
    let mut text = heading(report);
    let mut wrong = 0;
    for site in &report.sites {
        let _infallible = writeln!(text, "  {}{}", site.site, sends_to(site));
        for entry in &site.webhooks {
            wrong += u64::from(entry.state != State::Installed);
            let _infallible = writeln!(text, "    {}: {}", listens(entry), found(entry));
        }
        if site.webhooks.is_empty() {
            let _infallible = writeln!(
                text,
                "    {FAINT}no mapping carries changes from here{FAINT:#}"
            );
        }
    }
    if wrong > 0 {
        let _infallible = writeln!(
            text,
            "{HELP}help{HELP:#}: `frappe-sync webhooks install {}` sets {} right",
            report.sync,
            count(wrong, "webhook")
        );
    }
    text
}

fn heading(report: &WebhooksReport) -> String {
    format!("{HEADING}{}{HEADING:#}\n", report.sync)
}

/// Says where a site sends to, where all of its webhooks agree.
fn sends_to(site: &SiteWebhooks) -> String {
    let mut urls = site
        .webhooks
        .iter()
        .filter_map(|entry| entry.url.as_deref());
    match urls.next() {
        Some(first) if urls.all(|url| url == first) => {
            format!(" {FAINT}sends to {}{FAINT:#}", printable(first))
        }
        _ => String::new(),
    }
}

fn listens(entry: &Entry) -> String {
    format!("{} {}", printable(&entry.doctype), printable(&entry.event))
}

fn change(entry: &Entry) -> String {
    let what = listens(entry);
    match entry.action {
        Action::Make => format!("{GOOD}+{GOOD:#} {what}"),
        Action::Update => format!(
            "{CAUTION}~{CAUTION:#} {what} {FAINT}({}){FAINT:#}",
            entry.differs.join(", ")
        ),
        Action::Remove => format!("{BAD}-{BAD:#} {what}"),
        Action::Keep => format!("  {what}"),
    }
}

fn found(entry: &Entry) -> String {
    match entry.state {
        State::Installed => format!("{GOOD}installed{GOOD:#}"),
        State::Differs => format!(
            "{CAUTION}not as it is to be{CAUTION:#} ({})",
            entry.differs.join(", ")
        ),
        State::Missing => format!("{CAUTION}missing{CAUTION:#}"),
        State::NotNeeded => format!("{CAUTION}there, but no mapping needs it{CAUTION:#}"),
    }
}
