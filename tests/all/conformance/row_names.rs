//! Which rows keep the name they are sent with, and what becomes of the others.

use serde_json::json;

use super::check::checks;
use super::failure::{Outcome, equal, holds, name, rows};
use super::site::Site;
use super::tables::{parent, products, put, row_names};

checks! {
    ALL, "5.4", "a row without a name is inserted under a new one" => nameless_row;
    ALL, "5.4", "a row with an unknown name is echoed and not stored" => unknown_row;
    ALL, "5.4", "a row with `__islocal` keeps the name it is given" => given_name;
    ALL, "5.4", "complete rows with `__islocal` can be sent again and again" => repeated_rows;
    ALL, "5.4", "a row with the name of another parent's row moves here" => stolen_row;
    ALL, "5.4", "on create row names are given anew, with `__islocal` too" => names_on_create;
    ALL, "5.4", "on create under `__newname` row names are kept" => names_under_newname;
    ALL, "5.4", "by insert_many under `__newname` row names are kept" => names_in_bulk;
    ALL, "5.4", "a row name that is taken is 409 under `__newname`" => taken_under_newname;
    ALL, "5.4", "a row name that another parent holds is 409 with `__islocal`" => taken_elsewhere;
    ALL, "5.4", "a row that keeps its name survives a change of its fields" => name_survives;
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

async fn names_in_bulk(site: &Site) -> Outcome {
    let (doctype, given) = (site.doctype("Target"), site.unique("row"));
    let doc = json!({
        "doctype": doctype,
        "__newname": site.unique("parent"),
        "lines": [{"name": given, "product": "a"}],
    });
    let names = site
        .call("frappe.client.insert_many", json!({"docs": [doc]}))
        .await?;
    let stored = site
        .read(&doctype, names[0].as_str().unwrap_or_default())
        .await?;
    equal("names", row_names(&stored)?, [given.as_str()])
}

async fn taken_under_newname(site: &Site) -> Outcome {
    let there = parent(site, &["a"]).await?;
    let taken = &rows(&there, "lines")?[0]["name"];
    let fields = json!({
        "__newname": site.unique("parent"),
        "lines": [{"name": taken, "product": "b"}],
    });
    let answer = site.try_create(&site.doctype("Target"), fields).await?;
    answer.refused(409, "DuplicateEntryError")
}

async fn taken_elsewhere(site: &Site) -> Outcome {
    let (here, there) = (parent(site, &[]).await?, parent(site, &["a"]).await?);
    let taken = &rows(&there, "lines")?[0]["name"];
    let lines = json!({"lines": [{"name": taken, "__islocal": 1, "product": "b"}]});
    let answer = site
        .try_update(&site.doctype("Target"), name(&here)?, lines)
        .await?;
    answer.refused(409, "DuplicateEntryError")?;
    let there = site.read(&site.doctype("Target"), name(&there)?).await?;
    equal("there", products(&there)?, ["a"])
}

async fn name_survives(site: &Site) -> Outcome {
    let before = parent(site, &["a", "b"]).await?;
    let mut lines = rows(&before, "lines")?.to_vec();
    lines[0]["product"] = json!("changed");
    let after = put(site, &before, json!(lines)).await?;
    equal("products", products(&after)?, ["changed", "b"])?;
    equal("names", row_names(&after)?, row_names(&before)?)
}
