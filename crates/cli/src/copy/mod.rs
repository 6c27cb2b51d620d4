//! What is copied ad hoc, without a configuration.
//!
//! [`sites`] says which two sites are meant and where their copies are remembered, [`wish`] which documents,
//! [`closure`] what those link to and the mappings that all of it needs.

mod closure;
mod sites;
mod there;
mod wish;

pub(crate) use closure::{CopySet, gather};
pub(crate) use sites::{Endpoint, endpoints, memory_of};
pub(crate) use wish::{Wish, filters_of};
