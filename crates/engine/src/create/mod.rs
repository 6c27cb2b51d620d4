//! Making documents: level by level, in chunks of one transaction, each with its intents on the disk first.

mod amended;
mod creator;
mod load;
mod permitted;
mod planned;
mod prepare;
mod send;
mod settle;

pub(crate) use amended::amended_by;
pub(crate) use creator::{Creator, Made, Ready};
pub(crate) use load::label_of;
pub(crate) use planned::{PLANNED_PREFIX, plan_cancels};
pub(crate) use prepare::{is_to_come, missing_target};
pub(crate) use send::parked_cause;
