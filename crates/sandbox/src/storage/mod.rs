//! Tables in memory, with the indexes that keyset pages and lookups need, and the undo log of a transaction.

mod database;
mod table;

pub(crate) use database::{Database, SecretKey};
pub(crate) use table::{Row, Table};
