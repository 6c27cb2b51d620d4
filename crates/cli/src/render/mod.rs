//! Reports as text for people. Pure: a report goes in, text comes out.

pub(crate) mod apply;
pub(crate) mod books;
mod changes;
pub(crate) mod check;
pub(crate) mod conflict;
pub(crate) mod conflicts;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod parked;
pub(crate) mod plan;
pub(crate) mod rebuild;
pub(crate) mod run;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod undo;
pub(crate) mod verify;
pub(crate) mod webhooks;
pub(crate) mod why;
mod word_diff;

#[cfg(test)]
mod tests;
