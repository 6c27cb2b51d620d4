//! Naming series and their counters (protocol 5.2).

use super::record::Record;
use crate::Profile;
use crate::failure::{Attempt, Failure};
use crate::site::{Site, Transaction};
use crate::value::{Cell, Stamp, cint, format_stamp};

impl Transaction<'_> {
    /// The next name in a series such as `SO-.YYYY.-.#####`.
    pub(crate) fn next_in_series(&mut self, series: &str, record: &Record) -> Attempt<String> {
        if !series.contains('.') {
            return Err(Failure::invalid(format!(
                "Invalid naming series <strong>{series}</strong>: dot (.) missing"
            )));
        }
        Ok(self.expand_series(series.split('.'), record, Counting::On))
    }

    /// The name of a `format:` rule: text with parts in braces.
    pub(crate) fn next_by_format(&mut self, format: &str, record: &Record) -> String {
        let mut name = String::new();
        let mut rest = format;
        while let Some((literal, after)) = rest.split_once('{') {
            name.push_str(literal);
            let Some((part, after)) = after.split_once('}') else {
                name.push('{');
                rest = after;
                continue;
            };
            if part.starts_with('#') {
                // Frappe 14 has one counter for all such rules, the others one for each text before it.
                let prefix = if self.profile() == Profile::V14 {
                    ""
                } else {
                    &name
                };
                let number = self.site.count_up(prefix);
                name.push_str(&padded(number, part.len()));
            } else {
                name.push_str(&self.expand_series(std::iter::once(part), record, Counting::On));
            }
            rest = after;
        }
        name + rest
    }

    /// Gives the last number back when the newest document of a series is deleted.
    pub(crate) fn revert_series_if_last(&mut self, series: &str, record: &Record) {
        let mut name = record.name_text();
        let prefix = match series.rsplit_once('.').filter(|_| series.contains(".#")) {
            None => series.to_owned(),
            Some((prefix, hashes)) if hashes.contains('#') => prefix.to_owned(),
            Some((prefix, suffix)) => {
                name = name.replace(suffix, "");
                let hashes: String = series
                    .chars()
                    .skip_while(|c| *c != '#')
                    .take_while(|c| *c == '#')
                    .collect();
                prefix.replace(&hashes, "")
            }
        };
        let prefix = if prefix.contains('.') {
            self.expand_series(prefix.split('.'), record, Counting::Off)
        } else {
            prefix
        };
        let number = if prefix.is_empty() {
            name
        } else {
            name.replace(&prefix, "")
        };
        let number = cint(&Cell::text(number));
        if self.site.database.counter(&prefix) == Some(number) && number > 0 {
            self.site.database.set_counter(&prefix, number - 1);
        }
    }

    fn expand_series<'p>(
        &mut self,
        parts: impl Iterator<Item = &'p str>,
        record: &Record,
        counting: Counting,
    ) -> String {
        let today = format_stamp(self.site.stamp());
        let mut name = String::new();
        let mut counted = false;
        for part in parts.filter(|part| !part.is_empty()) {
            if part.starts_with('#') {
                if !counted && counting == Counting::On {
                    let number = self.site.count_up(&name);
                    name.push_str(&padded(number, part.len()));
                }
                counted = true;
                continue;
            }
            match part {
                "YYYY" => name.push_str(&today[..4]),
                "YY" => name.push_str(&today[2..4]),
                "MM" => name.push_str(&today[5..7]),
                "DD" => name.push_str(&today[8..10]),
                "WW" => name.push_str(&week(self.site.stamp())),
                "timestamp" => name.push_str(&today),
                _ => {
                    let fieldname = part.replace(['{', '}'], "");
                    if part.starts_with('{') || record.meta.layout.find(&fieldname).is_some() {
                        name.push_str(record.text(&fieldname).trim());
                    } else {
                        name.push_str(part);
                    }
                }
            }
        }
        name
    }
}

/// Whether hashes take a number from the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    On,
    Off,
}

impl Site {
    /// Raises the counter of a series and returns it.
    pub(crate) fn count_up(&mut self, prefix: &str) -> i64 {
        let number = self.database.counter(prefix).unwrap_or(0) + 1;
        self.database.set_counter(prefix, number);
        number
    }
}

fn padded(number: i64, digits: usize) -> String {
    format!("{number:0digits$}")
}

/// The calendar week, so that weeks never go back inside a year.
fn week(stamp: Stamp) -> String {
    use chrono::{DateTime, Datelike};
    let date = DateTime::from_timestamp_micros(stamp).unwrap_or_default();
    let week = date.iso_week().week();
    match (date.month(), week) {
        (1, 52..) => "00".to_owned(),
        (12, ..=1) => "53".to_owned(),
        _ => format!("{week:02}"),
    }
}
