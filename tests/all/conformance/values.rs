//! What becomes of values on their way into the database and out again.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, absent, equal, holds, name, number, text};
use super::site::Site;

checks! {
    ALL, "5.5", "an Int is cut to a whole number" => int_is_cut;
    ALL, "5.5", "an Int beyond 31 bits is 417" => int_too_big;
    ALL, "5.5", "a Check is 0 or 1, and text is read as a number" => check_is_a_number;
    ALL, "5.5", "a Currency is rounded to nine decimals in storage, not in the answer" => currency_is_rounded;
    ALL, "5.5", "a Currency with thousands separators is parsed" => currency_is_parsed;
    ALL, "5.5", "a Float keeps nine decimals" => float_keeps_nine;
    ALL, "5.5", "a Datetime is taken with a T and read with a space" => datetime_with_t;
    ALL, "5.5", "a Datetime with a zone is 500" => datetime_with_zone;
    ALL, "3.3", "a Datetime keeps microseconds, and drops them when they are zero" => datetime_fraction;
    ALL, "5.5", "a Date of a moment is cut to the day" => date_is_cut;
    ALL, "5.5", "empty text in a Date, Datetime or Time is null" => empty_dates;
    ALL, "3.3", "a Time reads without a leading zero" => time_format;
    ALL, "5.5", "a Select is trimmed" => select_is_trimmed;
    ALL, "5.5", "a Select outside its options is 417" => select_unknown;
    ALL, "5.5", "a Rating is held between 0 and 1" => rating_is_clamped;
    ALL, "4.1", "null clears a field" => null_clears;
    ALL, "7", "a read-only field can be written" => read_only_is_written;
    ALL, "7", "a field to be set once cannot be changed" => set_once;
    ALL, "7", "a field to be set once cannot be set later either" => set_once_later;
    ALL, "7", "a value of a level beyond our rights is dropped in silence" => level_is_not_written;
    ALL, "3.1", "a field of a level beyond our rights is left out of lists" => level_is_not_listed;
    FROM_15, "1.1", "a field of a level beyond our rights is left out of a read" => level_is_not_read;
    ALL, "7", "a Password reads as asterisks, and asterisks change nothing" => password_is_masked;
    ALL, "4.1", "unknown keys are ignored" => unknown_keys;
}

async fn int_is_cut(site: &Site) -> Outcome {
    equal("3.9", site.stored("quantity", json!(3.9)).await?, 3)?;
    equal("`5abc`", site.stored("quantity", json!("5abc")).await?, 0)?;
    equal("`12`", site.stored("quantity", json!("12")).await?, 12)
}

async fn int_too_big(site: &Site) -> Outcome {
    equal(
        "the largest",
        site.stored("quantity", json!(2_147_483_647)).await?,
        2_147_483_647,
    )?;
    site.refuses("quantity", json!(2_147_483_648_i64), 417)
        .await
}

async fn check_is_a_number(site: &Site) -> Outcome {
    equal("true", site.stored("flag", json!(true)).await?, 1)?;
    equal("`1`", site.stored("flag", json!("1")).await?, 1)?;
    equal("`yes`", site.stored("flag", json!("yes")).await?, 0)
}

async fn currency_is_rounded(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site
        .create(&doctype, json!({"amount": 1.012_345_678_94}))
        .await?;
    equal("answered", number(&created, "amount")?, 1.012_345_678_94)?;
    let record = site.read(&doctype, name(&created)?).await?;
    equal("stored", number(&record, "amount")?, 1.012_345_679)
}

async fn currency_is_parsed(site: &Site) -> Outcome {
    equal(
        "amount",
        site.stored("amount", json!("12,345.5")).await?,
        12345.5,
    )
}

async fn float_keeps_nine(site: &Site) -> Outcome {
    equal(
        "rate",
        site.stored("rate", json!(0.123_456_789)).await?,
        0.123_456_789,
    )
}

async fn datetime_with_t(site: &Site) -> Outcome {
    let found = site
        .stored("at_moment", json!("2026-03-04T05:06:07"))
        .await?;
    equal("at_moment", found, "2026-03-04 05:06:07")
}

async fn datetime_with_zone(site: &Site) -> Outcome {
    site.refuses("at_moment", json!("2026-03-04T05:06:07Z"), 500)
        .await?;
    site.refuses("at_moment", json!("2026-03-04 05:06:07+02:00"), 500)
        .await
}

async fn datetime_fraction(site: &Site) -> Outcome {
    for (sent, read) in [
        ("2026-03-04 05:06:07.120000", "2026-03-04 05:06:07.120000"),
        ("2026-03-04 05:06:07.000000", "2026-03-04 05:06:07"),
    ] {
        equal(sent, site.stored("at_moment", json!(sent)).await?, read)?;
    }
    Ok(())
}

async fn date_is_cut(site: &Site) -> Outcome {
    let found = site.stored("on_date", json!("2026-03-04 23:59:59")).await?;
    equal("on_date", found, "2026-03-04")
}

async fn empty_dates(site: &Site) -> Outcome {
    for field in ["on_date", "at_moment", "at_time"] {
        equal(field, site.stored(field, json!("")).await?, Value::Null)?;
    }
    Ok(())
}

async fn time_format(site: &Site) -> Outcome {
    for (sent, read) in [
        ("09:05:00", "9:05:00"),
        ("00:00:01", "0:00:01"),
        ("23:59:59", "23:59:59"),
    ] {
        equal(sent, site.stored("at_time", json!(sent)).await?, read)?;
    }
    Ok(())
}

async fn select_is_trimmed(site: &Site) -> Outcome {
    equal("color", site.stored("color", json!(" Red ")).await?, "Red")
}

async fn select_unknown(site: &Site) -> Outcome {
    site.refuses("color", json!("Blue"), 417).await
}

async fn rating_is_clamped(site: &Site) -> Outcome {
    equal(
        "0.6",
        site.stored("stars", json!(0.6)).await?.as_f64(),
        Some(0.6),
    )?;
    equal(
        "3",
        site.stored("stars", json!(3)).await?.as_f64(),
        Some(1.0),
    )?;
    equal(
        "-1",
        site.stored("stars", json!(-1)).await?.as_f64(),
        Some(0.0),
    )
}

async fn null_clears(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let fields = json!({"title": "t", "on_date": "2026-01-01", "amount": 2, "color": "Red"});
    let before = site.create_and_read(&doctype, fields).await?;
    let cleared = json!({"title": null, "on_date": null, "amount": null, "color": null});
    let after = site
        .update_and_read(&doctype, name(&before)?, cleared)
        .await?;
    for field in ["title", "on_date", "color"] {
        equal(field, after.get(field), None)?;
    }
    equal("amount", number(&after, "amount")?, 0.0)
}

async fn read_only_is_written(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let before = site
        .create_and_read(&doctype, json!({"locked": "one"}))
        .await?;
    equal("on create", text(&before, "locked")?, "one")?;
    let after = site
        .update_and_read(&doctype, name(&before)?, json!({"locked": "two"}))
        .await?;
    equal("on update", text(&after, "locked")?, "two")
}

async fn set_once(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let before = site
        .create_and_read(&doctype, json!({"fixed": "one"}))
        .await?;
    let answer = site
        .try_update(&doctype, name(&before)?, json!({"fixed": "two"}))
        .await?;
    answer.refused(417, "CannotChangeConstantError")?;
    site.update(&doctype, name(&before)?, json!({"fixed": "one"}))
        .await?;
    Ok(())
}

async fn set_once_later(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let before = site.create_and_read(&doctype, json!({})).await?;
    let answer = site
        .try_update(&doctype, name(&before)?, json!({"fixed": "one"}))
        .await?;
    answer.refused(417, "CannotChangeConstantError")
}

async fn guarded(site: &Site) -> Result<Value, Failure> {
    let fields = json!({"title": "t", "guarded": "of ours"});
    site.create_and_read(&site.doctype("Record"), fields).await
}

async fn level_is_not_written(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let stored = guarded(site).await?;
    let fields = json!({"title": "after", "guarded": "of ours"});
    let after = site
        .update_and_read(&doctype, name(&stored)?, fields)
        .await?;
    equal("the rest is written", text(&after, "title")?, "after")?;
    // What is stored shows in the record of the deletion, which knows no levels.
    site.delete(&doctype, name(&stored)?).await?;
    let args = json!({
        "doctype": "Deleted Document",
        "fields": ["data"],
        "filters": [["deleted_name", "=", stored["name"]]],
    });
    let records = site.get_list(args).await?;
    let data = records
        .first()
        .map_or(Ok(""), |record| text(record, "data"))?;
    let data: Value = serde_json::from_str(data)
        .map_err(|error| Failure::new(format!("`data` is no JSON: {error}")))?;
    equal("guarded", &data["guarded"], &Value::Null)
}

async fn level_is_not_listed(site: &Site) -> Outcome {
    let stored = guarded(site).await?;
    let args = json!({
        "doctype": site.doctype("Record"),
        "fields": ["*"],
        "filters": [["name", "=", stored["name"]]],
    });
    let found = site.get_list(args).await?;
    equal(
        "title",
        found.first().map(|row| &row["title"]),
        Some(&json!("t")),
    )?;
    absent(&found[0], "guarded")?;
    let args = json!({"doctype": site.doctype("Record"), "fields": ["name", "guarded"]});
    let found = site.get_list(args).await?;
    holds(
        found.iter().all(|row| row.get("guarded").is_none()),
        "asked for by name, too",
    )
}

async fn level_is_not_read(site: &Site) -> Outcome {
    absent(&guarded(site).await?, "guarded")
}

async fn password_is_masked(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let before = site
        .create_and_read(&doctype, json!({"secret": "sesame"}))
        .await?;
    equal("read", text(&before, "secret")?, "******")?;
    site.update(&doctype, name(&before)?, json!({"secret": "******"}))
        .await?;
    let args = json!({"doctype": doctype, "name": before["name"], "fieldname": "secret"});
    let kept = site.call("frappe.client.get_password", args).await?;
    // Secrets are kept in a table apart, which only a delete of the document empties.
    site.delete(&doctype, name(&before)?).await?;
    equal("kept", kept, "sesame")
}

async fn unknown_keys(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let fields = json!({"title": "t", "nothing_of_this_name": "x"});
    let before = site.create_and_read(&doctype, fields).await?;
    equal("on create", before.get("nothing_of_this_name"), None)?;
    let fields = json!({"nothing_of_this_name": "x"});
    let after = site
        .update_and_read(&doctype, name(&before)?, fields)
        .await?;
    equal("on update", after.get("nothing_of_this_name"), None)
}
