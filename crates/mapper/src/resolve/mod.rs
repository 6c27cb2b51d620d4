//! All mapping files of a sync against the metadata of both sides.
//!
//! Every check says at which line and column of the user's file the cause stands. Checks that need the
//! documents themselves, such as whether a link's target exists, are not made here.

mod computed;
mod field_rule;
mod fields;
mod given;
mod hanging;
mod identity;
mod links;
mod mapping;
mod matter;
mod naming;
mod problems;
mod scope;
mod tables;
mod values;

pub(crate) use hanging::{COMMENT, TAG_LINK};
pub use mapping::resolve;
pub use naming::names_mean_the_same;
