//! What makes a site act on saves is found by the DocType that it acts on.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, name};
use super::site::Site;

checks! {
    ALL, "11", "an enabled Webhook is listed by the DocType that it is for, with its event" => webhook;
    ALL, "8", "an enabled Notification is listed by the DocType that it is for, with its event" => notification;
    ALL, "8", "an Assignment Rule that is not disabled is listed by the DocType that it is for" => assignment_rule;
}

/// Makes a document, looks for it as a check of a sync does, and takes it away again.
async fn listed(
    site: &Site,
    doctype: &str,
    document: Value,
    filters: Value,
    fields: [&str; 3],
) -> Result<Value, Failure> {
    let made = site.create(doctype, document).await?;
    let found = site
        .get_list(json!({
            "doctype": doctype, "fields": fields, "filters": filters, "order_by": "name asc",
            "limit_page_length": 0,
        }))
        .await;
    site.delete(doctype, name(&made)?).await?;
    let found = found?;
    equal("how many are listed", found.len(), 1)?;
    equal("name", &found[0]["name"], &made["name"])?;
    Ok(found[0].clone())
}

async fn webhook(site: &Site) -> Outcome {
    let target = site.doctype("Target");
    let document = json!({
        "name": site.unique("hook"), "webhook_doctype": target, "webhook_docevent": "on_update",
        "request_url": "http://127.0.0.1:9/", "request_method": "POST", "enabled": 1,
        "condition": "doc.name == 'never'",
    });
    let filters = json!([["webhook_doctype", "in", [target]], ["enabled", "=", 1]]);
    let fields = ["name", "webhook_doctype", "webhook_docevent"];
    let found = listed(site, "Webhook", document, filters, fields).await?;
    equal("event", &found["webhook_docevent"], &json!("on_update"))
}

async fn notification(site: &Site) -> Outcome {
    let target = site.doctype("Target");
    let document = json!({
        "name": site.unique("note"), "document_type": target, "event": "New", "channel": "Email",
        "subject": "never", "message": "never", "enabled": 1, "condition": "doc.name == 'never'",
    });
    let filters = json!([["document_type", "in", [target]], ["enabled", "=", 1]]);
    let fields = ["name", "document_type", "event"];
    let found = listed(site, "Notification", document, filters, fields).await?;
    equal("event", &found["event"], &json!("New"))
}

async fn assignment_rule(site: &Site) -> Outcome {
    let target = site.doctype("Target");
    let document = json!({
        "name": site.unique("rule"), "document_type": target, "assign_condition": "name == 'never'",
        "rule": "Round Robin", "assignment_days": [{"day": "Monday"}], "disabled": 0, "description": "never",
        "users": [{"user": "Administrator"}],
    });
    let filters = json!([["document_type", "in", [target]], ["disabled", "=", 0]]);
    let fields = ["name", "document_type", "disabled"];
    let found = listed(site, "Assignment Rule", document, filters, fields).await?;
    equal("DocType", &found["document_type"], &json!(target))
}
