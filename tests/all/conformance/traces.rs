//! Renames and merges through `frappe.rename_doc`, and the Comments that they leave, word by word.

use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::site::Site;

checks! {
    ALL, "4.3", "frappe.rename_doc without force answers with the new name" => renamed;
    ALL, "4.3", "frappe.rename_doc without force obeys allow_rename: 417" => not_forced;
    ALL, "4.3", "frappe.rename_doc of a missing document is 404" => rename_missing;
    ALL, "4.3", "frappe.rename_doc without merge refuses a name that is taken: 417" => rename_taken;
    ALL, "4.3", "frappe.rename_doc with merge refuses a target that is missing: 417" => merge_missing;
    ALL, "4.3", "frappe.rename_doc merges where it is told by true" => merged;
    ALL, "4.3", "a merge of a submitted document is refused, and links stay: 417" => merge_submitted;
    ALL, "4.3", "a rename that changes case alone is a rename" => other_case;
    ALL, "4.3", "names with slash, percent and quotes are renamed to and from" => special_names;
    ALL, "8", "a rename's Comment writes `&` as `&amp;` and leaves quotes and entities alone" => escaped;
    ALL, "8", "a rename's Comment follows a later rename, and its words stay" => comment_follows;
    ALL, "8", "a rename's Comment goes to the target of a later merge" => comment_is_merged;
    ALL, "8", "Comments of renames are polled in order of creation and name" => comments_are_polled;
    ALL, "8", "a Single that links to a renamed document is saved" => single_is_saved;
    ALL, "8", "a submitted document's links follow a rename, in silence" => submitted_links_follow;
}

async fn make(site: &Site, docname: &str) -> Result<Value, Failure> {
    site.create_and_read(&site.doctype("Target"), json!({"name": docname}))
        .await
}

async fn target(site: &Site) -> Result<Value, Failure> {
    make(site, &site.unique("old")).await
}

async fn try_rename(
    site: &Site,
    kind: &str,
    old: &str,
    new: &str,
    merge: bool,
) -> Result<Answer, Failure> {
    let args = json!({"doctype": site.doctype(kind), "old": old, "new": new, "merge": merge});
    site.try_call("frappe.rename_doc", args).await
}

async fn rename(site: &Site, old: &str, new: &str) -> Outcome {
    let answer = try_rename(site, "Target", old, new, false).await?;
    equal("answer", answer.message()?, new)
}

async fn merge(site: &Site, from: &str, into: &str) -> Outcome {
    let answer = try_rename(site, "Target", from, into, true).await?;
    equal("answer", answer.message()?, into)
}

async fn renamed(site: &Site) -> Outcome {
    let (old, new) = (target(site).await?, site.unique("new"));
    rename(site, name(&old)?, &new).await?;
    let after = site.read(&site.doctype("Target"), &new).await?;
    equal(
        "modified",
        text(&after, "modified")?,
        text(&old, "modified")?,
    )
}

async fn not_forced(site: &Site) -> Outcome {
    let old = site.create(&site.doctype("Record"), json!({})).await?;
    try_rename(site, "Record", name(&old)?, &site.unique("new"), false)
        .await?
        .has_status(417)
}

async fn rename_missing(site: &Site) -> Outcome {
    let (old, new) = (site.unique("missing"), site.unique("new"));
    try_rename(site, "Target", &old, &new, false)
        .await?
        .has_status(404)
}

async fn rename_taken(site: &Site) -> Outcome {
    let (old, other) = (target(site).await?, target(site).await?);
    try_rename(site, "Target", name(&old)?, name(&other)?, false)
        .await?
        .has_status(417)
}

async fn merge_missing(site: &Site) -> Outcome {
    let old = target(site).await?;
    try_rename(site, "Target", name(&old)?, &site.unique("missing"), true)
        .await?
        .has_status(417)
}

async fn merged(site: &Site) -> Outcome {
    let (source, into) = (target(site).await?, target(site).await?);
    merge(site, name(&source)?, name(&into)?).await?;
    site.try_read(&site.doctype("Target"), name(&source)?)
        .await?
        .has_status(404)
}

async fn merge_submitted(site: &Site) -> Outcome {
    let bills = site.doctype("Bill");
    let submitted = site.create(&bills, json!({"docstatus": 1})).await?;
    let into = site.create(&bills, json!({"docstatus": 1})).await?;
    let linking = site
        .create_and_read(&bills, json!({"previous": submitted["name"]}))
        .await?;
    try_rename(site, "Bill", name(&submitted)?, name(&into)?, true)
        .await?
        .has_status(417)?;
    let after = site.read(&bills, name(&linking)?).await?;
    equal("the document", after, linking)
}

async fn other_case(site: &Site) -> Outcome {
    let old = target(site).await?;
    let new = name(&old)?.to_uppercase();
    rename(site, name(&old)?, &new).await?;
    let after = site.read(&site.doctype("Target"), &new).await?;
    equal("name", name(&after)?, new.as_str())
}

async fn special_names(site: &Site) -> Outcome {
    let old = target(site).await?;
    let mut last = name(&old)?.to_owned();
    for special in ["a/b %2F", "#?&=", "it's \"x\"", "\u{fc}\u{65e5}"] {
        let new = site.unique(special);
        rename(site, &last, &new).await?;
        let after = site.read(&site.doctype("Target"), &new).await?;
        equal(
            "creation",
            text(&after, "creation")?,
            text(&old, "creation")?,
        )?;
        last = new;
    }
    Ok(())
}

/// The comments of renames on a document, oldest first.
async fn comments(site: &Site, docname: &str) -> Result<Vec<String>, Failure> {
    let found = site
        .get_list(json!({
            "doctype": "Comment",
            "fields": ["content"],
            "filters": [
                ["reference_doctype", "=", site.doctype("Target")],
                ["reference_name", "=", docname],
                ["comment_type", "=", "Edit"],
            ],
            "order_by": "creation asc, name asc",
        }))
        .await?;
    let contents = found.iter().map(|comment| text(comment, "content"));
    contents.map(|content| content.map(str::to_owned)).collect()
}

async fn escaped(site: &Site) -> Outcome {
    for (typed, written) in [
        ("A & B", "A &amp; B"),
        ("R&D", "R&amp;D"),
        ("a&amp;b", "a&amp;b"),
        ("a&nbsp;b", "a&nbsp;b"),
        ("&lt;b&gt;", "&lt;b&gt;"),
        ("it's \"x\"", "it's \"x\""),
        ("\u{a0}\u{fc} {0} %s", "\u{a0}\u{fc} {0} %s"),
        ("http://x.example.com/y?a=1", "http://x.example.com/y?a=1"),
    ] {
        let stem = site.unique("x");
        let (old, new) = (format!("{stem} {typed}"), format!("{stem} to {typed}"));
        make(site, &old).await?;
        rename(site, &old, &new).await?;
        let content = comments(site, &new).await?.concat();
        for shown in [
            format!("<strong>{stem} {written}</strong>"),
            format!("<strong>{stem} to {written}</strong>"),
        ] {
            holds(content.contains(&shown), format!("`{content}` has {shown}"))?;
        }
    }
    Ok(())
}

async fn comment_follows(site: &Site) -> Outcome {
    let (first, second, third) = (site.unique("one"), site.unique("two"), site.unique("three"));
    make(site, &first).await?;
    rename(site, &first, &second).await?;
    let before = comments(site, &second).await?;
    rename(site, &second, &third).await?;
    let after = comments(site, &third).await?;
    equal("before", before.len(), 1)?;
    equal("after", after.len(), 2)?;
    equal("the first", &after[0], &before[0])?;
    equal("left", comments(site, &second).await?.len(), 0)
}

async fn comment_is_merged(site: &Site) -> Outcome {
    let (old, new) = (target(site).await?, site.unique("new"));
    let into = target(site).await?;
    rename(site, name(&old)?, &new).await?;
    let before = comments(site, &new).await?;
    merge(site, &new, name(&into)?).await?;
    let after = comments(site, name(&into)?).await?;
    equal("after", after.len(), 2)?;
    equal("the first", &after[0], &before[0])
}

async fn comments_are_polled(site: &Site) -> Outcome {
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (old, new) = (target(site).await?, site.unique("new"));
        rename(site, name(&old)?, &new).await?;
        seen.push(new);
    }
    let list = async |more: &Value| {
        let mut filters = vec![
            json!(["comment_type", "=", "Edit"]),
            json!([
                "reference_doctype",
                "in",
                [site.doctype("Target"), site.doctype("Bill")]
            ]),
        ];
        let mut or_filters = Vec::new();
        if let Some(from) = more.get("creation") {
            filters.push(json!(["creation", ">=", from]));
            or_filters.push(json!(["creation", ">", from]));
            or_filters.push(json!(["name", ">", more["name"]]));
        }
        site.get_list(json!({
            "doctype": "Comment",
            "fields": ["name", "creation", "reference_name"],
            "filters": filters,
            "or_filters": or_filters,
            "order_by": "creation asc, name asc",
            "limit_page_length": 0,
        }))
        .await
    };
    let all = list(&Value::Null).await?;
    let first = all
        .iter()
        .find(|comment| comment["reference_name"] == seen[0]);
    let later = list(first.unwrap_or(&Value::Null)).await?;
    let found: Vec<&Value> = later
        .iter()
        .map(|comment| &comment["reference_name"])
        .collect();
    equal(
        "renamed since",
        found,
        vec![seen[1].as_str(), seen[2].as_str()],
    )
}

async fn single_is_saved(site: &Site) -> Outcome {
    let setting = site.doctype("Setting");
    let (old, new) = (target(site).await?, site.unique("new"));
    let link = json!({"target": old["name"]});
    let before = site.update_and_read(&setting, &setting, link).await?;
    rename(site, name(&old)?, &new).await?;
    let after = site.read(&setting, &setting).await?;
    equal("target", text(&after, "target")?, new.as_str())?;
    holds(
        before["modified"] != after["modified"],
        format!("{after} has another `modified`"),
    )?;
    site.update(&setting, &setting, json!({"target": null}))
        .await?;
    Ok(())
}

async fn submitted_links_follow(site: &Site) -> Outcome {
    let bills = site.doctype("Bill");
    let (old, new) = (target(site).await?, site.unique("new"));
    let fields = json!({
        "docstatus": 1, "target": old["name"], "party_type": site.doctype("Target"),
        "party": old["name"], "entries": [{"target": old["name"]}],
    });
    let mut before = site.create_and_read(&bills, fields).await?;
    rename(site, name(&old)?, &new).await?;
    before["target"] = json!(new);
    before["party"] = json!(new);
    before["entries"][0]["target"] = json!(new);
    equal(
        "the document",
        site.read(&bills, name(&before)?).await?,
        before,
    )
}
