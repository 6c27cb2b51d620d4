//! What a run leaves for later: the log of its operations, and images of what it overwrites.

mod images;
mod logged;

pub(crate) use images::{keep_all, keep_one};
pub(crate) use logged::{cancelled, landed, made, removed, renamed, written};
