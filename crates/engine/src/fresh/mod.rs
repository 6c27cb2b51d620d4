//! Documents without a pair: renamed, already there on the other side, or to be made.

mod ahead;
mod batch;
mod hooks;
mod identity;
mod renamed;

pub(crate) use ahead::{ReadAhead, read_ahead};
pub(crate) use batch::work;
