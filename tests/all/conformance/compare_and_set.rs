//! `modified` as the token of a compare-and-set, and the standard fields around it.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::site::Site;

checks! {
    ALL, "6.1", "an update with the stored `modified` is accepted" => matching_token;
    ALL, "6.1", "the `modified` of a list is a token as it is" => token_of_a_list;
    ALL, "6.1", "an update with an older `modified` is 417 TimestampMismatchError" => stale_token;
    ALL, "6.1", "a refused update changes nothing" => refusal_changes_nothing;
    ALL, "6.1", "an update without `modified` is not compared" => no_token;
    ALL, "6.1", "null for `modified` is refused" => null_token;
    ALL, "6.1", "`modified` with a T is refused" => token_with_t;
    ALL, "6.1", "`modified` cut to the second is refused" => cut_token;
    ALL, "12", "the `modified` of a write answer is the one that is read after it" => answer_has_the_token;
    ALL, "4.2", "set_value of an object compares its `modified`" => set_value_compares;
    ALL, "4.2", "client.save compares, and empties what is left out" => save_replaces;
    ALL, "4.1", "an update with nothing in it stamps `modified` anew" => empty_update_stamps;
    ALL, "8", "an update that changes nothing stamps `modified` anew" => same_value_stamps;
    ALL, "5.1", "owner, creation and modified that are sent on create are overwritten" => overwritten_on_create;
    ALL, "5.1", "a change of `creation` or `owner` is 417 CannotChangeConstantError" => constants;
    ALL, "5.1", "`creation` and `owner` as they are may be sent" => unchanged_constants;
    ALL, "5.1", "a `modified_by` that is sent is overwritten" => modified_by_is_overwritten;
    FROM_15, "4.1", "a name in the body that differs from the address is 404" => other_name;
    FROM_15, "4.1", "`__islocal` in an update makes a second document" => islocal_doubles;
}

async fn record(site: &Site) -> Result<Value, Failure> {
    site.create_and_read(&site.doctype("Record"), json!({"title": "before"}))
        .await
}

/// Updates the title of a record under a token, and gives status and class.
async fn update_under(
    site: &Site,
    record: &Value,
    token: Value,
) -> Result<super::answer::Answer, Failure> {
    let fields = json!({"title": "after", "modified": token});
    site.try_update(&site.doctype("Record"), name(record)?, fields)
        .await
}

async fn matching_token(site: &Site) -> Outcome {
    let before = record(site).await?;
    let updated = update_under(site, &before, before["modified"].clone())
        .await?
        .data()?;
    equal("title", text(&updated, "title")?, "after")
}

async fn token_of_a_list(site: &Site) -> Outcome {
    let before = record(site).await?;
    let found = site
        .get_list(json!({
            "doctype": site.doctype("Record"),
            "fields": ["modified"],
            "filters": [["name", "=", before["name"]]],
        }))
        .await?;
    equal("in the list", &found[0]["modified"], &before["modified"])?;
    update_under(site, &before, found[0]["modified"].clone())
        .await?
        .has_status(200)
}

async fn stale_token(site: &Site) -> Outcome {
    let before = record(site).await?;
    site.update(
        &site.doctype("Record"),
        name(&before)?,
        json!({"memo": "m"}),
    )
    .await?;
    let answer = update_under(site, &before, before["modified"].clone()).await?;
    answer.refused(417, "TimestampMismatchError")
}

async fn refusal_changes_nothing(site: &Site) -> Outcome {
    let before = record(site).await?;
    let answer = update_under(site, &before, json!("2001-01-01 00:00:00.000001")).await?;
    answer.refused(417, "TimestampMismatchError")?;
    equal(
        "stored",
        site.read(&site.doctype("Record"), name(&before)?).await?,
        before,
    )
}

async fn no_token(site: &Site) -> Outcome {
    let before = record(site).await?;
    let doctype = site.doctype("Record");
    site.update(&doctype, name(&before)?, json!({"memo": "m"}))
        .await?;
    let after = site
        .update_and_read(&doctype, name(&before)?, json!({"title": "after"}))
        .await?;
    equal("title", text(&after, "title")?, "after")
}

async fn null_token(site: &Site) -> Outcome {
    update_under(site, &record(site).await?, Value::Null)
        .await?
        .has_status(417)
}

async fn token_with_t(site: &Site) -> Outcome {
    let before = record(site).await?;
    let token = text(&before, "modified")?.replacen(' ', "T", 1);
    update_under(site, &before, json!(token))
        .await?
        .has_status(417)
}

async fn cut_token(site: &Site) -> Outcome {
    let before = record(site).await?;
    let token: String = text(&before, "modified")?
        .chars()
        .take("2001-01-01 00:00:00".len())
        .collect();
    update_under(site, &before, json!(token))
        .await?
        .has_status(417)
}

async fn answer_has_the_token(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({})).await?;
    let stored = site.read(&doctype, name(&created)?).await?;
    equal(
        "after create",
        without_zero_fraction(&created)?,
        without_zero_fraction(&stored)?,
    )?;
    let updated = site
        .update(&doctype, name(&created)?, json!({"title": "t"}))
        .await?;
    let stored = site.read(&doctype, name(&created)?).await?;
    equal(
        "after update",
        without_zero_fraction(&updated)?,
        without_zero_fraction(&stored)?,
    )
}

/// A write answers six digits even when they are zero, a read does not (protocol 3.3).
fn without_zero_fraction(document: &Value) -> Result<&str, Failure> {
    let stamp = text(document, "modified")?;
    Ok(stamp.strip_suffix(".000000").unwrap_or(stamp))
}

async fn set_value_compares(site: &Site) -> Outcome {
    let before = record(site).await?;
    let args = |token: &Value| {
        json!({
            "doctype": site.doctype("Record"),
            "name": before["name"],
            "fieldname": {"title": "after", "modified": token},
        })
    };
    let answer = site
        .try_call("frappe.client.set_value", args(&json!("2001-01-01")))
        .await?;
    answer.refused(417, "TimestampMismatchError")?;
    let updated = site
        .call("frappe.client.set_value", args(&before["modified"]))
        .await?;
    equal("title", text(&updated, "title")?, "after")
}

async fn save_replaces(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let fields = json!({"title": "t", "memo": "m", "lines": [{"product": "p"}]});
    let before = site.create_and_read(&doctype, fields).await?;
    let mut doc = json!({"doctype": doctype, "title": "after"});
    for field in ["name", "creation", "owner"] {
        doc[field] = before[field].clone();
    }
    let answer = site
        .try_call("frappe.client.save", json!({"doc": doc}))
        .await?;
    answer.refused(417, "TimestampMismatchError")?;
    doc["modified"] = before["modified"].clone();
    site.call("frappe.client.save", json!({"doc": doc})).await?;
    let after = site.read(&doctype, name(&before)?).await?;
    equal("title", text(&after, "title")?, "after")?;
    equal("memo", after.get("memo"), None)?;
    equal("lines", &after["lines"], &json!([]))
}

async fn stamp_after(site: &Site, fields: Value) -> Outcome {
    let before = record(site).await?;
    let after = site
        .update_and_read(&site.doctype("Record"), name(&before)?, fields)
        .await?;
    let (earlier, later) = (text(&before, "modified")?, text(&after, "modified")?);
    holds(earlier < later, format!("{earlier} is before {later}"))
}

async fn empty_update_stamps(site: &Site) -> Outcome {
    stamp_after(site, json!({})).await
}

async fn same_value_stamps(site: &Site) -> Outcome {
    stamp_after(site, json!({"title": "before"})).await
}

async fn overwritten_on_create(site: &Site) -> Outcome {
    let long_ago = "2001-01-01 00:00:00.000001";
    let fields = json!({
        "owner": "Guest",
        "creation": long_ago,
        "modified": long_ago,
        "modified_by": "Guest",
    });
    let stored = site
        .create_and_read(&site.doctype("Record"), fields)
        .await?;
    for field in ["owner", "modified_by"] {
        equal(field, text(&stored, field)?, site.user())?;
    }
    for field in ["creation", "modified"] {
        holds(
            stored[field] != long_ago,
            format!("`{field}` is overwritten"),
        )?;
    }
    Ok(())
}

async fn constants(site: &Site) -> Outcome {
    let before = record(site).await?;
    for fields in [
        json!({"creation": "2001-01-01 00:00:00.000001"}),
        json!({"owner": "Guest"}),
    ] {
        let answer = site
            .try_update(&site.doctype("Record"), name(&before)?, fields)
            .await?;
        answer.refused(417, "CannotChangeConstantError")?;
    }
    Ok(())
}

async fn unchanged_constants(site: &Site) -> Outcome {
    let before = record(site).await?;
    let fields =
        json!({"creation": before["creation"], "owner": before["owner"], "title": "after"});
    site.update(&site.doctype("Record"), name(&before)?, fields)
        .await?;
    Ok(())
}

async fn modified_by_is_overwritten(site: &Site) -> Outcome {
    let before = record(site).await?;
    let fields = json!({"modified_by": "Guest"});
    let after = site
        .update_and_read(&site.doctype("Record"), name(&before)?, fields)
        .await?;
    equal("modified_by", text(&after, "modified_by")?, site.user())
}

async fn other_name(site: &Site) -> Outcome {
    let before = record(site).await?;
    let fields = json!({"name": site.unique("other"), "title": "after"});
    site.try_update(&site.doctype("Record"), name(&before)?, fields)
        .await?
        .has_status(404)
}

async fn islocal_doubles(site: &Site) -> Outcome {
    let before = record(site).await?;
    let doctype = site.doctype("Record");
    let fields = json!({"__islocal": 1, "title": "after"});
    let answered = site.update(&doctype, name(&before)?, fields).await?;
    holds(
        answered["name"] != before["name"],
        "another document is answered",
    )?;
    equal(
        "the first",
        text(&site.read(&doctype, name(&before)?).await?, "title")?,
        "before",
    )
}
