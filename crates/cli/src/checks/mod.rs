//! Whether two sites, their users and the mappings are fit for a sync. Only reads.

mod finding;
mod hooks;
mod limits;
mod links;
mod loads;
mod mappings;
mod naming;
mod pair;
mod permissions;
mod required;
mod same_site;
mod schema;
mod sites;
mod state;
mod sync;
mod traces;

pub(crate) use finding::{CheckReport, Finding, LeftOutField, Level};
pub(crate) use same_site::check_same_site;
pub(crate) use schema::{lonely_fields, travelling};
pub(crate) use sites::check_site;
pub(crate) use sync::check_sync;
