//! The demo: two sites of its own, the real path between them, and promises that are checked.

mod acts;
mod report;
mod story;
mod world;

pub(crate) use report::DemoReport;
pub(crate) use story::tell;
