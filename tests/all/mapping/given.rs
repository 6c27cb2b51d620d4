//! Values that the mapping gives: defaults, expressions, links without a target.

use frappe_sync_engine::Cause;
use frappe_sync_tests::Sync;
use serde_json::json;

use super::scene::{PARTIES, clear, customer, doctype, parties, rows, said, sites, sync};

#[tokio::test]
async fn an_expression_that_fails_parks_its_document_alone() {
    for pair in parties().await {
        let b = &pair.people.b;
        let mapping = PARTIES.replace(
            "\"(cstr(doc.first_name) ~ ' ' ~ cstr(doc.last_name)).strip() or doc.name\"",
            "getdate(doc.first_name)",
        );
        customer(&pair, "Bad", json!({ "first_name": "no date" })).await;
        customer(
            &pair,
            "Good",
            json!({ "first_name": "2026-03-01 10:00:00" }),
        )
        .await;
        let sync = sync(&pair, &mapping);
        let report = sync.run().await;
        assert_eq!(report.parked.len(), 1, "{report:#?}");
        assert_eq!(
            report.parked[0].message,
            "`display`: its expression fails: invalid operation: it is no date"
        );
        assert_eq!(b.names("Client").await, ["Good"]);
        assert_eq!(
            said(&b.get("Client", "Good").await, &["display"]),
            "2026-03-01"
        );
        pair.people
            .a
            .update("Customer", "Bad", json!({ "first_name": "2026-04-01" }))
            .await;
        sync.run().await;
        assert_eq!(
            said(&b.get("Client", "Bad").await, &["display"]),
            "2026-04-01"
        );
        sync.assert_quiet().await;
        clear(&pair).await;
    }
}

#[tokio::test]
async fn a_changed_table_or_expression_is_carried_over_once() {
    for pair in parties().await {
        let b = &pair.people.b;
        customer(
            &pair,
            "ACME",
            json!({ "kind": "Shop", "first_name": "Ann", "credit": 4 }),
        )
        .await;
        let first = sync(&pair, PARTIES);
        first.run().await;
        first.assert_quiet().await;

        let changed = PARTIES
            .replace("Shop: Retail Client", "Shop: Walk-in")
            .replace("      back: {Retail Client: Retail}\n", "")
            .replace(".strip() or doc.name", ".strip().upper()");
        let second = sync(&pair, &changed).with_state(first.state);
        let report = second.run().await;
        assert_eq!(report.summary.update, 1, "{report:#?}");
        // Both sides hold what they agreed on, so that it is decided as on a first comparison.
        assert_eq!(report.summary.conflict, 1, "{report:#?}");
        let acme = b.get("Client", "ACME").await;
        assert_eq!(
            said(&acme, &["client_kind", "display", "credit_limit"]),
            "Walk-in|ANN|4"
        );
        second.assert_quiet().await;
        clear(&pair).await;
    }
}

#[tokio::test]
async fn a_default_is_sent_when_a_document_is_made_and_never_again() {
    for pair in parties().await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        let mapping = PARTIES.replace(
            "b: {country: Norway}",
            "b: {country: Norway, credit_limit: 50}",
        );
        customer(&pair, "None", json!({})).await;
        customer(&pair, "Some", json!({ "credit": 9 })).await;
        let sync = sync(&pair, &mapping);
        sync.run().await;
        assert_eq!(
            said(&b.get("Client", "None").await, &["credit_limit", "country"]),
            "50|Norway"
        );
        assert_eq!(said(&b.get("Client", "Some").await, &["credit_limit"]), "9");
        sync.assert_quiet().await;
        // It is no edit of that side.
        assert_eq!(said(&a.get("Customer", "None").await, &["credit"]), "0");
        a.update("Customer", "Some", json!({ "credit": 0 })).await;
        sync.run().await;
        assert_eq!(said(&b.get("Client", "Some").await, &["credit_limit"]), "0");
        clear(&pair).await;
    }
}

#[tokio::test]
async fn a_link_without_target_is_left_empty_until_the_target_comes() {
    let both = || {
        vec![
            doctype(
                "Region",
                "field:title",
                "title | Data | reqd\n open | Check |",
            ),
            doctype(
                "Shop",
                "field:title",
                "title | Data | reqd\n region | Link | Region\n manager | Link | User",
            ),
        ]
    };
    for pair in sites(both(), both()).await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        a.insert("Region", json!({ "title": "North", "open": 0 }))
            .await;
        a.insert("Shop", json!({ "title": "Corner", "region": "North" }))
            .await;
        let region = "version: 1\ndoctype: Region\nfilters: [[open, \"=\", 1]]\n";
        let shop = |missing: &str| {
            format!(
                "version: 1\ndoctype: Shop\nfields: {{map: {{region: {{missing: {missing}}}}}}}\n"
            )
        };
        let parks = Sync::new(&pair, &[region.to_owned(), shop("park")]);
        let report = parks.run().await;
        assert_eq!(report.parked.len(), 1, "{report:#?}");

        let clears = Sync::new(&pair, &[region.to_owned(), shop("clear")]).with_state(parks.state);
        let report = clears.run().await;
        assert_eq!(report.parked.len(), 0, "{report:#?}");
        assert_eq!(said(&b.get("Shop", "Corner").await, &["region"]), "");
        clears.assert_quiet().await;

        a.update("Region", "North", json!({ "open": 1 })).await;
        clears.run_until_quiet().await;
        assert_eq!(said(&b.get("Shop", "Corner").await, &["region"]), "North");

        // One that is set to what the other side lacks is emptied there.
        a.insert("Region", json!({ "title": "South", "open": 0 }))
            .await;
        a.update("Shop", "Corner", json!({ "region": "South" }))
            .await;
        clears.run_until_quiet().await;
        assert_eq!(said(&b.get("Shop", "Corner").await, &["region"]), "");
        assert_eq!(said(&a.get("Shop", "Corner").await, &["region"]), "South");
        a.update("Region", "South", json!({ "open": 1 })).await;
        clears.run_until_quiet().await;
        assert_eq!(said(&b.get("Shop", "Corner").await, &["region"]), "South");
        clears.assert_equal().await;
        clear(&pair).await;
    }
}

#[tokio::test]
async fn a_link_to_what_is_not_mapped_is_left_empty_too_and_so_is_one_in_a_row() {
    let both = || {
        vec![
            doctype("Zone", "field:title", "title | Data | reqd"),
            doctype(
                "Region",
                "field:title",
                "title | Data | reqd\n open | Check |",
            ),
            doctype(
                "Shop Row",
                "table",
                "label | Data |\n region | Link | Region",
            ),
            doctype(
                "Shop",
                "field:title",
                "title | Data | reqd\n zone | Link | Zone\n places | Table | Shop Row",
            ),
        ]
    };
    for pair in sites(both(), both()).await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        a.insert("Zone", json!({ "title": "Z1" })).await;
        a.insert("Region", json!({ "title": "North", "open": 0 }))
            .await;
        let places = json!([{ "label": "door", "region": "North" }]);
        a.insert(
            "Shop",
            json!({ "title": "Corner", "zone": "Z1", "places": places }),
        )
        .await;
        let sync = Sync::new(
            &pair,
            &[
                "version: 1\ndoctype: Region\nfilters: [[open, \"=\", 1]]\n".to_owned(),
                "version: 1\ndoctype: Shop\nlinks: {missing: clear}\n".to_owned(),
            ],
        );
        let report = sync.run().await;
        assert_eq!(report.parked.len(), 0, "{report:#?}");
        let shop = b.get("Shop", "Corner").await;
        assert_eq!(said(&shop, &["zone"]), "");
        assert_eq!(rows(&shop, "places", &["label", "region"]), ["door|"]);
        sync.assert_quiet().await;
        a.update("Region", "North", json!({ "open": 1 })).await;
        sync.run_until_quiet().await;
        let shop = b.get("Shop", "Corner").await;
        assert_eq!(rows(&shop, "places", &["label", "region"]), ["door|North"]);
        assert_eq!(said(&a.get("Shop", "Corner").await, &["zone"]), "Z1");
        sync.assert_equal_but(&[Cause::NoTarget]).await;
        b.insert("Zone", json!({ "title": "Z1" })).await;
        sync.run_until_quiet().await;
        assert_eq!(said(&b.get("Shop", "Corner").await, &["zone"]), "Z1");
        sync.assert_equal().await;
        clear(&pair).await;
    }
}
