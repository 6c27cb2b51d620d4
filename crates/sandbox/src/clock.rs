//! The clock of a site: the machine's, or one that tests move by hand.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// A source of time, shared by all its clones.
///
/// A manual clock moves on by one tick with each stamp that a site takes from it, so that stamps differ as on a real site;
/// [`Clock::freeze`] stops that and gives equal timestamps (protocol 12.2).
#[derive(Debug, Clone)]
pub struct Clock(Arc<Mutex<Kind>>);

#[derive(Debug)]
enum Kind {
    System,
    Manual {
        now: DateTime<Utc>,
        tick: TimeDelta,
        frozen: bool,
    },
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(Kind::System)))
    }

    /// A clock that stands at `start` and moves by one microsecond with each stamp.
    pub fn manual(start: DateTime<Utc>) -> Self {
        let tick = TimeDelta::microseconds(1);
        Self(Arc::new(Mutex::new(Kind::Manual {
            now: start,
            tick,
            frozen: false,
        })))
    }

    /// Sets a manual clock, also backwards. The machine's clock stays as it is.
    pub fn set(&self, instant: DateTime<Utc>) {
        if let Kind::Manual { now, .. } = &mut *self.lock() {
            *now = instant;
        }
    }

    /// Moves a manual clock. The machine's clock stays as it is.
    pub fn advance(&self, by: TimeDelta) {
        if let Kind::Manual { now, .. } = &mut *self.lock() {
            *now += by;
        }
    }

    /// Sets how far each stamp moves a manual clock.
    pub fn set_tick(&self, by: TimeDelta) {
        if let Kind::Manual { tick, .. } = &mut *self.lock() {
            *tick = by;
        }
    }

    /// Makes a manual clock give equal stamps until [`Clock::thaw`].
    pub fn freeze(&self) {
        self.set_frozen(true);
    }

    /// Ends [`Clock::freeze`].
    pub fn thaw(&self) {
        self.set_frozen(false);
    }

    /// Reads the time without moving it.
    pub fn now(&self) -> DateTime<Utc> {
        match &*self.lock() {
            Kind::System => Utc::now(),
            Kind::Manual { now, .. } => *now,
        }
    }

    /// Whether it is moved by hand.
    pub fn is_manual(&self) -> bool {
        matches!(&*self.lock(), Kind::Manual { .. })
    }

    /// Reads the time for a stamp, which moves a manual clock by one tick.
    pub(crate) fn stamp(&self) -> DateTime<Utc> {
        match &mut *self.lock() {
            Kind::System => Utc::now(),
            Kind::Manual { now, tick, frozen } => {
                if !*frozen {
                    *now += *tick;
                }
                *now
            }
        }
    }

    fn set_frozen(&self, freeze: bool) {
        if let Kind::Manual { frozen, .. } = &mut *self.lock() {
            *frozen = freeze;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kind> {
        // A time is never half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_differ_unless_the_clock_is_frozen() {
        let clock = Clock::manual(DateTime::UNIX_EPOCH);
        assert_ne!(clock.stamp(), clock.stamp());
        clock.freeze();
        assert_eq!(clock.stamp(), clock.stamp());
        clock.thaw();
        clock.advance(TimeDelta::hours(1));
        assert!(clock.now() > DateTime::UNIX_EPOCH + TimeDelta::hours(1));
    }
}
