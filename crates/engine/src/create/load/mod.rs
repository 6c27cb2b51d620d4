//! Documents that keep their names where the site would hand out its own: they come by Data Import (protocol 5.6).

mod cells;
mod counters;
mod draft;
mod send;
mod table;
mod unsettled;

pub(super) use cells::lossy;
pub(super) use draft::as_draft;
pub(super) use unsettled::{forgotten, unsettle};

/// Starts the word that ties the intents of a load to what stands of it on the site.
const LABEL: &str = "frappe-sync-";

/// Returns what a load is called on the site, if these intents belong to one.
pub(crate) fn label_of(chunk: &str) -> Option<&str> {
    chunk.starts_with(LABEL).then_some(chunk)
}
