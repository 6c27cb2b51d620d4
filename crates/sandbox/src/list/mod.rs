//! Lists: fields, filters, order and pages over one table, its child tables and its links (protocol 3).

mod arguments;
mod between;
mod condition;
mod filter;
mod like;
mod order;
mod plan;
mod predicate;
mod run;
mod select;

pub(crate) use arguments::{ListArguments, is_true, structure};
