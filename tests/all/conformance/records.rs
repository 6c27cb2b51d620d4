//! What a Deleted Document holds, and how documents and names come back.

use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::site::Site;

checks! {
    ALL, "8", "a Deleted Document holds name, creation, modified and owner as text" => key_in_record;
    ALL, "8", "the Deleted Document of a merge holds the source's creation" => key_of_merged;
    ALL, "8", "the Deleted Document of a number holds the number" => key_of_number;
    ALL, "8", "a document is restored once: the second time is 417 DocumentAlreadyRestored" => restored_once;
    ALL, "8", "a restore under a name that is taken is 409" => restore_taken;
    ALL, "8", "a restored document of a series gets another name, told by its record" => restore_of_series;
    ALL, "8", "a cancelled document is restored as a draft" => restore_of_cancelled;
    ALL, "5.2", "deleting one that is not the newest of a series gives no name free" => series_keeps_count;
}

async fn make(site: &Site, docname: &str) -> Result<Value, Failure> {
    site.create_and_read(&site.doctype("Target"), json!({"name": docname}))
        .await
}

async fn target(site: &Site) -> Result<Value, Failure> {
    make(site, &site.unique("old")).await
}

/// What the newest record of a deleted document holds, with the record.
async fn record(site: &Site, kind: &str, docname: &str) -> Result<(Value, Value), Failure> {
    let found = site
        .get_list(json!({
            "doctype": "Deleted Document",
            "fields": ["*"],
            "filters": [
                ["deleted_doctype", "=", site.doctype(kind)],
                ["deleted_name", "=", docname],
            ],
            "order_by": "creation desc",
        }))
        .await?;
    let record = found.into_iter().next().unwrap_or_default();
    let data = serde_json::from_str(text(&record, "data")?)
        .map_err(|error| Failure::new(format!("`data` is no JSON: {error}")))?;
    Ok((record, data))
}

fn holds_key_of(data: &Value, document: &Value) -> Outcome {
    for field in ["name", "creation", "modified", "owner"] {
        equal(field, &data[field], &document[field])?;
    }
    Ok(())
}

async fn key_in_record(site: &Site) -> Outcome {
    let stored = make(site, &site.unique("it's \"x\" & \u{fc}/")).await?;
    site.delete(&site.doctype("Target"), name(&stored)?).await?;
    let (_, data) = record(site, "Target", name(&stored)?).await?;
    holds_key_of(&data, &stored)
}

async fn key_of_merged(site: &Site) -> Outcome {
    let (source, into) = (target(site).await?, target(site).await?);
    let args = json!({
        "doctype": site.doctype("Target"), "old": source["name"], "new": into["name"], "merge": true,
    });
    site.call("frappe.rename_doc", args).await?;
    let (_, data) = record(site, "Target", name(&source)?).await?;
    holds_key_of(&data, &source)
}

async fn key_of_number(site: &Site) -> Outcome {
    let doctype = site.doctype("Numbered");
    let made = site.create(&doctype, json!({})).await?;
    let docname = made["name"].to_string();
    let stored = site.read(&doctype, &docname).await?;
    site.delete(&doctype, &docname).await?;
    let (record, data) = record(site, "Numbered", &docname).await?;
    equal(
        "deleted name",
        text(&record, "deleted_name")?,
        docname.as_str(),
    )?;
    holds_key_of(&data, &stored)
}

async fn restore(site: &Site, record: &Value) -> Result<Answer, Failure> {
    let method = "frappe.core.doctype.deleted_document.deleted_document.restore";
    site.try_call(method, json!({"name": record["name"]})).await
}

async fn restored_once(site: &Site) -> Outcome {
    let old = target(site).await?;
    site.delete(&site.doctype("Target"), name(&old)?).await?;
    let (record, _) = record(site, "Target", name(&old)?).await?;
    restore(site, &record).await?.has_status(200)?;
    restore(site, &record)
        .await?
        .refused(417, "DocumentAlreadyRestored")
}

async fn restore_taken(site: &Site) -> Outcome {
    let old = target(site).await?;
    site.delete(&site.doctype("Target"), name(&old)?).await?;
    let (record, _) = record(site, "Target", name(&old)?).await?;
    make(site, name(&old)?).await?;
    restore(site, &record)
        .await?
        .refused(409, "DuplicateEntryError")
}

async fn bill(site: &Site, docstatus: u8) -> Result<Value, Failure> {
    site.create_and_read(&site.doctype("Bill"), json!({"docstatus": docstatus}))
        .await
}

async fn restored_bill(site: &Site, old: &Value) -> Result<Value, Failure> {
    let (deleted, _) = record(site, "Bill", name(old)?).await?;
    restore(site, &deleted).await?.has_status(200)?;
    let (record, _) = record(site, "Bill", name(old)?).await?;
    site.read(&site.doctype("Bill"), text(&record, "new_name")?)
        .await
}

async fn restore_of_series(site: &Site) -> Outcome {
    let (old, newer) = (bill(site, 0).await?, bill(site, 0).await?);
    site.delete(&site.doctype("Bill"), name(&old)?).await?;
    let again = restored_bill(site, &old).await?;
    for known in [&old, &newer] {
        holds(
            again["name"] != known["name"],
            format!("{again} has another name"),
        )?;
    }
    Ok(())
}

async fn restore_of_cancelled(site: &Site) -> Outcome {
    let (bills, old) = (site.doctype("Bill"), bill(site, 1).await?);
    site.update(&bills, name(&old)?, json!({"docstatus": 2}))
        .await?;
    site.delete(&bills, name(&old)?).await?;
    let again = restored_bill(site, &old).await?;
    equal("docstatus", &again["docstatus"], 0)
}

async fn series_keeps_count(site: &Site) -> Outcome {
    let (old, newer) = (bill(site, 0).await?, bill(site, 0).await?);
    site.delete(&site.doctype("Bill"), name(&old)?).await?;
    let next = bill(site, 0).await?;
    for known in [&old, &newer] {
        holds(
            next["name"] != known["name"],
            format!("{next} has another name"),
        )?;
    }
    Ok(())
}
