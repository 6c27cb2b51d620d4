//! Links and Dynamic Links: what they may point to, and what is fetched through them.

use serde_json::{Value, json};

use super::answer::Answer;
use super::check::checks;
use super::failure::{Failure, Outcome, equal, name, text};
use super::site::Site;

checks! {
    ALL, "5.5", "a Link to a missing document is 417 LinkValidationError" => missing_target;
    ALL, "5.5", "a Link in a row to a missing document is 417 LinkValidationError" => missing_target_of_row;
    BEFORE_16, "5.5", "a Link that others are fetched through takes a missing target" => hole_is_open;
    FROM_16, "5.5", "a Link that others are fetched through refuses a missing target" => hole_is_closed;
    ALL, "5.5", "a Link takes on the spelling of its target" => canonical_spelling;
    ALL, "5.5", "an empty Link is no link" => empty_link;
    ALL, "7", "a fetched field is filled in from the target" => fetched;
    ALL, "7", "a fetched field is overwritten by every save" => fetched_again;
    ALL, "7", "a fetched field does not follow its target by itself" => fetched_stays;
    ALL, "7", "clearing the Link leaves what was fetched through it" => fetched_stays_on;
    ALL, "7", "a Dynamic Link without its DocType is 417" => dynamic_without_type;
    ALL, "7", "a Dynamic Link to a missing document is 417 LinkValidationError" => dynamic_missing;
    ALL, "7", "a Dynamic Link to a document is kept" => dynamic_kept;
}

async fn target(site: &Site) -> Result<Value, Failure> {
    let fields = json!({"name": site.unique("Target"), "label": "a label"});
    site.create_and_read(&site.doctype("Target"), fields).await
}

async fn try_refer(site: &Site, fields: Value) -> Result<Answer, Failure> {
    site.try_create(&site.doctype("Reference"), fields).await
}

async fn refer(site: &Site, fields: Value) -> Result<Value, Failure> {
    site.create_and_read(&site.doctype("Reference"), fields)
        .await
}

async fn missing_target(site: &Site) -> Outcome {
    let answer = try_refer(site, json!({"target": site.unique("missing")})).await?;
    answer.refused(417, "LinkValidationError")
}

async fn missing_target_of_row(site: &Site) -> Outcome {
    let fields = json!({"tags": [{"target": site.unique("missing")}]});
    let answer = site.try_create(&site.doctype("Record"), fields).await?;
    answer.refused(417, "LinkValidationError")
}

async fn hole_is_open(site: &Site) -> Outcome {
    let missing = site.unique("missing");
    equal(
        "fetching",
        text(
            &refer(site, json!({"fetching": missing})).await?,
            "fetching",
        )?,
        missing,
    )
}

async fn hole_is_closed(site: &Site) -> Outcome {
    let answer = try_refer(site, json!({"fetching": site.unique("missing")})).await?;
    answer.refused(417, "LinkValidationError")
}

async fn canonical_spelling(site: &Site) -> Outcome {
    let target = target(site).await?;
    let upper = name(&target)?.to_uppercase();
    equal(
        "target",
        text(&refer(site, json!({"target": upper})).await?, "target")?,
        name(&target)?,
    )
}

async fn empty_link(site: &Site) -> Outcome {
    let stored = refer(site, json!({"target": ""})).await?;
    equal(
        "target",
        stored
            .get("target")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        "",
    )
}

async fn fetched(site: &Site) -> Outcome {
    let stored = refer(site, json!({"fetching": target(site).await?["name"]})).await?;
    equal("fetched", text(&stored, "fetched")?, "a label")
}

async fn fetched_again(site: &Site) -> Outcome {
    let fields = json!({"fetching": target(site).await?["name"], "fetched": "of our own"});
    let stored = refer(site, fields).await?;
    equal("on create", text(&stored, "fetched")?, "a label")?;
    let fields = json!({"fetched": "of our own"});
    let after = site
        .update_and_read(&site.doctype("Reference"), name(&stored)?, fields)
        .await?;
    equal("on update", text(&after, "fetched")?, "a label")
}

async fn fetched_stays(site: &Site) -> Outcome {
    let target = target(site).await?;
    let stored = refer(site, json!({"fetching": target["name"]})).await?;
    site.update(
        &site.doctype("Target"),
        name(&target)?,
        json!({"label": "another"}),
    )
    .await?;
    let doctype = site.doctype("Reference");
    equal(
        "before a save",
        &site.read(&doctype, name(&stored)?).await?,
        &stored,
    )?;
    let after = site
        .update_and_read(&doctype, name(&stored)?, json!({}))
        .await?;
    equal("after a save", text(&after, "fetched")?, "another")
}

async fn fetched_stays_on(site: &Site) -> Outcome {
    let stored = refer(site, json!({"fetching": target(site).await?["name"]})).await?;
    let fields = json!({"fetching": null});
    let after = site
        .update_and_read(&site.doctype("Reference"), name(&stored)?, fields)
        .await?;
    equal("fetched", text(&after, "fetched")?, "a label")
}

async fn dynamic_without_type(site: &Site) -> Outcome {
    try_refer(site, json!({"party": target(site).await?["name"]}))
        .await?
        .has_status(417)
}

async fn dynamic_missing(site: &Site) -> Outcome {
    let fields = json!({"party_type": site.doctype("Target"), "party": site.unique("missing")});
    try_refer(site, fields)
        .await?
        .refused(417, "LinkValidationError")
}

async fn dynamic_kept(site: &Site) -> Outcome {
    let target = target(site).await?;
    let fields = json!({"party_type": site.doctype("Target"), "party": target["name"]});
    equal(
        "party",
        text(&refer(site, fields).await?, "party")?,
        name(&target)?,
    )
}
