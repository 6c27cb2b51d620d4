//! Schemas that no program knows beforehand.

use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_tests::{Names, SitePair, Sync, install, pairs, text, uninstall};
use serde_json::{Value, json};

use crate::scene::{add_field, add_field_on, customer, customers_only, edit};

/// A child DocType that somebody made for their own purposes, and its name.
async fn own_table(pair: &SitePair, side: Side, names: &Names) -> String {
    let name = format!("{} Branch", names.prefix);
    let field = |name: &str, fieldtype: &str, options: &str| -> Value {
        json!({ "fieldname": name, "fieldtype": fieldtype, "label": name, "options": options })
    };
    let doctype = json!({
        "name": name, "module": "Custom", "custom": 1, "istable": 1, "permissions": [],
        "fields": [
            field("city", "Data", ""), field("seats", "Int", ""), field("sells", "Link", &names.item),
        ],
    });
    pair.people[side].insert("DocType", doctype).await;
    name
}

fn branches(document: &Value) -> Vec<(String, i64, String)> {
    let rows = document["branches"].as_array().into_iter().flatten();
    rows.map(|row| {
        let seats = row["seats"].as_i64().unwrap_or_default();
        (text(row, "city"), seats, text(row, "sells"))
    })
    .collect()
}

#[tokio::test]
async fn a_child_table_that_people_added_travels_without_being_named() {
    for pair in pairs().await {
        let names = Names::unique("Own");
        install(&pair, &names).await;
        let mut table = String::new();
        for side in Side::BOTH {
            table = own_table(&pair, side, &names).await;
        }
        let field = json!({ "fieldname": "branches", "fieldtype": "Table", "label": "Branches", "options": table });
        add_field(&pair, &names.customer, field).await;
        let a = &pair.people.a;
        a.insert(&names.item, json!({ "item_code": "Tea" })).await;
        let rows =
            json!([{ "city": "Oslo", "seats": 3 }, { "city": "Bonn", "seats": 9, "sells": "Tea" }]);
        a.insert(
            &names.customer,
            json!({ "customer_name": "C", "branches": rows }),
        )
        .await;
        let sync = Sync::new(&pair, &names.mappings());
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");

        // One row is changed on each side.
        for (side, place, seats) in [(Side::A, 0, 30), (Side::B, 1, 90)] {
            let mut there = pair.people[side].get(&names.customer, "C").await;
            there["branches"][place]["seats"] = json!(seats);
            edit(
                &pair,
                &names,
                side,
                "C",
                json!({ "branches": there["branches"] }),
            )
            .await;
        }
        let report = sync.run().await;
        assert_eq!(report.summary.conflict, 0, "{report:#?}");
        for side in Side::BOTH {
            let there = pair.people[side].get(&names.customer, "C").await;
            let wanted = [
                ("Oslo".into(), 30, String::new()),
                ("Bonn".into(), 90, "Tea".into()),
            ];
            assert_eq!(branches(&there), wanted, "{side}");
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_child_table_that_the_other_site_lacks_stays_and_stops_nothing() {
    for pair in pairs().await {
        let names = Names::unique("Lack");
        install(&pair, &names).await;
        let table = own_table(&pair, Side::A, &names).await;
        let field = json!({ "fieldname": "branches", "fieldtype": "Table", "label": "Branches", "options": table });
        add_field_on(&pair, Side::A, &names.customer, field).await;
        let rows = json!([{ "city": "Oslo", "seats": 3 }]);
        let with_rows = json!({ "customer_name": "C", "phone": "0", "branches": rows });
        pair.people.a.insert(&names.customer, with_rows).await;
        customer(&pair, &names, Side::A, "D").await;
        let sync = Sync::new(&pair, &customers_only(&names, ""));
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.create),
            (RunOutcome::Converged, 2),
            "{report:#?}"
        );
        edit(&pair, &names, Side::B, "C", json!({ "phone": "b" })).await;
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.update),
            (RunOutcome::Converged, 1),
            "{report:#?}"
        );
        // Writing the rest did not empty the table.
        let there = pair.people.a.get(&names.customer, "C").await;
        assert_eq!(branches(&there), [("Oslo".into(), 3, String::new())]);
        assert_eq!(text(&there, "phone"), "b");
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}
