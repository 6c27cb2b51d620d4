//! Timestamps: local to the site, without a zone, from a clock that goes on.

use std::time::Instant;

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use reqwest::Method;
use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, column, equal, holds, name, rows, text};
use super::site::{Sender, Site};

checks! {
    ALL, "10.3", "`modified` is the wall clock of the site's zone at the `Date` of the answer" => modified_is_local;
    ALL, "10.3", "every answer has a `Date`" => answers_are_dated;
    ALL, "3.3", "a write answers `modified` with six digits" => six_digits;
    ALL, "3.3", "a read gives `modified` as date, space, time and at most six digits" => read_form;
    ALL, "8", "a new document has one stamp for creation and modified, its rows too" => one_stamp;
    ALL, "8", "each save has a later stamp than the one before" => stamps_grow;
    ALL, "5.1", "an update leaves creation alone" => creation_stays;
}

fn moment(stamp: &str) -> Result<NaiveDateTime, Failure> {
    NaiveDateTime::parse_from_str(stamp, "%Y-%m-%d %H:%M:%S%.f")
        .map_err(|error| Failure::new(format!("`{stamp}` is no moment: {error}")))
}

async fn modified_is_local(site: &Site) -> Outcome {
    let begun = Instant::now();
    let answer = site.try_create(&site.doctype("Record"), json!({})).await?;
    let taken = TimeDelta::from_std(begun.elapsed()).unwrap_or(TimeDelta::MAX);
    let date = answer
        .header("date")
        .ok_or_else(|| answer.fault("no `Date`"))?;
    let date = DateTime::parse_from_rfc2822(date)
        .map_err(|error| answer.fault(&format!("`Date` cannot be read: {error}")))?;
    let zone: Tz = site
        .time_zone()
        .parse()
        .map_err(|error| Failure::new(format!("`{}` is no zone: {error}", site.time_zone())))?;
    let local = date.with_timezone(&zone).naive_local();
    let stamp = moment(text(&answer.data()?, "modified")?)?;
    // `Date` counts whole seconds, and the stamp is taken when the save begins.
    let second = TimeDelta::seconds(1);
    holds(
        stamp <= local + second && stamp + taken + second >= local,
        format!("{stamp} is at most {taken} before {local}"),
    )
}

async fn answers_are_dated(site: &Site) -> Outcome {
    let ping = site.address(&["api", "method", "ping"], &[]);
    let missing = site.address(
        &["api", "resource", &site.doctype("Record"), "missing"],
        &[],
    );
    for (sender, url) in [(Sender::Guest, ping), (Sender::Ourselves, missing)] {
        let answer = site.send_as(sender, Method::GET, url, None).await?;
        holds(answer.header("date").is_some(), answer.fault("no `Date`"))?;
    }
    Ok(())
}

async fn six_digits(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({})).await?;
    let updated = site.update(&doctype, name(&created)?, json!({})).await?;
    for document in [created, updated] {
        let stamp = text(&document, "modified")?;
        equal(
            stamp,
            stamp.chars().count(),
            "2001-01-01 00:00:00.000001".len(),
        )?;
        moment(stamp)?;
    }
    Ok(())
}

async fn read_form(site: &Site) -> Outcome {
    let stored = site
        .create_and_read(&site.doctype("Record"), json!({}))
        .await?;
    for field in ["creation", "modified"] {
        let stamp = text(&stored, field)?;
        holds(
            stamp.as_bytes().get(10) == Some(&b' '),
            format!("`{stamp}` has a space"),
        )?;
        moment(stamp)?;
    }
    Ok(())
}

async fn one_stamp(site: &Site) -> Outcome {
    let fields = json!({"lines": [{"product": "a"}, {"product": "b"}]});
    let stored = site
        .create_and_read(&site.doctype("Record"), fields)
        .await?;
    equal("creation", &stored["creation"], &stored["modified"])?;
    for field in ["creation", "modified"] {
        let stamps = column(rows(&stored, "lines")?, field);
        equal(field, stamps, vec![&stored["modified"]; 2])?;
    }
    Ok(())
}

async fn stamps_grow(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({})).await?;
    let mut last = text(&created, "modified")?.to_owned();
    for _ in 0..5 {
        let updated: Value = site.update(&doctype, name(&created)?, json!({})).await?;
        let stamp = text(&updated, "modified")?;
        holds(
            last.as_str() < stamp,
            format!("{stamp} is later than {last}"),
        )?;
        last = stamp.to_owned();
    }
    Ok(())
}

async fn creation_stays(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let before = site.create_and_read(&doctype, json!({})).await?;
    let after = site
        .update_and_read(&doctype, name(&before)?, json!({"title": "t"}))
        .await?;
    equal("creation", &after["creation"], &before["creation"])?;
    holds(after["modified"] != before["modified"], "`modified` moves")
}
