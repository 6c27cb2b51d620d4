//! What a merge moves without a word.

use frappe_sync_model::Side;
use frappe_sync_tests::{Names, Sync, install, pairs, text, uninstall};
use serde_json::json;

use crate::scene::order;
use crate::two_way::load;

#[tokio::test]
async fn an_order_whose_customer_was_merged_away_is_not_given_the_old_one_back() {
    for pair in pairs().await {
        let names = Names::unique("Away");
        install(&pair, &names).await;
        load(&pair, &names, 4, 8).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;

        // On b the customer of an order becomes another one, and the order's `modified` stays; on a somebody
        // saves that order, customer and all.
        let stamp = order(&pair, &names, Side::B, "order 1").await["modified"].clone();
        let merge = json!({
            "doctype": names.customer, "old": "Customer 00001", "new": "Customer 00002", "merge": 1, "force": 1,
        });
        let merged = pair.people.b.call("frappe.rename_doc", merge).await;
        assert!(merged.is_ok(), "{merged:?}");
        let silent = order(&pair, &names, Side::B, "order 1").await;
        assert_eq!(
            (&silent["modified"], text(&silent, "customer").as_str()),
            (&stamp, "Customer 00002")
        );
        let edited = order(&pair, &names, Side::A, "order 1").await;
        let saved = json!({ "customer": edited["customer"], "total": 88 });
        pair.people
            .a
            .update(&names.order, &text(&edited, "name"), saved)
            .await;

        sync.run_until_quiet().await;
        for side in Side::BOTH {
            let order = order(&pair, &names, side, "order 1").await;
            assert_eq!(text(&order, "customer"), "Customer 00002", "{side}");
            assert_eq!(order["total"].as_f64(), Some(88.0), "{side}");
        }
        uninstall(&pair, &names).await;
    }
}
