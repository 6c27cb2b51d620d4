//! Dates and times: naive, site-local, in MariaDB's formats (protocol 3.3).

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;

/// Microseconds since 1970-01-01 00:00:00 on the site's wall clock.
pub(crate) type Stamp = i64;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// The wall clock of a zone at an instant.
pub(crate) fn stamp_from_utc(instant: DateTime<Utc>, zone: Tz) -> Stamp {
    instant
        .with_timezone(&zone)
        .naive_local()
        .and_utc()
        .timestamp_micros()
}

/// Reads `YYYY-MM-DD[( |T)HH:MM[:SS[.f]]]`. A zone or anything else after it is refused.
pub(crate) fn parse_stamp(text: &str) -> Option<Stamp> {
    let text = text.trim();
    let (day, rest) = match text.find([' ', 'T']) {
        Some(place) => (&text[..place], Some(text[place + 1..].trim_start())),
        None => (text, None),
    };
    let date = parse_naive_date(day)?;
    let time = match rest {
        None | Some("") => NaiveTime::MIN,
        Some(clock) => parse_clock(clock)?,
    };
    Some(NaiveDateTime::new(date, time).and_utc().timestamp_micros())
}

/// Reads a day; a time after it is dropped.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let text = text.trim();
    let day = text.split([' ', 'T']).next()?;
    if day.len() != text.len() {
        parse_stamp(text)?;
    }
    Some(parse_naive_date(day)?.num_days_from_ce() - unix_epoch_days())
}

/// Reads `[-]H:MM[:SS[.f]]` as microseconds; a date before it is dropped.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    let clock = text.rsplit([' ', 'T']).next()?;
    let (sign, clock) = clock
        .strip_prefix('-')
        .map_or((1, clock), |rest| (-1, rest));
    let mut parts = clock.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let (seconds, micros) = parts.next().map_or(Some((0, 0)), parse_seconds)?;
    if parts.next().is_some() || hours > 838 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(sign * (((hours * 60 + minutes) * 60 + seconds) * MICROS_PER_SECOND + micros))
}

/// The form of reads: no fraction where it is zero.
pub(crate) fn format_stamp(stamp: Stamp) -> String {
    let mut text = format_seconds_part(stamp);
    let micros = stamp.rem_euclid(MICROS_PER_SECOND);
    if micros != 0 {
        push_micros(&mut text, micros);
    }
    text
}

/// The form of write answers: always six digits.
pub(crate) fn format_stamp_in_full(stamp: Stamp) -> String {
    let mut text = format_seconds_part(stamp);
    push_micros(&mut text, stamp.rem_euclid(MICROS_PER_SECOND));
    text
}

/// `YYYY-MM-DD`.
pub(crate) fn format_date(day: i32) -> String {
    match NaiveDate::from_num_days_from_ce_opt(day + unix_epoch_days()) {
        Some(date) => date.format("%Y-%m-%d").to_string(),
        None => String::new(),
    }
}

/// A duration as Frappe prints it: hours not padded, fraction without trailing form of its own (`10:00:0.5`).
pub(crate) fn format_time(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let whole = micros.abs();
    let seconds = whole / MICROS_PER_SECOND;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match whole % MICROS_PER_SECOND {
        0 => format!("{sign}{hours}:{minutes:02}:{seconds:02}"),
        fraction => {
            let fraction = format!("{fraction:06}");
            format!(
                "{sign}{hours}:{minutes:02}:{seconds}.{}",
                fraction.trim_end_matches('0')
            )
        }
    }
}

fn unix_epoch_days() -> i32 {
    NaiveDate::default().num_days_from_ce()
}

fn parse_naive_date(day: &str) -> Option<NaiveDate> {
    let mut parts = day.split('-');
    let year = parts.next()?;
    let date = NaiveDate::from_ymd_opt(
        year.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    (year.len() == 4 && parts.next().is_none())
        .then_some(date)
        .flatten()
}

fn parse_clock(clock: &str) -> Option<NaiveTime> {
    let mut parts = clock.split(':');
    let hours = parts.next()?.parse().ok()?;
    let minutes = parts.next()?.parse().ok()?;
    let (seconds, micros) = parts.next().map_or(Some((0, 0)), parse_seconds)?;
    if parts.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_micro_opt(
        hours,
        minutes,
        seconds.try_into().ok()?,
        micros.try_into().ok()?,
    )
}

/// Seconds and microseconds of `SS[.f]`; more than six digits are cut off.
fn parse_seconds(text: &str) -> Option<(i64, i64)> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    Some((seconds.parse().ok()?, digits.parse().ok()?))
}

fn format_seconds_part(stamp: Stamp) -> String {
    let Some(instant) = DateTime::from_timestamp_micros(stamp) else {
        return String::new();
    };
    let mut text = String::with_capacity(26);
    // Writing to a string cannot fail.
    _ = write!(
        text,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        instant.year(),
        instant.month(),
        instant.day(),
        instant.hour(),
        instant.minute(),
        instant.second()
    );
    text
}

fn push_micros(text: &mut String, micros: i64) {
    _ = write!(text, ".{micros:06}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_round_trip_and_lose_an_empty_fraction_on_reads() {
        let stamp = parse_stamp("2026-03-29 02:30:00.000120").unwrap();
        assert_eq!(format_stamp(stamp), "2026-03-29 02:30:00.000120");
        let whole = parse_stamp("2026-03-29T02:30:00").unwrap();
        assert_eq!(format_stamp(whole), "2026-03-29 02:30:00");
        assert_eq!(format_stamp_in_full(whole), "2026-03-29 02:30:00.000000");
    }

    #[test]
    fn zones_are_refused() {
        assert_eq!(parse_stamp("2026-03-29 02:30:00Z"), None);
        assert_eq!(parse_stamp("2026-03-29 02:30:00+02:00"), None);
        assert_eq!(parse_stamp("rubbish"), None);
    }

    #[test]
    fn times_print_as_durations() {
        assert_eq!(format_time(parse_time("09:05:00").unwrap()), "9:05:00");
        assert_eq!(
            format_time(parse_time("10:00:00.500000").unwrap()),
            "10:00:0.5"
        );
    }

    #[test]
    fn a_date_drops_the_time() {
        assert_eq!(
            format_date(parse_date("2026-02-28 23:59:59").unwrap()),
            "2026-02-28"
        );
        assert_eq!(parse_date("2026-02-30"), None);
    }
}
