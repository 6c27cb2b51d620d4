//! A pair with one value that is not settled is looked at until it is.

use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_tests::Sync;
use serde_json::json;

use crate::scene::{customer, customers_only, edit, said, sandboxes};

#[tokio::test]
async fn a_value_that_is_not_settled_is_looked_at_although_no_modified_moves() {
    let (pair, names) = sandboxes("Open").await;
    customer(&pair, &names, Side::A, "C").await;
    let mut sync = Sync::new(&pair, &customers_only(&names, "conflict: manual\n"));
    sync.options.lag = chrono::TimeDelta::zero();
    sync.run_until_quiet().await;
    // One value settles, the other is a conflict; what is read next lies past both saves.
    edit(
        &pair,
        &names,
        Side::A,
        "C",
        json!({ "notes": "a", "phone": "1" }),
    )
    .await;
    edit(&pair, &names, Side::B, "C", json!({ "notes": "b" })).await;
    sync.run().await;
    for _ in 0..2 {
        customer(
            &pair,
            &names,
            Side::A,
            &format!("later {}", pair.sandboxes().a.len_of(&names.customer)),
        )
        .await;
        let report = sync.run().await;
        assert_eq!(
            report.outcome,
            RunOutcome::Partial,
            "it stays told: {report:#?}"
        );
    }
    assert_eq!(said(&pair, &names, Side::B, "C", "phone").await, "1");
    // What makes them equal moves no `modified`.
    let silent = pair
        .sandboxes()
        .b
        .silent_set(&names.customer, "C", json!({ "notes": "a" }));
    assert!(silent.is_ok(), "{silent:?}");
    let report = sync.run().await;
    assert_eq!(
        (report.outcome, report.summary.writes()),
        (RunOutcome::Converged, 0),
        "{report:#?}"
    );
    sync.assert_equal().await;
    sync.assert_quiet().await;
}
