//! The state of one site: data, metadata, clock, users; and a transaction on it.

mod options;
mod seed;
mod state;
mod transaction;

pub use options::{SiteOptions, UserOptions};
pub(crate) use state::{Metas, Site};
pub(crate) use transaction::{Message, Transaction};
