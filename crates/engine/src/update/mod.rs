//! Updates: intents first, then the writes side by side, then one read-back for all of them.

mod group;
mod outcome;
mod planned;
mod read_back;

pub(crate) use group::{MOST_IN_GROUP, concerns, write_updates};
pub(crate) use outcome::Outcome;
pub(crate) use planned::planned_operation;
