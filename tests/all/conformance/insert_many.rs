//! Creating many documents in one request and one transaction.

use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, column, equal, rows, text};
use super::site::Site;

checks! {
    ALL, "4.2", "insert_many answers names in the order of the documents" => names_in_order;
    ALL, "4.2", "insert_many keeps rows" => rows_are_kept;
    ALL, "4.2", "insert_many takes documents of several DocTypes, links among them" => several_doctypes;
    ALL, "4.2", "one duplicate keeps all documents out" => duplicate_keeps_all_out;
    ALL, "4.2", "one missing mandatory field keeps all documents out" => mandatory_keeps_all_out;
    ALL, "4.2", "one missing link target keeps all documents out" => link_keeps_all_out;
    ALL, "8", "a Custom Field among the documents commits those before it, whatever comes after" => custom_field_commits;
    ALL, "4.2", "200 documents are taken, 201 are 417" => limit;
    ALL, "4.2", "series names count up in the order of the documents" => series_in_order;
    ALL, "4.2", "insert_many submits documents of docstatus 1" => submits;
}

async fn try_insert(site: &Site, docs: Vec<Value>) -> Result<Answer, Failure> {
    site.try_call("frappe.client.insert_many", json!({"docs": docs}))
        .await
}

fn targets(site: &Site, stem: &str, count: usize) -> Vec<Value> {
    (0..count)
        .map(
            |number| json!({"doctype": site.doctype("Target"), "name": format!("{stem} {number}")}),
        )
        .collect()
}

/// How many documents have a name that begins so.
async fn stored(site: &Site, stem: &str) -> Result<usize, Failure> {
    let args = json!({
        "doctype": site.doctype("Target"),
        "filters": [["name", "like", format!("{stem} %")]],
        "limit_page_length": 0,
    });
    Ok(site.get_list(args).await?.len())
}

async fn names_in_order(site: &Site) -> Outcome {
    let stem = site.unique("many");
    let mut docs = targets(site, &stem, 3);
    docs.reverse();
    let wanted: Vec<&Value> = column(&docs, "name");
    equal(
        "names",
        try_insert(site, docs.clone()).await?.message()?,
        json!(wanted),
    )
}

async fn rows_are_kept(site: &Site) -> Outcome {
    let lines = json!([{"product": "a"}, {"product": "b"}]);
    let docs = vec![json!({"doctype": site.doctype("Record"), "lines": lines}); 2];
    for docname in try_insert(site, docs)
        .await?
        .message()?
        .as_array()
        .unwrap_or(&Vec::new())
    {
        let stored = site
            .read(
                &site.doctype("Record"),
                docname.as_str().unwrap_or_default(),
            )
            .await?;
        equal(
            "products",
            column(rows(&stored, "lines")?, "product"),
            vec!["a", "b"],
        )?;
    }
    Ok(())
}

async fn several_doctypes(site: &Site) -> Outcome {
    let mut docs = targets(site, &site.unique("many"), 1);
    let link = docs[0]["name"].clone();
    docs.push(json!({"doctype": site.doctype("Reference"), "target": link}));
    let names = try_insert(site, docs).await?.message()?;
    let reference = names[1].as_str().unwrap_or_default();
    let stored = site.read(&site.doctype("Reference"), reference).await?;
    equal("target", &stored["target"], &link)
}

async fn duplicate_keeps_all_out(site: &Site) -> Outcome {
    let stem = site.unique("many");
    let mut docs = targets(site, &stem, 3);
    docs[2] = docs[0].clone();
    try_insert(site, docs)
        .await?
        .refused(409, "DuplicateEntryError")?;
    equal("stored", stored(site, &stem).await?, 0)
}

async fn mandatory_keeps_all_out(site: &Site) -> Outcome {
    let stem = site.unique("many");
    let mut docs = targets(site, &stem, 2);
    docs.push(json!({"doctype": site.doctype("Defaulted")}));
    try_insert(site, docs)
        .await?
        .refused(417, "MandatoryError")?;
    equal("stored", stored(site, &stem).await?, 0)
}

async fn link_keeps_all_out(site: &Site) -> Outcome {
    let stem = site.unique("many");
    let mut docs = targets(site, &stem, 2);
    docs.push(json!({"doctype": site.doctype("Reference"), "target": site.unique("missing")}));
    try_insert(site, docs)
        .await?
        .refused(417, "LinkValidationError")?;
    equal("stored", stored(site, &stem).await?, 0)
}

async fn custom_field_commits(site: &Site) -> Outcome {
    let stem = site.unique("many");
    let mut docs = targets(site, &stem, 2);
    let fieldname = site.unique("extra").replace('-', "_");
    docs.insert(
        1,
        json!({
            "doctype": "Custom Field",
            "dt": site.doctype("Coded"),
            "fieldname": fieldname,
            "label": fieldname,
            "fieldtype": "Data",
        }),
    );
    docs.push(docs[0].clone());
    try_insert(site, docs)
        .await?
        .refused(409, "DuplicateEntryError")?;
    equal("stored", stored(site, &stem).await?, 1)
}

async fn limit(site: &Site) -> Outcome {
    let stem = site.unique("many");
    try_insert(site, targets(site, &stem, 201))
        .await?
        .has_status(417)?;
    // The last of 200 fails on its own account, so that none has to be taken away again.
    let mut docs = targets(site, &stem, 200);
    docs[199] = docs[0].clone();
    try_insert(site, docs)
        .await?
        .refused(409, "DuplicateEntryError")?;
    equal("stored", stored(site, &stem).await?, 0)
}

async fn series_in_order(site: &Site) -> Outcome {
    let docs = vec![json!({"doctype": site.doctype("Serial")}); 3];
    let names = try_insert(site, docs).await?.message()?;
    let numbers: Vec<u32> = names
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter_map(|docname| docname.as_str()?.rsplit('-').next()?.parse().ok())
        .collect();
    let first = *numbers
        .first()
        .ok_or_else(|| Failure::new(format!("no numbers in {names}")))?;
    equal("numbers", numbers, [first, first + 1, first + 2])
}

async fn submits(site: &Site) -> Outcome {
    let doc = json!({"doctype": site.doctype("Order"), "title": "t", "docstatus": 1});
    let names = try_insert(site, vec![doc]).await?.message()?;
    let stored = site
        .read(
            &site.doctype("Order"),
            names[0].as_str().unwrap_or_default(),
        )
        .await?;
    equal("docstatus", &stored["docstatus"], 1)?;
    equal("title", text(&stored, "title")?, "t")
}
