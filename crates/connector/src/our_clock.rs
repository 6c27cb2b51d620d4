//! Our own clock, beside which that of a site is judged.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// Tells the time by our own clock.
#[derive(Clone)]
pub struct OurClock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl OurClock {
    /// Uses a function, such as one that reads a clock which a test sets.
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Reads the computer's clock.
    pub fn system() -> Self {
        Self::new(Utc::now)
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.0)()
    }
}

impl fmt::Debug for OurClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OurClock")
    }
}
