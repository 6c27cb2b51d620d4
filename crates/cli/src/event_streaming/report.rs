//! What was imported, `frappe-sync/import@1`.

use frappe_sync_model::PerSide;
use serde::Serialize;

use super::difference::Difference;

/// A set-up of another tool that became mapping files.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ImportReport {
    /// `frappe-sync/import@1`.
    pub(crate) format: &'static str,
    /// What it was made of: `event_streaming`.
    pub(crate) source: &'static str,
    /// The files or the site that it was read from.
    pub(crate) read_from: Vec<String>,
    /// The folder that holds the files.
    pub(crate) folder: String,
    /// The files that were written, below the folder.
    pub(crate) files: Vec<String>,
    /// Files that stood there before, under the names that they have now.
    pub(crate) set_aside: Vec<String>,
    /// What is to be added to the configuration; none where it was written.
    pub(crate) config: Option<String>,
    /// A sync for each site that documents are taken from.
    pub(crate) syncs: Vec<SyncReport>,
    /// Document Type Mappings that nothing uses.
    pub(crate) unused: Vec<String>,
    /// What is otherwise and of no one sync.
    pub(crate) differences: Vec<Difference>,
}

/// A sync.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SyncReport {
    /// What it is called.
    pub(crate) sync: String,
    /// The producer (`a`) and the consumer (`b`).
    pub(crate) sites: PerSide<ImportSite>,
    /// Its mappings, those that others depend on first.
    pub(crate) mappings: Vec<MappingReport>,
    /// What was not made into a mapping.
    pub(crate) skipped: Vec<Skipped>,
    /// What is otherwise in all of its mappings.
    pub(crate) differences: Vec<Difference>,
}

/// A site.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ImportSite {
    /// What it is called in the configuration.
    pub(crate) name: String,
    /// Where it answers, if that is known.
    pub(crate) url: Option<String>,
}

/// A mapping.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MappingReport {
    /// The DocType on each side.
    pub(crate) doctypes: PerSide<String>,
    /// The file, below the folder.
    pub(crate) file: String,
    /// The Document Type Mapping that it is made of, if there is one.
    pub(crate) mapping: Option<String>,
    /// `name` or `create`.
    pub(crate) identity: &'static str,
    /// It is not used before somebody has decided on a difference.
    pub(crate) waits: bool,
    /// What is otherwise.
    pub(crate) differences: Vec<Difference>,
}

/// A row of an Event Producer that became no mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Skipped {
    /// The DocType of the row.
    pub(crate) doctype: String,
    /// The row.
    pub(crate) place: String,
    /// Why not.
    pub(crate) reason: String,
}
