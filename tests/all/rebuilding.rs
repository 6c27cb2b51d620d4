//! A state that is lost, or an older copy: both sites are paired anew, and nothing is written to them.

use frappe_sync_model::Side;
use frappe_sync_tests::{Names, Sync, install, pairs, text, uninstall};
use serde_json::json;

use crate::two_way::load;

#[tokio::test]
async fn a_state_that_is_made_anew_writes_nothing_and_doubles_nothing() {
    for pair in pairs().await {
        let names = Names::unique("Rebuild");
        install(&pair, &names).await;
        load(&pair, &names, 6, 9).await;
        let mut sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;
        pair.people
            .a
            .insert(&names.customer, json!({ "customer_name": "New on a" }))
            .await;

        let rebuilt = sync.rebuild().await;
        assert_eq!(
            (rebuilt.requests.a.write, rebuilt.requests.b.write),
            (0, 0),
            "{rebuilt:#?}"
        );
        let pairs: u64 = rebuilt.doctypes.iter().map(|doctype| doctype.pairs).sum();
        assert_eq!(pairs, 3 + 6 + 6 + 9, "{rebuilt:#?}");

        // Then it goes on as if nothing had happened: what is new is made, what was there is not made again.
        let report = sync.run().await;
        assert_eq!(report.summary.create, 1, "{report:#?}");
        for side in Side::BOTH {
            assert_eq!(pair.people[side].names(&names.order).await.len(), 9);
            assert_eq!(pair.people[side].names(&names.customer).await.len(), 7);
        }
        let orders = pair.people.a.names(&names.order).await;
        pair.people
            .a
            .update(&names.order, &orders[0], json!({ "total": 31 }))
            .await;
        sync.run_until_quiet().await;
        let order = pair.people.a.get(&names.order, &orders[0]).await;
        let filters = json!([["remarks", "=", text(&order, "remarks")]]);
        let found = pair.people.b.list(&names.order, &["total"], filters).await;
        assert_eq!(found[0]["total"].as_f64(), Some(31.0));
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}
