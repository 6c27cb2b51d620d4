//! The commands, one to a file: what is typed, and what is done.

pub(crate) mod check;
pub(crate) mod conflicts;
pub(crate) mod demo;
mod dispatch;
pub(crate) mod parked;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod verify;

pub(crate) use dispatch::dispatch;
