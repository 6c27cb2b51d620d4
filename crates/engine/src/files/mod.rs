//! Files that are attached to documents: their bytes, which of them is which, and where documents show them.

mod addresses;
mod same;
mod scope;
mod transfer;

pub(crate) use addresses::FileAddresses;
pub(crate) use same::{file_name, may_be_that_comment, may_come_of, pick, pick_comment};
