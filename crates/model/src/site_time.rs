//! A site's own naive time, and how it lies against UTC.

use std::fmt;

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// `modified` or `creation` exactly as a site gave it: `YYYY-MM-DD HH:MM:SS[.ffffff]`, local and without
/// a zone (protocol 3.3).
///
/// The text is the token of compare-and-set (protocol 6.1), so it is kept to the letter; two spellings of
/// one moment are told apart by [`same_moment`](Self::same_moment).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteTime(Box<str>);

impl SiteTime {
    /// Takes the site's text; a fraction of zero, which only write responses show, is dropped.
    pub fn new(text: &str) -> Self {
        Self(text.strip_suffix(".000000").unwrap_or(text).into())
    }

    /// Renders a local moment as a site would.
    pub fn from_naive(moment: NaiveDateTime) -> Self {
        Self::new(&moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the local moment, if the text is one.
    pub fn to_naive(&self) -> Option<NaiveDateTime> {
        NaiveDateTime::parse_from_str(&self.0, "%Y-%m-%d %H:%M:%S%.f").ok()
    }

    /// Tells whether both are the same local moment.
    pub fn same_moment(&self, other: &Self) -> bool {
        self == other
            || self
                .to_naive()
                .is_some_and(|moment| other.to_naive() == Some(moment))
    }

    /// Returns the moment `by` earlier, or the same text where it is no moment.
    #[must_use]
    pub fn earlier(&self, by: Duration) -> Self {
        self.to_naive()
            .map_or_else(|| self.clone(), |moment| Self::from_naive(moment - by))
    }

    /// Tells whether this moment lies after `other`; text that is no moment never does.
    pub fn is_after(&self, other: &Self) -> bool {
        match (self.to_naive(), other.to_naive()) {
            (Some(this), Some(that)) => this > that,
            _ => false,
        }
    }
}

impl fmt::Display for SiteTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SiteTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A site's zone, and how far its clock was from ours when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteClock {
    /// The zone of System Settings (protocol 10.3).
    pub time_zone: Tz,
    /// The site's clock less ours.
    pub skew: Duration,
}

impl SiteClock {
    /// Returns the site's local time at our moment `now`.
    pub fn local_at(&self, now: DateTime<Utc>) -> SiteTime {
        SiteTime::from_naive(
            (now + self.skew)
                .with_timezone(&self.time_zone)
                .naive_local(),
        )
    }

    /// Returns when `time` was by our clock: the earliest and the latest moment that it can mean.
    ///
    /// They differ in the hour that daylight saving repeats; a time that it skips is taken as written
    /// before the change. `None` where the text is no moment.
    pub fn instant_of(&self, time: &SiteTime) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let naive = time.to_naive()?;
        let (first, last) = match self.time_zone.from_local_datetime(&naive) {
            LocalResult::Single(moment) => (moment, moment),
            LocalResult::Ambiguous(first, last) => (first, last),
            LocalResult::None => {
                let before = naive - Duration::hours(3);
                let moment = self.time_zone.from_local_datetime(&before).earliest()?;
                (moment + Duration::hours(3), moment + Duration::hours(3))
            }
        };
        Some((
            first.with_timezone(&Utc) - self.skew,
            last.with_timezone(&Utc) - self.skew,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> SiteClock {
        SiteClock {
            time_zone: chrono_tz::Europe::Berlin,
            skew: Duration::zero(),
        }
    }

    #[test]
    fn a_fraction_of_zero_is_the_same_token() {
        assert_eq!(
            SiteTime::new("2026-01-02 03:04:05.000000").as_str(),
            "2026-01-02 03:04:05"
        );
        assert_eq!(
            SiteTime::new("2026-01-02 03:04:05.100000").as_str(),
            "2026-01-02 03:04:05.100000"
        );
    }

    #[test]
    fn the_repeated_hour_has_two_instants() {
        let (first, last) = berlin()
            .instant_of(&SiteTime::new("2026-10-25 02:30:00"))
            .unwrap();
        assert_eq!(last - first, Duration::hours(1));
    }

    #[test]
    fn the_skipped_hour_still_has_an_instant() {
        let (first, last) = berlin()
            .instant_of(&SiteTime::new("2026-03-29 02:30:00"))
            .unwrap();
        assert_eq!(first, last);
        assert_eq!(first.to_rfc3339(), "2026-03-29T01:30:00+00:00");
    }

    #[test]
    fn a_clock_that_runs_ahead_is_taken_off() {
        let clock = SiteClock {
            skew: Duration::minutes(5),
            ..berlin()
        };
        let now = Utc.with_ymd_and_hms(2026, 1, 1, 12, 0, 0).unwrap();
        let local = clock.local_at(now);
        assert_eq!(local.as_str(), "2026-01-01 13:05:00");
        assert_eq!(clock.instant_of(&local), Some((now, now)));
    }
}
