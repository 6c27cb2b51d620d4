//! The real binary: what it prints where, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod applying;
mod books;
mod certificates;
mod check;
mod conflicts;
mod copying;
mod deletes;
mod demo;
mod graph;
mod guide;
mod import;
mod init;
mod login;
mod looks;
mod manuals;
mod mapping_schema;
mod memory;
mod mistakes;
mod page;
mod parked;
mod past;
mod program;
mod rehearsal;
mod reports;
mod schema;
mod serving;
mod state;
mod steady;
mod webhooks;
mod words;
