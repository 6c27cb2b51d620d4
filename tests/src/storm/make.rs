//! New documents, each with a marker and with tokens that nobody else has.

use std::collections::BTreeSet;

use frappe_sync_model::Side;
use serde_json::{Value, json};

use super::book::as_text;
use super::kind::Kind;
use super::people::People;
use crate::text;

/// How many documents of each kind there are before the first run, on each side.
const FIRST: [(Kind, usize); 6] = [
    (Kind::Group, 3),
    (Kind::Customer, 15),
    (Kind::Item, 15),
    (Kind::Order, 20),
    (Kind::Sale, 10),
    (Kind::Delivery, 3),
];

/// Fills both sites with documents of their own.
pub(super) async fn first_documents(people: &mut People<'_>) {
    for (kind, count) in FIRST {
        for side in Side::BOTH {
            for _ in 0..count {
                one(people, side, kind).await;
            }
        }
    }
}

/// Makes a document; `None` where there is nothing yet that it could link to, or the site refuses it.
pub(super) async fn one(people: &mut People<'_>, side: Side, kind: Kind) -> Option<()> {
    let marker = format!("{kind:?} {}", people.book.token());
    let mut document = match kind {
        Kind::Group => json!({ "group_name": marker }),
        Kind::Customer => json!({
            "customer_name": marker, "customer_group": target(people, side, Kind::Group).await,
            "credit_limit": people.dice.below(1000), "since": "2024-02-29",
        }),
        Kind::Item => {
            json!({ "item_code": marker, "price": people.dice.below(1000), "kind": "Goods" })
        }
        Kind::Order => json!({
            "customer": target(people, side, Kind::Customer).await?, "order_date": "2026-03-01", "total": 12.5,
        }),
        Kind::Sale => json!({
            "company": "North", "posting_date": "2026-05-01", "posting_time": "10:00:00",
        }),
        Kind::Delivery => json!({ "sale": target(people, side, Kind::Sale).await? }),
    };
    rows(people, side, kind, &mut document).await?;
    insert(people, side, kind, marker, document).await
}

/// Makes a draft that amends a cancelled sale.
pub(super) async fn amendment(people: &mut People<'_>, side: Side, name: &str) -> Option<()> {
    let marker = format!("Amendment {}", people.book.token());
    let mut document = json!({
        "company": "North", "posting_date": "2026-05-02", "posting_time": "10:00:00", "amended_from": name,
    });
    rows(people, side, Kind::Sale, &mut document).await?;
    insert(people, side, Kind::Sale, marker, document).await
}

/// Adds rows, each with a token.
async fn rows(people: &mut People<'_>, side: Side, kind: Kind, document: &mut Value) -> Option<()> {
    if kind.row_fields().is_none() {
        return Some(());
    }
    let mut rows = Vec::new();
    for qty in 1..=3 {
        let item = match kind.row_link() {
            Some(link) => target(people, side, link).await?,
            None => "Bolt".to_owned(),
        };
        let note = as_text(people.book.token());
        rows.push(json!({ "item": item, "qty": qty, "note": note }));
    }
    document["items"] = rows.into();
    Some(())
}

async fn insert(
    people: &mut People<'_>,
    side: Side,
    kind: Kind,
    marker: String,
    mut document: Value,
) -> Option<()> {
    document[kind.marker()] = json!(marker);
    for field in kind.texts() {
        document[*field] = json!(as_text(people.book.token()));
    }
    document["doctype"] = json!(people.doctypes.of(kind));
    let arguments = json!({ "doc": document });
    let made = people
        .person(side)
        .call("frappe.client.insert", arguments)
        .await;
    let made = made.ok()?;
    for token in super::book::tokens_in(&made.to_string()) {
        let place = format!(
            "{kind:?} `{marker}`, made on {side} as `{}`",
            text(&made, "name")
        );
        people.book.wrote(token, place, &BTreeSet::new());
    }
    people.book.made(kind, marker, side);
    Some(())
}

/// Picks a document of a side to link to.
async fn target(people: &mut People<'_>, side: Side, kind: Kind) -> Option<String> {
    let doctype = people.doctypes.of(kind);
    let filters = if kind.is_submittable() {
        json!([["docstatus", "<", 2]])
    } else {
        json!([])
    };
    let names = people.person(side).list(doctype, &["name"], filters).await;
    let picked = people.dice.pick(&names)?;
    Some(text(picked, "name"))
}
