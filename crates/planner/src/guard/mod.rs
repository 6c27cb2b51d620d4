//! What stops a run before its first write.

mod judge;
mod limit;

pub use judge::{GuardHit, empty_side, judge_changes, judge_deletes};
pub use limit::{Limit, LimitError};
