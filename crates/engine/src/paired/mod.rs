//! Pairs: both bodies are read, every value is decided, updates go out, and what arrived is settled.

mod finishing;
mod parted;
mod read;
mod ready;
mod told;
mod write;

pub(crate) use read::work;
pub(crate) use write::decide_and_write;
