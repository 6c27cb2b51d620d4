//! The commands, one to a file: what is typed, and what is done.

pub(crate) mod apply;
pub(crate) mod books;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod conflicts;
pub(crate) mod copy;
pub(crate) mod demo;
mod dispatch;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod parked;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod undo;
pub(crate) mod verify;
pub(crate) mod webhooks;
pub(crate) mod why;

pub(crate) use dispatch::dispatch;
