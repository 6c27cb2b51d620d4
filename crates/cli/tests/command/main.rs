//! The real binary: what it prints where, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conflicts;
mod deletes;
mod demo;
mod parked;
mod program;
mod rehearsal;
mod reports;
mod schema;
mod state;
mod steady;
mod words;
