//! Requests at the same time.

use futures::future::join_all;
use serde_json::{Value, json};

use super::check::checks;
use super::failure::{Failure, Outcome, equal, name};
use super::site::Site;

checks! {
    ALL, "6.1", "of eight updates at once with one `modified` exactly one is accepted" => one_winner;
    ALL, "6.1", "eight updates at once without `modified` are all accepted" => last_writer_wins;
    ALL, "6.2", "of eight creates at once under one name exactly one is accepted, the others are 409" => one_creation;
    ALL, "5.2", "eight creates at once in one series get eight names" => eight_names;
}

async fn record(site: &Site) -> Result<Value, Failure> {
    site.create_and_read(&site.doctype("Record"), json!({"title": "before"}))
        .await
}

/// The statuses of eight updates at once, sorted.
async fn race(site: &Site, before: &Value, fields: Value) -> Result<Vec<u16>, Failure> {
    let doctype = site.doctype("Record");
    let updates = (0..8).map(|number| {
        let mut fields = fields.clone();
        fields["title"] = json!(format!("writer {number}"));
        site.try_update(
            &doctype,
            before["name"].as_str().unwrap_or_default(),
            fields,
        )
    });
    let mut statuses = Vec::new();
    for answer in join_all(updates).await {
        statuses.push(answer?.status());
    }
    statuses.sort_unstable();
    Ok(statuses)
}

async fn one_winner(site: &Site) -> Outcome {
    let before = record(site).await?;
    let statuses = race(site, &before, json!({"modified": before["modified"]})).await?;
    equal(
        "statuses",
        statuses,
        [200, 417, 417, 417, 417, 417, 417, 417],
    )
}

async fn last_writer_wins(site: &Site) -> Outcome {
    let before = record(site).await?;
    equal("statuses", race(site, &before, json!({})).await?, [200; 8])
}

async fn one_creation(site: &Site) -> Outcome {
    let (doctype, given) = (site.doctype("Target"), site.unique("race"));
    let creates = (0..8).map(|_| site.try_create(&doctype, json!({"name": given})));
    let mut statuses = Vec::new();
    for answer in join_all(creates).await {
        statuses.push(answer?.status());
    }
    statuses.sort_unstable();
    equal(
        "statuses",
        statuses,
        [200, 409, 409, 409, 409, 409, 409, 409],
    )
}

async fn eight_names(site: &Site) -> Outcome {
    let doctype = site.doctype("Serial");
    // A series that is new may deadlock (protocol 6.4), so it is begun first.
    site.create(&doctype, json!({})).await?;
    let mut names = Vec::new();
    for created in join_all((0..8).map(|_| site.create(&doctype, json!({})))).await {
        names.push(name(&created?)?.to_owned());
    }
    names.sort_unstable();
    names.dedup();
    equal("names", names.len(), 8)
}
