//! Data Import: a table of documents, made one by one in a job (protocol 5.6).

mod columns;
mod convert;
mod job;
mod log;
mod table;

pub(crate) use job::{Job, run_jobs};
