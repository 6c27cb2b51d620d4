//! Dates of the past, and figures that each site works out for itself.

use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_tests::{Names, Sync, pairs};
use serde_json::json;

use crate::vouchers::Vouchers;

#[tokio::test]
async fn an_invoice_of_may_arrives_with_its_date_and_the_word_that_it_is_meant() {
    for pair in pairs().await {
        let names = Names::unique("May");
        let vouchers = Vouchers::install(&pair, &names).await;
        // On a the switch was not even set: it posted on that very day.
        let of_may = json!({ "total": 1, "posting_date": "2025-05-17", "docstatus": 1 });
        vouchers.make(Side::A, "May", of_may).await;
        vouchers
            .make(Side::B, "June", json!({ "posting_date": "2025-06-01" }))
            .await;
        let sync = Sync::new(&pair, &vouchers.mapping(""));
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        for (side, remarks, date) in [
            (Side::B, "May", "2025-05-17"),
            (Side::A, "June", "2025-06-01"),
        ] {
            let there = vouchers.one(side, remarks).await;
            assert_eq!(there["posting_date"], date);
            // Without this word ERPNext replaces the date by today's.
            assert_eq!(there["set_posting_time"], 1, "{there}");
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        vouchers.uninstall().await;
    }
}

#[tokio::test]
async fn what_a_site_works_out_itself_is_neither_sent_nor_overwritten() {
    for pair in pairs().await {
        let names = Names::unique("Own");
        let vouchers = Vouchers::install(&pair, &names).await;
        for remarks in ["draft", "submitted"] {
            let delivered = json!({ "total": 1, "memo": "0", "per_delivered": 25 });
            vouchers.make(Side::A, remarks, delivered).await;
        }
        vouchers.move_to(Side::A, "submitted", 1).await;
        let sync = Sync::new(&pair, &vouchers.mapping(""));
        sync.run_until_quiet().await;
        vouchers
            .edit(Side::B, "draft", json!({ "per_delivered": 75 }))
            .await;
        for remarks in ["draft", "submitted"] {
            vouchers
                .edit(Side::A, remarks, json!({ "memo": "1" }))
                .await;
        }
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.parked.len()),
            (RunOutcome::Converged, 0),
            "{report:#?}"
        );
        for (remarks, on_a, on_b) in [("draft", 25.0, 75.0), ("submitted", 25.0, 0.0)] {
            let (a, b) = (
                vouchers.one(Side::A, remarks).await,
                vouchers.one(Side::B, remarks).await,
            );
            assert_eq!(
                (a["per_delivered"].as_f64(), b["per_delivered"].as_f64()),
                (Some(on_a), Some(on_b))
            );
            assert_eq!(b["memo"], "1");
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        vouchers.uninstall().await;
    }
}
