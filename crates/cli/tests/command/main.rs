//! The real binary: what it prints where, and how it ends.

mod demo;
mod program;
mod rehearsal;
mod reports;
mod schema;
mod words;
