//! Child tables of which some rows stay where they are.

use serde_json::json;

use super::scene::{PARTIES, clear, customer, parties, rows, sync};

const CONTACT: [&str; 2] = ["person", "phone"];
const PERSON: [&str; 2] = ["full_name", "tel"];

#[tokio::test]
async fn rows_that_a_filter_leaves_out_neither_travel_nor_are_lost() {
    for pair in parties().await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        let mapping = format!(
            "{PARTIES}    filters: {{a: [[internal, \"=\", 0]], b: [[full_name, not like, \"%(ours)\"]]}}\n"
        );
        let contacts = json!([
            { "person": "Boss", "phone": "0", "internal": 1 },
            { "person": "Ann", "phone": "1" },
            { "person": "Spy", "phone": "7", "internal": 1 },
            { "person": "Bo", "phone": "2" },
        ]);
        customer(&pair, "ACME", json!({ "contacts": contacts })).await;
        let sync = sync(&pair, &mapping);
        sync.run().await;
        let client = b.get("Client", "ACME").await;
        assert_eq!(rows(&client, "people", &PERSON), ["Ann|1", "Bo|2"]);
        sync.assert_quiet().await;

        // The other side has rows of its own, and changes, adds and removes such that travel.
        let mut people = client["people"].clone();
        people[0]["tel"] = json!("11");
        people[0]["idx"] = json!(2);
        let people = json!([
            { "full_name": "Al (ours)", "tel": "8" }, people[0], { "full_name": "Cy", "tel": "3" },
        ]);
        b.update("Client", "ACME", json!({ "people": people }))
            .await;
        sync.run_until_quiet().await;
        let acme = a.get("Customer", "ACME").await;
        assert_eq!(
            rows(&acme, "contacts", &CONTACT),
            ["Boss|0", "Ann|11", "Spy|7", "Cy|3"]
        );
        let client = b.get("Client", "ACME").await;
        assert_eq!(
            rows(&client, "people", &PERSON),
            ["Al (ours)|8", "Ann|11", "Cy|3"]
        );
        sync.assert_equal().await;

        // A row that is paired stays followed: the edit that takes it out of the filter is carried over.
        let mut contacts = acme["contacts"].clone();
        contacts[1]["internal"] = json!(1);
        contacts[1]["phone"] = json!("111");
        a.update("Customer", "ACME", json!({ "contacts": contacts }))
            .await;
        sync.run_until_quiet().await;
        let client = b.get("Client", "ACME").await;
        assert_eq!(
            rows(&client, "people", &PERSON),
            ["Al (ours)|8", "Ann|111", "Cy|3"]
        );
        sync.assert_equal().await;
        clear(&pair).await;
    }
}

#[tokio::test]
async fn a_field_of_a_row_goes_one_way() {
    for pair in parties().await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        let mapping = PARTIES.replace("phone: tel", "phone: {b: tel, direction: a-to-b}");
        customer(
            &pair,
            "ACME",
            json!({ "contacts": [{ "person": "Ann", "phone": "1" }] }),
        )
        .await;
        let sync = sync(&pair, &mapping);
        sync.run().await;
        let mut client = b.get("Client", "ACME").await;
        client["people"][0]["tel"] = json!("9");
        client["people"][0]["duty"] = json!("owns");
        let mut people = client["people"].as_array().cloned().unwrap_or_default();
        people.push(json!({ "full_name": "Bo", "tel": "5", "duty": "buys" }));
        b.update("Client", "ACME", json!({ "people": people }))
            .await;
        sync.run_until_quiet().await;
        let acme = a.get("Customer", "ACME").await;
        assert_eq!(
            rows(&acme, "contacts", &["person", "phone", "role"]),
            ["Ann|1|Owner", "Bo||Buyer"]
        );
        let mut contacts = acme["contacts"].clone();
        contacts[0]["phone"] = json!("4");
        a.update("Customer", "ACME", json!({ "contacts": contacts }))
            .await;
        sync.run_until_quiet().await;
        let client = b.get("Client", "ACME").await;
        assert_eq!(rows(&client, "people", &PERSON), ["Ann|4", "Bo|5"]);
        clear(&pair).await;
    }
}
