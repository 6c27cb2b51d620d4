//! Documents without a pair: renamed, already there on the other side, or to be made.

mod ahead;
mod amendments;
mod batch;
mod hooks;
mod identity;
mod renamed;

pub(crate) use ahead::{ReadAhead, read_ahead};
pub(crate) use amendments::first_look_is_over;
pub(crate) use batch::work;
