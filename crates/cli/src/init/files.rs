//! The texts of the files beside the mappings.

use std::fmt::Write as _;

use frappe_sync_model::{PerSide, Side, SiteFacts, SyncName};

use super::sites::SiteEntry;
use super::yaml::scalar;
use crate::render::text::printable;

/// What no repository is to hold.
pub(crate) const GITIGNORE: &str = "\
# Names and fingerprints of documents, and values that lost.
/state/
# API secrets.
/secrets/
";

/// What every sync of a new configuration says after its mappings.
pub(crate) const SYNC_ENDS: &str = concat!(
    "    # A run that would change or delete more of a DocType stops before its first write.\n",
    "    guard: { max_changes: 50%, max_deletes: 10% }\n",
    "    # How often every name is read, which finds deletes and renames that left no record.\n",
    "    sweep: 1h\n",
);

/// What `frappe-sync.yaml` is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConfigText<'a> {
    /// The sync.
    pub(crate) sync: &'a SyncName,
    /// Its sites.
    pub(crate) sites: PerSide<&'a SiteEntry>,
    /// What the sites tell of themselves.
    pub(crate) facts: &'a PerSide<SiteFacts>,
    /// The paths of its mapping files, in order.
    pub(crate) mappings: &'a [&'a str],
}

/// Writes `frappe-sync.yaml`.
pub(crate) fn config_text(parts: &ConfigText<'_>) -> String {
    let mut text = String::from(
        "# Made by `frappe-sync init`. Paths begin at this folder.\n\
         version: 1\n\
         # What both sites held when they last agreed; back it up as any other database.\n\
         state: state/frappe-sync.db\n\
         sites:\n",
    );
    for side in Side::BOTH {
        let (site, facts) = (parts.sites[side], &parts.facts[side]);
        // Writing into a string cannot fail.
        let _infallible = write!(
            text,
            "  # Frappe {}, {}. We are {} there: a user of the sync alone.\n  {}:\n    url: {}\n    auth: {}\n",
            printable(&facts.frappe_version),
            facts.clock.time_zone.name(),
            printable(&facts.user),
            scalar(&site.config.name),
            scalar(site.config.url.as_str()),
            site.auth,
        );
        if let Some(zone) = site.config.time_zone {
            let _infallible = writeln!(text, "    time_zone: {}", scalar(zone.name()));
        }
    }
    let _infallible = write!(
        text,
        "syncs:\n  {}:\n    a: {}\n    b: {}\n    mappings:        # those that others link to first\n",
        scalar(parts.sync.as_str()),
        scalar(&parts.sites.a.config.name),
        scalar(&parts.sites.b.config.name),
    );
    for mapping in parts.mappings {
        let _infallible = writeln!(text, "      - {}", scalar(mapping));
    }
    text.push_str(SYNC_ENDS);
    text
}
