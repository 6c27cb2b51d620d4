//! DocTypes of every kind of name and table.

use frappe_sync_model::{PerSide, Side};
use frappe_sync_sandbox::Profile;
use frappe_sync_tests::{PairOptions, SitePair, Sync};
use serde_json::{Value, json};

use super::scene::{clear, doctype, rows, said, sites};

/// Tickets of a number that the site counts, and calls about them, with topics to choose.
fn numbered() -> Vec<Value> {
    vec![
        doctype("Topic", "field:title", "title | Data | reqd"),
        doctype("Ticket Topic", "table", "topic | Link | Topic"),
        doctype(
            "Ticket",
            "autoincrement",
            "subject | Data | reqd
             parent_ticket | Link | Ticket
             topics | Table MultiSelect | Ticket Topic",
        ),
        doctype(
            "Call",
            "CALL-.#####",
            "ticket | Link | Ticket\n about | Data |\n at_length | Text |",
        ),
    ]
}

const NUMBERED: [&str; 3] = [
    "version: 1\ndoctype: Topic\n",
    "version: 1\ndoctype: Ticket\nidentity: create\n",
    "version: 1\ndoctype: Call\nidentity: create\n",
];

fn mappings(files: &[&str]) -> Vec<String> {
    files.iter().map(|&file| file.to_owned()).collect()
}

/// Returns the one document with this value in a field.
async fn one(pair: &SitePair, side: Side, doctype: &str, field: &str, value: &str) -> Value {
    let person = &pair.people[side];
    let found = person
        .list(doctype, &["name"], json!([[field, "=", value]]))
        .await;
    assert_eq!(found.len(), 1, "{doctype} {value} on {side}: {found:?}");
    let name = said(&found[0], &["name"]);
    person.get(doctype, &name).await
}

#[tokio::test]
async fn documents_that_a_site_counts_are_in_step_under_the_number_of_each_site() {
    for pair in sites(numbered(), numbered()).await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        // More than ten, so that the order of numbers is not that of texts; and other numbers on the other site.
        for topic in ["Billing", "Delivery"] {
            a.insert("Topic", json!({ "title": topic })).await;
        }
        let mut before = Value::Null;
        for number in 1..=12 {
            let ticket = json!({ "subject": format!("T{number}"), "parent_ticket": before,
                "topics": [{ "topic": "Billing" }, { "topic": "Delivery" }] });
            before = json!(a.insert("Ticket", ticket).await);
        }
        b.insert("Ticket", json!({ "subject": "of b" })).await;
        a.insert("Call", json!({ "ticket": before, "about": "the last" }))
            .await;
        let sync = Sync::new(&pair, &mappings(&NUMBERED));
        let report = sync.run().await;
        assert_eq!(report.summary.create, 16, "{report:#?}");
        sync.assert_quiet().await;

        let last = one(&pair, Side::B, "Ticket", "subject", "T12").await;
        let call = one(&pair, Side::B, "Call", "about", "the last").await;
        assert_eq!(said(&call, &["ticket"]), said(&last, &["name"]));
        let before = one(&pair, Side::B, "Ticket", "subject", "T11").await;
        assert_eq!(said(&last, &["parent_ticket"]), said(&before, &["name"]));
        assert_eq!(rows(&last, "topics", &["topic"]), ["Billing", "Delivery"]);

        // A choice is taken out there, another ticket is edited here, and one is removed.
        let name = said(&last, &["name"]);
        let kept: Vec<&Value> = last["topics"]
            .as_array()
            .into_iter()
            .flatten()
            .skip(1)
            .collect();
        b.update("Ticket", &name, json!({ "topics": kept })).await;
        let third = one(&pair, Side::A, "Ticket", "subject", "T3").await;
        a.update(
            "Ticket",
            &said(&third, &["name"]),
            json!({ "subject": "T3 again" }),
        )
        .await;
        sync.run_until_quiet().await;
        let last = one(&pair, Side::A, "Ticket", "subject", "T12").await;
        assert_eq!(rows(&last, "topics", &["topic"]), ["Delivery"]);
        one(&pair, Side::B, "Ticket", "subject", "T3 again").await;
        sync.assert_equal().await;
        sync.assert_quiet().await;
        clear(&pair).await;
    }
}

#[tokio::test]
async fn documents_that_a_site_counts_are_deleted_on_the_other_side_too() {
    for pair in sites(numbered(), numbered()).await {
        let a = &pair.people.a;
        for number in 1..=12 {
            a.insert("Ticket", json!({ "subject": format!("T{number}") }))
                .await;
        }
        let propagates = "version: 1\ndoctype: Ticket\nidentity: create\ndeletes: propagate\n\
                          fields: {except: [topics, parent_ticket]}\n";
        let sync = Sync::new(&pair, &mappings(&[propagates]));
        sync.run_until_quiet().await;
        let second = one(&pair, Side::A, "Ticket", "subject", "T2").await;
        a.delete("Ticket", &said(&second, &["name"]))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        sync.run_until_quiet().await;
        let left = pair.people.b.names("Ticket").await;
        assert_eq!(left.len(), 11, "{left:?}");
        sync.assert_equal().await;
        clear(&pair).await;
    }
}

/// Only Frappe 16 has names of this kind.
#[tokio::test]
async fn documents_named_by_a_uuid_keep_it_on_the_other_site() {
    let options = PairOptions {
        profiles: PerSide {
            a: Profile::V16,
            b: Profile::V16,
        },
        ..PairOptions::default()
    };
    let pair = SitePair::sandbox(options).await;
    let (a, b) = (&pair.people.a, &pair.people.b);
    for person in [a, b] {
        let note = doctype(
            "Remark",
            "UUID",
            "title | Data | reqd\n answer_to | Link | Remark",
        );
        person.insert("DocType", note).await;
    }
    let first = a.insert("Remark", json!({ "title": "first" })).await;
    let second = a
        .insert("Remark", json!({ "title": "second", "answer_to": first }))
        .await;
    let own = b.insert("Remark", json!({ "title": "of b" })).await;
    let sync = Sync::new(&pair, &mappings(&["version: 1\ndoctype: Remark\n"]));
    let report = sync.run().await;
    assert_eq!(report.summary.create, 3, "{report:#?}");
    let there = b.get("Remark", &second).await;
    assert_eq!(
        said(&there, &["title", "answer_to"]),
        format!("second|{first}")
    );
    assert_eq!(said(&a.get("Remark", &own).await, &["title"]), "of b");
    b.update("Remark", &second, json!({ "title": "second again" }))
        .await;
    sync.run_until_quiet().await;
    assert_eq!(
        said(&a.get("Remark", &second).await, &["title"]),
        "second again"
    );
    sync.assert_equal().await;
    sync.assert_quiet().await;
}
