//! What comes first: DocTypes by their metadata, documents by their links.

mod components;
mod creation_levels;
mod cycle_breaking;
mod doctype_order;

pub use creation_levels::{CreationLevels, LinkEdge, creation_levels};
pub use doctype_order::{DocTypeEdge, DocTypeOrder, doctype_order};
