//! Shared support of the tests: a pair of sites, people who edit them, and a sync between them.
//!
//! A pair is two sandboxes, or two real sites where the environment names them
//! (`FRAPPE_SITE_URL`, `FRAPPE_SITE_B_URL` with their keys): the scenarios are the same.

mod attachments;
mod in_process;
mod person;
pub mod proxy;
pub mod scale;
mod schema;
mod serving;
mod sites;
pub mod storm;
mod submittable;
mod sync;
pub mod world;

pub use attachments::{NewFile, Sheets, some_bytes};
pub use in_process::{Hook, InProcess, VirtualOptions, VirtualPair, VirtualTime};
pub use person::{Person, SiteAnswer};
pub use schema::{Names, install, uninstall};
pub use serving::Serving;
pub use sites::{PairOptions, SitePair, pairs};
pub use submittable::Sales;
pub use sync::{Sync, text};
