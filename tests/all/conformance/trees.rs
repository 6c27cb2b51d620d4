//! Nested sets: the site keeps `lft` and `rgt`, a client sets the parent alone.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, holds, name, text};
use super::site::Site;

checks! {
    ALL, "8", "a child lies inside its parent's bounds" => child_inside;
    ALL, "8", "a node that moves takes its children along" => subtree_moves;
    ALL, "8", "a move leaves the `modified` of other nodes alone" => shifts_are_silent;
    ALL, "8", "a child before its parent is 417" => parent_first;
    ALL, "8", "a node with children cannot be deleted: 417" => parent_stays;
    ONLY_14, "8", "a root cannot be deleted: 417" => root_stays;
    FROM_15, "8", "a root without children can be deleted" => root_goes;
    ALL, "8", "a node below itself is 417" => cycle;
    ALL, "8", "children follow a rename of their parent, and keep `modified`" => children_follow;
    ALL, "4.2", "insert_many takes a parent and its child" => parent_and_child;
    ALL, "8", "the bounds of all nodes nest" => bounds_nest;
}

fn parent_field(site: &Site) -> String {
    format!(
        "parent_{}",
        site.doctype("Node").to_lowercase().replace(' ', "_")
    )
}

async fn node(site: &Site, parent: Option<&Value>) -> Result<Value, Failure> {
    let mut fields = json!({"node_name": site.unique("node"), "is_group": 1});
    if let Some(parent) = parent {
        fields[parent_field(site)] = parent["name"].clone();
    }
    site.create_and_read(&site.doctype("Node"), fields).await
}

async fn reread(site: &Site, node: &Value) -> Result<Value, Failure> {
    site.read(&site.doctype("Node"), name(node)?).await
}

async fn set_parent(
    site: &Site,
    node: &Value,
    parent: &Value,
) -> Result<super::answer::Answer, Failure> {
    let mut fields = json!({});
    fields[parent_field(site)] = parent["name"].clone();
    site.try_update(&site.doctype("Node"), name(node)?, fields)
        .await
}

fn bounds(node: &Value) -> Result<(i64, i64), Failure> {
    match (node["lft"].as_i64(), node["rgt"].as_i64()) {
        (Some(left), Some(right)) if left < right => Ok((left, right)),
        _ => Err(Failure::new(format!("no bounds in {node}"))),
    }
}

fn inside(inner: &Value, outer: &Value) -> Outcome {
    let ((left, right), (outer_left, outer_right)) = (bounds(inner)?, bounds(outer)?);
    holds(
        outer_left < left && right < outer_right,
        format!("{inner} lies inside {outer}"),
    )
}

async fn child_inside(site: &Site) -> Outcome {
    let parent = node(site, None).await?;
    let child = node(site, Some(&parent)).await?;
    inside(&child, &reread(site, &parent).await?)
}

async fn subtree_moves(site: &Site) -> Outcome {
    let (from, to) = (node(site, None).await?, node(site, None).await?);
    let middle = node(site, Some(&from)).await?;
    let leaf = node(site, Some(&middle)).await?;
    set_parent(site, &middle, &to).await?.data()?;
    let (to, middle, leaf) = (
        reread(site, &to).await?,
        reread(site, &middle).await?,
        reread(site, &leaf).await?,
    );
    inside(&leaf, &middle)?;
    inside(&middle, &to)?;
    let (left, right) = bounds(&reread(site, &from).await?)?;
    equal("nothing is left inside", right - left, 1)
}

async fn shifts_are_silent(site: &Site) -> Outcome {
    let (from, to) = (node(site, None).await?, node(site, None).await?);
    let child = node(site, Some(&from)).await?;
    let before = reread(site, &to).await?;
    set_parent(site, &child, &to).await?.data()?;
    let after = reread(site, &to).await?;
    holds(bounds(&before)? != bounds(&after)?, "the bounds shift")?;
    equal(
        "modified",
        text(&after, "modified")?,
        text(&before, "modified")?,
    )
}

async fn parent_first(site: &Site) -> Outcome {
    let mut fields = json!({"node_name": site.unique("node")});
    fields[parent_field(site)] = json!(site.unique("missing"));
    site.try_create(&site.doctype("Node"), fields)
        .await?
        .has_status(417)
}

async fn parent_stays(site: &Site) -> Outcome {
    let root = node(site, None).await?;
    let parent = node(site, Some(&root)).await?;
    let child = node(site, Some(&parent)).await?;
    let doctype = site.doctype("Node");
    site.try_delete(&doctype, name(&parent)?)
        .await?
        .has_status(417)?;
    site.delete(&doctype, name(&child)?).await?;
    site.delete(&doctype, name(&parent)?).await
}

async fn root_stays(site: &Site) -> Outcome {
    let root = node(site, None).await?;
    site.try_delete(&site.doctype("Node"), name(&root)?)
        .await?
        .has_status(417)
}

async fn root_goes(site: &Site) -> Outcome {
    let root = node(site, None).await?;
    site.delete(&site.doctype("Node"), name(&root)?).await
}

async fn cycle(site: &Site) -> Outcome {
    let parent = node(site, None).await?;
    let child = node(site, Some(&parent)).await?;
    set_parent(site, &parent, &child).await?.has_status(417)?;
    set_parent(site, &parent, &parent).await?.has_status(417)
}

async fn children_follow(site: &Site) -> Outcome {
    let parent = node(site, None).await?;
    let child = node(site, Some(&parent)).await?;
    let new = site.unique("node");
    let args = json!({
        "doctype": site.doctype("Node"),
        "old_name": parent["name"],
        "new_name": new,
    });
    site.call("frappe.client.rename_doc", args).await?;
    let after = reread(site, &child).await?;
    equal("parent", text(&after, &parent_field(site))?, new.as_str())?;
    equal(
        "modified",
        text(&after, "modified")?,
        text(&child, "modified")?,
    )
}

async fn parent_and_child(site: &Site) -> Outcome {
    let (doctype, above) = (site.doctype("Node"), site.unique("node"));
    let below = site.unique("node");
    let mut child = json!({"doctype": doctype, "node_name": below});
    child[parent_field(site)] = json!(above);
    let parent = json!({"doctype": doctype, "node_name": above, "is_group": 1});
    let names = site
        .call(
            "frappe.client.insert_many",
            json!({"docs": [parent, child]}),
        )
        .await?;
    equal("names", names, json!([above, below]))?;
    inside(
        &site.read(&doctype, &below).await?,
        &site.read(&doctype, &above).await?,
    )
}

async fn bounds_nest(site: &Site) -> Outcome {
    let root = node(site, None).await?;
    for _ in 0..2 {
        let child = node(site, Some(&root)).await?;
        node(site, Some(&child)).await?;
    }
    let all = site
        .get_list(json!({
            "doctype": site.doctype("Node"),
            "fields": ["name", "lft", "rgt"],
            "order_by": "lft asc",
            "limit_page_length": 0,
        }))
        .await?;
    let mut open: Vec<i64> = Vec::new();
    for node in &all {
        let (left, right) = bounds(node)?;
        while open.last().is_some_and(|end| *end < left) {
            open.pop();
        }
        let fits = open.last().is_none_or(|end| right < *end);
        holds(fits, format!("{node} crosses the bounds of another node"))?;
        open.push(right);
    }
    Ok(())
}
