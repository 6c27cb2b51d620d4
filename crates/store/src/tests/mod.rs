//! Tests of the whole crate, on real SQLite: in memory, in a temporary file, and in a throw-away copy.

mod codec;
mod columns;
mod conformance;
mod copies;
mod crashes;
mod damage;
mod locking;
mod migrations;
mod opening;
mod past;
mod plans;
mod renames;
mod retention;
mod sample;
mod setting_aside;
mod stored_forms;
mod upgrading;
