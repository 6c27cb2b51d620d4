//! Paging by `(modified, name)`: every row once, whatever the names look like.
//!
//! The rows of one table share their parent's `modified` and may be given names, which makes them
//! the case that a cursor has to stand.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, column, equal, holds, name, text};
use super::site::Site;

checks! {
    ALL, "3.2", "paging by closed bound and or_filters gives every row once, though all share one `modified`" => equal_stamps;
    ALL, "3.2", "paging by closed bound and or_filters gives every document once" => distinct_stamps;
    ALL, "3.2", "the order of names and their comparison agree" => order_and_comparison_agree;
    ALL, "3.2", "names are ordered without regard to case and accents" => order_ignores_case;
    ALL, "3.2", "a closed lower bound on `modified` includes it, an open one does not" => bounds;
    ALL, "3.2", "or_filters narrow what the filters let through" => or_filters_narrow;
    ALL, "3.2", "`=` on `modified` compares microseconds" => microseconds;
    ALL, "3.2", "a filter on `modified` may be written with a T" => separator_t;
    ALL, "3.2", "a document that is saved while paging comes again, later" => moving_document;
    ALL, "3.2", "whole-number names are numbers in JSON and compare as numbers" => numbers_as_names;
}

/// Ends of row names that differ under the collation, in no particular order.
const ENDS: [&str; 12] = [
    "b", "A", "é2", "E1", "e3", "_x", "10", "9", "Z", "straße", "a-1", "a 1",
];

/// A parent whose rows have awkward names and one `modified`; gives it with its name.
async fn parent_with_rows(site: &Site) -> Result<String, Failure> {
    let target = site.doctype("Target");
    let parent = site.unique("keyset");
    site.create(&target, json!({"name": parent})).await?;
    let rows: Vec<Value> = ENDS
        .iter()
        .map(|end| json!({"name": format!("{parent} {end}"), "__islocal": 1, "product": end}))
        .collect();
    site.update(&target, &parent, json!({"lines": rows}))
        .await?;
    Ok(parent)
}

/// One list request for rows of this parent.
async fn rows_of(
    site: &Site,
    parent: &str,
    mut filters: Vec<Value>,
    or_filters: Value,
    limit: usize,
) -> Result<Vec<Value>, Failure> {
    filters.push(json!(["parent", "=", parent]));
    site.get_list(json!({
        "doctype": site.doctype("Line"),
        "parent": site.doctype("Target"),
        "fields": ["name", "modified"],
        "filters": filters,
        "or_filters": or_filters,
        "order_by": "modified asc, name asc",
        "limit_page_length": limit,
    }))
    .await
}

/// What comes after a row, as protocol 3.2 asks for it.
fn after(row: &Value) -> (Value, Value) {
    let closed = json!(["modified", ">=", row["modified"]]);
    let beyond = json!([
        ["modified", ">", row["modified"]],
        ["name", ">", row["name"]]
    ]);
    (closed, beyond)
}

async fn equal_stamps(site: &Site) -> Outcome {
    let parent = parent_with_rows(site).await?;
    let all = rows_of(site, &parent, vec![], json!(null), 0).await?;
    equal("rows", all.len(), ENDS.len())?;
    let stamps = column(&all, "modified");
    holds(
        stamps.iter().all(|stamp| *stamp == stamps[0]),
        "all rows share one `modified`",
    )?;
    let mut seen = rows_of(site, &parent, vec![], json!(null), 5).await?;
    loop {
        let (closed, beyond) = after(&seen[seen.len() - 1]);
        let page = rows_of(site, &parent, vec![closed], beyond, 5).await?;
        if page.is_empty() {
            break;
        }
        holds(seen.len() < all.len(), "paging ends")?;
        seen.extend(page);
    }
    equal("the pages together", seen, all)
}

async fn documents(
    site: &Site,
    mark: &str,
    after_row: Option<&Value>,
    limit: usize,
) -> Result<Vec<Value>, Failure> {
    let (closed, beyond) = after_row.map_or((json!(null), json!(null)), after);
    let mut filters = vec![json!(["memo", "=", mark])];
    if after_row.is_some() {
        filters.push(closed);
    }
    site.get_list(json!({
        "doctype": site.doctype("Record"),
        "fields": ["name", "modified", "quantity"],
        "filters": filters,
        "or_filters": beyond,
        "order_by": "modified asc, name asc",
        "limit_page_length": limit,
    }))
    .await
}

async fn distinct_stamps(site: &Site) -> Outcome {
    let mark = site.numbered(7).await?;
    let all = documents(site, &mark, None, 0).await?;
    let mut seen = documents(site, &mark, None, 3).await?;
    while let page = documents(site, &mark, seen.last(), 3).await?
        && !page.is_empty()
    {
        holds(seen.len() < all.len(), "paging ends")?;
        seen.extend(page);
    }
    equal("the pages together", seen, all)
}

async fn order_and_comparison_agree(site: &Site) -> Outcome {
    let parent = parent_with_rows(site).await?;
    let all = rows_of(site, &parent, vec![], json!(null), 0).await?;
    for (position, row) in all.iter().enumerate() {
        let greater = vec![json!(["name", ">", row["name"]])];
        let found = rows_of(site, &parent, greater, json!(null), 0).await?;
        equal(
            name(row)?,
            column(&found, "name"),
            column(&all[position + 1..], "name"),
        )?;
    }
    Ok(())
}

async fn order_ignores_case(site: &Site) -> Outcome {
    let parent = parent_with_rows(site).await?;
    let all = rows_of(site, &parent, vec![], json!(null), 0).await?;
    let wanted = ["A", "b", "E1", "é2", "e3", "straße", "Z"];
    let found: Vec<&str> = all
        .iter()
        .filter_map(|row| row["name"].as_str()?.strip_prefix(&format!("{parent} ")))
        .filter(|end| wanted.contains(end))
        .collect();
    equal("names", found, wanted)
}

async fn bounds(site: &Site) -> Outcome {
    let parent = parent_with_rows(site).await?;
    let stamp = rows_of(site, &parent, vec![], json!(null), 1).await?[0]["modified"].clone();
    for (operator, wanted) in [(">=", ENDS.len()), (">", 0), ("<=", ENDS.len()), ("<", 0)] {
        let filter = vec![json!(["modified", operator, stamp])];
        equal(
            operator,
            rows_of(site, &parent, filter, json!(null), 0).await?.len(),
            wanted,
        )?;
    }
    Ok(())
}

async fn or_filters_narrow(site: &Site) -> Outcome {
    let (one, other) = (parent_with_rows(site).await?, parent_with_rows(site).await?);
    let either = json!([["parent", "=", other], ["name", "=", format!("{one} Z")]]);
    let found = rows_of(site, &one, vec![], either, 0).await?;
    equal(
        "rows",
        column(&found, "name"),
        vec![&json!(format!("{one} Z"))],
    )
}

/// A record and how many of its mark have exactly this `modified`.
async fn with_stamp(site: &Site, stamp: impl Fn(&str) -> String) -> Result<usize, Failure> {
    let mark = site.numbered(2).await?;
    let all = documents(site, &mark, None, 0).await?;
    let wanted = stamp(text(&all[0], "modified")?);
    let args = json!({
        "doctype": site.doctype("Record"),
        "filters": [["memo", "=", mark], ["modified", "=", wanted]],
    });
    Ok(site.get_list(args).await?.len())
}

async fn microseconds(site: &Site) -> Outcome {
    equal("rows", with_stamp(site, str::to_owned).await?, 1)?;
    let without = |stamp: &str| stamp.chars().take("2001-01-01 00:00:00".len()).collect();
    // A document stamped on the full second would match, once in a million.
    equal("rows on the second", with_stamp(site, without).await?, 0)
}

async fn separator_t(site: &Site) -> Outcome {
    equal(
        "rows",
        with_stamp(site, |stamp| stamp.replacen(' ', "T", 1)).await?,
        1,
    )
}

async fn moving_document(site: &Site) -> Outcome {
    let mark = site.numbered(4).await?;
    let first_page = documents(site, &mark, None, 2).await?;
    let moved = name(&first_page[0])?;
    site.update(&site.doctype("Record"), moved, json!({"title": "moved"}))
        .await?;
    let rest = documents(site, &mark, first_page.last(), 0).await?;
    let found: Vec<_> = column(&rest, "quantity").into_iter().cloned().collect();
    equal("quantities", found, [2, 3, 0].map(Value::from).to_vec())
}

async fn numbers_as_names(site: &Site) -> Outcome {
    let doctype = site.doctype("Numbered");
    let mark = site.unique("number");
    let docs = vec![json!({"doctype": doctype, "label": mark}); 11];
    site.call("frappe.client.insert_many", json!({"docs": docs}))
        .await?;
    let list = async |filter: Value| {
        site.get_list(json!({
            "doctype": doctype,
            "filters": [["label", "=", mark], filter],
            "order_by": "name asc",
            "limit_page_length": 0,
        }))
        .await
    };
    let all = list(json!(["name", ">", 0])).await?;
    let numbers: Vec<i64> = all.iter().filter_map(|row| row["name"].as_i64()).collect();
    equal("numbers", numbers.len(), 11)?;
    holds(numbers.is_sorted(), format!("{numbers:?} is in order"))?;
    let later = list(json!(["name", ">", numbers[8]])).await?;
    equal("after the ninth", later.len(), 2)
}
