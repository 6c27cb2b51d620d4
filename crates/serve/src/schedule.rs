//! When a sync is due.

use std::str::FromStr as _;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;

/// How long a sync that runs on and on rests between two runs.
const BREATH: TimeDelta = TimeDelta::seconds(5);

/// The shortest time between two runs that can be asked for.
const SHORTEST: TimeDelta = TimeDelta::seconds(1);

/// When a sync is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    written: String,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    /// Minutes of a calendar, in a time zone.
    Cron(Box<Cron>, Tz),
    /// So long after the last run began.
    Every(TimeDelta),
    /// As soon as the last run has ended, and a breath later.
    Continuous,
}

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It is neither five fields of cron nor one of the words.
    #[error("`{written}` is no schedule: {why}")]
    Unreadable {
        /// What was written.
        written: String,
        /// What is wrong with it.
        why: String,
    },
    /// No minute of the calendar is meant by it.
    #[error("`{0}` never comes")]
    Never(String),
}

impl Schedule {
    /// Reads five fields of cron, `@hourly` and the like, `@every 30s`, or `@continuous`. Fields of cron are of the
    /// time zone: a time that the clock skips in spring comes when it has been skipped, one that comes twice in
    /// autumn comes once.
    ///
    /// # Errors
    ///
    /// Where it says nothing that can be understood, or a day that no calendar has.
    pub fn parse(written: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let text = written.trim();
        let unreadable = |why: String| ScheduleError::Unreadable {
            written: written.to_owned(),
            why,
        };
        let rule = if text == "@continuous" {
            Rule::Continuous
        } else if let Some(span) = text.strip_prefix("@every") {
            let span = parse_span(span.trim()).ok_or_else(|| {
                unreadable(
                    "`@every` takes a number with `s`, `m`, `h` or `d`, such as `@every 30s`"
                        .to_owned(),
                )
            })?;
            if span < SHORTEST {
                return Err(unreadable("the shortest is one second".to_owned()));
            }
            Rule::Every(span)
        } else {
            let fields = text.split_whitespace().count();
            if !text.starts_with('@') && fields != 5 {
                return Err(unreadable(format!(
                    "cron has five fields, and here are {fields}"
                )));
            }
            let cron = Cron::from_str(text).map_err(|error| unreadable(error.to_string()))?;
            Rule::Cron(Box::new(cron), zone)
        };
        let schedule = Self {
            written: text.to_owned(),
            rule,
        };
        // Seen from any day, a date comes within the eight years between two leap days at most.
        match &schedule.rule {
            Rule::Cron(..) if schedule.next_after(DateTime::UNIX_EPOCH).is_none() => {
                Err(ScheduleError::Never(written.to_owned()))
            }
            _ => Ok(schedule),
        }
    }

    /// Returns the schedule as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Says it in words, for people.
    pub fn describe(&self) -> String {
        match &self.rule {
            Rule::Cron(cron, zone) => format!("{} ({zone})", cron.describe()),
            Rule::Every(span) => format!("Every {}", in_words(*span)),
            Rule::Continuous => "Again and again".to_owned(),
        }
    }

    /// Returns when the next run is due after one that began then; `None` where no day of the calendar is left.
    pub fn next_after(&self, began: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match &self.rule {
            Rule::Cron(cron, zone) => cron
                .find_next_occurrence(&began.with_timezone(zone), false)
                .ok()
                .map(|due| due.with_timezone(&Utc)),
            Rule::Every(span) => began.checked_add_signed(*span),
            Rule::Continuous => began.checked_add_signed(BREATH),
        }
    }

    /// Returns how far two syncs of one schedule may be moved apart: a tenth of the time between two runs, and half a
    /// minute at most. A sync that runs on and on is not moved.
    pub fn most_jitter(&self, now: DateTime<Utc>) -> TimeDelta {
        let between = match &self.rule {
            Rule::Continuous => return TimeDelta::zero(),
            Rule::Every(span) => *span,
            Rule::Cron(..) => {
                let first = self.next_after(now);
                let second = first.and_then(|first| self.next_after(first));
                match (first, second) {
                    (Some(first), Some(second)) => second - first,
                    _ => TimeDelta::zero(),
                }
            }
        };
        (between / 10).min(TimeDelta::seconds(30))
    }

    /// Tells whether it names times of the calendar, and not only spans between runs.
    pub fn is_of_the_calendar(&self) -> bool {
        matches!(self.rule, Rule::Cron(..))
    }

    /// Tells whether the time is counted from the end of a run, and not from its beginning.
    pub fn counts_from_the_end(&self) -> bool {
        matches!(self.rule, Rule::Continuous)
    }
}

/// Reads `30s`, `5m`, `2h`, `1d`.
fn parse_span(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().next_back()?;
    let number: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    let span = match unit {
        's' => TimeDelta::try_seconds(number),
        'm' => TimeDelta::try_minutes(number),
        'h' => TimeDelta::try_hours(number),
        'd' => TimeDelta::try_days(number),
        _ => None,
    }?;
    (span <= TimeDelta::days(366)).then_some(span)
}

fn in_words(span: TimeDelta) -> String {
    let units = [
        (span.num_days(), TimeDelta::days(1), "day"),
        (span.num_hours(), TimeDelta::hours(1), "hour"),
        (span.num_minutes(), TimeDelta::minutes(1), "minute"),
        (span.num_seconds(), TimeDelta::seconds(1), "second"),
    ];
    let whole = units.into_iter().find(|(number, unit, _)| {
        let number = i32::try_from(*number).unwrap_or(i32::MAX);
        number > 0 && *unit * number == span
    });
    match whole {
        Some((1, _, unit)) => unit.to_owned(),
        Some((number, _, unit)) => format!("{number} {unit}s"),
        None => format!("{} seconds", span.num_seconds()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn schedule(text: &str) -> Schedule {
        Schedule::parse(text, Tz::Europe__Berlin).expect("a schedule")
    }

    fn times(text: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = schedule(text);
        let mut now = at(from);
        (0..count)
            .map(|_| {
                now = schedule.next_after(now).expect("a next time");
                now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
            })
            .collect()
    }

    #[test]
    fn five_fields_are_read_as_cron_reads_them() {
        assert_eq!(
            times("*/5 * * * *", "2026-11-30T10:02:11Z", 2),
            ["2026-11-30T10:05:00Z", "2026-11-30T10:10:00Z"]
        );
        // 1 is Monday, and half past two in Berlin is an hour earlier here.
        assert_eq!(
            times("30 2 * * 1", "2026-12-01T00:00:00Z", 1),
            ["2026-12-07T01:30:00Z"]
        );
    }

    #[test]
    fn a_time_that_comes_twice_comes_once_and_one_that_is_skipped_is_not_lost() {
        // Berlin goes back at 01:00 UTC on 25 October, and forth at 01:00 UTC on 29 March.
        let autumn = times("30 2 * * *", "2026-10-24T12:00:00Z", 2);
        assert_eq!(autumn, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
        let spring = times("30 2 * * *", "2026-03-28T12:00:00Z", 2);
        assert_eq!(spring, ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    }

    #[test]
    fn every_counts_from_the_beginning_of_a_run() {
        assert_eq!(
            times("@every 30s", "2026-11-30T10:00:01Z", 2),
            ["2026-11-30T10:00:31Z", "2026-11-30T10:01:01Z"]
        );
    }

    #[test]
    fn what_is_no_schedule_says_why() {
        let told = |text: &str| {
            Schedule::parse(text, Tz::UTC)
                .expect_err("no schedule")
                .to_string()
        };
        assert_eq!(
            told("every day"),
            "`every day` is no schedule: cron has five fields, and here are 2"
        );
        assert!(told("@every now").contains("`@every 30s`"));
        assert!(told("@every 0s").contains("one second"));
        assert!(told("99 * * * *").starts_with("`99 * * * *` is no schedule"));
        assert_eq!(told("0 0 30 2 *"), "`0 0 30 2 *` never comes");
    }

    #[test]
    fn syncs_of_one_schedule_are_moved_apart_by_little() {
        let now = at("2026-11-30T10:00:00Z");
        let most = |text: &str| schedule(text).most_jitter(now).num_seconds();
        assert_eq!(most("* * * * *"), 6);
        assert_eq!(most("@daily"), 30);
        assert_eq!(most("@continuous"), 0);
    }

    #[test]
    fn it_can_be_said_in_words() {
        assert_eq!(schedule("@every 90s").describe(), "Every 90 seconds");
        assert_eq!(schedule("@every 5m").describe(), "Every 5 minutes");
        assert!(schedule("0 2 * * *").describe().contains("02:00"));
    }
}
