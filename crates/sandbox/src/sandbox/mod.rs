//! The handle on a site, and what stands between a client and it.

mod backup;
mod exchange;
mod handle;
mod late;
mod log;
mod person;
mod reach;

pub use backup::Backup;
pub use handle::Sandbox;
pub use log::{RequestCounts, RequestKind, RequestRecord};
pub use person::{Person, SiteError};
