//! Two sites whose DocTypes differ in name, fields, values and child tables, in step both ways.

use frappe_sync_engine::Cause;
use frappe_sync_model::RunOutcome;
use serde_json::json;

use super::scene::{PARTIES, clear, client, customer, parties, rows, said, sync};

const ON_A: [&str; 4] = ["kind", "disabled", "credit", "note"];
const ON_B: [&str; 5] = ["client_kind", "state", "credit_limit", "note", "display"];

#[tokio::test]
async fn sites_that_differ_in_names_fields_values_and_tables_stay_in_step() {
    for pair in parties().await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        let contacts = json!([
            { "person": "Ann", "phone": "1", "role": "Owner" },
            { "person": "Bo", "phone": "2", "role": "Buyer" },
        ]);
        let ann = json!({
            "kind": "Shop", "credit": 100, "first_name": "Ann", "last_name": "Lee", "note": "from a", "contacts": contacts,
        });
        customer(&pair, "ACME", ann).await;
        let people = json!([{ "full_name": "Cy", "tel": "3", "duty": "buys" }]);
        let cy = json!({ "client_kind": "Trade Client", "state": "Closed", "credit_limit": 7, "note": "b's own",
        "people": people });
        client(&pair, "Best", cy).await;
        let sync = sync(&pair, PARTIES);

        let first = sync.run().await;
        assert_eq!(first.outcome, RunOutcome::Converged, "{first:#?}");
        assert_eq!(first.summary.create, 2, "{first:#?}");
        let acme = b.get("Client", "ACME").await;
        assert_eq!(
            said(&acme, &ON_B),
            "Retail Client|Active|100|from a|Ann Lee"
        );
        assert_eq!(said(&acme, &["country"]), "Norway");
        assert_eq!(
            rows(&acme, "people", &["full_name", "tel", "duty", "source"]),
            ["Ann|1|owns|sync", "Bo|2|buys|sync"]
        );
        let best = a.get("Customer", "Best").await;
        assert_eq!(said(&best, &ON_A), "Wholesale|1|7|");
        assert_eq!(
            rows(&best, "contacts", &["person", "phone", "role"]),
            ["Cy|3|Buyer"]
        );
        sync.assert_quiet().await;

        // Edits on both sides, of one document and of its rows.
        let mut acme = a.get("Customer", "ACME").await;
        acme["contacts"][0]["phone"] = json!("11");
        a.update(
        "Customer",
        "ACME",
        json!({ "kind": "Wholesale", "last_name": "Lund", "note": "again", "contacts": acme["contacts"] }),
    )
    .await;
        let mut acme = b.get("Client", "ACME").await;
        acme["people"][1]["duty"] = json!("owns");
        b.update(
            "Client",
            "ACME",
            json!({ "state": "Closed", "country": "Chile", "people": acme["people"] }),
        )
        .await;
        let second = sync.run().await;
        assert_eq!(second.outcome, RunOutcome::Converged, "{second:#?}");
        assert_eq!(second.summary.conflict, 0, "{second:#?}");
        let acme = b.get("Client", "ACME").await;
        assert_eq!(said(&acme, &ON_B), "Trade Client|Closed|100|again|Ann Lund");
        assert_eq!(said(&acme, &["country"]), "Chile");
        assert_eq!(
            rows(&acme, "people", &["full_name", "tel", "duty"]),
            ["Ann|11|owns", "Bo|2|owns"]
        );
        let acme = a.get("Customer", "ACME").await;
        assert_eq!(said(&acme, &ON_A), "Wholesale|1|100|again");
        assert_eq!(
            rows(&acme, "contacts", &["person", "phone", "role"]),
            ["Ann|11|Owner", "Bo|2|Owner"]
        );
        sync.assert_quiet().await;
        sync.assert_equal_but(&[Cause::Direction]).await;
        clear(&pair).await;
    }
}

#[tokio::test]
async fn of_several_values_the_one_that_is_preferred_comes_back_and_the_others_stay() {
    for pair in parties().await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        customer(&pair, "Shop", json!({ "kind": "Shop" })).await;
        let sync = sync(&pair, PARTIES);
        sync.run().await;
        sync.assert_quiet().await;
        assert_eq!(said(&a.get("Customer", "Shop").await, &["kind"]), "Shop");

        b.update("Client", "Shop", json!({ "client_kind": "Trade Client" }))
            .await;
        sync.run().await;
        assert_eq!(
            said(&a.get("Customer", "Shop").await, &["kind"]),
            "Wholesale"
        );
        b.update("Client", "Shop", json!({ "client_kind": "Retail Client" }))
            .await;
        sync.run().await;
        assert_eq!(said(&a.get("Customer", "Shop").await, &["kind"]), "Retail");

        // What the table does not know becomes what `rest` says, and both are left in peace.
        b.update("Client", "Shop", json!({ "client_kind": "Trade Client" }))
            .await;
        sync.run().await;
        b.update("Client", "Shop", json!({ "client_kind": "Walk-in" }))
            .await;
        sync.run().await;
        assert_eq!(said(&a.get("Customer", "Shop").await, &["kind"]), "Retail");
        sync.assert_quiet().await;
        assert_eq!(
            said(&b.get("Client", "Shop").await, &["client_kind"]),
            "Walk-in"
        );
        sync.assert_equal().await;
        clear(&pair).await;
    }
}

#[tokio::test]
async fn a_field_has_a_way_and_a_winner_of_its_own() {
    for pair in parties().await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        customer(&pair, "ACME", json!({ "credit": 1, "note": "one" })).await;
        let sync = sync(&pair, &format!("{PARTIES}conflict: manual\n"));
        sync.run().await;

        // One way: what the other side made of it is drift, until the source changes it.
        b.update("Client", "ACME", json!({ "note": "theirs" }))
            .await;
        sync.run().await;
        assert_eq!(said(&a.get("Customer", "ACME").await, &["note"]), "one");
        assert_eq!(said(&b.get("Client", "ACME").await, &["note"]), "theirs");
        sync.assert_equal_but(&[Cause::Direction]).await;
        a.update("Customer", "ACME", json!({ "note": "two" })).await;
        sync.run().await;
        assert_eq!(said(&b.get("Client", "ACME").await, &["note"]), "two");

        // Both changed two fields: one has a winner, the other waits for a person.
        a.update(
            "Customer",
            "ACME",
            json!({ "credit": 5, "kind": "Wholesale" }),
        )
        .await;
        b.update(
            "Client",
            "ACME",
            json!({ "credit_limit": 6, "client_kind": "Walk-in" }),
        )
        .await;
        let report = sync.run().await;
        assert_eq!(said(&b.get("Client", "ACME").await, &["credit_limit"]), "5");
        let open: Vec<String> = sync
            .open_conflicts()
            .iter()
            .map(|conflict| conflict.path.to_string())
            .collect();
        assert_eq!(open, ["kind"], "{report:#?}");
        clear(&pair).await;
    }
}

#[tokio::test]
async fn a_value_that_no_table_knows_parks_its_document_until_it_is_mended() {
    for pair in parties().await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        let mapping = PARTIES.replace("      rest: {a: Retail}\n", "");
        client(&pair, "Walker", json!({ "client_kind": "Walk-in" })).await;
        client(&pair, "Other", json!({ "client_kind": "Trade Client" })).await;
        let sync = sync(&pair, &mapping);
        let report = sync.run().await;
        assert_eq!(report.parked.len(), 1, "{report:#?}");
        assert_eq!(
            report.parked[0].message,
            "`client_kind`: `Walk-in` is not in the mapping's table of values"
        );
        assert_eq!(a.names("Customer").await, ["Other"]);
        b.update(
            "Client",
            "Walker",
            json!({ "client_kind": "Retail Client" }),
        )
        .await;
        let report = sync.run().await;
        assert_eq!(report.parked.len(), 0, "{report:#?}");
        assert_eq!(
            said(&a.get("Customer", "Walker").await, &["kind"]),
            "Retail"
        );

        // Of a pair too, and nothing of it is carried over till then.
        b.update(
            "Client",
            "Walker",
            json!({ "client_kind": "Walk-in", "credit_limit": 3 }),
        )
        .await;
        let report = sync.run().await;
        assert_eq!(report.parked.len(), 1, "{report:#?}");
        b.update("Client", "Walker", json!({ "client_kind": "Trade Client" }))
            .await;
        let report = sync.run().await;
        assert_eq!(report.parked.len(), 0, "{report:#?}");
        let walker = a.get("Customer", "Walker").await;
        assert_eq!(said(&walker, &["kind", "credit"]), "Wholesale|3");
        sync.assert_equal().await;
        clear(&pair).await;
    }
}
