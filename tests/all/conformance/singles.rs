//! DocTypes that have one document.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, text};
use super::site::Site;

checks! {
    ALL, "8", "a Single that was never saved reads without `modified`" => unsaved;
    ALL, "8", "a Single is read and written under its own name" => written;
    ALL, "8", "null clears a field of a Single" => cleared;
    ALL, "8", "a list of a Single is 500" => listed;
    ALL, "8", "a Single compares `modified`" => compared;
    ALL, "6.1", "a Single that was never saved compares with an empty `modified`" => compared_with_nothing;
    ALL, "4.2", "frappe.client.get of a Single shows what was never set as null" => shown_with_nulls;
    ALL, "4.2", "get_single_value gives one field" => single_value;
    ALL, "8", "a Link of a Single is validated" => linked;
    ALL, "8", "DELETE empties a Single" => emptied;
}

async fn put(site: &Site, fields: Value) -> Result<Value, Failure> {
    let doctype = site.doctype("Setting");
    site.update_and_read(&doctype, &doctype, fields).await
}

async fn unsaved(site: &Site) -> Outcome {
    let doctype = site.doctype("Setting");
    site.try_delete(&doctype, &doctype).await?;
    let found = site.read(&doctype, &doctype).await?;
    equal("modified", found.get("modified"), None)?;
    equal("name", text(&found, "name")?, doctype)
}

async fn written(site: &Site) -> Outcome {
    let found = put(site, json!({"title": "t", "quantity": 3})).await?;
    equal("title", text(&found, "title")?, "t")?;
    equal("quantity", &found["quantity"], 3)?;
    equal("modified_by", text(&found, "modified_by")?, site.user())
}

async fn cleared(site: &Site) -> Outcome {
    put(site, json!({"title": "t"})).await?;
    let found = put(site, json!({"title": null})).await?;
    equal(
        "title",
        found
            .get("title")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        "",
    )
}

async fn listed(site: &Site) -> Outcome {
    site.try_list(&site.doctype("Setting"), &[])
        .await?
        .has_status(500)
}

async fn compared(site: &Site) -> Outcome {
    let doctype = site.doctype("Setting");
    let before = put(site, json!({"title": "before"})).await?;
    let fields = json!({"title": "after", "modified": before["modified"]});
    put(site, fields.clone()).await?;
    let answer = site.try_update(&doctype, &doctype, fields).await?;
    answer.refused(417, "TimestampMismatchError")
}

async fn compared_with_nothing(site: &Site) -> Outcome {
    let doctype = site.doctype("Setting");
    site.try_delete(&doctype, &doctype).await?;
    let first = json!({"title": "first", "modified": ""});
    site.update(&doctype, &doctype, first).await?;
    let second = json!({"title": "second", "modified": ""});
    let answer = site.try_update(&doctype, &doctype, second).await?;
    answer.refused(417, "TimestampMismatchError")
}

async fn shown_with_nulls(site: &Site) -> Outcome {
    let doctype = site.doctype("Setting");
    site.try_delete(&doctype, &doctype).await?;
    put(site, json!({"quantity": 4})).await?;
    let args = json!({"doctype": doctype, "name": doctype});
    let found = site.call("frappe.client.get", args).await?;
    equal("quantity", &found["quantity"], 4)?;
    equal("title", found.get("title"), Some(&Value::Null))
}

async fn single_value(site: &Site) -> Outcome {
    put(site, json!({"quantity": 5})).await?;
    let args = json!({"doctype": site.doctype("Setting"), "field": "quantity"});
    equal(
        "quantity",
        site.call("frappe.client.get_single_value", args).await?,
        5,
    )
}

async fn linked(site: &Site) -> Outcome {
    let doctype = site.doctype("Setting");
    let fields = json!({"target": site.unique("missing")});
    site.try_update(&doctype, &doctype, fields)
        .await?
        .refused(417, "LinkValidationError")
}

async fn emptied(site: &Site) -> Outcome {
    let doctype = site.doctype("Setting");
    put(site, json!({"title": "t", "quantity": 3})).await?;
    site.delete(&doctype, &doctype).await?;
    let found = site.read(&doctype, &doctype).await?;
    equal("title", found.get("title"), None)?;
    holds(found.get("modified").is_none(), "no `modified` is left")
}
