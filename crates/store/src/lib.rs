//! The state file of frappe-sync: cursors, pairs, intents, parked work, conflicts, runs, journal.
//!
//! This is the only crate that speaks SQL. A [`StateFile`] is one SQLite file for all syncs of a
//! configuration, with the journal of overwritten values in a second one beside it; a [`SyncState`] is
//! one sync's part of it and implements [`StateStore`](frappe_sync_model::StateStore).
//!
//! # What it promises
//!
//! - A method that writes is one `BEGIN IMMEDIATE` transaction, on the disk (`synchronous=FULL`) when it
//!   returns, and undone as a whole when it fails: a full disk or a refused pair leaves nothing behind.
//! - The journal is on the disk before the step that overwrote the values is committed. A crash between
//!   the two leaves an entry too many, never one too few; the same step committed again adds nothing.
//! - A document is in at most one pair of a mapping. The file refuses a second one by name.
//! - The state file holds names and keyed fingerprints. Values are in the journal alone. Both are
//!   readable by their owner alone.
//! - A file of a newer program, a damaged one and one of another program are refused before anything is
//!   written to them.
//!
//! # Layout
//!
//! Every table has a module under `tables`; `commit` orders what one step settles. Baselines are stored
//! by a codec of their own with a version in its first byte (see `codec`). The schema is in
//! `migrations/`: numbered files that are never edited once shipped.

mod codec;
mod columns;
mod commit;
mod copy;
mod database;
mod error;
mod identity;
mod journal;
mod lock;
mod migrations;
mod names;
mod retention;
mod session;
mod shared;
mod state_file;
mod sync_state;
mod tables;

#[cfg(test)]
mod tests;

pub use error::{LockError, OpenError};
pub use lock::RunLock;
pub use state_file::StateFile;
pub use sync_state::SyncState;
