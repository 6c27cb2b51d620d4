//! What stands in the way of a delete or a cancel, and what does not.

use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, equal, name, rows, text};
use super::site::Site;

checks! {
    ALL, "7", "a draft that links to it forbids a delete: 417 LinkExistsError" => delete_under_draft;
    ALL, "7", "a Dynamic Link of a cancelled document forbids no delete, though a Link does" => delete_under_cancelled_dynamic;
    ALL, "7", "a Single that links to it forbids a delete: 417 LinkExistsError" => delete_under_single;
    ALL, "7", "a Link to itself forbids no delete" => delete_of_itself;
    ALL, "7", "a Dynamic Link to itself forbids a delete: 417 LinkExistsError" => delete_of_dynamic_self;
    ALL, "7", "a Link to itself in a row of its own forbids a delete: 417 LinkExistsError" => delete_of_row_self;
    ALL, "7", "an amendment forbids a delete of its original: 417 LinkExistsError" => delete_under_amendment;
    ALL, "7", "a delete that is refused leaves rows and records alone" => refused_delete_changes_nothing;
    ALL, "4.1", "a delete in other case deletes, and its record has the document's own spelling" => delete_in_other_case;
    ALL, "4.2", "client.delete refuses as DELETE does" => client_delete_refuses;
    ALL, "8", "a node without children is deleted, and its siblings' bounds still nest" => delete_of_a_leaf;
    ALL, "7", "a submitted document whose row links to it forbids a cancel: 417 LinkExistsError" => cancel_under_row;
    ALL, "7", "a submitted document with a Dynamic Link to it forbids a cancel: 417 LinkExistsError" => cancel_under_dynamic;
    ALL, "7", "neither a draft nor a cancelled document that links to it forbids a cancel" => cancel_under_others;
    ALL, "7", "a cancel that is refused leaves the document submitted" => refused_cancel_changes_nothing;
    ALL, "7", "a document is cancelled after what links to it was" => cancel_in_order;
}

async fn target(site: &Site) -> Result<Value, Failure> {
    let fields = json!({"name": site.unique("Target"), "lines": [{"product": "p"}]});
    site.create_and_read(&site.doctype("Target"), fields).await
}

async fn bill(site: &Site, fields: Value) -> Result<Value, Failure> {
    site.create_and_read(&site.doctype("Bill"), fields).await
}

async fn try_cancel(site: &Site, bill: &Value) -> Result<Answer, Failure> {
    let fields = json!({"docstatus": 2, "modified": bill["modified"]});
    site.try_update(&site.doctype("Bill"), name(bill)?, fields)
        .await
}

async fn cancel(site: &Site, bill: &Value) -> Outcome {
    try_cancel(site, bill).await?.has_status(200)
}

async fn try_delete(site: &Site, kind: &str, document: &Value) -> Result<Answer, Failure> {
    site.try_delete(&site.doctype(kind), name(document)?).await
}

async fn refuses_delete(site: &Site, kind: &str, document: &Value) -> Outcome {
    try_delete(site, kind, document)
        .await?
        .refused(417, "LinkExistsError")
}

async fn deletes(site: &Site, kind: &str, document: &Value) -> Outcome {
    try_delete(site, kind, document).await?.has_status(202)
}

async fn delete_under_draft(site: &Site) -> Outcome {
    let target = target(site).await?;
    bill(site, json!({"target": target["name"]})).await?;
    refuses_delete(site, "Target", &target).await
}

async fn delete_under_cancelled_dynamic(site: &Site) -> Outcome {
    let target = target(site).await?;
    let fields = json!({
        "party_type": site.doctype("Target"), "party": target["name"], "docstatus": 1,
    });
    let bill = bill(site, fields).await?;
    refuses_delete(site, "Target", &target).await?;
    cancel(site, &bill).await?;
    deletes(site, "Target", &target).await
}

async fn delete_under_single(site: &Site) -> Outcome {
    let (target, setting) = (target(site).await?, site.doctype("Setting"));
    site.update(&setting, &setting, json!({"target": target["name"]}))
        .await?;
    refuses_delete(site, "Target", &target).await?;
    site.update(&setting, &setting, json!({"target": null}))
        .await?;
    deletes(site, "Target", &target).await
}

async fn delete_of_itself(site: &Site) -> Outcome {
    let one = bill(site, json!({})).await?;
    let bills = site.doctype("Bill");
    site.update(&bills, name(&one)?, json!({"previous": one["name"]}))
        .await?;
    deletes(site, "Bill", &one).await
}

async fn delete_of_dynamic_self(site: &Site) -> Outcome {
    let one = bill(site, json!({})).await?;
    let bills = site.doctype("Bill");
    let fields = json!({"party_type": bills, "party": one["name"]});
    site.update(&bills, name(&one)?, fields).await?;
    refuses_delete(site, "Bill", &one).await
}

async fn delete_of_row_self(site: &Site) -> Outcome {
    let one = bill(site, json!({})).await?;
    let fields = json!({"entries": [{"product": "a", "bill": one["name"]}]});
    site.update(&site.doctype("Bill"), name(&one)?, fields)
        .await?;
    refuses_delete(site, "Bill", &one).await
}

async fn delete_under_amendment(site: &Site) -> Outcome {
    let original = bill(site, json!({"docstatus": 1})).await?;
    cancel(site, &original).await?;
    let amendment = bill(site, json!({"amended_from": original["name"]})).await?;
    refuses_delete(site, "Bill", &original).await?;
    deletes(site, "Bill", &amendment).await?;
    deletes(site, "Bill", &original).await
}

async fn refused_delete_changes_nothing(site: &Site) -> Outcome {
    let target = target(site).await?;
    bill(site, json!({"target": target["name"]})).await?;
    refuses_delete(site, "Target", &target).await?;
    let after = site.read(&site.doctype("Target"), name(&target)?).await?;
    equal("the document", after, target.clone())?;
    let filters = json!([["deleted_name", "=", target["name"]]]).to_string();
    let records = site
        .list("Deleted Document", &[("filters", &filters)])
        .await?;
    equal("records", records.len(), 0)
}

async fn delete_in_other_case(site: &Site) -> Outcome {
    let target = target(site).await?;
    let other = name(&target)?.to_uppercase();
    site.delete(&site.doctype("Target"), &other).await?;
    let found = site
        .get_list(json!({
            "doctype": "Deleted Document",
            "fields": ["deleted_name"],
            "filters": [["deleted_name", "=", target["name"]]],
        }))
        .await?;
    equal(
        "records",
        found,
        vec![json!({"deleted_name": target["name"]})],
    )?;
    site.try_read(&site.doctype("Target"), name(&target)?)
        .await?
        .has_status(404)
}

async fn client_delete_refuses(site: &Site) -> Outcome {
    let target = target(site).await?;
    bill(site, json!({"target": target["name"]})).await?;
    let args = json!({"doctype": site.doctype("Target"), "name": target["name"]});
    site.try_call("frappe.client.delete", args)
        .await?
        .refused(417, "LinkExistsError")
}

async fn delete_of_a_leaf(site: &Site) -> Outcome {
    let nodes = site.doctype("Node");
    let parent_field = format!("parent_{}", nodes.to_lowercase().replace(' ', "_"));
    let node = async |parent: &Value| {
        let mut fields = json!({"node_name": site.unique("node")});
        fields[&parent_field] = parent.clone();
        site.create_and_read(&nodes, fields).await
    };
    let root = node(&Value::Null).await?;
    let (first, second) = (node(&root["name"]).await?, node(&root["name"]).await?);
    deletes(site, "Node", &first).await?;
    let root = site.read(&nodes, name(&root)?).await?;
    let second = site.read(&nodes, name(&second)?).await?;
    let bound = |node: &Value, field: &str| node[field].as_i64().unwrap_or_default();
    equal("width", bound(&root, "rgt") - bound(&root, "lft"), 3)?;
    equal("left", bound(&second, "lft"), bound(&root, "lft") + 1)
}

async fn cancel_under_row(site: &Site) -> Outcome {
    let one = bill(site, json!({"docstatus": 1})).await?;
    let fields = json!({"docstatus": 1, "entries": [{"product": "a", "bill": one["name"]}]});
    bill(site, fields).await?;
    try_cancel(site, &one)
        .await?
        .refused(417, "LinkExistsError")
}

async fn cancel_under_dynamic(site: &Site) -> Outcome {
    let one = bill(site, json!({"docstatus": 1})).await?;
    let fields = json!({"docstatus": 1, "party_type": site.doctype("Bill"), "party": one["name"]});
    bill(site, fields).await?;
    try_cancel(site, &one)
        .await?
        .refused(417, "LinkExistsError")
}

async fn cancel_under_others(site: &Site) -> Outcome {
    let one = bill(site, json!({"docstatus": 1})).await?;
    let submitted = bill(site, json!({"docstatus": 1, "previous": one["name"]})).await?;
    cancel(site, &submitted).await?;
    bill(site, json!({"previous": one["name"]})).await?;
    cancel(site, &one).await
}

async fn refused_cancel_changes_nothing(site: &Site) -> Outcome {
    let one = bill(site, json!({"docstatus": 1})).await?;
    bill(site, json!({"docstatus": 1, "previous": one["name"]})).await?;
    try_cancel(site, &one)
        .await?
        .refused(417, "LinkExistsError")?;
    let after = site.read(&site.doctype("Bill"), name(&one)?).await?;
    equal("the document", after, one)
}

async fn cancel_in_order(site: &Site) -> Outcome {
    let one = bill(site, json!({"docstatus": 1, "entries": [{"product": "a"}]})).await?;
    let other = bill(site, json!({"docstatus": 1, "previous": one["name"]})).await?;
    cancel(site, &other).await?;
    cancel(site, &one).await?;
    let after = site.read(&site.doctype("Bill"), name(&one)?).await?;
    equal("docstatus", &after["docstatus"], 2)?;
    equal(
        "product",
        text(&rows(&after, "entries")?[0], "product")?,
        "a",
    )
}
