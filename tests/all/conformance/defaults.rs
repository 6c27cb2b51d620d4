//! What a create fills in, and how to keep it from doing so.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, rows, text};
use super::site::Site;

checks! {
    ALL, "5.3", "a missing value gets the field's default" => missing_gets_default;
    ALL, "5.3", "null gets the field's default on create" => null_gets_default;
    ALL, "5.3", "empty text stays empty on create" => empty_stays;
    ALL, "5.3", "a zero stays zero on create" => zero_stays;
    ALL, "5.3", "a Select without default gets its first option" => select_gets_first;
    ALL, "5.3", "a Select whose first option is empty stays empty" => select_with_empty_first;
    ALL, "5.3", "a missing Time gets the time of day" => time_gets_now;
    ALL, "5.3", "a Time of empty text is null" => empty_time;
    ALL, "5.3", "a Date with the default Today gets the site's date" => date_gets_today;
    ALL, "5.3", "null on update clears, default or not" => null_on_update;
    ALL, "5.3", "an update fills in no default for what is empty" => update_fills_nothing;
    ALL, "5.3", "a new row gets its defaults, on update too" => new_row_gets_default;
    ALL, "5.3", "insert_many fills in defaults" => insert_many_fills;
}

async fn created(site: &Site, mut fields: Value) -> Result<Value, Failure> {
    fields["needed"] = json!("n");
    site.create_and_read(&site.doctype("Defaulted"), fields)
        .await
}

async fn missing_gets_default(site: &Site) -> Outcome {
    let stored = created(site, json!({})).await?;
    equal("greeting", text(&stored, "greeting")?, "hello")?;
    equal("seven", &stored["seven"], 7)
}

async fn null_gets_default(site: &Site) -> Outcome {
    let stored = created(site, json!({"greeting": null, "seven": null})).await?;
    equal("greeting", text(&stored, "greeting")?, "hello")?;
    equal("seven", &stored["seven"], 7)
}

async fn empty_stays(site: &Site) -> Outcome {
    let stored = created(site, json!({"greeting": "", "choice": ""})).await?;
    equal("greeting", text(&stored, "greeting")?, "")?;
    equal("choice", text(&stored, "choice")?, "")
}

async fn zero_stays(site: &Site) -> Outcome {
    equal(
        "seven",
        &created(site, json!({"seven": 0})).await?["seven"],
        0,
    )
}

async fn select_gets_first(site: &Site) -> Outcome {
    equal(
        "choice",
        text(&created(site, json!({})).await?, "choice")?,
        "One",
    )
}

async fn select_with_empty_first(site: &Site) -> Outcome {
    let stored = site
        .create_and_read(&site.doctype("Record"), json!({}))
        .await?;
    let color = stored
        .get("color")
        .and_then(Value::as_str)
        .unwrap_or_default();
    equal("color", color, "")
}

async fn time_gets_now(site: &Site) -> Outcome {
    let stored = created(site, json!({})).await?;
    let (at_time, creation) = (text(&stored, "at_time")?, text(&stored, "creation")?);
    let clock = creation.split_once(' ').map_or("", |(_, clock)| clock);
    let hour = |clock: &str| {
        clock
            .split(':')
            .next()
            .and_then(|hour| hour.parse::<u32>().ok())
    };
    let minute = |clock: &str| {
        clock
            .split(':')
            .nth(1)
            .and_then(|part| part.parse::<u32>().ok())
    };
    // The default is taken just before the stamp, at worst in the minute before.
    let minutes = |clock: &str| Some(hour(clock)? * 60 + minute(clock)?);
    match (minutes(at_time), minutes(clock)) {
        (Some(taken), Some(stamped)) => holds(
            (stamped + 1440 - taken) % 1440 <= 1,
            format!("{at_time} is near {creation}"),
        ),
        _ => Err(Failure::new(format!(
            "`{at_time}` or `{creation}` is no time"
        ))),
    }
}

async fn empty_time(site: &Site) -> Outcome {
    equal(
        "at_time",
        created(site, json!({"at_time": ""})).await?.get("at_time"),
        None,
    )
}

async fn date_gets_today(site: &Site) -> Outcome {
    let stored = created(site, json!({})).await?;
    let day = text(&stored, "day")?;
    holds(
        text(&stored, "creation")?.starts_with(day),
        format!("{day} is the day of {stored}"),
    )
}

async fn null_on_update(site: &Site) -> Outcome {
    let stored = created(site, json!({"plain": "p"})).await?;
    let cleared = json!({"plain": null, "greeting": null, "seven": null, "at_time": null});
    let after = site
        .update_and_read(&site.doctype("Defaulted"), name(&stored)?, cleared)
        .await?;
    equal("plain", after.get("plain"), None)?;
    equal("greeting", after.get("greeting"), None)?;
    equal("at_time", after.get("at_time"), None)?;
    equal("a number that is cleared", &after["seven"], 0)
}

async fn update_fills_nothing(site: &Site) -> Outcome {
    let stored = created(site, json!({"greeting": ""})).await?;
    let fields = json!({"plain": "p"});
    let after = site
        .update_and_read(&site.doctype("Defaulted"), name(&stored)?, fields)
        .await?;
    equal("greeting", text(&after, "greeting")?, "")
}

async fn new_row_gets_default(site: &Site) -> Outcome {
    let stored = created(site, json!({"lines": [{"product": "a"}]})).await?;
    equal(
        "on create",
        text(&rows(&stored, "lines")?[0], "note")?,
        "fresh",
    )?;
    let lines = json!({"lines": [{"product": "b"}]});
    let after = site
        .update_and_read(&site.doctype("Defaulted"), name(&stored)?, lines)
        .await?;
    equal(
        "on update",
        text(&rows(&after, "lines")?[0], "note")?,
        "fresh",
    )
}

async fn insert_many_fills(site: &Site) -> Outcome {
    let doctype = site.doctype("Defaulted");
    let doc = json!({"doctype": doctype, "needed": "n"});
    let names = site
        .call("frappe.client.insert_many", json!({"docs": [doc]}))
        .await?;
    let stored = site
        .read(&doctype, names[0].as_str().unwrap_or_default())
        .await?;
    equal("greeting", text(&stored, "greeting")?, "hello")
}
