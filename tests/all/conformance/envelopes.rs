//! How answers are wrapped, what they leave out, and what in a body is taken for something else.

use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING};
use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, absent, equal, holds, name, rows, text};
use super::site::{Sender, Site};

checks! {
    ALL, "1.1", "a created document is answered with 200 under `data`" => create_answers_200;
    ALL, "1.1", "a method is answered under `message`" => method_answers_message;
    ALL, "1.1", "a method without a result is answered without `message`" => nothing_is_left_out;
    ONLY_14, "1.1", "DELETE is answered with 202 and `message`" => delete_answers_message;
    FROM_15, "1.1", "DELETE is answered with 202 and `data`" => delete_answers_data;
    ALL, "1.1", "a single GET leaves null fields out" => get_omits_nulls;
    ALL, "1.1", "a PUT answer leaves null fields out" => update_omits_nulls;
    ONLY_14, "1.1", "a POST answer shows null fields" => create_shows_nulls;
    FROM_15, "1.1", "a POST answer leaves null fields out" => create_omits_nulls;
    ALL, "1.1", "lists show null fields" => list_shows_nulls;
    ALL, "1.1", "a document names its DocType, and its rows theirs" => doctypes_are_named;
    ALL, "1.1", "a fresh child row in an answer carries `__unsaved`, a stored one does not" => rows_are_marked;
    ALL, "1.1", "a document is answered without ETag and Last-Modified" => no_validators;
    ALL, "1.4", "a wrapped body is a document even with a key `cmd`" => wrapper_guards_cmd;
    ALL, "1.4", "a bare body with a key `cmd` calls that method" => bare_cmd_calls;
    ALL, "1.4", "a JSON body replaces the arguments of the query" => body_replaces_query;
    ALL, "1.4", "a client that accepts gzip reads the same answer" => gzip_is_harmless;
    ALL, "1.2", "an error is JSON when Accept asks for it, HTML when it asks for text" => accept_decides;
}

async fn create_answers_200(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Record"), json!({"title": "created"}))
        .await?;
    let created = answer.data()?;
    equal("title", text(&created, "title")?, "created")?;
    equal(
        "keys of the envelope",
        answer.json()?.as_object().map_or(0, |map| map.len()),
        1,
    )
}

async fn method_answers_message(site: &Site) -> Outcome {
    equal("ping", site.call("ping", json!({})).await?, json!("pong"))
}

async fn nothing_is_left_out(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({})).await?;
    let args = json!({"doctype": doctype, "name": name(&created)?});
    let answer = site.try_call("frappe.client.delete", args).await?;
    answer.has_status(200)?;
    absent(&answer.json()?, "message")
}

async fn deleted(site: &Site) -> Result<Value, Failure> {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({})).await?;
    let answer = site.try_delete(&doctype, name(&created)?).await?;
    answer.has_status(202)?;
    answer.json()
}

async fn delete_answers_message(site: &Site) -> Outcome {
    equal("message", &deleted(site).await?["message"], "ok")
}

async fn delete_answers_data(site: &Site) -> Outcome {
    equal("body", deleted(site).await?, json!({"data": "ok"}))
}

async fn get_omits_nulls(site: &Site) -> Outcome {
    let stored = site
        .create_and_read(&site.doctype("Record"), json!({"title": "t"}))
        .await?;
    absent(&stored, "on_date")?;
    absent(&stored, "memo")?;
    equal("a zero stays", &stored["quantity"], 0)
}

async fn update_omits_nulls(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({"memo": "m"})).await?;
    let updated = site
        .update(&doctype, name(&created)?, json!({"memo": null}))
        .await?;
    absent(&updated, "memo")
}

async fn create_shows_nulls(site: &Site) -> Outcome {
    let created = site
        .create(&site.doctype("Record"), json!({"title": "t"}))
        .await?;
    equal("on_date", created.get("on_date"), Some(&Value::Null))
}

async fn create_omits_nulls(site: &Site) -> Outcome {
    let created = site
        .create(&site.doctype("Record"), json!({"title": "t"}))
        .await?;
    absent(&created, "on_date")
}

async fn list_shows_nulls(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({})).await?;
    let filters = json!([["name", "=", name(&created)?]]).to_string();
    let fields = r#"["name","on_date"]"#;
    let found = site
        .list(&doctype, &[("fields", fields), ("filters", &filters)])
        .await?;
    equal(
        "on_date",
        found.first().and_then(|row| row.get("on_date")),
        Some(&Value::Null),
    )
}

async fn doctypes_are_named(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let stored = site
        .create_and_read(&doctype, json!({"lines": [{"product": "p"}]}))
        .await?;
    equal("document", text(&stored, "doctype")?, doctype)?;
    equal(
        "row",
        text(&rows(&stored, "lines")?[0], "doctype")?,
        site.doctype("Line"),
    )
}

async fn rows_are_marked(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site
        .create(&doctype, json!({"lines": [{"product": "p"}]}))
        .await?;
    equal(
        "in the answer",
        &rows(&created, "lines")?[0]["__unsaved"],
        1,
    )?;
    let stored = site.read(&doctype, name(&created)?).await?;
    absent(&rows(&stored, "lines")?[0], "__unsaved")
}

async fn no_validators(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({})).await?;
    let answer = site.try_read(&doctype, name(&created)?).await?;
    equal("ETag", answer.header("etag"), None::<&str>)?;
    equal(
        "Last-Modified",
        answer.header("last-modified"),
        None::<&str>,
    )
}

async fn wrapper_guards_cmd(site: &Site) -> Outcome {
    let fields = json!({"title": "kept", "cmd": "ping"});
    let created = site.create(&site.doctype("Record"), fields).await?;
    equal("title", text(&created, "title")?, "kept")
}

async fn bare_cmd_calls(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({"title": "before"})).await?;
    let url = site.address(&["api", "resource", &doctype, name(&created)?], &[]);
    let body = json!({"title": "after", "cmd": "ping"});
    let answer = site.send(Method::PUT, url, Some(body)).await?;
    equal("message", answer.message()?, "pong")?;
    equal(
        "title",
        text(&site.read(&doctype, name(&created)?).await?, "title")?,
        "before",
    )
}

async fn body_replaces_query(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    site.create(&doctype, json!({})).await?;
    site.create(&doctype, json!({})).await?;
    let path = ["api", "method", "frappe.client.get_list"];
    let url = site.address(&path, &[("limit_page_length", "1")]);
    let answer = site
        .send(Method::POST, url, Some(json!({"doctype": doctype})))
        .await?;
    let found = answer.message()?;
    holds(
        found.as_array().is_some_and(|rows| rows.len() > 1),
        "the limit in the query is lost",
    )
}

async fn gzip_is_harmless(site: &Site) -> Outcome {
    let method = "frappe.utils.change_log.get_versions";
    // The client accepts gzip unless told otherwise.
    let accepting = site.call(method, json!({})).await?;
    let url = site.address(&["api", "method", method], &[]);
    let request = site.request(Sender::Ourselves, Method::GET, url)?;
    let answer = site
        .answer(request.header(ACCEPT_ENCODING, "identity"))
        .await?;
    equal("the plain answer", answer.message()?, accepting)
}

async fn accept_decides(site: &Site) -> Outcome {
    let url = site.address(
        &["api", "resource", &site.doctype("Record"), "missing"],
        &[],
    );
    site.send(Method::GET, url.clone(), None).await?.json()?;
    let request = site
        .request(Sender::Ourselves, Method::GET, url)?
        .header(ACCEPT, "text/html");
    let answer = site.answer(request).await?;
    holds(answer.json().is_err(), answer.fault("wanted no JSON"))
}
