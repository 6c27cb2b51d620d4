//! Listing documents: limits, columns, filters.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, absent, column, equal, holds, name, rows};
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
    ALL, "3.1", "a flat filter is taken for a list of fields and is 404" => flat_filter;
    ALL, "3.1", "filters may be an object of values and operator pairs" => object_filters;
    ALL, "3.1", "`in` takes a list, with commas inside its values" => in_takes_a_list;
    ALL, "3.4", "`in` takes 300 values by POST" => in_takes_300;
    ALL, "3.1", "`in` of an empty list matches nothing" => in_of_nothing;
    ALL, "3.1", "`is set` and `is not set` take null and empty text for one" => is_set;
    ALL, "3.1", "`!=` and `not in` match rows that hold null" => not_equal_matches_null;
    ALL, "3.1", "`between` includes both ends" => between_is_closed;
    ALL, "3.1", "`like` takes percent signs" => like_takes_percent;
    BEFORE_16, "3.1", "two `=` filters on one field both hold" => two_equals_and;
    FROM_16, "3.1", "two `=` filters on one field become one `in`" => two_equals_in;
    ALL, "3.1", "`as_dict` 0 gives rows as lists" => rows_as_lists;
    ALL, "3.1", "`group_by` with a count is answered" => counts_by_group;
    ALL, "4.2", "get_count counts what the filters match" => get_count;
    ALL, "3.1", "rows come in the order asked for, both ways" => order_is_kept;
}

/// Creates records that share a mark in `memo`, and gives it.
async fn marked(site: &Site, records: Vec<Value>) -> Result<String, Failure> {
    let mark = site.unique("list");
    let docs: Vec<Value> = records
        .into_iter()
        .map(|mut record| {
            record["doctype"] = json!(site.doctype("Record"));
            record["memo"] = json!(mark);
            record
        })
        .collect();
    site.call("frappe.client.insert_many", json!({"docs": docs})).await?;
    Ok(mark)
}

async fn many(site: &Site, count: usize) -> Result<String, Failure> {
    marked(site, (0..count).map(|number| json!({"quantity": number})).collect()).await
}

/// Titles of the marked records that match, in the order of their quantity.
async fn titles(site: &Site, mark: &str, filter: Value) -> Result<Vec<String>, Failure> {
    let found = site
        .get_list(json!({
            "doctype": site.doctype("Record"),
            "fields": ["title"],
            "filters": [["memo", "=", mark], filter],
            "order_by": "quantity asc",
        }))
        .await?;
    Ok(found.iter().map(|row| row["title"].as_str().unwrap_or_default().to_owned()).collect())
}

async fn twenty_by_default(site: &Site) -> Outcome {
    let mark = many(site, 22).await?;
    let filters = json!([["memo", "=", mark]]);
    let doctype = site.doctype("Record");
    let found = site.list(&doctype, &[("filters", &filters.to_string())]).await?;
    equal("by GET", found.len(), 20)?;
    let found = site.get_list(json!({"doctype": doctype, "filters": filters})).await?;
    equal("by POST", found.len(), 20)
}

async fn zero_is_unlimited(site: &Site) -> Outcome {
    let mark = many(site, 22).await?;
    let filters = json!([["memo", "=", mark]]);
    let doctype = site.doctype("Record");
    let query = [("filters", &*filters.to_string()), ("limit_page_length", "0")];
    equal("by GET", site.list(&doctype, &query).await?.len(), 22)?;
    let args = json!({"doctype": doctype, "filters": filters, "limit_page_length": 0});
    equal("by POST", site.get_list(args).await?.len(), 22)
}

async fn page_by_offset(site: &Site) -> Outcome {
    let mark = many(site, 5).await?;
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
    equal("quantities", column(&found, "quantity"), vec![&json!(1), &json!(2)])
}

async fn limit_is_an_alias(site: &Site) -> Outcome {
    let mark = many(site, 3).await?;
    let filters = json!([["memo", "=", mark]]).to_string();
    let query = [("filters", &*filters), ("limit", "2")];
    equal("rows", site.list(&site.doctype("Record"), &query).await?.len(), 2)
}

async fn limit_is_no_argument(site: &Site) -> Outcome {
    let mark = many(site, 3).await?;
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
    let created = site.create(&doctype, json!({"lines": [{"product": "p"}]})).await?;
    let args = json!({"doctype": doctype, "fields": ["*"], "filters": [["name", "=", created["name"]]]});
    site.get_list(args).await?.pop().ok_or_else(|| Failure::new("the record is not listed"))
}

async fn star_has_no_tables(site: &Site) -> Outcome {
    let row = star(site).await?;
    for table in ["lines", "extras", "tags"] {
        absent(&row, table)?;
    }
    for field in ["name", "owner", "creation", "modified", "modified_by", "docstatus", "idx", "title"] {
        holds(row.get(field).is_some(), format!("`{field}` is missing in {row}"))?;
    }
    Ok(())
}

async fn star_has_side_columns(site: &Site) -> Outcome {
    holds(star(site).await?.get("_user_tags").is_some(), "`_user_tags` is missing")
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
    site.try_list(&site.doctype("Record"), &query).await?.has_status(500)
}

async fn table_field_is_dropped(site: &Site) -> Outcome {
    let doctype = site.doctype("Record");
    site.create(&doctype, json!({})).await?;
    let found = site.list(&doctype, &[("fields", r#"["name","lines"]"#)]).await?;
    holds(!found.is_empty(), "rows are answered")?;
    absent(&found[0], "lines")
}

async fn flat_filter(site: &Site) -> Outcome {
    let query = [("filters", r#"["modified",">","2001-01-01"]"#)];
    site.try_list(&site.doctype("Record"), &query).await?.has_status(404)
}

async fn object_filters(site: &Site) -> Outcome {
    let mark = many(site, 3).await?;
    let args = json!({
        "doctype": site.doctype("Record"),
        "fields": ["quantity"],
        "filters": {"memo": mark, "quantity": [">", 1]},
    });
    equal("rows", site.get_list(args).await?, vec![json!({"quantity": 2})])
}

async fn in_takes_a_list(site: &Site) -> Outcome {
    let records = ["a, b", "a", "b"].map(|title| json!({"title": title}));
    let mark = marked(site, records.to_vec()).await?;
    let found = titles(site, &mark, json!(["title", "in", ["a, b", "none"]])).await?;
    equal("titles", found, ["a, b"])
}

async fn in_takes_300(site: &Site) -> Outcome {
    let mark = marked(site, vec![json!({"title": "value-299"})]).await?;
    let values: Vec<String> = (0..300).map(|number| format!("value-{number}")).collect();
    equal("titles", titles(site, &mark, json!(["title", "in", values])).await?, ["value-299"])
}

async fn in_of_nothing(site: &Site) -> Outcome {
    let mark = marked(site, vec![json!({"title": "a"}), json!({"title": null})]).await?;
    let empty: [&str; 0] = [];
    equal("titles", titles(site, &mark, json!(["title", "in", empty])).await?, empty)
}

fn three_titles() -> Vec<Value> {
    vec![
        json!({"quantity": 1, "title": "a"}),
        json!({"quantity": 2, "title": ""}),
        json!({"quantity": 3, "title": null}),
    ]
}

async fn is_set(site: &Site) -> Outcome {
    let mark = marked(site, three_titles()).await?;
    equal("set", titles(site, &mark, json!(["title", "is", "set"])).await?, ["a"])?;
    equal("not set", titles(site, &mark, json!(["title", "is", "not set"])).await?, ["", ""])
}

async fn not_equal_matches_null(site: &Site) -> Outcome {
    let mark = marked(site, three_titles()).await?;
    equal("!=", titles(site, &mark, json!(["title", "!=", "a"])).await?, ["", ""])?;
    equal("not in", titles(site, &mark, json!(["title", "not in", ["a"]])).await?, ["", ""])
}

async fn between_is_closed(site: &Site) -> Outcome {
    let mark = many(site, 4).await?;
    let args = json!({
        "doctype": site.doctype("Record"),
        "filters": [["memo", "=", mark], ["quantity", "between", [1, 2]]],
    });
    equal("rows", site.get_list(args).await?.len(), 2)
}

async fn like_takes_percent(site: &Site) -> Outcome {
    let mark = marked(site, vec![json!({"title": "north"}), json!({"title": "south"})]).await?;
    equal("titles", titles(site, &mark, json!(["title", "like", "nor%"])).await?, ["north"])
}

async fn two_equals(site: &Site) -> Result<Vec<Value>, Failure> {
    let mark = many(site, 2).await?;
    site.get_list(json!({
        "doctype": site.doctype("Record"),
        "filters": [["memo", "=", mark], ["quantity", "=", 0], ["quantity", "=", 1]],
    }))
    .await
}

async fn two_equals_and(site: &Site) -> Outcome {
    equal("rows", two_equals(site).await?.len(), 0)
}

async fn two_equals_in(site: &Site) -> Outcome {
    equal("rows", two_equals(site).await?.len(), 2)
}

async fn rows_as_lists(site: &Site) -> Outcome {
    let mark = many(site, 1).await?;
    let filters = json!([["memo", "=", mark]]).to_string();
    let query = [("fields", r#"["quantity","memo"]"#), ("filters", &*filters), ("as_dict", "0")];
    let found = site.list(&site.doctype("Record"), &query).await?;
    equal("rows", found, vec![json!([0, mark])])
}

async fn counts_by_group(site: &Site) -> Outcome {
    let records = ["a", "a", "b"].map(|title| json!({"title": title}));
    let mark = marked(site, records.to_vec()).await?;
    let filters = json!([["memo", "=", mark]]).to_string();
    let query = [
        ("fields", r#"["title","count(name) as found"]"#),
        ("filters", &*filters),
        ("group_by", "title"),
        ("order_by", "title asc"),
    ];
    let found = site.list(&site.doctype("Record"), &query).await?;
    equal("counts", column(&found, "found"), vec![&json!(2), &json!(1)])
}

async fn get_count(site: &Site) -> Outcome {
    let mark = many(site, 3).await?;
    let args = json!({"doctype": site.doctype("Record"), "filters": [["memo", "=", mark]]});
    equal("count", site.call("frappe.client.get_count", args).await?, 3)
}

async fn order_is_kept(site: &Site) -> Outcome {
    let mark = many(site, 3).await?;
    for (direction, wanted) in [("asc", [0, 1, 2]), ("desc", [2, 1, 0])] {
        let args = json!({
            "doctype": site.doctype("Record"),
            "fields": ["quantity"],
            "filters": [["memo", "=", mark]],
            "order_by": format!("quantity {direction}"),
        });
        let answer = json!({"rows": site.get_list(args).await?});
        let found: Vec<_> = rows(&answer, "rows")?.iter().map(|row| row["quantity"].clone()).collect();
        equal(direction, found, wanted.map(Value::from).to_vec())?;
    }
    Ok(())
}
