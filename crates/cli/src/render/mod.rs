//! Reports as text for people. Pure: a report goes in, text comes out.

pub(crate) mod check;
pub(crate) mod conflict;
pub(crate) mod conflicts;
pub(crate) mod parked;
pub(crate) mod plan;
pub(crate) mod rebuild;
pub(crate) mod run;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod verify;

#[cfg(test)]
mod tests;
