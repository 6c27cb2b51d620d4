//! Schemas that change while a sync lives.

use frappe_sync_model::Side;
use serde_json::json;

use super::scene::{PARTIES, clear, customer, parties, said, sync};
use crate::scene::add_field_on;

#[tokio::test]
async fn only_what_is_newly_mapped_is_compared_and_every_other_baseline_stays() {
    for pair in parties().await {
        let (a, b) = (&pair.people.a, &pair.people.b);
        customer(&pair, "ACME", json!({ "credit": 1 })).await;
        let first = sync(&pair, PARTIES);
        first.run().await;
        // Another field differs on its own account, and is agreed to do so.
        b.update("Client", "ACME", json!({ "credit_limit": 2 }))
            .await;
        first.run().await;
        first.assert_quiet().await;

        for (side, doctype) in [(Side::A, "Customer"), (Side::B, "Client")] {
            let field = json!({ "fieldname": "fax", "fieldtype": "Data", "label": "Fax" });
            add_field_on(&pair, side, doctype, field).await;
        }
        a.update("Customer", "ACME", json!({ "fax": "123" })).await;
        b.update("Client", "ACME", json!({ "credit_limit": 3 }))
            .await;
        let report = first.run().await;
        assert_eq!(report.summary.conflict, 0, "{report:#?}");
        assert_eq!(
            said(&b.get("Client", "ACME").await, &["fax", "credit_limit"]),
            "123|3"
        );
        assert_eq!(
            said(&a.get("Customer", "ACME").await, &["fax", "credit"]),
            "123|3"
        );
        first.assert_quiet().await;
        clear(&pair).await;
    }
}
