//! The methods of `frappe.client` that a sync may call.

use reqwest::Method;
use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, rows, text};
use super::site::Site;

checks! {
    ALL, "4.2", "client.get shows null fields" => get_shows_nulls;
    ALL, "4.2", "client.get finds by filters" => get_by_filters;
    ALL, "4.2", "client.get of a missing document is 404" => get_missing;
    ALL, "4.2", "client.get_value gives the fields asked for" => get_value;
    ALL, "4.2", "client.insert answers the document with its name and null fields" => insert;
    ALL, "4.2", "client.set_value sets one field" => set_one;
    ALL, "4.2", "client.set_value refuses a standard field: 417" => set_standard;
    ALL, "4.2", "client.set_value of a row edits it through its parent" => set_row;
    ALL, "4.2", "client.bulk_update takes its documents as JSON text" => bulk_update;
    ALL, "4.2", "client.bulk_update keeps the good documents and tells of the others" => bulk_update_reports;
    ALL, "4.2", "client.bulk_update compares `modified` per document" => bulk_update_compares;
    ALL, "4.2", "client.bulk_update of a list is 500" => bulk_update_of_a_list;
    ALL, "4.2", "client.bulk_update stamps each document by itself" => bulk_update_stamps;
    ALL, "4.2", "client.validate_link gives the name in its own spelling" => validate_link;
    ALL, "4.2", "client.delete takes the DELETE verb too" => delete_verb;
    ALL, "4.2", "client.has_permission tells of our rights" => has_permission;
    ALL, "4.2", "client.has_permission with an empty name is about the DocType as a whole" => has_permission_in_general;
}

async fn record(site: &Site, fields: Value) -> Result<Value, Failure> {
    site.create_and_read(&site.doctype("Record"), fields).await
}

async fn get_shows_nulls(site: &Site) -> Outcome {
    let stored = record(site, json!({"title": "t"})).await?;
    let args = json!({"doctype": site.doctype("Record"), "name": stored["name"]});
    let found = site.call("frappe.client.get", args).await?;
    equal("title", text(&found, "title")?, "t")?;
    equal("on_date", found.get("on_date"), Some(&Value::Null))?;
    equal("lines", &found["lines"], &json!([]))
}

async fn get_by_filters(site: &Site) -> Outcome {
    let memo = site.unique("memo");
    let stored = record(site, json!({"memo": memo})).await?;
    let args = json!({"doctype": site.doctype("Record"), "filters": {"memo": memo}});
    equal(
        "name",
        name(&site.call("frappe.client.get", args).await?)?,
        name(&stored)?,
    )
}

async fn get_missing(site: &Site) -> Outcome {
    let args = json!({"doctype": site.doctype("Record"), "name": "missing"});
    site.try_call("frappe.client.get", args)
        .await?
        .refused(404, "DoesNotExistError")
}

async fn get_value(site: &Site) -> Outcome {
    let stored = record(site, json!({"title": "t", "quantity": 2})).await?;
    let args = json!({
        "doctype": site.doctype("Record"),
        "filters": {"name": stored["name"]},
        "fieldname": ["title", "quantity"],
    });
    let found = site.call("frappe.client.get_value", args).await?;
    equal("values", found, json!({"title": "t", "quantity": 2}))
}

async fn insert(site: &Site) -> Outcome {
    let doc = json!({"doctype": site.doctype("Record"), "title": "t"});
    let inserted = site
        .call("frappe.client.insert", json!({"doc": doc}))
        .await?;
    equal("memo", inserted.get("memo"), Some(&Value::Null))?;
    let stored = site.read(&site.doctype("Record"), name(&inserted)?).await?;
    equal("title", text(&stored, "title")?, "t")
}

async fn set_one(site: &Site) -> Outcome {
    let stored = record(site, json!({})).await?;
    let args = json!({
        "doctype": site.doctype("Record"),
        "name": stored["name"],
        "fieldname": "title",
        "value": "set",
    });
    equal(
        "title",
        text(&site.call("frappe.client.set_value", args).await?, "title")?,
        "set",
    )
}

async fn set_standard(site: &Site) -> Outcome {
    let stored = record(site, json!({})).await?;
    let args = json!({
        "doctype": site.doctype("Record"),
        "name": stored["name"],
        "fieldname": "owner",
        "value": "Guest",
    });
    site.try_call("frappe.client.set_value", args)
        .await?
        .has_status(417)
}

async fn set_row(site: &Site) -> Outcome {
    let stored = record(site, json!({"lines": [{"product": "a"}, {"product": "b"}]})).await?;
    let args = json!({
        "doctype": site.doctype("Line"),
        "name": rows(&stored, "lines")?[0]["name"],
        "fieldname": "product",
        "value": "set",
    });
    let answered = site.call("frappe.client.set_value", args).await?;
    equal("the parent is answered", name(&answered)?, name(&stored)?)?;
    let after = site.read(&site.doctype("Record"), name(&stored)?).await?;
    equal(
        "product",
        text(&rows(&after, "lines")?[0], "product")?,
        "set",
    )?;
    holds(
        after["modified"] != stored["modified"],
        "the parent is stamped anew",
    )
}

fn change(site: &Site, record: &Value, title: &str) -> Value {
    json!({"doctype": site.doctype("Record"), "docname": record["name"], "title": title})
}

async fn bulk(site: &Site, docs: Vec<Value>) -> Result<Vec<Value>, Failure> {
    let args = json!({"docs": json!(docs).to_string()});
    let answer = site.call("frappe.client.bulk_update", args).await?;
    Ok(rows(&answer, "failed_docs")?.to_vec())
}

async fn title(site: &Site, record: &Value) -> Result<String, Failure> {
    let stored = site.read(&site.doctype("Record"), name(record)?).await?;
    Ok(text(&stored, "title")?.to_owned())
}

async fn bulk_update(site: &Site) -> Outcome {
    let (one, two) = (
        record(site, json!({})).await?,
        record(site, json!({})).await?,
    );
    let docs = vec![change(site, &one, "first"), change(site, &two, "second")];
    equal("failed", bulk(site, docs).await?.len(), 0)?;
    equal("one", title(site, &one).await?, "first")?;
    equal("two", title(site, &two).await?, "second")
}

async fn bulk_update_reports(site: &Site) -> Outcome {
    let stored = record(site, json!({})).await?;
    let missing = json!({"name": "missing"});
    let docs = vec![
        change(site, &missing, "lost"),
        change(site, &stored, "kept"),
    ];
    let failed = bulk(site, docs).await?;
    equal("failed", failed.len(), 1)?;
    holds(
        failed[0]["exc"].is_string(),
        "the failure has its traceback",
    )?;
    equal("title", title(site, &stored).await?, "kept")
}

async fn bulk_update_compares(site: &Site) -> Outcome {
    let stored = record(site, json!({"title": "before"})).await?;
    let mut stale = change(site, &stored, "after");
    stale["modified"] = json!("2001-01-01 00:00:00.000001");
    equal("failed", bulk(site, vec![stale]).await?.len(), 1)?;
    equal("title", title(site, &stored).await?, "before")?;
    let mut fresh = change(site, &stored, "after");
    fresh["modified"] = stored["modified"].clone();
    equal("failed", bulk(site, vec![fresh]).await?.len(), 0)?;
    equal("title", title(site, &stored).await?, "after")
}

async fn bulk_update_of_a_list(site: &Site) -> Outcome {
    let stored = record(site, json!({})).await?;
    let args = json!({"docs": [change(site, &stored, "t")]});
    site.try_call("frappe.client.bulk_update", args)
        .await?
        .has_status(500)
}

async fn bulk_update_stamps(site: &Site) -> Outcome {
    let (one, two) = (
        record(site, json!({})).await?,
        record(site, json!({})).await?,
    );
    bulk(site, vec![change(site, &one, "t"), change(site, &two, "t")]).await?;
    let doctype = site.doctype("Record");
    let (one, two) = (
        site.read(&doctype, name(&one)?).await?,
        site.read(&doctype, name(&two)?).await?,
    );
    holds(one["modified"] != two["modified"], "the stamps differ")
}

async fn validate_link(site: &Site) -> Outcome {
    let given = site.unique("Link");
    site.create(&site.doctype("Target"), json!({"name": given}))
        .await?;
    let args = json!({"doctype": site.doctype("Target"), "docname": given.to_uppercase()});
    let url = site.address(&["api", "method", "frappe.client.validate_link"], &[]);
    let found = site.send(Method::POST, url, Some(args)).await?.message()?;
    equal("name", name(&found)?, given)
}

async fn delete_verb(site: &Site) -> Outcome {
    let stored = record(site, json!({})).await?;
    let url = site.address(&["api", "method", "frappe.client.delete"], &[]);
    let args = json!({"doctype": site.doctype("Record"), "name": stored["name"]});
    site.send(Method::DELETE, url, Some(args))
        .await?
        .has_status(200)?;
    site.try_read(&site.doctype("Record"), name(&stored)?)
        .await?
        .has_status(404)
}

async fn has_permission_in_general(site: &Site) -> Outcome {
    let ask = async |doctype: String| {
        let args = json!({"doctype": doctype, "docname": "", "perm_type": "create"});
        site.try_call("frappe.client.has_permission", args).await
    };
    let found = ask(site.doctype("Record")).await?;
    found.has_status(200)?;
    let granted = found.message()?["has_permission"].clone();
    holds(granted == json!(true) || granted == json!(1), &granted)?;
    ask(site.doctype("Nothing")).await?.has_status(404)
}

async fn has_permission(site: &Site) -> Outcome {
    let stored = record(site, json!({})).await?;
    let args = json!({
        "doctype": site.doctype("Record"),
        "docname": stored["name"],
        "perm_type": "write",
    });
    let found = site.call("frappe.client.has_permission", args).await?;
    holds(
        found["has_permission"] == json!(true) || found["has_permission"] == json!(1),
        found,
    )
}
