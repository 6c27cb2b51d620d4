//! Tags, which are put on documents and taken off by methods of their own.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::site::Site;

checks! {
    ALL, "8", "`add_tag` makes the Tag and a Tag Link, and leaves the document's `modified` alone" => added;
    ALL, "8", "a tag that is added twice is there once" => added_twice;
    ALL, "8", "`remove_tag` takes the Tag Link away and leaves no Deleted Document" => removed;
    ALL, "8", "`remove_tag` of a tag that is not there is no error" => nothing_to_remove;
    ALL, "8", "deleting a document takes its Tag Links away" => deleted_with_document;
    ALL, "8", "renaming a document takes its Tag Links along" => renamed_with_document;
    ALL, "8", "a tag on a document that is not there is 404" => missing_document;
}

async fn target(site: &Site) -> Result<Value, Failure> {
    let fields = json!({"name": site.unique("tagged")});
    site.create_and_read(&site.doctype("Target"), fields).await
}

async fn tag(site: &Site, verb: &str, of: &str, tag: &str) -> Outcome {
    let args = json!({"tag": tag, "dt": site.doctype("Target"), "dn": of});
    let method = format!("frappe.desk.doctype.tag.tag.{verb}");
    site.try_call(&method, args).await?.has_status(200)
}

/// The tags of a document, by its Tag Links.
async fn links(site: &Site, of: &str) -> Result<Vec<Value>, Failure> {
    site.get_list(json!({
        "doctype": "Tag Link", "fields": ["name", "tag", "owner"], "order_by": "tag asc",
        "filters": [["document_type", "=", site.doctype("Target")], ["document_name", "=", of]],
    }))
    .await
}

async fn added(site: &Site) -> Outcome {
    let before = target(site).await?;
    let word = site.unique("word");
    tag(site, "add_tag", name(&before)?, &word).await?;
    let found = links(site, name(&before)?).await?;
    equal("links", found.len(), 1)?;
    equal("tag", text(&found[0], "tag")?, &word)?;
    let made = site.read("Tag", &word).await?;
    equal("the Tag", name(&made)?, &word)?;
    let after = site.read(&site.doctype("Target"), name(&before)?).await?;
    equal("modified", &after["modified"], &before["modified"])
}

async fn added_twice(site: &Site) -> Outcome {
    let target = target(site).await?;
    let word = site.unique("word");
    for _ in 0..2 {
        tag(site, "add_tag", name(&target)?, &word).await?;
    }
    equal("links", links(site, name(&target)?).await?.len(), 1)
}

async fn removed(site: &Site) -> Outcome {
    let target = target(site).await?;
    let (first, second) = (site.unique("word a"), site.unique("word b"));
    for word in [&first, &second] {
        tag(site, "add_tag", name(&target)?, word).await?;
    }
    let gone = links(site, name(&target)?).await?;
    tag(site, "remove_tag", name(&target)?, &first).await?;
    let left = links(site, name(&target)?).await?;
    equal("links", left.len(), 1)?;
    equal("tag", text(&left[0], "tag")?, &second)?;
    let records = site
        .get_list(json!({
            "doctype": "Deleted Document",
            "filters": [["deleted_doctype", "=", "Tag Link"], ["deleted_name", "=", gone[0]["name"]]],
        }))
        .await?;
    equal("records", records.len(), 0)
}

async fn nothing_to_remove(site: &Site) -> Outcome {
    let target = target(site).await?;
    tag(site, "remove_tag", name(&target)?, &site.unique("word")).await
}

async fn deleted_with_document(site: &Site) -> Outcome {
    let target = target(site).await?;
    tag(site, "add_tag", name(&target)?, &site.unique("word")).await?;
    site.delete(&site.doctype("Target"), name(&target)?).await?;
    equal("links", links(site, name(&target)?).await?.len(), 0)
}

async fn renamed_with_document(site: &Site) -> Outcome {
    let target = target(site).await?;
    tag(site, "add_tag", name(&target)?, &site.unique("word")).await?;
    let new = site.unique("renamed");
    let args = json!({"doctype": site.doctype("Target"), "old": name(&target)?, "new": new});
    site.try_call("frappe.rename_doc", args)
        .await?
        .has_status(200)?;
    equal("links", links(site, &new).await?.len(), 1)
}

async fn missing_document(site: &Site) -> Outcome {
    let args = json!({"tag": "x", "dt": site.doctype("Target"), "dn": site.unique("missing")});
    let answer = site
        .try_call("frappe.desk.doctype.tag.tag.add_tag", args)
        .await?;
    holds(answer.has_status(404).is_ok(), "it is 404")
}
