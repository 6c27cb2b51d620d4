//! Deleting, what forbids it, and the record that it leaves.

use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, rows, text};
use super::site::Site;

checks! {
    ALL, "4.1", "a deleted document is 404" => gone;
    ONLY_14, "1.2", "deleting a missing document is 404 with an empty body" => missing_says_nothing;
    FROM_15, "1.3", "deleting a missing document is 404 DoesNotExistError" => missing;
    ALL, "4.2", "client.delete of a missing document is 404" => missing_by_method;
    ALL, "7", "a document that others link to cannot be deleted: 417 LinkExistsError" => linked;
    ALL, "7", "a document that a Dynamic Link points to cannot be deleted: 417 LinkExistsError" => linked_dynamically;
    ALL, "7", "a document that a row links to cannot be deleted: 417 LinkExistsError" => linked_by_row;
    ALL, "7", "a document that only a cancelled one links to cannot be deleted either: 417 LinkExistsError" => linked_by_cancelled;
    ALL, "8", "a delete leaves a Deleted Document with type, name, deleter and time" => leaves_a_record;
    ALL, "8", "a Deleted Document holds the document with its rows and last `modified`" => record_has_the_rows;
    ALL, "8", "Deleted Documents are polled in order of creation and name" => records_are_polled;
    ALL, "8", "rows go with their parent" => rows_go_too;
    ALL, "8", "a restored document has another creation, and its record says so" => restored;
    ALL, "12", "a name may be used again, with another creation" => name_again;
}

async fn target(site: &Site) -> Result<Value, Failure> {
    let fields = json!({"name": site.unique("deleted"), "lines": [{"product": "p"}]});
    site.create_and_read(&site.doctype("Target"), fields).await
}

async fn delete(site: &Site, target: &Value) -> Outcome {
    site.delete(&site.doctype("Target"), name(target)?).await
}

async fn gone(site: &Site) -> Outcome {
    let target = target(site).await?;
    delete(site, &target).await?;
    let answer = site
        .try_read(&site.doctype("Target"), name(&target)?)
        .await?;
    answer.refused(404, "DoesNotExistError")
}

async fn try_delete_missing(site: &Site) -> Result<Answer, Failure> {
    site.try_delete(&site.doctype("Target"), &site.unique("missing"))
        .await
}

async fn missing_says_nothing(site: &Site) -> Outcome {
    let answer = try_delete_missing(site).await?;
    answer.has_status(404)?;
    equal("body", answer.json()?, json!({}))
}

async fn missing(site: &Site) -> Outcome {
    try_delete_missing(site)
        .await?
        .refused(404, "DoesNotExistError")
}

async fn missing_by_method(site: &Site) -> Outcome {
    let args = json!({"doctype": site.doctype("Target"), "name": site.unique("missing")});
    site.try_call("frappe.client.delete", args)
        .await?
        .has_status(404)
}

async fn refused_while(site: &Site, target: &Value) -> Outcome {
    let answer = site
        .try_delete(&site.doctype("Target"), name(target)?)
        .await?;
    answer.refused(417, "LinkExistsError")?;
    site.read(&site.doctype("Target"), name(target)?).await?;
    Ok(())
}

async fn linked(site: &Site) -> Outcome {
    let target = target(site).await?;
    site.create(
        &site.doctype("Reference"),
        json!({"target": target["name"]}),
    )
    .await?;
    refused_while(site, &target).await
}

async fn linked_dynamically(site: &Site) -> Outcome {
    let target = target(site).await?;
    let fields = json!({"party_type": site.doctype("Target"), "party": target["name"]});
    site.create(&site.doctype("Reference"), fields).await?;
    refused_while(site, &target).await
}

async fn linked_by_row(site: &Site) -> Outcome {
    let target = target(site).await?;
    let fields = json!({"tags": [{"target": target["name"]}]});
    site.create(&site.doctype("Record"), fields).await?;
    refused_while(site, &target).await
}

async fn linked_by_cancelled(site: &Site) -> Outcome {
    let (target, orders) = (target(site).await?, site.doctype("Order"));
    let fields = json!({"target": target["name"], "docstatus": 1});
    let order = site.create(&orders, fields).await?;
    site.update(&orders, name(&order)?, json!({"docstatus": 2}))
        .await?;
    refused_while(site, &target).await
}

/// The records of the deletion of one document.
async fn records(site: &Site, docname: &Value) -> Result<Vec<Value>, Failure> {
    site.get_list(json!({
        "doctype": "Deleted Document",
        "fields": ["*"],
        "filters": [
            ["deleted_doctype", "=", site.doctype("Target")],
            ["deleted_name", "=", docname],
        ],
        "order_by": "creation asc, name asc",
    }))
    .await
}

async fn record(site: &Site, docname: &Value) -> Result<Value, Failure> {
    let mut found = records(site, docname).await?;
    equal("records", found.len(), 1)?;
    Ok(found.swap_remove(0))
}

async fn leaves_a_record(site: &Site) -> Outcome {
    let target = target(site).await?;
    delete(site, &target).await?;
    let record = record(site, &target["name"]).await?;
    equal("deleter", text(&record, "owner")?, site.user())?;
    equal("restored", &record["restored"], 0)?;
    let (modified, deleted) = (text(&target, "modified")?, text(&record, "creation")?);
    holds(
        modified < deleted,
        format!("{modified} is before {deleted}"),
    )
}

async fn record_has_the_rows(site: &Site) -> Outcome {
    let target = target(site).await?;
    delete(site, &target).await?;
    let record = record(site, &target["name"]).await?;
    let data: Value = serde_json::from_str(text(&record, "data")?)
        .map_err(|error| Failure::new(format!("`data` is no JSON: {error}")))?;
    equal("name", name(&data)?, name(&target)?)?;
    equal(
        "modified",
        text(&data, "modified")?,
        text(&target, "modified")?,
    )?;
    equal("product", text(&rows(&data, "lines")?[0], "product")?, "p")
}

async fn records_are_polled(site: &Site) -> Outcome {
    let (first, second) = (target(site).await?, target(site).await?);
    delete(site, &first).await?;
    let from = record(site, &first["name"]).await?;
    delete(site, &second).await?;
    let found = site
        .get_list(json!({
            "doctype": "Deleted Document",
            "fields": ["name", "creation", "deleted_doctype", "deleted_name", "restored", "new_name"],
            "filters": [
                ["deleted_doctype", "=", site.doctype("Target")],
                ["creation", ">=", from["creation"]],
            ],
            "or_filters": [["creation", ">", from["creation"]], ["name", ">", from["name"]]],
            "order_by": "creation asc, name asc",
        }))
        .await?;
    equal(
        "deleted",
        found.first().map(|row| &row["deleted_name"]),
        Some(&second["name"]),
    )?;
    equal("records", found.len(), 1)
}

async fn rows_go_too(site: &Site) -> Outcome {
    let target = target(site).await?;
    delete(site, &target).await?;
    let (line, doctype) = (site.doctype("Line"), site.doctype("Target"));
    let left = site
        .child_rows(&line, &doctype, name(&target)?, "lines")
        .await?;
    equal("rows", left.len(), 0)
}

async fn restored(site: &Site) -> Outcome {
    let target = target(site).await?;
    delete(site, &target).await?;
    let deleted = record(site, &target["name"]).await?;
    let method = "frappe.core.doctype.deleted_document.deleted_document.restore";
    site.try_call(method, json!({"name": deleted["name"]}))
        .await?
        .has_status(200)?;
    let again = site.read(&site.doctype("Target"), name(&target)?).await?;
    holds(
        again["creation"] != target["creation"],
        "the creation is another",
    )?;
    equal("product", text(&rows(&again, "lines")?[0], "product")?, "p")?;
    let after = record(site, &target["name"]).await?;
    equal("restored", &after["restored"], 1)?;
    equal("new name", text(&after, "new_name")?, name(&target)?)?;
    equal(
        "the record's modified",
        &after["modified"],
        &deleted["modified"],
    )
}

async fn name_again(site: &Site) -> Outcome {
    let first = target(site).await?;
    delete(site, &first).await?;
    let doctype = site.doctype("Target");
    let second = site
        .create_and_read(&doctype, json!({"name": first["name"]}))
        .await?;
    equal("name", name(&second)?, name(&first)?)?;
    holds(
        second["creation"] != first["creation"],
        "the creation is another",
    )
}
