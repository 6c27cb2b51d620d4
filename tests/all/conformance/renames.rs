//! Renames and merges: what follows a name, in silence.

use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, rows, text};
use super::site::Site;

checks! {
    ALL, "4.2", "a renamed document is 404 under its old name" => old_name_is_gone;
    ALL, "8", "a rename leaves `modified` alone" => silent;
    ALL, "8", "creation and owner survive a rename" => identity_survives;
    ALL, "8", "rows follow a rename of their parent" => rows_follow;
    ALL, "8", "links follow a rename, and their documents keep `modified`" => links_follow;
    ALL, "8", "Dynamic Links follow a rename, and their documents keep `modified`" => dynamic_links_follow;
    ALL, "8", "links in rows follow a rename" => row_links_follow;
    ALL, "8", "a rename leaves a Comment with both names" => leaves_a_comment;
    ALL, "8", "a rename leaves no Deleted Document" => leaves_no_record;
    ALL, "5.2", "a rename of a `field:` document sets its field" => field_follows;
    ALL, "4.3", "a DocType without allow_rename refuses client.rename_doc" => refused;
    ALL, "4.3", "frappe.rename_doc with force renames in any case" => forced;
    ALL, "4.2", "a rename to a name that is taken is refused" => taken;
    ALL, "8", "a merge deletes the source, with a Deleted Document" => merge;
    ALL, "8", "a merge stamps the target anew, though nothing of it changed" => merge_stamps;
    ALL, "8", "a merge turns links to the target, in silence" => merge_turns_links;
    ALL, "8", "a merge leaves a Comment with both names on the target" => merge_leaves_a_comment;
    ALL, "6.1", "a `modified` from before a merge is still accepted, though a link has turned" => token_survives_merge;
    ALL, "6.1", "a `modified` from before a rename is accepted under the new name" => token_survives_rename;
    ALL, "4.2", "a rename of a missing document is refused" => missing;
}

async fn target(site: &Site) -> Result<Value, Failure> {
    let fields = json!({"name": site.unique("old"), "lines": [{"product": "p"}]});
    site.create_and_read(&site.doctype("Target"), fields).await
}

async fn try_rename(
    site: &Site,
    kind: &str,
    old: &Value,
    new: &str,
    merge: u8,
) -> Result<Answer, Failure> {
    let args = json!({
        "doctype": site.doctype(kind),
        "old_name": old["name"],
        "new_name": new,
        "merge": merge,
    });
    site.try_call("frappe.client.rename_doc", args).await
}

/// Renames a target and gives it as it is stored then.
async fn rename(site: &Site, old: &Value) -> Result<Value, Failure> {
    let new = site.unique("new");
    equal(
        "answer",
        try_rename(site, "Target", old, &new, 0).await?.message()?,
        new.as_str(),
    )?;
    site.read(&site.doctype("Target"), &new).await
}

async fn old_name_is_gone(site: &Site) -> Outcome {
    let old = target(site).await?;
    rename(site, &old).await?;
    site.try_read(&site.doctype("Target"), name(&old)?)
        .await?
        .has_status(404)
}

async fn silent(site: &Site) -> Outcome {
    let old = target(site).await?;
    equal(
        "modified",
        text(&rename(site, &old).await?, "modified")?,
        text(&old, "modified")?,
    )
}

async fn identity_survives(site: &Site) -> Outcome {
    let old = target(site).await?;
    let new = rename(site, &old).await?;
    equal("creation", text(&new, "creation")?, text(&old, "creation")?)?;
    equal("owner", text(&new, "owner")?, text(&old, "owner")?)
}

async fn rows_follow(site: &Site) -> Outcome {
    let old = target(site).await?;
    let new = rename(site, &old).await?;
    let (before, after) = (&rows(&old, "lines")?[0], &rows(&new, "lines")?[0]);
    equal("row name", name(after)?, name(before)?)?;
    equal("parent", text(after, "parent")?, name(&new)?)
}

/// Renames the target of a reference, and gives the reference before and after.
async fn reference_after_rename(
    site: &Site,
    fields: impl Fn(&Value) -> Value,
) -> Result<(Value, Value, Value), Failure> {
    let doctype = site.doctype("Reference");
    let old = target(site).await?;
    let before = site.create_and_read(&doctype, fields(&old["name"])).await?;
    let new = rename(site, &old).await?;
    let after = site.read(&doctype, name(&before)?).await?;
    Ok((new, before, after))
}

async fn links_follow(site: &Site) -> Outcome {
    let link = |docname: &Value| json!({"target": docname});
    let (new, before, after) = reference_after_rename(site, link).await?;
    equal("target", text(&after, "target")?, name(&new)?)?;
    equal(
        "modified",
        text(&after, "modified")?,
        text(&before, "modified")?,
    )
}

async fn dynamic_links_follow(site: &Site) -> Outcome {
    let link = |docname: &Value| json!({"party_type": site.doctype("Target"), "party": docname});
    let (new, before, after) = reference_after_rename(site, link).await?;
    equal("party", text(&after, "party")?, name(&new)?)?;
    equal(
        "modified",
        text(&after, "modified")?,
        text(&before, "modified")?,
    )
}

async fn row_links_follow(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let old = target(site).await?;
    let fields = json!({"tags": [{"target": old["name"]}]});
    let before = site.create_and_read(&doctype, fields).await?;
    let new = rename(site, &old).await?;
    let after = site.read(&doctype, name(&before)?).await?;
    equal(
        "row",
        text(&rows(&after, "tags")?[0], "target")?,
        name(&new)?,
    )?;
    equal(
        "modified",
        text(&after, "modified")?,
        text(&before, "modified")?,
    )
}

/// Whether the one comment on a document shows both names.
async fn comment_shows(site: &Site, document: &Value, docnames: [&str; 2]) -> Outcome {
    let found = site
        .get_list(json!({
            "doctype": "Comment",
            "fields": ["content"],
            "filters": [
                ["reference_doctype", "=", site.doctype("Target")],
                ["reference_name", "=", document["name"]],
                ["comment_type", "=", "Edit"],
            ],
        }))
        .await?;
    let content = text(found.first().unwrap_or(&Value::Null), "content")?;
    for docname in docnames {
        let shown = format!("<strong>{docname}</strong>");
        holds(content.contains(&shown), format!("`{content}` has {shown}"))?;
    }
    Ok(())
}

async fn leaves_a_comment(site: &Site) -> Outcome {
    let old = target(site).await?;
    let new = rename(site, &old).await?;
    comment_shows(site, &new, [name(&old)?, name(&new)?]).await
}

async fn merge_leaves_a_comment(site: &Site) -> Outcome {
    let (source, into) = (target(site).await?, target(site).await?);
    try_rename(site, "Target", &source, name(&into)?, 1)
        .await?
        .message()?;
    comment_shows(site, &into, [name(&source)?, name(&into)?]).await
}

async fn token_survives_rename(site: &Site) -> Outcome {
    let old = target(site).await?;
    let new = rename(site, &old).await?;
    let fields = json!({"label": "after", "modified": old["modified"]});
    site.update(&site.doctype("Target"), name(&new)?, fields)
        .await?;
    Ok(())
}

async fn token_survives_merge(site: &Site) -> Outcome {
    let (source, into) = (target(site).await?, target(site).await?);
    let doctype = site.doctype("Reference");
    let before = site
        .create_and_read(&doctype, json!({"target": source["name"]}))
        .await?;
    try_rename(site, "Target", &source, name(&into)?, 1)
        .await?
        .message()?;
    let fields = json!({"party_type": "User", "modified": before["modified"]});
    let after = site
        .update_and_read(&doctype, name(&before)?, fields)
        .await?;
    equal("target", text(&after, "target")?, name(&into)?)
}

async fn records(site: &Site, docname: &Value) -> Result<usize, Failure> {
    let filters = json!([["deleted_name", "=", docname]]).to_string();
    Ok(site
        .list("Deleted Document", &[("filters", &filters)])
        .await?
        .len())
}

async fn leaves_no_record(site: &Site) -> Outcome {
    let old = target(site).await?;
    rename(site, &old).await?;
    equal("records", records(site, &old["name"]).await?, 0)
}

async fn field_follows(site: &Site) -> Outcome {
    let doctype = site.doctype("Coded");
    let old = site
        .create(&doctype, json!({"code": site.unique("code")}))
        .await?;
    let new = site.unique("code");
    try_rename(site, "Coded", &old, &new, 0).await?.message()?;
    equal(
        "code",
        text(&site.read(&doctype, &new).await?, "code")?,
        new.as_str(),
    )
}

async fn refused(site: &Site) -> Outcome {
    let old = site.create(&site.doctype("Record"), json!({})).await?;
    try_rename(site, "Record", &old, &site.unique("new"), 0)
        .await?
        .has_status(417)
}

async fn forced(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let old = site.create_and_read(&doctype, json!({})).await?;
    let new = site.unique("new");
    let args = json!({"doctype": doctype, "old": old["name"], "new": new, "force": true});
    site.try_call("frappe.rename_doc", args)
        .await?
        .has_status(200)?;
    let stored = site.read(&doctype, &new).await?;
    equal(
        "modified",
        text(&stored, "modified")?,
        text(&old, "modified")?,
    )
}

async fn taken(site: &Site) -> Outcome {
    let (old, other) = (target(site).await?, target(site).await?);
    try_rename(site, "Target", &old, name(&other)?, 0)
        .await?
        .has_status(417)
}

async fn merge(site: &Site) -> Outcome {
    let (source, into) = (target(site).await?, target(site).await?);
    try_rename(site, "Target", &source, name(&into)?, 1)
        .await?
        .message()?;
    site.try_read(&site.doctype("Target"), name(&source)?)
        .await?
        .has_status(404)?;
    equal("records", records(site, &source["name"]).await?, 1)
}

async fn merge_stamps(site: &Site) -> Outcome {
    let (source, into) = (target(site).await?, target(site).await?);
    try_rename(site, "Target", &source, name(&into)?, 1)
        .await?
        .message()?;
    let mut after = site.read(&site.doctype("Target"), name(&into)?).await?;
    holds(after["modified"] != into["modified"], "`modified` moves")?;
    after["modified"] = into["modified"].clone();
    equal("the target", after, into)
}

async fn merge_turns_links(site: &Site) -> Outcome {
    let (source, into) = (target(site).await?, target(site).await?);
    let doctype = site.doctype("Reference");
    let before = site
        .create_and_read(&doctype, json!({"target": source["name"]}))
        .await?;
    try_rename(site, "Target", &source, name(&into)?, 1)
        .await?
        .message()?;
    let after = site.read(&doctype, name(&before)?).await?;
    equal("target", text(&after, "target")?, name(&into)?)?;
    equal(
        "modified",
        text(&after, "modified")?,
        text(&before, "modified")?,
    )
}

async fn missing(site: &Site) -> Outcome {
    let old = json!({"name": site.unique("missing")});
    let answer = try_rename(site, "Target", &old, &site.unique("new"), 0).await?;
    holds(answer.status() >= 400, answer.fault("wanted a refusal"))
}
