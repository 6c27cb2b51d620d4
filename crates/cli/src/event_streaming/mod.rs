//! The set-up of event_streaming, Frappe's own app, made into mapping files.
//!
//! [`source`] gets its documents from files or from a site, [`documents`] reads them, [`convert`] says what they mean
//! here and where that differs ([`difference`]), [`condition`] makes filters of their Python, and [`text`] and
//! [`config`] write the files. All but `source` is pure.

mod condition;
mod config;
mod convert;
mod difference;
mod documents;
mod draft;
mod fields;
mod read;
mod report;
mod source;
mod text;
mod told;

#[cfg(test)]
mod tests;

pub(crate) use config::{ConfigSite, SyncEntry, config_file, entries};
pub(crate) use convert::{Import, convert};
pub(crate) use difference::Difference;
pub(crate) use documents::Documents;
pub(crate) use report::{ImportReport, ImportSite, MappingReport, SyncReport};
pub(crate) use source::{from_site, in_text};
