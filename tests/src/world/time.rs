//! The one clock of a world.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use frappe_sync_sandbox::Clock;
use tokio::time::Instant;

/// The clock of both sites and of the engine. What the engine waits, in tokio's paused time, passes on it too.
#[derive(Debug)]
pub(crate) struct Time {
    clock: Clock,
    seen: Mutex<Instant>,
}

impl Time {
    /// Begins at `start`.
    pub(crate) fn new(start: DateTime<Utc>) -> Self {
        Self {
            clock: Clock::manual(start),
            seen: Mutex::new(Instant::now()),
        }
    }

    /// The clock that the sites read.
    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The present moment.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = now.saturating_duration_since(*seen);
        *seen = now;
        self.clock
            .advance(TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX));
        self.clock.now()
    }

    /// Lets time pass in which nothing happens.
    pub(crate) fn pass(&self, by: TimeDelta) {
        self.clock.advance(by);
    }
}
