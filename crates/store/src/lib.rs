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
//! - A document is in at most one pair of a mapping. The file refuses a second one by name. A tombstone, a
//!   pair of which one document was deleted, does not hold the name of that one: another may have it.
//! - What is queued, parked or in conflict under the name of a paired document follows when the pair is
//!   stored under another name, and goes when it is forgotten; decided conflicts stay as history.
//! - What a write is about to overwrite is kept in two parts, its values in the journal first: a crash between the
//!   two leaves values too many.
//! - The state file holds names and keyed fingerprints. Values are in the journal alone. Both are
//!   readable by their owner alone.
//! - A file of a newer program, a damaged one and one of another program are refused before anything is
//!   written to them. One of an older program is upgraded in one transaction, and a copy of it kept.
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
mod history;
mod identity;
mod integrity;
mod journal;
mod lock;
mod migrations;
mod names;
mod open_error;
mod retention;
mod session;
mod set_aside;
mod shared;
mod state_file;
mod sync_state;
mod tables;

#[cfg(test)]
mod tests;

pub use error::LockError;
pub use history::{ConflictFilter, JournalFilter};
pub use lock::RunLock;
pub use open_error::OpenError;
pub use set_aside::{SetAside, SetAsideError};
pub use state_file::StateFile;
pub use sync_state::SyncState;
