//! What it costs to read documents whose rows have older stamps than they have.

use frappe_sync_model::Side;
use frappe_sync_tests::Sync;
use serde_json::json;

use crate::scene::{counted, sandboxes};
use crate::two_way::load;

#[tokio::test]
async fn orders_whose_rows_are_older_than_they_are_not_read_one_by_one() {
    let (pair, names) = sandboxes("Older").await;
    load(&pair, &names, 10, 120).await;
    let mut sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    // What a `db_set` of a status does: the order has a new `modified`, its rows keep theirs.
    let touched =
        pair.sandboxes()
            .a
            .bulk_touch(&names.order, &json!([]), &json!({ "remarks": "set" }));
    assert_eq!(touched.ok(), Some(120));
    sync.options.allow.insert("max_changes".to_owned());
    pair.sandboxes().a.reset_requests();
    let report = sync.run().await;
    assert_eq!(report.summary.update, 120, "{report:#?}");
    let (reads, writes) = counted(&pair, Side::A);
    // One page of keys for each of four DocTypes, the orders and their rows, and what every run asks.
    assert!(
        reads <= 4 + 2 * 2 + 8 && writes == 0,
        "{reads} reads, {:#?}",
        pair.sandboxes().a.requests()
    );
    sync.assert_equal().await;
}
