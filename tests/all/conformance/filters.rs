//! What filters match.

use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal};
use super::site::Site;

checks! {
    ALL, "3.1", "a flat filter is taken for a list of fields and is 404" => flat_filter;
    ALL, "3.1", "filters may be an object of values and operator pairs" => object_filters;
    ALL, "3.1", "`in` takes a list, with commas inside its values" => in_takes_a_list;
    ALL, "3.4", "`in` takes 300 values by POST" => in_takes_300;
    ALL, "3.2", "`creation` in a list finds documents by their microseconds" => creation_in;
    ALL, "3.1", "`in` of an empty list matches the rows that hold nothing" => in_of_nothing;
    ALL, "3.1", "`is set` and `is not set` take null and empty text for one" => is_set;
    ALL, "3.1", "`!=` and `not in` match rows that hold null" => not_equal_matches_null;
    ALL, "3.1", "`between` two dates includes both" => between_is_closed;
    ALL, "3.1", "`between` on a column that is no date is 500" => between_is_for_dates;
    ALL, "3.1", "`=` of empty text matches null" => equal_to_empty;
    ALL, "3.2", "`in` of names ignores case and gives each its own spelling" => names_in_other_case;
    ALL, "3.1", "`like` takes percent signs" => like_takes_percent;
    BEFORE_16, "3.1", "two `=` filters on one field both hold" => two_equals_and;
    FROM_16, "3.1", "two `=` filters on one field become one `in`" => two_equals_in;
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
    Ok(found
        .iter()
        .map(|row| row["title"].as_str().unwrap_or_default().to_owned())
        .collect())
}

async fn flat_filter(site: &Site) -> Outcome {
    let query = [("filters", r#"["modified",">","2001-01-01"]"#)];
    site.try_list(&site.doctype("Record"), &query)
        .await?
        .has_status(404)
}

async fn object_filters(site: &Site) -> Outcome {
    let mark = site.numbered(3).await?;
    let args = json!({
        "doctype": site.doctype("Record"),
        "fields": ["quantity"],
        "filters": {"memo": mark, "quantity": [">", 1]},
    });
    equal(
        "rows",
        site.get_list(args).await?,
        vec![json!({"quantity": 2})],
    )
}

async fn in_takes_a_list(site: &Site) -> Outcome {
    let records = ["a, b", "a", "b"].map(|title| json!({"title": title}));
    let mark = site.marked(records.to_vec()).await?;
    let found = titles(site, &mark, json!(["title", "in", ["a, b", "none"]])).await?;
    equal("titles", found, ["a, b"])
}

async fn in_takes_300(site: &Site) -> Outcome {
    let mark = site.marked(vec![json!({"title": "value-299"})]).await?;
    let values: Vec<String> = (0..300).map(|number| format!("value-{number}")).collect();
    equal(
        "titles",
        titles(site, &mark, json!(["title", "in", values])).await?,
        ["value-299"],
    )
}

async fn creation_in(site: &Site) -> Outcome {
    let mark = site.numbered(3).await?;
    let doctype = site.doctype("Record");
    let list = async |filter: Value| {
        site.get_list(json!({
            "doctype": doctype,
            "fields": ["quantity", "creation"],
            "filters": [["memo", "=", mark], filter],
            "order_by": "quantity asc",
        }))
        .await
    };
    let all = list(json!(["docstatus", "=", 0])).await?;
    let wanted = [all[0].clone(), all[2].clone()];
    let moments = [
        &all[0]["creation"],
        &all[2]["creation"],
        &json!("2001-01-01 00:00:00.000001"),
    ];
    equal(
        "found",
        list(json!(["creation", "in", moments])).await?,
        wanted,
    )
}

async fn in_of_nothing(site: &Site) -> Outcome {
    let mark = site.marked(three_titles()).await?;
    let empty: [&str; 0] = [];
    equal(
        "titles",
        titles(site, &mark, json!(["title", "in", empty])).await?,
        ["", ""],
    )
}

fn three_titles() -> Vec<Value> {
    vec![
        json!({"quantity": 1, "title": "a"}),
        json!({"quantity": 2, "title": ""}),
        json!({"quantity": 3, "title": null}),
    ]
}

async fn is_set(site: &Site) -> Outcome {
    let mark = site.marked(three_titles()).await?;
    equal(
        "set",
        titles(site, &mark, json!(["title", "is", "set"])).await?,
        ["a"],
    )?;
    equal(
        "not set",
        titles(site, &mark, json!(["title", "is", "not set"])).await?,
        ["", ""],
    )
}

async fn not_equal_matches_null(site: &Site) -> Outcome {
    let mark = site.marked(three_titles()).await?;
    equal(
        "!=",
        titles(site, &mark, json!(["title", "!=", "a"])).await?,
        ["", ""],
    )?;
    equal(
        "not in",
        titles(site, &mark, json!(["title", "not in", ["a"]])).await?,
        ["", ""],
    )
}

async fn between_is_closed(site: &Site) -> Outcome {
    let days = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"];
    let records = days
        .iter()
        .enumerate()
        .map(|(place, day)| json!({"title": day, "on_date": day, "quantity": place}))
        .collect();
    let mark = site.marked(records).await?;
    let found = titles(
        site,
        &mark,
        json!(["on_date", "between", [days[1], days[2]]]),
    )
    .await?;
    equal("days", found, days[1..3].to_vec())
}

async fn between_is_for_dates(site: &Site) -> Outcome {
    let query = [("filters", r#"[["quantity","between",[1,2]]]"#)];
    site.try_list(&site.doctype("Record"), &query)
        .await?
        .has_status(500)
}

async fn equal_to_empty(site: &Site) -> Outcome {
    let mark = site.marked(three_titles()).await?;
    equal(
        "titles",
        titles(site, &mark, json!(["title", "=", ""])).await?,
        ["", ""],
    )
}

async fn names_in_other_case(site: &Site) -> Outcome {
    let (doctype, given) = (site.doctype("Target"), site.unique("Mixed"));
    site.create(&doctype, json!({"name": given})).await?;
    let filters = json!([["name", "in", [given.to_uppercase(), "missing"]]]);
    let found = site
        .get_list(json!({"doctype": doctype, "filters": filters}))
        .await?;
    equal("rows", found, vec![json!({"name": given})])
}

async fn like_takes_percent(site: &Site) -> Outcome {
    let mark = site
        .marked(vec![json!({"title": "north"}), json!({"title": "south"})])
        .await?;
    equal(
        "titles",
        titles(site, &mark, json!(["title", "like", "nor%"])).await?,
        ["north"],
    )
}

async fn two_equals(site: &Site) -> Result<Vec<Value>, Failure> {
    let mark = site.numbered(2).await?;
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
