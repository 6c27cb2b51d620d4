//! The life of a document: made, named, checked, stored, renamed, deleted (protocol 5 to 8).

mod attachments;
mod children;
mod customisation;
mod defaults;
mod delete;
mod docstatus;
mod doctype;
mod events;
mod file;
mod insert;
mod links;
mod load;
mod naming;
mod permission;
mod record;
mod references;
mod rename;
mod restore;
mod sanitise;
mod save;
mod series;
mod tree;
mod validate;
mod write;

pub(crate) use permission::RIGHTS;
pub(crate) use record::{Nulls, Record};
pub(crate) use rename::RenameOptions;
