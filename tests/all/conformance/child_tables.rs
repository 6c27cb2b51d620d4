//! What a PUT of a table does to its rows, and how rows are listed.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, column, equal, holds, name, number, rows, text};
use super::site::Site;

checks! {
    ALL, "5.4", "a table that is not sent keeps its rows" => omitted_table;
    ALL, "5.4", "a save of the parent stamps every row with the parent's `modified`" => rows_follow_the_parent;
    ALL, "5.4", "an empty list deletes all rows" => empty_list;
    ALL, "5.4", "null deletes all rows" => null_list;
    ALL, "5.4", "a row without a name is inserted under a new one" => nameless_row;
    ALL, "5.4", "a row with its name is overwritten whole, what is not sent becomes empty" => named_row;
    ALL, "5.4", "a row with an unknown name is echoed and not stored" => unknown_row;
    ALL, "5.4", "a row with `__islocal` keeps the name it is given" => given_name;
    ALL, "5.4", "complete rows with `__islocal` can be sent again and again" => repeated_rows;
    ALL, "5.4", "a row with the name of another parent's row moves here" => stolen_row;
    ALL, "5.4", "a stored row that is not sent is deleted, without a Deleted Document" => dropped_row;
    ALL, "5.4", "rows without idx are numbered by position, so that a list reorders them" => reordered;
    ALL, "5.4", "an idx that is sent is stored as it is" => given_idx;
    ALL, "5.4", "on create row names are given anew, with `__islocal` too" => names_on_create;
    ALL, "5.4", "on create under `__newname` row names are kept" => names_under_newname;
    ALL, "5.4", "two tables of one DocType stay apart" => two_tables;
    ALL, "5.4", "a Table MultiSelect takes rows like any table" => multi_select;
    ALL, "5.4", "a Table MultiSelect of plain texts is 500" => multi_select_of_texts;
    ALL, "3.5", "listing rows without their parent's DocType is 403" => list_without_parent;
    ALL, "3.5", "listing rows under a DocType that has no such table is 403" => list_under_stranger;
    ALL, "3.5", "rows of all parents are listed, whatever table they are in" => list_of_all;
    ALL, "3.5", "`*` of a row has its parent, its table and its place" => star_of_a_row;
    ALL, "4.1", "a POST of a row leaves its parent's `modified` alone" => posted_row;
    ALL, "4.1", "a PUT of a row saves its parent" => put_row;
    ALL, "4.2", "client.insert of a row appends it and answers with the parent" => inserted_row;
}

/// A stored Target with rows of these products, each worth 1.5.
async fn parent(site: &Site, products: &[&str]) -> Result<Value, Failure> {
    let lines: Vec<Value> = products
        .iter()
        .map(|product| json!({"product": product, "quantity": 1, "amount": 1.5}))
        .collect();
    let fields = json!({"name": site.unique("parent"), "lines": lines});
    site.create_and_read(&site.doctype("Target"), fields).await
}

/// Sends a table, and gives what is stored then.
async fn put(site: &Site, parent: &Value, lines: Value) -> Result<Value, Failure> {
    site.update_and_read(
        &site.doctype("Target"),
        name(parent)?,
        json!({"lines": lines}),
    )
    .await
}

fn products(document: &Value) -> Result<Vec<&str>, Failure> {
    rows(document, "lines")?
        .iter()
        .map(|row| text(row, "product"))
        .collect()
}

fn row_names(document: &Value) -> Result<Vec<&str>, Failure> {
    rows(document, "lines")?.iter().map(name).collect()
}

async fn omitted_table(site: &Site) -> Outcome {
    let before = parent(site, &["a", "b"]).await?;
    let after = site
        .update_and_read(
            &site.doctype("Target"),
            name(&before)?,
            json!({"label": "l"}),
        )
        .await?;
    equal("rows", row_names(&after)?, row_names(&before)?)
}

async fn rows_follow_the_parent(site: &Site) -> Outcome {
    let before = parent(site, &["a", "b"]).await?;
    let after = site
        .update_and_read(&site.doctype("Target"), name(&before)?, json!({}))
        .await?;
    holds(
        after["modified"] != before["modified"],
        "the parent is stamped anew",
    )?;
    let stamps = column(rows(&after, "lines")?, "modified");
    equal("stamps", stamps, vec![&after["modified"]; 2])
}

async fn empty_list(site: &Site) -> Outcome {
    let before = parent(site, &["a", "b"]).await?;
    equal(
        "rows",
        products(&put(site, &before, json!([])).await?)?.len(),
        0,
    )
}

async fn null_list(site: &Site) -> Outcome {
    let before = parent(site, &["a", "b"]).await?;
    equal(
        "rows",
        products(&put(site, &before, json!(null)).await?)?.len(),
        0,
    )
}

async fn nameless_row(site: &Site) -> Outcome {
    let before = parent(site, &["a"]).await?;
    let kept = rows(&before, "lines")?[0].clone();
    let after = put(site, &before, json!([kept, {"product": "b"}])).await?;
    equal("products", products(&after)?, ["a", "b"])?;
    let names = row_names(&after)?;
    equal("the first name", names[0], name(&kept)?)?;
    holds(
        names[1] != names[0] && !names[1].is_empty(),
        "the second has a name of its own",
    )
}

async fn named_row(site: &Site) -> Outcome {
    let before = parent(site, &["a"]).await?;
    let row = rows(&before, "lines")?[0].clone();
    let after = put(
        site,
        &before,
        json!([{"name": row["name"], "note": "kept"}]),
    )
    .await?;
    let stored = &rows(&after, "lines")?[0];
    equal("name", name(stored)?, name(&row)?)?;
    equal("note", text(stored, "note")?, "kept")?;
    equal("product", stored.get("product"), None)?;
    equal("quantity", number(stored, "quantity")?, 0.0)?;
    equal("amount", number(stored, "amount")?, 0.0)
}

async fn unknown_row(site: &Site) -> Outcome {
    let before = parent(site, &["a"]).await?;
    let kept = rows(&before, "lines")?[0].clone();
    let lines = json!([kept, {"name": site.unique("row"), "product": "lost"}]);
    let target = site.doctype("Target");
    let answer = site
        .update(&target, name(&before)?, json!({"lines": lines}))
        .await?;
    equal("echoed", products(&answer)?, ["a", "lost"])?;
    equal(
        "stored",
        products(&site.read(&target, name(&before)?).await?)?,
        ["a"],
    )
}

async fn given_name(site: &Site) -> Outcome {
    let before = parent(site, &["a"]).await?;
    let given = site.unique("row");
    let lines = json!([{"name": given, "__islocal": 1, "product": "b"}]);
    let after = put(site, &before, lines).await?;
    equal("names", row_names(&after)?, [given.as_str()])?;
    equal("products", products(&after)?, ["b"])
}

async fn repeated_rows(site: &Site) -> Outcome {
    let before = parent(site, &[]).await?;
    let given = site.unique("row");
    let lines = json!([
        {"name": format!("{given}-1"), "__islocal": 1, "product": "a", "quantity": 1},
        {"name": format!("{given}-2"), "__islocal": 1, "product": "b", "quantity": 2},
    ]);
    let once = put(site, &before, lines.clone()).await?;
    let twice = put(site, &before, lines).await?;
    equal("names", row_names(&twice)?, row_names(&once)?)?;
    equal("products", products(&twice)?, ["a", "b"])
}

async fn stolen_row(site: &Site) -> Outcome {
    let (here, there) = (parent(site, &[]).await?, parent(site, &["a"]).await?);
    let row = rows(&there, "lines")?[0].clone();
    let after = put(
        site,
        &here,
        json!([{"name": row["name"], "product": "moved"}]),
    )
    .await?;
    equal("here", products(&after)?, ["moved"])?;
    let there = site.read(&site.doctype("Target"), name(&there)?).await?;
    equal("there", products(&there)?.len(), 0)
}

async fn dropped_row(site: &Site) -> Outcome {
    let before = parent(site, &["a", "b"]).await?;
    let dropped = rows(&before, "lines")?[0].clone();
    let after = put(site, &before, json!([rows(&before, "lines")?[1]])).await?;
    equal("products", products(&after)?, ["b"])?;
    let filters = json!([["deleted_name", "=", dropped["name"]]]).to_string();
    equal(
        "traces",
        site.list("Deleted Document", &[("filters", &filters)])
            .await?
            .len(),
        0,
    )
}

async fn reordered(site: &Site) -> Outcome {
    let before = parent(site, &["a", "b"]).await?;
    let mut lines = rows(&before, "lines")?.to_vec();
    lines.reverse();
    for line in lines.iter_mut().filter_map(Value::as_object_mut) {
        line.remove("idx");
    }
    let after = put(site, &before, json!(lines)).await?;
    equal("products", products(&after)?, ["b", "a"])?;
    equal(
        "places",
        column(rows(&after, "lines")?, "idx"),
        vec![&json!(1), &json!(2)],
    )
}

async fn given_idx(site: &Site) -> Outcome {
    let before = parent(site, &[]).await?;
    let lines = json!([{"product": "a", "idx": 7}, {"product": "b", "idx": 3}]);
    let after = put(site, &before, lines).await?;
    equal("in order of idx", products(&after)?, ["b", "a"])?;
    equal(
        "places",
        column(rows(&after, "lines")?, "idx"),
        vec![&json!(3), &json!(7)],
    )
}

async fn names_on_create(site: &Site) -> Outcome {
    let given = site.unique("row");
    let fields = json!({"name": site.unique("parent"), "lines": [
        {"name": format!("{given}-1"), "product": "a"},
        {"name": format!("{given}-2"), "__islocal": 1, "product": "b"},
    ]});
    let stored = site
        .create_and_read(&site.doctype("Target"), fields)
        .await?;
    equal("products", products(&stored)?, ["a", "b"])?;
    holds(
        row_names(&stored)?
            .iter()
            .all(|found| !found.starts_with(&given)),
        "names are new",
    )
}

async fn names_under_newname(site: &Site) -> Outcome {
    let given = site.unique("row");
    let fields = json!({
        "__newname": site.unique("parent"),
        "lines": [{"name": given, "product": "a"}],
    });
    let stored = site
        .create_and_read(&site.doctype("Target"), fields)
        .await?;
    equal("names", row_names(&stored)?, [given.as_str()])
}

async fn two_tables(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let fields = json!({"lines": [{"product": "a"}], "extras": [{"product": "b"}]});
    let stored = site.create_and_read(&doctype, fields).await?;
    let after = site
        .update_and_read(&doctype, name(&stored)?, json!({"lines": []}))
        .await?;
    equal("lines", rows(&after, "lines")?.len(), 0)?;
    equal(
        "extras",
        name(&rows(&after, "extras")?[0])?,
        name(&rows(&stored, "extras")?[0])?,
    )?;
    equal(
        "table",
        text(&rows(&after, "extras")?[0], "parentfield")?,
        "extras",
    )
}

async fn multi_select(site: &Site) -> Outcome {
    let target = parent(site, &[]).await?;
    let fields = json!({"tags": [{"target": target["name"]}]});
    let stored = site
        .create_and_read(&site.doctype("Record"), fields)
        .await?;
    equal(
        "tag",
        text(&rows(&stored, "tags")?[0], "target")?,
        name(&target)?,
    )
}

async fn multi_select_of_texts(site: &Site) -> Outcome {
    let target = parent(site, &[]).await?;
    let fields = json!({"tags": [target["name"]]});
    site.try_create(&site.doctype("Record"), fields)
        .await?
        .has_status(500)
}

async fn list_without_parent(site: &Site) -> Outcome {
    let args = json!({"doctype": site.doctype("Line")});
    site.try_call("frappe.client.get_list", args)
        .await?
        .refused(403, "PermissionError")
}

async fn list_under_stranger(site: &Site) -> Outcome {
    let args = json!({"doctype": site.doctype("Line"), "parent": site.doctype("Coded")});
    site.try_call("frappe.client.get_list", args)
        .await?
        .has_status(403)
}

async fn list_of_all(site: &Site) -> Outcome {
    let product = site.unique("product");
    let lines = json!([{"product": product}]);
    site.create(
        &site.doctype("Target"),
        json!({"name": product, "lines": lines}),
    )
    .await?;
    site.create(
        &site.doctype("Record"),
        json!({"lines": lines, "extras": lines}),
    )
    .await?;
    let found = site
        .get_list(json!({
            "doctype": site.doctype("Line"),
            "parent": site.doctype("Target"),
            "filters": [["product", "=", product]],
        }))
        .await?;
    equal("rows", found.len(), 3)
}

async fn star_of_a_row(site: &Site) -> Outcome {
    let target = site.doctype("Target");
    let parent = parent(site, &["a", "b"]).await?;
    let found = site
        .child_rows(&site.doctype("Line"), &target, name(&parent)?, "lines")
        .await?;
    equal("products", column(&found, "product"), vec!["a", "b"])?;
    equal("parents", column(&found, "parent"), vec![name(&parent)?; 2])?;
    equal(
        "DocTypes",
        column(&found, "parenttype"),
        vec![target.as_str(); 2],
    )?;
    equal("tables", column(&found, "parentfield"), vec!["lines"; 2])?;
    equal("places", column(&found, "idx"), vec![1, 2])
}

async fn posted_row(site: &Site) -> Outcome {
    let target = site.doctype("Target");
    let before = parent(site, &["a"]).await?;
    let row = json!({
        "parent": before["name"],
        "parenttype": target,
        "parentfield": "lines",
        "product": "posted",
    });
    site.create(&site.doctype("Line"), row).await?;
    let after = site.read(&target, name(&before)?).await?;
    equal("rows", rows(&after, "lines")?.len(), 2)?;
    equal("modified", &after["modified"], &before["modified"])
}

async fn put_row(site: &Site) -> Outcome {
    let before = parent(site, &["a", "b"]).await?;
    let row = &rows(&before, "lines")?[0];
    site.update(&site.doctype("Line"), name(row)?, json!({"product": "put"}))
        .await?;
    let after = site.read(&site.doctype("Target"), name(&before)?).await?;
    equal("products", products(&after)?, ["put", "b"])?;
    holds(
        after["modified"] != before["modified"],
        "the parent is stamped anew",
    )
}

async fn inserted_row(site: &Site) -> Outcome {
    let target = site.doctype("Target");
    let before = parent(site, &["a"]).await?;
    let doc = json!({
        "doctype": site.doctype("Line"),
        "parent": before["name"],
        "parenttype": target,
        "parentfield": "lines",
        "product": "inserted",
    });
    let answer = site
        .call("frappe.client.insert", json!({"doc": doc}))
        .await?;
    equal("answered", name(&answer)?, name(&before)?)?;
    let after = site.read(&target, name(&before)?).await?;
    equal("products", products(&after)?, ["a", "inserted"])
}
