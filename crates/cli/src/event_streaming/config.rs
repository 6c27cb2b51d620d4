//! `frappe-sync.yaml`, or what is to be added to one.

use std::fmt::Write as _;

use super::text::comment;
use crate::init::{SYNC_ENDS, scalar};

/// A site as the configuration names it.
#[derive(Clone, Debug)]
pub(crate) struct ConfigSite {
    /// What it is called.
    pub(crate) name: String,
    /// Where it answers.
    pub(crate) url: String,
    /// The value of `auth`.
    pub(crate) auth: String,
    /// What is to be known of it, as a comment.
    pub(crate) note: Option<String>,
    /// The configuration has it already.
    pub(crate) is_there: bool,
}

/// A sync as the configuration names it.
#[derive(Clone, Debug)]
pub(crate) struct SyncEntry {
    /// What it is called.
    pub(crate) name: String,
    /// The producer.
    pub(crate) a: ConfigSite,
    /// The consumer.
    pub(crate) b: ConfigSite,
    /// The mapping files, each with whether it waits for a person.
    pub(crate) mappings: Vec<(String, bool)>,
    /// What holds for all mappings, as comments.
    pub(crate) notes: Vec<String>,
}

/// Writes a whole configuration.
pub(crate) fn config_file(syncs: &[SyncEntry]) -> String {
    format!(
        "# Made by `frappe-sync import event-streaming`. Paths begin at this folder.\n\
         version: 1\n\
         # What both sites held when they last agreed; back it up as any other database.\n\
         state: state/frappe-sync.db\n{}",
        entries(syncs)
    )
}

/// Writes the sites and the syncs.
pub(crate) fn entries(syncs: &[SyncEntry]) -> String {
    let mut text = String::new();
    let sites = syncs.iter().flat_map(|sync| [&sync.a, &sync.b]);
    let mut told: Vec<&str> = Vec::new();
    for site in sites.filter(|site| !site.is_there) {
        if told.contains(&site.name.as_str()) {
            continue;
        }
        if told.is_empty() {
            text.push_str("sites:\n");
        }
        told.push(&site.name);
        if let Some(note) = &site.note {
            text.push_str(&comment(2, note));
        }
        let _infallible = writeln!(
            text,
            "  {}:\n    url: {}\n    auth: {}",
            scalar(&site.name),
            scalar(&site.url),
            site.auth
        );
    }
    text.push_str("syncs:\n");
    let is_used = |sync: &SyncEntry| sync.mappings.iter().any(|(_, waits)| !waits);
    let is_any_used = syncs.iter().any(is_used);
    for sync in syncs {
        for note in &sync.notes {
            text.push_str(&comment(2, note));
        }
        let entry = entry(sync);
        if is_any_used && !is_used(sync) {
            // A sync without a mapping would keep the others from running.
            text.push_str(&comment(2, "All mappings of this sync wait for a person."));
            text.extend(entry.lines().map(|line| format!("  #{line}\n")));
        } else {
            text.push_str(&entry);
        }
    }
    text
}

fn entry(sync: &SyncEntry) -> String {
    let mut text = format!(
        "  {}:\n    a: {}\n    b: {}\n    mappings:\n",
        scalar(&sync.name),
        scalar(&sync.a.name),
        scalar(&sync.b.name),
    );
    for (file, waits) in &sync.mappings {
        if *waits {
            let _infallible = writeln!(
                text,
                "      # - {}   # waits for a person: see DIFFERS in it",
                scalar(file)
            );
        } else {
            let _infallible = writeln!(text, "      - {}", scalar(file));
        }
    }
    text.push_str(SYNC_ENDS);
    text
}
