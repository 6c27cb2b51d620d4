//! The decision on one pair: what goes where, what is in conflict, what must wait.

mod deciding;
mod decision;
mod field;
mod pair;
mod row_plan;
mod row_rules;
mod stage;
mod stages;
mod table;
mod told;

pub(crate) use decision::{Decision, FoundConflict, Rule};
pub(crate) use pair::{decide, own_write_is_no_change};
