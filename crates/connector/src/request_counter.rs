//! Counts requests.

use std::sync::atomic::{AtomicU64, Ordering};

use frappe_sync_model::RequestCounts;

use crate::RequestKind;

/// Counts every request that leaves, retries included.
#[derive(Debug, Default)]
pub(crate) struct RequestCounter {
    read: AtomicU64,
    write: AtomicU64,
}

impl RequestCounter {
    pub(crate) fn count(&self, kind: RequestKind) {
        let counter = match kind {
            RequestKind::Read => &self.read,
            RequestKind::Write => &self.write,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> RequestCounts {
        RequestCounts {
            read: self.read.load(Ordering::Relaxed),
            write: self.write.load(Ordering::Relaxed),
        }
    }
}
