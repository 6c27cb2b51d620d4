//! How a site tells gone, hidden and other documents apart.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name};
use super::site::Site;

checks! {
    ALL, "4.1", "client.get of a missing document is 404" => missing;
    ALL, "4.1", "client.get in other case gives the document under its own spelling" => other_case;
    ALL, "4.1", "client.get takes names that a URL cannot carry" => dots;
    ALL, "4.1", "a document that we may not read is 403, by GET and by client.get" => hidden;
    EXCEPT_15_103, "4.1", "a missing document of a DocType that we may not read is 404" => missing_of_hidden;
    ONLY_15_103, "4.1", "a missing document of a DocType that we may not read is 403" => hidden_missing;
    ALL, "3.1", "a list of a DocType that we may not read is 403" => hidden_list;
    ALL, "4.1", "a text that begins with a number finds the document of that number" => number_with_text;
    ALL, "4.1", "a document that we may not read may be deleted" => hidden_delete;
}

async fn missing(site: &Site) -> Outcome {
    let args = json!({"doctype": site.doctype("Target"), "name": site.unique("missing")});
    site.try_call("frappe.client.get", args)
        .await?
        .has_status(404)
}

async fn other_case(site: &Site) -> Outcome {
    let doctype = site.doctype("Target");
    let made = site
        .create(&doctype, json!({"name": site.unique("Case")}))
        .await?;
    let args = json!({"doctype": doctype, "name": name(&made)?.to_uppercase()});
    let found = site.call("frappe.client.get", args).await?;
    equal("name", name(&found)?, name(&made)?)
}

async fn dots(site: &Site) -> Outcome {
    let doctype = site.doctype("Target");
    for docname in [".", ".."] {
        let args = json!({"doctype": doctype, "name": docname});
        site.try_call("frappe.client.get", args.clone())
            .await?
            .has_status(404)?;
        site.create(&doctype, json!({"name": docname})).await?;
        let found = site.call("frappe.client.get", args.clone()).await?;
        equal("name", name(&found)?, docname)?;
        site.try_call("frappe.client.delete", args)
            .await?
            .has_status(200)?;
    }
    Ok(())
}

/// A document that we may make and not read.
async fn hidden_document(site: &Site) -> Result<Value, Failure> {
    site.create(
        &site.doctype("Hidden"),
        json!({"name": site.unique("hidden")}),
    )
    .await
}

async fn refuses(site: &Site, docname: &str, status: u16) -> Outcome {
    let doctype = site.doctype("Hidden");
    site.try_read(&doctype, docname).await?.has_status(status)?;
    let args = json!({"doctype": doctype, "name": docname});
    site.try_call("frappe.client.get", args)
        .await?
        .has_status(status)
}

async fn hidden(site: &Site) -> Outcome {
    refuses(site, name(&hidden_document(site).await?)?, 403).await
}

async fn missing_of_hidden(site: &Site) -> Outcome {
    refuses(site, &site.unique("missing"), 404).await
}

async fn hidden_missing(site: &Site) -> Outcome {
    refuses(site, &site.unique("missing"), 403).await
}

async fn hidden_list(site: &Site) -> Outcome {
    let args = json!({"doctype": site.doctype("Hidden"), "filters": []});
    site.try_call("frappe.client.get_list", args)
        .await?
        .has_status(403)
}

async fn number_with_text(site: &Site) -> Outcome {
    let doctype = site.doctype("Numbered");
    let made = site.create(&doctype, json!({"label": "x"})).await?;
    let number = made["name"].as_i64().unwrap_or_default();
    holds(number > 0, format!("{made} has a number"))?;
    let args = json!({"doctype": doctype, "name": format!("{number}b")});
    let found = site.call("frappe.client.get", args).await?;
    equal("name", &found["name"], &made["name"])
}

async fn hidden_delete(site: &Site) -> Outcome {
    let made = hidden_document(site).await?;
    site.delete(&site.doctype("Hidden"), name(&made)?).await
}
