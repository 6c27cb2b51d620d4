//! The three-way merge of one child table: pairing of rows, decision on each, and their order.

mod content;
mod input;
mod merge;
mod order;
mod outcome;
mod pairing;
mod row;
mod take;

pub use input::{RowInput, TableInput};
pub use merge::merge_table;
pub use outcome::{MergedRow, RowConflict, RowConflictKind, RowDrift, RowDriftKind, TableMerge};
pub use take::take_table;
