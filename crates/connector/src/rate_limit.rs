//! The headers in which a site tells how much of it is left for us.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Of the budget, the part in hundredths below which it counts as used up.
const SPARE_PERCENT: u64 = 5;

/// What a site says of its budget of processing time (protocol 10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Microseconds in a window.
    limit: u64,
    /// Microseconds left in this one.
    remaining: u64,
    /// Time until the next one.
    reset: Duration,
}

impl RateLimit {
    /// Reads `X-RateLimit-Limit`, `-Remaining` and `-Reset`; only sites with a limit send them.
    pub(crate) fn of_headers(headers: &HeaderMap) -> Option<Self> {
        Some(Self {
            limit: number(headers, "x-ratelimit-limit")?,
            remaining: number(headers, "x-ratelimit-remaining")?,
            reset: Duration::from_secs(number(headers, "x-ratelimit-reset")?),
        })
    }

    /// Returns how much processing time all clients of the site have in a window.
    pub fn limit(self) -> Duration {
        Duration::from_micros(self.limit)
    }

    /// Returns how much of it was left.
    pub fn remaining(self) -> Duration {
        Duration::from_micros(self.remaining)
    }

    /// Tells how long to leave the site alone: until its next window, where this one is all but used up.
    pub(crate) fn pause(self) -> Option<Duration> {
        let used_up =
            self.remaining.saturating_mul(100) <= self.limit.saturating_mul(SPARE_PERCENT);
        used_up.then_some(self.reset)
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// Reads `Retry-After`, which is given in seconds or as a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    Some(
        (until.with_timezone(&Utc) - now)
            .to_std()
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = reqwest::header::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            })
            .collect()
    }

    #[test]
    fn a_budget_that_is_all_but_used_up_asks_for_a_pause() {
        for (remaining, pause) in [
            ("1000000", None),
            ("51000", None),
            ("50000", Some(7)),
            ("0", Some(7)),
        ] {
            let headers = headers(&[
                ("x-ratelimit-limit", "1000000"),
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", "7"),
            ]);
            let limit = RateLimit::of_headers(&headers).unwrap();
            assert_eq!(limit.pause(), pause.map(Duration::from_secs), "{remaining}");
        }
    }

    #[test]
    fn a_site_without_a_limit_says_nothing() {
        assert_eq!(RateLimit::of_headers(&HeaderMap::new()), None);
        let malformed = headers(&[
            ("x-ratelimit-limit", "many"),
            ("x-ratelimit-remaining", "1"),
            ("x-ratelimit-reset", "7"),
        ]);
        assert_eq!(RateLimit::of_headers(&malformed), None);
    }

    #[test]
    fn retry_after_comes_in_seconds_or_as_a_date() {
        let now = Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap();
        for (text, seconds) in [
            ("30", Some(30)),
            ("Thu, 01 Jan 2026 12:00:10 GMT", Some(10)),
            ("Thu, 01 Jan 2026 11:00:00 GMT", Some(0)),
            ("soon", None),
        ] {
            let headers = headers(&[("retry-after", text)]);
            assert_eq!(
                retry_after(&headers, now),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }
}
