//! What hangs on documents: files with their bytes, and where documents show them; comments; tags.

mod addresses;
mod same;
mod scope;
mod tags;
mod transfer;

pub(crate) use addresses::FileAddresses;
pub(crate) use same::{file_name, may_be_that_comment, may_come_of, pick, pick_comment};
pub(crate) use tags::take_away;
