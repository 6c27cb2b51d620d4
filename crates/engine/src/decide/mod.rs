//! The decision on one pair: what goes where, what is in conflict, what must wait.

mod decision;
mod field;
mod pair;
mod table;
mod told;

pub(crate) use decision::{Decision, FoundConflict};
pub(crate) use pair::decide;
