//! When a request is sent again, as pure functions of what happened.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often and how long one request is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most times that a request is sent.
    pub max_tries: u32,
    /// The longest time from the first try to the last one's start.
    pub budget: Duration,
    /// The longest wait before the second try; it doubles with each further one.
    pub base: Duration,
    /// The longest wait before any try, unless the site asks for more.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_tries: 5,
            budget: Duration::from_secs(60),
            base: Duration::from_secs(1),
            cap: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// Tells how long to wait after try number `tries` (from 1) failed `elapsed` after the first began, or
    /// `None` where it was the last.
    ///
    /// The wait is drawn evenly from zero to a bound that doubles ("full jitter"); `jitter` is the draw,
    /// from 0 to 1. What `Retry-After` asked for is waited in full, and the draw comes on top, so that
    /// requests that were turned away together do not come back together.
    pub fn delay(
        &self,
        tries: u32,
        elapsed: Duration,
        retry_after: Option<Duration>,
        jitter: f64,
    ) -> Option<Duration> {
        if tries >= self.max_tries {
            return None;
        }
        let doublings = tries.saturating_sub(1).min(31);
        let bound = self.base.saturating_mul(1 << doublings).min(self.cap);
        let drawn = bound.mul_f64(jitter.clamp(0.0, 1.0));
        let delay = retry_after.unwrap_or_default().saturating_add(drawn);
        (elapsed.saturating_add(delay) <= self.budget).then_some(delay)
    }
}

/// Where the draws of the jitter come from: numbers from 0 to 1.
#[derive(Clone)]
pub struct Jitter(Arc<dyn Fn() -> f64 + Send + Sync>);

impl Jitter {
    /// Uses a function, such as one that always draws the same.
    pub fn new(draw: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(draw))
    }

    /// Draws differently in every process.
    pub fn random() -> Self {
        Self::seeded(RandomState::new().hash_one(std::process::id()))
    }

    /// Draws the same for the same seed.
    pub fn seeded(seed: u64) -> Self {
        let state = AtomicU64::new(seed);
        Self::new(move || {
            let step = 0x9e37_79b9_7f4a_7c15;
            let seed = state.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
            unit(mixed(seed))
        })
    }

    pub(crate) fn draw(&self) -> f64 {
        (self.0)()
    }
}

impl fmt::Debug for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jitter")
    }
}

/// The finaliser of SplitMix64.
fn mixed(seed: u64) -> u64 {
    let seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ (seed >> 31)
}

/// Maps the upper half of the bits evenly to 0 up to, not including, 1.
fn unit(bits: u64) -> f64 {
    let upper = u32::try_from(bits >> 32).unwrap_or(u32::MAX);
    f64::from(upper) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_wait_doubles_up_to_its_cap() {
        let policy = RetryPolicy {
            max_tries: 9,
            cap: 5 * SECOND,
            ..RetryPolicy::default()
        };
        for (tries, jitter, seconds) in [
            (1, 1.0, 1.0),
            (1, 0.5, 0.5),
            (1, 0.0, 0.0),
            (2, 1.0, 2.0),
            (3, 1.0, 4.0),
            (4, 1.0, 5.0),
            (8, 0.5, 2.5),
            (1, 7.0, 1.0),
        ] {
            assert_eq!(
                policy.delay(tries, Duration::ZERO, None, jitter),
                Some(Duration::from_secs_f64(seconds)),
                "{tries} {jitter}"
            );
        }
    }

    #[test]
    fn the_last_try_and_the_budget_end_it() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.delay(5, Duration::ZERO, None, 0.0), None);
        assert_eq!(
            policy.delay(1, 60 * SECOND, None, 0.0),
            Some(Duration::ZERO)
        );
        assert_eq!(policy.delay(1, 59 * SECOND, None, 1.0), Some(SECOND));
        assert_eq!(policy.delay(1, 60 * SECOND, None, 0.1), None);
    }

    #[test]
    fn what_the_site_asks_for_is_waited_in_full_or_not_at_all() {
        let policy = RetryPolicy::default();
        let wait = |seconds| policy.delay(1, Duration::ZERO, Some(seconds * SECOND), 0.5);
        assert_eq!(wait(10), Some(Duration::from_millis(10_500)));
        assert_eq!(wait(60), None);
        assert_eq!(
            policy.delay(1, Duration::ZERO, Some(Duration::MAX), 0.5),
            None
        );
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draws = |seed| -> Vec<f64> {
            let jitter = Jitter::seeded(seed);
            (0..5).map(|_| jitter.draw()).collect()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
    }

    #[test]
    fn random_draws_lie_between_zero_and_one_and_differ() {
        let jitter = Jitter::random();
        let draws: Vec<f64> = (0..1000).map(|_| jitter.draw()).collect();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        let mean = draws.iter().sum::<f64>() / 1000.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
    }
}
