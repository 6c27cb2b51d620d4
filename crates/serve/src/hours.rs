//! Hours in which a sync may run by itself.

use chrono::{DateTime, Datelike as _, NaiveDateTime, TimeDelta, Timelike as _, Utc, Weekday};
use chrono_tz::Tz;

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// Hours of the week in which a sync may run by itself, such as `Mon-Fri 20:00-06:00`. Without a window it always may.
#[derive(Clone, Debug, Default)]
pub struct Hours {
    windows: Vec<Window>,
    zone: Tz,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Window {
    /// By days from Monday: whether it opens on that day.
    days: [bool; 7],
    /// The minute of the day at which it opens.
    from: u32,
    /// How many minutes it is open.
    length: u32,
}

/// Why a text names no hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` names no hours: {why}")]
pub struct HoursError {
    /// What was written.
    pub written: String,
    why: &'static str,
}

impl Hours {
    /// Reads windows, each `[DAYS] HH:MM-HH:MM`: days as `Mon-Fri` or `Sat,Sun`; one that ends before it begins
    /// goes on to the next morning.
    ///
    /// # Errors
    ///
    /// Where one of them cannot be understood.
    pub fn parse<T: AsRef<str>>(written: &[T], zone: Tz) -> Result<Self, HoursError> {
        let windows = written
            .iter()
            .map(|text| window(text.as_ref()))
            .collect::<Result<_, _>>()?;
        Ok(Self { windows, zone })
    }

    /// Tells whether it may run at that time.
    pub fn are_open(&self, at: DateTime<Utc>) -> bool {
        self.windows.is_empty() || self.holds(at.with_timezone(&self.zone).naive_local())
    }

    /// Returns the first time from then on at which it may run, to the minute.
    pub fn next_open(&self, from: DateTime<Utc>) -> DateTime<Utc> {
        if self.are_open(from) {
            return from;
        }
        let minute = TimeDelta::minutes(1);
        let mut at = from - TimeDelta::seconds(from.second().into());
        at -= TimeDelta::nanoseconds(at.nanosecond().into());
        // A window opens at least once a week.
        for _ in 0..=7 * DAY {
            at += minute;
            if self.are_open(at) {
                return at;
            }
        }
        from
    }

    fn holds(&self, local: NaiveDateTime) -> bool {
        let minute = local.hour() * 60 + local.minute();
        let today = local.weekday();
        self.windows.iter().any(|window| {
            let opens = |day: Weekday| window.days[day.num_days_from_monday() as usize];
            let since_today = minute.checked_sub(window.from);
            let since_yesterday = (minute + DAY).checked_sub(window.from);
            opens(today) && since_today.is_some_and(|since| since < window.length)
                || opens(today.pred()) && since_yesterday.is_some_and(|since| since < window.length)
        })
    }
}

fn window(written: &str) -> Result<Window, HoursError> {
    let wrong = |why| HoursError {
        written: written.to_owned(),
        why,
    };
    let words: Vec<&str> = written.split_whitespace().collect();
    let (days, times) = match words[..] {
        [times] => ([true; 7], times),
        [days, times] => (
            parse_days(days).ok_or_else(|| wrong("days are such as `Mon-Fri` or `Sat,Sun`"))?,
            times,
        ),
        _ => return Err(wrong("they are such as `Mon-Fri 20:00-06:00`")),
    };
    let (from, to) = times
        .split_once('-')
        .and_then(|(from, to)| Some((minute(from)?, minute(to)?)))
        .ok_or_else(|| wrong("times are such as `20:00-06:00`"))?;
    if from == DAY || from == to {
        return Err(wrong("they begin and end at the same time"));
    }
    let length = if to > from {
        to - from
    } else {
        to + DAY - from
    };
    Ok(Window { days, from, length })
}

fn parse_days(text: &str) -> Option<[bool; 7]> {
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last): (Weekday, Weekday) = (first.parse().ok()?, last.parse().ok()?);
        loop {
            days[day.num_days_from_monday() as usize] = true;
            if day == last {
                break;
            }
            day = day.succ();
        }
    }
    Some(days)
}

/// Reads `HH:MM`, with `24:00` for the end of the day.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && at <= DAY).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn hours(written: &[&str]) -> Hours {
        Hours::parse(written, Tz::Asia__Kolkata).expect("hours")
    }

    #[test]
    fn without_a_window_it_always_may() {
        assert!(Hours::default().are_open(at("2026-11-30T10:00:00Z")));
    }

    #[test]
    fn a_window_goes_on_over_midnight_into_a_day_on_which_none_opens() {
        // Kolkata is five and a half hours ahead; 4 December is a Friday.
        let nights = hours(&["Mon-Fri 20:00-06:00"]);
        assert!(nights.are_open(at("2026-12-04T14:30:00Z")));
        assert!(!nights.are_open(at("2026-12-04T14:29:59Z")));
        assert!(nights.are_open(at("2026-12-05T00:29:59Z")));
        assert!(!nights.are_open(at("2026-12-05T00:30:00Z")));
        assert!(!nights.are_open(at("2026-12-05T15:00:00Z")));
    }

    #[test]
    fn the_next_opening_is_told_to_the_minute() {
        let nights = hours(&["Mon-Fri 20:00-06:00"]);
        let saturday = at("2026-12-05T10:00:17Z");
        assert_eq!(nights.next_open(saturday), at("2026-12-07T14:30:00Z"));
        let open = at("2026-12-04T15:00:17Z");
        assert_eq!(nights.next_open(open), open);
    }

    #[test]
    fn days_may_be_listed_and_go_round_the_week() {
        let week_ends = hours(&["Fri-Mon 00:00-24:00"]);
        assert!(week_ends.are_open(at("2026-12-06T12:00:00Z")));
        assert!(!week_ends.are_open(at("2026-12-08T12:00:00Z")));
        assert!(hours(&["Sat,Sun 10:00-11:00"]).are_open(at("2026-12-06T05:00:00Z")));
    }

    #[test]
    fn what_names_no_hours_says_why() {
        let told = |text: &str| {
            Hours::parse(&[text], Tz::UTC)
                .expect_err("no hours")
                .to_string()
        };
        assert!(told("Someday 10:00-11:00").contains("`Mon-Fri`"));
        assert!(told("10-11").contains("`20:00-06:00`"));
        assert!(told("Mon 10:00-10:00").contains("same time"));
        assert!(told("Mon 25:00-26:00").contains("times"));
        assert!(told("").contains("such as"));
    }
}
