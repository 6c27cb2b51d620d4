//! A storm: the real program between two sites, people at work on both at the same time, a bad network before both, and
//! `kill -9` at any request.
//!
//! When it is over, both sites are read past the engine and judged: equal under the mapping, nothing twice, and every
//! value that a person wrote last is on both sites, or kept where the program says what lost.
//!
//! The sites are two sandboxes, or the real ones that the environment names. What people do and where it is spoilt
//! follows from one seed; how that falls together with the requests of the program does not.

mod book;
mod judge;
mod kind;
mod make;
mod people;
mod play;
mod program;
mod snapshot;
mod tally;

pub use play::{Outcome, Settings, storm};
pub use program::build;
