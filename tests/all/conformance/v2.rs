//! The v2 routes, which 14 does not have.

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, absent, equal, name, rows, text};
use super::site::{Sender, Site};

checks! {
    ONLY_14, "10.4", "v2 ping is 404 with an empty body" => ping_is_unknown;
    FROM_15, "10.4", "v2 ping answers anybody under `data`" => ping;
    FROM_15, "4.1", "v2 creates, reads, updates and deletes a document" => life;
    FROM_15, "4.1", "v2 takes PATCH for an update" => patch;
    FROM_15, "1.1", "v2 leaves null fields out" => nulls;
    FROM_15, "3.6", "v2 lists by `limit`" => limit;
    FROM_15, "3.6", "v2 counts" => count;
    FROM_15, "1.2", "v2 tells of an error in `errors`" => errors;
    FROM_15, "6.1", "v2 compares `modified`" => compares;
    FROM_15, "9", "v2 tells the metadata of a DocType" => meta;
}

async fn send(
    site: &Site,
    method: Method,
    path: &[&str],
    query: &[(&str, &str)],
    body: Option<Value>,
) -> Result<Answer, Failure> {
    let segments = [&["api", "v2"], path].concat();
    site.send(method, site.address(&segments, query), body)
        .await
}

async fn ping_answer(site: &Site) -> Result<Answer, Failure> {
    let url = site.address(&["api", "v2", "method", "ping"], &[]);
    site.send_as(Sender::Guest, Method::GET, url, None).await
}

async fn ping_is_unknown(site: &Site) -> Outcome {
    let answer = ping_answer(site).await?;
    answer.has_status(404)?;
    equal("body", answer.json()?, json!({}))
}

async fn ping(site: &Site) -> Outcome {
    equal("data", ping_answer(site).await?.data()?, "pong")
}

async fn life(site: &Site) -> Outcome {
    let doctype = site.doctype("Target");
    let given = site.unique("v2/name");
    let body = json!({"name": given, "label": "l", "lines": [{"product": "p"}]});
    let created = send(site, Method::POST, &["document", &doctype], &[], Some(body))
        .await?
        .data()?;
    equal("name", name(&created)?, given.as_str())?;
    let path = ["document", &*doctype, &*given];
    let body = Some(json!({"label": "after"}));
    equal(
        "put",
        text(
            &send(site, Method::PUT, &path, &[], body).await?.data()?,
            "label",
        )?,
        "after",
    )?;
    let read = send(site, Method::GET, &path, &[], None).await?.data()?;
    equal("label", text(&read, "label")?, "after")?;
    equal("product", text(&rows(&read, "lines")?[0], "product")?, "p")?;
    send(site, Method::DELETE, &path, &[], None)
        .await?
        .has_status(202)?;
    send(site, Method::GET, &path, &[], None)
        .await?
        .has_status(404)
}

async fn record(site: &Site) -> Result<Value, Failure> {
    site.create_and_read(&site.doctype("Record"), json!({"title": "before"}))
        .await
}

async fn patch(site: &Site) -> Outcome {
    let stored = record(site).await?;
    let path = ["document", &*site.doctype("Record"), name(&stored)?];
    let body = Some(json!({"title": "after"}));
    equal(
        "title",
        text(
            &send(site, Method::PATCH, &path, &[], body).await?.data()?,
            "title",
        )?,
        "after",
    )
}

async fn nulls(site: &Site) -> Outcome {
    let stored = record(site).await?;
    let path = ["document", &*site.doctype("Record"), name(&stored)?];
    absent(
        &send(site, Method::GET, &path, &[], None).await?.data()?,
        "on_date",
    )
}

async fn limit(site: &Site) -> Outcome {
    for _ in 0..3 {
        record(site).await?;
    }
    let path = ["document", &*site.doctype("Record")];
    let found = send(site, Method::GET, &path, &[("limit", "2")], None)
        .await?
        .data()?;
    equal("rows", found.as_array().map(Vec::len), Some(2))
}

async fn count(site: &Site) -> Outcome {
    record(site).await?;
    let doctype = site.doctype("Record");
    let args = json!({"doctype": doctype});
    let wanted = site.call("frappe.client.get_count", args).await?;
    let path = ["doctype", &*doctype, "count"];
    equal(
        "count",
        send(site, Method::GET, &path, &[], None).await?.data()?,
        wanted,
    )
}

async fn errors(site: &Site) -> Outcome {
    let path = ["document", &*site.doctype("Record"), "missing"];
    let answer = send(site, Method::GET, &path, &[], None).await?;
    answer.has_status(404)?;
    let body = answer.json()?;
    equal(
        "type",
        text(&rows(&body, "errors")?[0], "type")?,
        "DoesNotExistError",
    )
}

async fn compares(site: &Site) -> Outcome {
    let stored = record(site).await?;
    let path = ["document", &*site.doctype("Record"), name(&stored)?];
    let body = json!({"title": "after", "modified": "2001-01-01 00:00:00.000001"});
    let answer = send(site, Method::PUT, &path, &[], Some(body)).await?;
    answer.has_status(417)?;
    let body = answer.json()?;
    equal(
        "type",
        text(&rows(&body, "errors")?[0], "type")?,
        "TimestampMismatchError",
    )
}

async fn meta(site: &Site) -> Outcome {
    let path = ["doctype", &*site.doctype("Record"), "meta"];
    let found = send(site, Method::GET, &path, &[], None).await?.data()?;
    equal("name", name(&found)?, site.doctype("Record"))?;
    let title = rows(&found, "fields")?
        .iter()
        .find(|field| field["fieldname"] == "title");
    equal(
        "type",
        title.map(|field| &field["fieldtype"]),
        Some(&json!("Data")),
    )
}
