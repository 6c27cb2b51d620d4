//! Status codes and error classes, as far as a client has to tell them apart.

use reqwest::Method;
use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::site::Site;

checks! {
    ALL, "1.3", "a missing document is 404 DoesNotExistError" => missing_document;
    ALL, "1.3", "an update of a missing document is 404" => missing_on_update;
    ALL, "1.3", "a list of an unknown DocType is 404" => unknown_doctype;
    ALL, "1.3", "an unknown route under /api is 404" => unknown_route;
    ALL, "1.3", "an unknown method is 417" => unknown_method;
    ALL, "1.3", "an unknown field asked for in a list is 417 DataError" => unknown_field;
    ALL, "1.3", "an unknown field in a filter is 417 DataError" => unknown_filter;
    ALL, "3.1", "an unknown column in order_by is 500" => unknown_order;
    ALL, "4.2", "a writing method called by GET is 403" => wrong_verb;
    ONLY_14, "1.4", "a body that is a JSON list is 417" => list_body_417;
    FROM_15, "1.4", "a body that is a JSON list is 500" => list_body_500;
    ALL, "1.2", "`_server_messages` is JSON text of a list of JSON texts" => messages_are_encoded_twice;
    FROM_15, "1.2", "an error names its class in `exc_type`" => exc_type_names_the_class;
    ALL, "1.2", "an error begins `exception` with the path of its class" => exception_begins_with_the_class;
    ALL, "1.3", "a refused create leaves nothing behind" => refusal_leaves_nothing;
    ALL, "1.3", "a mandatory field that is missing is 417 MandatoryError" => mandatory;
    ALL, "1.3", "emptying a mandatory field is 417 MandatoryError" => mandatory_on_update;
    ONLY_14, "4.1", "PATCH on v1 is 200 and does nothing" => patch_is_ignored;
    FROM_15, "4.1", "PATCH on v1 is 404" => patch_is_unknown;
}

async fn missing_document(site: &Site) -> Outcome {
    site.try_read(&site.doctype("Record"), "missing")
        .await?
        .refused(404, "DoesNotExistError")
}

async fn missing_on_update(site: &Site) -> Outcome {
    let answer = site
        .try_update(&site.doctype("Record"), "missing", json!({"title": "t"}))
        .await?;
    answer.refused(404, "DoesNotExistError")
}

async fn unknown_doctype(site: &Site) -> Outcome {
    site.try_list(&site.doctype("Nothing"), &[])
        .await?
        .has_status(404)
}

async fn unknown_route(site: &Site) -> Outcome {
    let url = site.address(&["api", "nothing", "here"], &[]);
    site.send(Method::GET, url, None).await?.has_status(404)
}

async fn unknown_method(site: &Site) -> Outcome {
    let answer = site
        .try_call("frappe.client.nothing_of_this_name", json!({}))
        .await?;
    answer.has_status(417)
}

async fn unknown_field(site: &Site) -> Outcome {
    let query = [("fields", r#"["name","nothing_of_this_name"]"#)];
    site.try_list(&site.doctype("Record"), &query)
        .await?
        .refused(417, "DataError")
}

async fn unknown_filter(site: &Site) -> Outcome {
    let query = [("filters", r#"[["nothing_of_this_name","=","x"]]"#)];
    site.try_list(&site.doctype("Record"), &query)
        .await?
        .refused(417, "DataError")
}

async fn unknown_order(site: &Site) -> Outcome {
    let query = [("order_by", "nothing_of_this_name asc")];
    site.try_list(&site.doctype("Record"), &query)
        .await?
        .has_status(500)
}

async fn wrong_verb(site: &Site) -> Outcome {
    let doc = json!({"doctype": site.doctype("Record")}).to_string();
    let url = site.address(&["api", "method", "frappe.client.insert"], &[("doc", &doc)]);
    site.send(Method::GET, url, None).await?.has_status(403)
}

async fn post_list_body(site: &Site) -> Result<u16, Failure> {
    let url = site.address(&["api", "resource", &site.doctype("Record")], &[]);
    Ok(site
        .send(Method::POST, url, Some(json!([{"title": "t"}])))
        .await?
        .status())
}

async fn list_body_417(site: &Site) -> Outcome {
    equal("status", post_list_body(site).await?, 417)
}

async fn list_body_500(site: &Site) -> Outcome {
    equal("status", post_list_body(site).await?, 500)
}

async fn messages_are_encoded_twice(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Defaulted"), json!({}))
        .await?;
    answer.has_status(417)?;
    let body = answer.json()?;
    let decode = |text: &str| serde_json::from_str::<Value>(text);
    let list = decode(text(&body, "_server_messages")?);
    let first = match &list {
        Ok(Value::Array(messages)) => messages.first().and_then(Value::as_str).map(decode),
        _ => None,
    };
    match first {
        Some(Ok(message)) => holds(message["message"].is_string(), "a message has its text"),
        _ => Err(answer.fault("`_server_messages` has another form")),
    }
}

async fn exc_type_names_the_class(site: &Site) -> Outcome {
    let answer = site.try_read(&site.doctype("Record"), "missing").await?;
    equal(
        "exc_type",
        text(&answer.json()?, "exc_type")?,
        "DoesNotExistError",
    )
}

async fn exception_begins_with_the_class(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Defaulted"), json!({}))
        .await?;
    let body = answer.json()?;
    let exception = text(&body, "exception")?;
    holds(
        exception.starts_with("frappe.exceptions.MandatoryError"),
        exception,
    )
}

async fn refusal_leaves_nothing(site: &Site) -> Outcome {
    let doctype = site.doctype("Defaulted");
    let mark = site.unique("refused");
    let fields = json!({"plain": mark, "lines": [{"product": "p"}]});
    site.try_create(&doctype, fields)
        .await?
        .refused(417, "MandatoryError")?;
    let filters = json!([["plain", "=", mark]]).to_string();
    equal(
        "documents",
        site.list(&doctype, &[("filters", &filters)]).await?.len(),
        0,
    )
}

async fn mandatory(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Defaulted"), json!({"plain": "p"}))
        .await?;
    answer.refused(417, "MandatoryError")
}

async fn mandatory_on_update(site: &Site) -> Outcome {
    let doctype = site.doctype("Defaulted");
    let created = site.create(&doctype, json!({"needed": "n"})).await?;
    let answer = site
        .try_update(&doctype, name(&created)?, json!({"needed": null}))
        .await?;
    answer.refused(417, "MandatoryError")
}

async fn patched(site: &Site) -> Result<(u16, Value), Failure> {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({"title": "before"})).await?;
    let url = site.address(&["api", "resource", &doctype, name(&created)?], &[]);
    let answer = site
        .send(Method::PATCH, url, Some(json!({"title": "after"})))
        .await?;
    Ok((answer.status(), site.read(&doctype, name(&created)?).await?))
}

async fn patch_is_ignored(site: &Site) -> Outcome {
    let (status, stored) = patched(site).await?;
    equal("status", status, 200)?;
    equal("title", text(&stored, "title")?, "before")
}

async fn patch_is_unknown(site: &Site) -> Outcome {
    let (status, stored) = patched(site).await?;
    equal("status", status, 404)?;
    equal("title", text(&stored, "title")?, "before")
}
