//! What was proposed and written, `frappe-sync/init@1`.

use frappe_sync_model::{DocType, PerSide, SyncName};
use serde::Serialize;

use super::draft::Origin;
use crate::checks::{Finding, Level};

/// A configuration that was made.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct InitReport {
    /// `frappe-sync/init@1`.
    pub(crate) format: &'static str,
    /// The folder that holds it.
    pub(crate) folder: String,
    /// The sync.
    pub(crate) sync: SyncName,
    /// The sites.
    pub(crate) sites: PerSide<SiteReport>,
    /// The files that were written, below the folder.
    pub(crate) files: Vec<String>,
    /// Files that stood there before, under the names that they have now.
    pub(crate) set_aside: Vec<String>,
    /// The mappings, those that others link to first.
    pub(crate) mappings: Vec<MappingReport>,
    /// DocTypes that were chosen and not mapped.
    pub(crate) skipped: Vec<SkippedReport>,
    /// The worst of the findings.
    pub(crate) result: Level,
    /// What `check` finds.
    pub(crate) findings: Vec<Finding>,
}

/// One of the two sites.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SiteReport {
    /// What it is called in the configuration.
    pub(crate) name: String,
    /// Where it answers.
    pub(crate) url: String,
    /// Who we are there.
    pub(crate) user: String,
    /// Frappe's version.
    pub(crate) frappe_version: String,
    /// Its zone.
    pub(crate) time_zone: String,
}

/// A mapping that is proposed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MappingReport {
    /// The DocType.
    pub(crate) doctype: DocType,
    /// The file, below the folder.
    pub(crate) file: String,
    /// Where it comes from.
    pub(crate) source: Source,
    /// Somebody chose it; else another one cannot do without it.
    pub(crate) chosen: bool,
    /// Which way it goes.
    pub(crate) direction: &'static str,
    /// What makes two documents the same one.
    pub(crate) identity: String,
    /// How many fields travel.
    pub(crate) fields: usize,
    /// How many child tables travel.
    pub(crate) tables: usize,
    /// What the file leaves out because of these two sites.
    pub(crate) left_out: Vec<LeftOutReport>,
}

/// Where a mapping comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// A ready file.
    Ready,
    /// What the sites say of the DocType.
    Metadata,
}

impl From<Origin> for Source {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Ready => Self::Ready,
            Origin::Metadata => Self::Metadata,
        }
    }
}

/// A field that a file leaves out by name.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LeftOutReport {
    /// Its path.
    pub(crate) field: String,
    /// Why.
    pub(crate) reason: String,
}

impl From<(String, String)> for LeftOutReport {
    fn from((field, reason): (String, String)) -> Self {
        Self { field, reason }
    }
}

/// A DocType that was chosen and is not mapped.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SkippedReport {
    /// The DocType.
    pub(crate) doctype: DocType,
    /// Why not.
    pub(crate) reason: String,
}
