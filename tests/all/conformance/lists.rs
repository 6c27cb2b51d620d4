//! Listing documents: limits, columns, order.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, absent, column, equal, holds, name};
use super::site::Site;

checks! {
    ALL, "3.1", "a list without a limit has 20 rows" => twenty_by_default;
    ALL, "3.1", "a limit of 0 gives all rows" => zero_is_unlimited;
    ALL, "3.1", "a limit and an offset cut a page out" => page_by_offset;
    ALL, "3.1", "`limit` is another name for the page length on the list route" => limit_is_an_alias;
    ALL, "3.4", "`limit` means nothing to get_list by POST" => limit_is_no_argument;
    ALL, "3.1", "a list without fields has names only" => names_by_default;
    ALL, "3.1", "`*` gives value columns and no tables" => star_has_no_tables;
    ONLY_14, "3.1", "`*` gives the columns of tags, comments and likes" => star_has_side_columns;
    FROM_15, "3.1", "`*` leaves out the columns of tags, comments and likes" => star_has_no_side_columns;
    ONLY_14, "3.1", "asking for a table field is 500" => table_field_fails;
    FROM_15, "3.1", "asking for a table field drops it in silence" => table_field_is_dropped;
    ALL, "3.1", "`as_dict` 0 gives rows as lists" => rows_as_lists;
    ALL, "3.1", "`group_by` with a count is answered" => counts_by_group;
    ALL, "4.2", "get_count counts what the filters match" => get_count;
    ALL, "3.1", "rows come in the order asked for, both ways" => order_is_kept;
}

async fn twenty_by_default(site: &Site) -> Outcome {
    let mark = site.numbered(22).await?;
    let filters = json!([["memo", "=", mark]]);
    let doctype = site.doctype("Record");
    let found = site
        .list(&doctype, &[("filters", &filters.to_string())])
        .await?;
    equal("by GET", found.len(), 20)?;
    let found = site
        .get_list(json!({"doctype": doctype, "filters": filters}))
        .await?;
    equal("by POST", found.len(), 20)
}

async fn zero_is_unlimited(site: &Site) -> Outcome {
    let mark = site.numbered(22).await?;
    let filters = json!([["memo", "=", mark]]);
    let doctype = site.doctype("Record");
    let query = [
        ("filters", &*filters.to_string()),
        ("limit_page_length", "0"),
    ];
    equal("by GET", site.list(&doctype, &query).await?.len(), 22)?;
    let args = json!({"doctype": doctype, "filters": filters, "limit_page_length": 0});
    equal("by POST", site.get_list(args).await?.len(), 22)
}

async fn page_by_offset(site: &Site) -> Outcome {
    let mark = site.numbered(5).await?;
    let found = site
        .get_list(json!({
            "doctype": site.doctype("Record"),
            "fields": ["quantity"],
            "filters": [["memo", "=", mark]],
            "order_by": "quantity asc",
            "limit_start": 1,
            "limit_page_length": 2,
        }))
        .await?;
    equal(
        "quantities",
        column(&found, "quantity"),
        vec![&json!(1), &json!(2)],
    )
}

async fn limit_is_an_alias(site: &Site) -> Outcome {
    let mark = site.numbered(3).await?;
    let filters = json!([["memo", "=", mark]]).to_string();
    let query = [("filters", &*filters), ("limit", "2")];
    equal(
        "rows",
        site.list(&site.doctype("Record"), &query).await?.len(),
        2,
    )
}

async fn limit_is_no_argument(site: &Site) -> Outcome {
    let mark = site.numbered(3).await?;
    let filters = json!([["memo", "=", mark]]);
    let args = json!({"doctype": site.doctype("Record"), "filters": filters, "limit": 2});
    equal("rows", site.get_list(args).await?.len(), 3)
}

async fn names_by_default(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    let created = site.create(&doctype, json!({})).await?;
    let filters = json!([["name", "=", name(&created)?]]).to_string();
    let found = site.list(&doctype, &[("filters", &filters)]).await?;
    equal("rows", found, vec![json!({"name": created["name"]})])
}

/// The `*` row of a record with a table.
async fn star(site: &Site) -> Result<Value, Failure> {
    let doctype = site.doctype("Record");
    let created = site
        .create(&doctype, json!({"lines": [{"product": "p"}]}))
        .await?;
    let args =
        json!({"doctype": doctype, "fields": ["*"], "filters": [["name", "=", created["name"]]]});
    site.get_list(args)
        .await?
        .pop()
        .ok_or_else(|| Failure::new("the record is not listed"))
}

async fn star_has_no_tables(site: &Site) -> Outcome {
    let row = star(site).await?;
    for table in ["lines", "extras", "tags"] {
        absent(&row, table)?;
    }
    for field in [
        "name",
        "owner",
        "creation",
        "modified",
        "modified_by",
        "docstatus",
        "idx",
        "title",
    ] {
        holds(
            row.get(field).is_some(),
            format!("`{field}` is missing in {row}"),
        )?;
    }
    Ok(())
}

async fn star_has_side_columns(site: &Site) -> Outcome {
    holds(
        star(site).await?.get("_user_tags").is_some(),
        "`_user_tags` is missing",
    )
}

async fn star_has_no_side_columns(site: &Site) -> Outcome {
    let row = star(site).await?;
    for field in ["_user_tags", "_comments", "_assign", "_liked_by"] {
        absent(&row, field)?;
    }
    Ok(())
}

async fn table_field_fails(site: &Site) -> Outcome {
    let query = [("fields", r#"["name","lines"]"#)];
    site.try_list(&site.doctype("Record"), &query)
        .await?
        .has_status(500)
}

async fn table_field_is_dropped(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    site.create(&doctype, json!({})).await?;
    let found = site
        .list(&doctype, &[("fields", r#"["name","lines"]"#)])
        .await?;
    holds(!found.is_empty(), "rows are answered")?;
    absent(&found[0], "lines")
}

async fn rows_as_lists(site: &Site) -> Outcome {
    let mark = site.numbered(1).await?;
    let filters = json!([["memo", "=", mark]]).to_string();
    let query = [
        ("fields", r#"["quantity","memo"]"#),
        ("filters", &*filters),
        ("as_dict", "0"),
    ];
    let found = site.list(&site.doctype("Record"), &query).await?;
    equal("rows", found, vec![json!([0, mark])])
}

async fn counts_by_group(site: &Site) -> Outcome {
    let records = ["a", "a", "b"].map(|title| json!({"title": title}));
    let mark = site.marked(records.to_vec()).await?;
    let filters = json!([["memo", "=", mark]]).to_string();
    let query = [
        ("fields", r#"["title","count(name) as found"]"#),
        ("filters", &*filters),
        ("group_by", "title"),
        ("order_by", "title asc"),
    ];
    let found = site.list(&site.doctype("Record"), &query).await?;
    equal(
        "counts",
        column(&found, "found"),
        vec![&json!(2), &json!(1)],
    )
}

async fn get_count(site: &Site) -> Outcome {
    let mark = site.numbered(3).await?;
    let args = json!({"doctype": site.doctype("Record"), "filters": [["memo", "=", mark]]});
    equal(
        "count",
        site.call("frappe.client.get_count", args).await?,
        3,
    )
}

async fn order_is_kept(site: &Site) -> Outcome {
    let mark = site.numbered(3).await?;
    for (direction, wanted) in [("asc", [0, 1, 2]), ("desc", [2, 1, 0])] {
        let found = site
            .get_list(json!({
                "doctype": site.doctype("Record"),
                "fields": ["quantity"],
                "filters": [["memo", "=", mark]],
                "order_by": format!("quantity {direction}"),
            }))
            .await?;
        equal(direction, column(&found, "quantity"), wanted.to_vec())?;
    }
    Ok(())
}
