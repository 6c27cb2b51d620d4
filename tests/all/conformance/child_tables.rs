//! What a PUT of a table does to its rows, and how rows are listed.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Outcome, column, equal, holds, name, number, rows, text};
use super::site::Site;
use super::tables::{parent, products, put, row_names};

checks! {
    ALL, "5.4", "a table that is not sent keeps its rows" => omitted_table;
    ALL, "5.4", "a save of the parent stamps every row with the parent's `modified`" => rows_follow_the_parent;
    ALL, "5.4", "an empty list deletes all rows" => empty_list;
    ALL, "5.4", "null deletes all rows" => null_list;
    ALL, "5.4", "a row with its name is overwritten whole, what is not sent becomes empty" => named_row;
    ALL, "5.4", "a stored row that is not sent is deleted, without a Deleted Document" => dropped_row;
    ALL, "5.4", "rows without idx are numbered by position, so that a list reorders them" => reordered;
    ALL, "5.4", "an idx that is sent is stored as it is" => given_idx;
    ALL, "5.4", "on create a row's own owner and creation are kept" => given_creation;
    ALL, "1.1", "a single GET leaves null fields of rows out" => nulls_of_rows;
    ALL, "5.4", "two tables of one DocType stay apart" => two_tables;
    ALL, "5.4", "a Table MultiSelect takes rows like any table" => multi_select;
    ALL, "5.4", "a Table MultiSelect of plain texts is 500" => multi_select_of_texts;
    ALL, "5.4", "rows of a document with a number for a name hold it as text" => numbered_parent;
    ALL, "3.5", "listing rows without their parent's DocType is 403" => list_without_parent;
    ALL, "3.5", "listing rows under a DocType that has no such table is 403" => list_under_stranger;
    ALL, "3.5", "rows of all parents are listed, whatever table they are in" => list_of_all;
    ALL, "3.5", "`*` of a row has its parent, its table and its place" => star_of_a_row;
    ALL, "4.1", "a POST of a row leaves its parent's `modified` alone" => posted_row;
    ALL, "4.1", "a PUT of a row saves its parent" => put_row;
    ALL, "4.2", "client.insert of a row appends it and answers with the parent" => inserted_row;
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

async fn given_creation(site: &Site) -> Outcome {
    let long_ago = "2001-01-01 00:00:00.000001";
    let row = json!({"product": "a", "creation": long_ago, "owner": "Guest"});
    let stored = site
        .create_and_read(&site.doctype("Record"), json!({"lines": [row]}))
        .await?;
    let row = &rows(&stored, "lines")?[0];
    equal("creation", text(row, "creation")?, long_ago)?;
    equal("owner", text(row, "owner")?, "Guest")
}

async fn nulls_of_rows(site: &Site) -> Outcome {
    let stored = parent(site, &["a"]).await?;
    let after = put(
        site,
        &stored,
        json!([{"name": rows(&stored, "lines")?[0]["name"]}]),
    )
    .await?;
    equal("product", rows(&after, "lines")?[0].get("product"), None)
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

async fn numbered_parent(site: &Site) -> Outcome {
    let doctype = site.doctype("Numbered");
    let lines = json!({"lines": [{"product": "a"}, {"product": "b"}]});
    let made = site.create(&doctype, lines).await?;
    let number = made["name"].to_string();
    let stored = site.read(&doctype, &number).await?;
    equal(
        "rows",
        column(rows(&stored, "lines")?, "product"),
        ["a", "b"],
    )?;
    let line = site.doctype("Line");
    let listed = site.child_rows(&line, &doctype, &number, "lines").await?;
    equal("listed", column(&listed, "product"), ["a", "b"])?;
    equal(
        "parent",
        column(&listed, "parent"),
        [number.as_str(), &number],
    )
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
