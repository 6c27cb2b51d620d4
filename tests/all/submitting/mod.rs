//! Submitted and cancelled documents: what people do to `docstatus` on one site happens on the other.

mod amending;
mod both_moved;
mod faults;
mod first_read;
mod stages;

use frappe_sync_model::Side;
use frappe_sync_tests::{Sales, SitePair, text};
use serde_json::Value;

/// Checks that a sale stands equally far on both sides, and returns both.
async fn assert_stage(pair: &SitePair, sales: &Sales, title: &str, docstatus: u8) -> [Value; 2] {
    let [a, b] = Side::BOTH.map(|side| async move {
        let sale = sales.sale(pair, side, title).await;
        assert_eq!(sale["docstatus"], docstatus, "{title} on {side}: {sale:#}");
        sale
    });
    [a.await, b.await]
}

/// Returns the names of a sale on both sides.
async fn names(pair: &SitePair, sales: &Sales, title: &str) -> [String; 2] {
    let [a, b] = Side::BOTH.map(|side| async move {
        let sale = sales.sale(pair, side, title).await;
        text(&sale, "name")
    });
    [a.await, b.await]
}
