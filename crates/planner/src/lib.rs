//! The pure decision maker of frappe-sync: pairing, merge, order, guards.
//!
//! It works on fingerprints and never sees a value. Everything here is a plain function of its
//! arguments: no IO, no clock, no random number, and the same input gives the same answer whatever
//! order it comes in.

mod field;
mod graph;
mod guard;
mod newer;
mod rules;
mod stage;
mod standing;
mod table;

pub use field::{SideValue, Verdict, merge_field};
pub use graph::{
    CreationLevels, DocTypeEdge, DocTypeOrder, LinkEdge, creation_levels, doctype_order,
};
pub use guard::{GuardHit, Limit, LimitError, empty_side, judge_changes, judge_deletes};
pub use newer::newer_side;
pub use rules::MergeRules;
pub use stage::{Stage, StageVerdict, merge_stage};
pub use standing::{Fit, Lead, Standing, TableWay};
pub use table::{
    MergedRow, RowConflict, RowConflictKind, RowDrift, RowDriftKind, RowInput, TableInput,
    TableMerge, merge_table, take_table,
};
