//! What may be sent together with a change of docstatus, and what may change afterwards.

use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, absent, column, equal, name, rows, text};
use super::site::Site;

checks! {
    ALL, "7", "one update changes fields and rows and submits" => submit_with_changes;
    ALL, "6.1", "one update with an older `modified` changes and submits nothing" => stale_submit;
    ALL, "7", "one update that changes and submits is refused as a whole: 417" => refused_submit;
    ALL, "6.1", "a cancel by update compares `modified`" => cancel_compares;
    ALL, "6.1", "an update after submission compares `modified`, and answers with the next" => update_compares;
    ALL, "7", "a field marked so may be emptied after submission" => emptied_after_submit;
    ALL, "7", "a field that is not marked may not be emptied after submission: 417 UpdateAfterSubmitError" => not_emptied;
    ALL, "7", "an update with one field allowed and one not is refused as a whole" => mixed_update;
    ALL, "7", "a table marked so takes rows after submission" => row_added;
    ALL, "7", "a table marked so gives up rows after submission" => row_dropped;
    ALL, "7", "a row field marked so may change after submission, under its row's name" => row_field_changed;
    ALL, "7", "a row field that is not marked may not change, in a marked table either: 417" => row_field_refused;
    ALL, "7", "a row of an unmarked table may not go after submission: 417 UpdateAfterSubmitError" => row_stays;
    ALL, "7", "a submit of what is submitted is an update like any" => submitted_again;
    ALL, "7", "a cancel of what is cancelled is refused: 417" => cancelled_again;
    ALL, "4.2", "insert_many takes submitted documents and their rows" => many_submitted;
    ALL, "5.2", "an amendment may be submitted as it is made" => amended_and_submitted;
    ALL, "5.2", "an amendment of a document amended before is 409, though that amendment is cancelled" => amended_twice;
    ALL, "5.2", "the name of a deleted amendment is given again" => amended_after_delete;
    ALL, "5.2", "an amendment leaves its original's `modified` alone" => original_stays;
    ALL, "5.2", "a document that is amended may be cancelled, and its original stays cancelled" => amendment_cancelled;
}

async fn bill(site: &Site, docstatus: u8) -> Result<Value, Failure> {
    let fields = json!({
        "title": "before", "remarks": "before", "docstatus": docstatus,
        "entries": [{"product": "a", "quantity": 1, "remark": "x"}],
        "extras": [{"product": "b", "quantity": 2, "remark": "y"}],
    });
    site.create_and_read(&site.doctype("Bill"), fields).await
}

async fn read(site: &Site, bill: &Value) -> Result<Value, Failure> {
    site.read(&site.doctype("Bill"), name(bill)?).await
}

async fn try_put(site: &Site, bill: &Value, fields: Value) -> Result<Answer, Failure> {
    site.try_update(&site.doctype("Bill"), name(bill)?, fields)
        .await
}

async fn put(site: &Site, bill: &Value, fields: Value) -> Result<Value, Failure> {
    site.update_and_read(&site.doctype("Bill"), name(bill)?, fields)
        .await
}

async fn refuses(site: &Site, bill: &Value, fields: Value, class: &str) -> Outcome {
    try_put(site, bill, fields).await?.refused(417, class)?;
    equal("the document", &read(site, bill).await?, bill)
}

async fn submit_with_changes(site: &Site) -> Outcome {
    let draft = bill(site, 0).await?;
    let fields = json!({
        "title": "after", "docstatus": 1, "modified": draft["modified"],
        "entries": [{"product": "c"}, {"product": "d"}],
    });
    let after = put(site, &draft, fields).await?;
    equal("docstatus", &after["docstatus"], 1)?;
    equal("title", text(&after, "title")?, "after")?;
    let entries = rows(&after, "entries")?;
    equal("products", column(entries, "product"), vec!["c", "d"])?;
    equal("rows", column(entries, "docstatus"), vec![1, 1])
}

async fn stale_submit(site: &Site) -> Outcome {
    let draft = bill(site, 0).await?;
    let fields = json!({
        "title": "after", "docstatus": 1, "modified": "2001-01-01 00:00:00.000001",
    });
    refuses(site, &draft, fields, "TimestampMismatchError").await
}

async fn refused_submit(site: &Site) -> Outcome {
    let draft = bill(site, 0).await?;
    let fields = json!({"title": "after", "docstatus": 1, "target": site.unique("missing")});
    refuses(site, &draft, fields, "LinkValidationError").await
}

async fn cancel_compares(site: &Site) -> Outcome {
    let submitted = bill(site, 1).await?;
    let stale = json!({"docstatus": 2, "modified": "2001-01-01 00:00:00.000001"});
    refuses(site, &submitted, stale, "TimestampMismatchError").await?;
    let fresh = json!({"docstatus": 2, "modified": submitted["modified"]});
    let after = put(site, &submitted, fresh).await?;
    equal("docstatus", &after["docstatus"], 2)
}

async fn update_compares(site: &Site) -> Outcome {
    let submitted = bill(site, 1).await?;
    let stale = json!({"remarks": "after", "modified": "2001-01-01 00:00:00.000001"});
    refuses(site, &submitted, stale, "TimestampMismatchError").await?;
    let fresh = json!({"remarks": "after", "modified": submitted["modified"]});
    let answer = try_put(site, &submitted, fresh).await?.data()?;
    let after = read(site, &submitted).await?;
    equal(
        "modified",
        text(&after, "modified")?,
        text(&answer, "modified")?,
    )?;
    equal("remarks", text(&after, "remarks")?, "after")
}

async fn emptied_after_submit(site: &Site) -> Outcome {
    let submitted = bill(site, 1).await?;
    let after = put(site, &submitted, json!({"remarks": null})).await?;
    absent(&after, "remarks")
}

async fn not_emptied(site: &Site) -> Outcome {
    let submitted = bill(site, 1).await?;
    refuses(
        site,
        &submitted,
        json!({"title": null}),
        "UpdateAfterSubmitError",
    )
    .await
}

async fn mixed_update(site: &Site) -> Outcome {
    let submitted = bill(site, 1).await?;
    let fields = json!({"remarks": "after", "title": "after"});
    refuses(site, &submitted, fields, "UpdateAfterSubmitError").await
}

async fn row_added(site: &Site) -> Outcome {
    let submitted = bill(site, 1).await?;
    let kept = &rows(&submitted, "extras")?[0];
    let after = put(
        site,
        &submitted,
        json!({"extras": [kept, {"product": "c"}]}),
    )
    .await?;
    let extras = rows(&after, "extras")?;
    equal("products", column(extras, "product"), vec!["b", "c"])?;
    equal("first", name(&extras[0])?, name(kept)?)?;
    equal("rows", column(extras, "docstatus"), vec![1, 1])
}

async fn row_dropped(site: &Site) -> Outcome {
    let submitted = bill(site, 1).await?;
    let after = put(site, &submitted, json!({"extras": []})).await?;
    equal("rows", rows(&after, "extras")?.len(), 0)
}

/// The one row of a table with one field changed.
fn with_row(submitted: &Value, table: &str, field: &str, value: Value) -> Result<Value, Failure> {
    let mut row = rows(submitted, table)?[0].clone();
    row[field] = value;
    let mut fields = json!({});
    fields[table] = json!([row]);
    Ok(fields)
}

async fn row_field_changed(site: &Site) -> Outcome {
    for table in ["entries", "extras"] {
        let submitted = bill(site, 1).await?;
        let fields = with_row(&submitted, table, "remark", json!("after"))?;
        let after = put(site, &submitted, fields).await?;
        equal(table, text(&rows(&after, table)?[0], "remark")?, "after")?;
    }
    Ok(())
}

async fn row_field_refused(site: &Site) -> Outcome {
    for table in ["entries", "extras"] {
        let submitted = bill(site, 1).await?;
        let fields = with_row(&submitted, table, "quantity", json!(7))?;
        refuses(site, &submitted, fields, "UpdateAfterSubmitError").await?;
    }
    Ok(())
}

async fn row_stays(site: &Site) -> Outcome {
    let submitted = bill(site, 1).await?;
    refuses(
        site,
        &submitted,
        json!({"entries": []}),
        "UpdateAfterSubmitError",
    )
    .await
}

async fn submitted_again(site: &Site) -> Outcome {
    let submitted = bill(site, 1).await?;
    let after = put(
        site,
        &submitted,
        json!({"docstatus": 1, "remarks": "after"}),
    )
    .await?;
    equal("remarks", text(&after, "remarks")?, "after")
}

async fn cancelled(site: &Site) -> Result<Value, Failure> {
    let submitted = bill(site, 1).await?;
    put(site, &submitted, json!({"docstatus": 2})).await
}

async fn cancelled_again(site: &Site) -> Outcome {
    let cancelled = cancelled(site).await?;
    try_put(site, &cancelled, json!({"docstatus": 2}))
        .await?
        .has_status(417)
}

async fn many_submitted(site: &Site) -> Outcome {
    let doctype = site.doctype("Bill");
    let docs: Vec<Value> = [0, 1]
        .into_iter()
        .map(|docstatus| {
            json!({"doctype": doctype, "docstatus": docstatus, "entries": [{"product": "a"}]})
        })
        .collect();
    let names = site
        .call("frappe.client.insert_many", json!({"docs": docs}))
        .await?;
    for docstatus in [0, 1] {
        let docname = names[docstatus].as_str().unwrap_or_default();
        let made = site.read(&doctype, docname).await?;
        equal("docstatus", &made["docstatus"], docstatus)?;
        let entries = rows(&made, "entries")?;
        equal("rows", column(entries, "docstatus"), vec![docstatus])?;
    }
    Ok(())
}

async fn amend(site: &Site, original: &Value, docstatus: u8) -> Result<Answer, Failure> {
    let fields = json!({"amended_from": original["name"], "docstatus": docstatus});
    site.try_create(&site.doctype("Bill"), fields).await
}

async fn amended_and_submitted(site: &Site) -> Outcome {
    let original = cancelled(site).await?;
    let amendment = amend(site, &original, 1).await?.data()?;
    equal("name", name(&amendment)?, format!("{}-1", name(&original)?))?;
    equal("docstatus", &amendment["docstatus"], 1)
}

async fn amended_twice(site: &Site) -> Outcome {
    let original = cancelled(site).await?;
    let amendment = amend(site, &original, 1).await?.data()?;
    put(site, &amendment, json!({"docstatus": 2})).await?;
    amend(site, &original, 0)
        .await?
        .refused(409, "DuplicateEntryError")
}

async fn amended_after_delete(site: &Site) -> Outcome {
    let original = cancelled(site).await?;
    let amendment = amend(site, &original, 0).await?.data()?;
    site.delete(&site.doctype("Bill"), name(&amendment)?)
        .await?;
    let again = amend(site, &original, 0).await?.data()?;
    equal("name", name(&again)?, name(&amendment)?)
}

async fn original_stays(site: &Site) -> Outcome {
    let original = cancelled(site).await?;
    amend(site, &original, 1).await?.data()?;
    equal("the original", read(site, &original).await?, original)
}

async fn amendment_cancelled(site: &Site) -> Outcome {
    let original = cancelled(site).await?;
    let amendment = amend(site, &original, 1).await?.data()?;
    let after = put(site, &amendment, json!({"docstatus": 2})).await?;
    equal("docstatus", &after["docstatus"], 2)?;
    equal("the original", read(site, &original).await?, original)
}
