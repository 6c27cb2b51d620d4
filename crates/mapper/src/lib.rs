//! Mapping files of frappe-sync: parse, check against metadata, transform both ways.
//!
//! A mapping file pairs one DocType of site `a` with one of site `b` (`docs/mapping.md`). [`parse`] reads
//! its text, [`resolve`] checks all files of a sync against the metadata of both sites and says which
//! fields travel, and [`translate`] carries one value across. The crate does no IO and reads no clock;
//! whatever is wrong comes back as a [`Diagnostic`] with file, line, column and what to do.

mod address;
mod diagnostic;
mod effective;
mod expression;
mod field_mapping;
mod file;
mod filters;
mod left_out;
mod link;
mod nearest;
mod parse;
mod parse_fields;
mod read;
mod resolve;
mod selection;
mod series;
mod source;
mod translate;
mod values;
mod yaml;
mod yaml_error;

pub use address::{FILE, FileAcross, FileAddress, files_of};
pub use diagnostic::Diagnostic;
pub use effective::{EffectiveMapping, Hanging, Hangs};
pub use expression::Expression;
pub use field_mapping::{Computed, FieldMapping, TableMapping};
pub use file::MappingFile;
pub use left_out::{LeftOut, LeftOutReason};
pub use link::{LinkEdge, LinkRule};
pub use nearest::nearest;
pub use parse::parse;
pub use resolve::{names_mean_the_same, resolve};
pub use series::{Counted, counted};
pub use translate::{
    LinkContext, Translated, clearing_links_of, links_of, row_parents_of, strict_links_of,
    translate,
};
pub use values::ValueTable;
pub use yaml_error::diagnostic_of;
