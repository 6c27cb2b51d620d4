//! Drafts, submitted and cancelled documents, and amendments.

use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, column, equal, holds, name, rows, text};
use super::site::Site;

checks! {
    ALL, "5.1", "a document is created and submitted in one go by docstatus 1" => created_submitted;
    ALL, "5.1", "a document created with docstatus 2 is 417 DocstatusTransitionError" => created_cancelled;
    ALL, "5.1", "docstatus 1 on a DocType without submission is refused" => not_submittable;
    ALL, "7", "a draft is submitted by docstatus 1" => submit;
    ALL, "7", "a submitted document is cancelled by docstatus 2" => cancel;
    ALL, "7", "a draft cannot be cancelled: 417 DocstatusTransitionError" => draft_to_cancelled;
    ALL, "7", "a submitted document cannot be a draft again: 417 DocstatusTransitionError" => submitted_to_draft;
    ALL, "7", "a cancelled document cannot be saved: 417" => cancelled_is_final;
    ALL, "7", "a field of a submitted document cannot change: 417 UpdateAfterSubmitError" => no_update_after_submit;
    ALL, "7", "a field marked so may change after submission" => allowed_after_submit;
    ALL, "7", "unchanged values may be sent after submission" => unchanged_after_submit;
    ALL, "7", "a row cannot be added after submission: 417 UpdateAfterSubmitError" => no_row_after_submit;
    ALL, "5.4", "rows carry the docstatus of their parent" => rows_follow;
    ALL, "7", "a cancel takes other changes along without a word" => cancel_takes_changes;
    ALL, "6.1", "submission by PUT compares `modified`" => submit_compares;
    ALL, "7", "a submitted document cannot be deleted: 417" => submitted_stays;
    ALL, "7", "a cancelled document can be deleted" => cancelled_goes;
    ALL, "5.2", "an amendment is named after its original with a number" => amendment;
    ALL, "5.2", "a second amendment of one document is 409" => second_amendment;
    ONLY_14, "7", "an amendment of a document that is not cancelled is accepted" => amends_anything;
    FROM_15, "7", "an amendment of a document that is not cancelled is 417" => amends_cancelled_only;
    ALL, "4.2", "client.submit takes the whole document and refuses a part" => client_submit;
    ALL, "4.2", "client.cancel needs the name alone" => client_cancel;
    ALL, "7", "a submitted document that another links to cannot be cancelled: 417 LinkExistsError" => cancel_blocked;
    ALL, "1.3", "a link to a cancelled document is 417 CancelledLinkError on submission" => cancelled_link;
    ALL, "4.1", "a submitted document reads and lists with docstatus 1" => docstatus_reads;
}

async fn order(site: &Site, docstatus: u8) -> Result<Value, Failure> {
    let fields = json!({
        "title": "before",
        "remarks": "before",
        "docstatus": docstatus,
        "lines": [{"product": "a"}],
    });
    site.create_and_read(&site.doctype("Order"), fields).await
}

async fn cancelled(site: &Site) -> Result<Value, Failure> {
    let submitted = order(site, 1).await?;
    site.update_and_read(
        &site.doctype("Order"),
        name(&submitted)?,
        json!({"docstatus": 2}),
    )
    .await
}

async fn try_put(site: &Site, order: &Value, fields: Value) -> Result<Answer, Failure> {
    site.try_update(&site.doctype("Order"), name(order)?, fields)
        .await
}

async fn put(site: &Site, order: &Value, fields: Value) -> Result<Value, Failure> {
    site.update_and_read(&site.doctype("Order"), name(order)?, fields)
        .await
}

async fn created_submitted(site: &Site) -> Outcome {
    equal("docstatus", &order(site, 1).await?["docstatus"], 1)
}

async fn created_cancelled(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Order"), json!({"docstatus": 2}))
        .await?;
    answer.refused(417, "DocstatusTransitionError")
}

async fn not_submittable(site: &Site) -> Outcome {
    let answer = site
        .try_create(&site.doctype("Record"), json!({"docstatus": 1}))
        .await?;
    answer.has_status(403)
}

async fn submit(site: &Site) -> Outcome {
    let draft = order(site, 0).await?;
    equal(
        "docstatus",
        &put(site, &draft, json!({"docstatus": 1})).await?["docstatus"],
        1,
    )
}

async fn cancel(site: &Site) -> Outcome {
    equal("docstatus", &cancelled(site).await?["docstatus"], 2)
}

async fn draft_to_cancelled(site: &Site) -> Outcome {
    let draft = order(site, 0).await?;
    let answer = try_put(site, &draft, json!({"docstatus": 2})).await?;
    answer.refused(417, "DocstatusTransitionError")
}

async fn submitted_to_draft(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    let answer = try_put(site, &submitted, json!({"docstatus": 0})).await?;
    answer.refused(417, "DocstatusTransitionError")
}

async fn cancelled_is_final(site: &Site) -> Outcome {
    let cancelled = cancelled(site).await?;
    for fields in [
        json!({"remarks": "after"}),
        json!({}),
        json!({"docstatus": 1}),
    ] {
        try_put(site, &cancelled, fields)
            .await?
            .refused(417, "ValidationError")?;
    }
    Ok(())
}

async fn no_update_after_submit(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    let answer = try_put(site, &submitted, json!({"title": "after"})).await?;
    answer.refused(417, "UpdateAfterSubmitError")
}

async fn allowed_after_submit(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    let after = put(site, &submitted, json!({"remarks": "after"})).await?;
    equal("remarks", text(&after, "remarks")?, "after")?;
    equal("docstatus", &after["docstatus"], 1)
}

async fn unchanged_after_submit(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    let fields = json!({"title": "before", "docstatus": 1, "lines": submitted["lines"]});
    equal(
        "title",
        text(&put(site, &submitted, fields).await?, "title")?,
        "before",
    )
}

async fn no_row_after_submit(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    let lines = json!([rows(&submitted, "lines")?[0], {"product": "b"}]);
    let answer = try_put(site, &submitted, json!({"lines": lines})).await?;
    answer.refused(417, "UpdateAfterSubmitError")
}

async fn rows_follow(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    equal(
        "submitted",
        column(rows(&submitted, "lines")?, "docstatus"),
        vec![1],
    )?;
    let cancelled = put(site, &submitted, json!({"docstatus": 2})).await?;
    equal(
        "cancelled",
        column(rows(&cancelled, "lines")?, "docstatus"),
        vec![2],
    )
}

async fn cancel_takes_changes(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    let after = put(site, &submitted, json!({"docstatus": 2, "title": "after"})).await?;
    equal("title", text(&after, "title")?, "after")
}

async fn submit_compares(site: &Site) -> Outcome {
    let draft = order(site, 0).await?;
    let stale = json!({"docstatus": 1, "modified": "2001-01-01 00:00:00.000001"});
    try_put(site, &draft, stale)
        .await?
        .refused(417, "TimestampMismatchError")?;
    let fresh = json!({"docstatus": 1, "modified": draft["modified"]});
    equal(
        "docstatus",
        &put(site, &draft, fresh).await?["docstatus"],
        1,
    )
}

async fn submitted_stays(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    let answer = site
        .try_delete(&site.doctype("Order"), name(&submitted)?)
        .await?;
    answer.has_status(417)
}

async fn cancelled_goes(site: &Site) -> Outcome {
    site.delete(&site.doctype("Order"), name(&cancelled(site).await?)?)
        .await
}

async fn amend(site: &Site, original: &Value) -> Result<Answer, Failure> {
    let fields = json!({"amended_from": original["name"], "title": "amended"});
    site.try_create(&site.doctype("Order"), fields).await
}

async fn amendment(site: &Site) -> Outcome {
    let original = cancelled(site).await?;
    let first = amend(site, &original).await?.data()?;
    equal("first", name(&first)?, format!("{}-1", name(&original)?))?;
    for docstatus in [1, 2] {
        put(site, &first, json!({"docstatus": docstatus})).await?;
    }
    let second = amend(site, &first).await?.data()?;
    equal("second", name(&second)?, format!("{}-2", name(&original)?))
}

async fn second_amendment(site: &Site) -> Outcome {
    let original = cancelled(site).await?;
    amend(site, &original).await?.data()?;
    amend(site, &original)
        .await?
        .refused(409, "DuplicateEntryError")
}

async fn amends_anything(site: &Site) -> Outcome {
    amend(site, &order(site, 1).await?).await?.data()?;
    Ok(())
}

async fn amends_cancelled_only(site: &Site) -> Outcome {
    amend(site, &order(site, 1).await?).await?.has_status(417)
}

async fn client_submit(site: &Site) -> Outcome {
    let mut draft = order(site, 0).await?;
    let part = json!({"doctype": site.doctype("Order"), "name": draft["name"]});
    site.try_call("frappe.client.submit", json!({"doc": part}))
        .await?
        .has_status(417)?;
    draft["doctype"] = json!(site.doctype("Order"));
    let submitted = site
        .call("frappe.client.submit", json!({"doc": draft}))
        .await?;
    equal("docstatus", &submitted["docstatus"], 1)
}

async fn client_cancel(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    let args = json!({"doctype": site.doctype("Order"), "name": submitted["name"]});
    equal(
        "docstatus",
        &site.call("frappe.client.cancel", args).await?["docstatus"],
        2,
    )
}

async fn cancel_blocked(site: &Site) -> Outcome {
    let linked = order(site, 1).await?;
    let fields = json!({"previous": linked["name"], "docstatus": 1});
    site.create(&site.doctype("Order"), fields).await?;
    let answer = try_put(site, &linked, json!({"docstatus": 2})).await?;
    answer.refused(417, "LinkExistsError")
}

async fn cancelled_link(site: &Site) -> Outcome {
    let fields = json!({"previous": cancelled(site).await?["name"], "docstatus": 1});
    let answer = site.try_create(&site.doctype("Order"), fields).await?;
    answer.refused(417, "CancelledLinkError")
}

async fn docstatus_reads(site: &Site) -> Outcome {
    let submitted = order(site, 1).await?;
    let found = site
        .get_list(json!({
            "doctype": site.doctype("Order"),
            "fields": ["docstatus"],
            "filters": [["name", "=", submitted["name"]], ["docstatus", "=", 1]],
        }))
        .await?;
    holds(
        found == [json!({"docstatus": 1})],
        "the order is listed as submitted",
    )
}
