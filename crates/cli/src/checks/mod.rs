//! Whether two sites, their users and the mappings are fit for a sync. Only reads.

mod finding;
mod mappings;
mod permissions;
mod same_site;
mod sites;
mod sync;

pub(crate) use finding::{CheckReport, Finding, LeftOutField, Level};
pub(crate) use sync::check_sync;
