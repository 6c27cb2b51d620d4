//! Documents that are submitted: what happens on one site happens on the other, with that site's own hooks.

use frappe_sync_model::{RunOutcome, Side, StateStore as _};
use frappe_sync_tests::{Names, Sync, pairs};
use serde_json::json;

use crate::scene::{sandboxes, writes_of_runs};
use crate::vouchers::Vouchers;

#[tokio::test]
async fn what_is_submitted_here_is_submitted_there_and_makes_its_own_ledger_there() {
    let (pair, names) = sandboxes("Ledger").await;
    let vouchers = Vouchers::install(&pair, &names).await;
    vouchers.keep_ledgers();
    for remarks in ["one", "two"] {
        let submitted = json!({ "total": 12.5, "docstatus": 1 });
        vouchers.make(Side::A, remarks, submitted).await;
    }
    vouchers.make(Side::A, "draft", json!({ "total": 7 })).await;
    let sync = Sync::new(&pair, &vouchers.mapping(""));
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_eq!(vouchers.stages("one").await, (1, 1));
    assert_eq!(vouchers.stages("draft").await, (0, 0));
    for side in Side::BOTH {
        let mut submitted = Vec::new();
        for remarks in ["one", "two"] {
            let voucher = vouchers.one(side, remarks).await;
            submitted.push(voucher["name"].as_str().unwrap_or_default().to_owned());
        }
        submitted.sort();
        assert_eq!(vouchers.in_ledger(side).await, submitted, "{side}");
    }
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_cancel_is_carried_over_once_and_later_runs_have_nothing_to_say() {
    for pair in pairs().await {
        let names = Names::unique("Cancel");
        let vouchers = Vouchers::install(&pair, &names).await;
        let sync = Sync::new(&pair, &vouchers.mapping(""));
        vouchers.make(Side::A, "V", json!({ "total": 1 })).await;
        sync.run_until_quiet().await;
        for (side, docstatus) in [(Side::A, 1), (Side::B, 2)] {
            vouchers.move_to(side, "V", docstatus).await;
            let report = sync.run().await;
            assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
            let both = (u64::from(docstatus), u64::from(docstatus));
            assert_eq!(vouchers.stages("V").await, both);
        }
        for _ in 0..3 {
            let report = sync.run().await;
            assert_eq!(
                (report.summary.writes(), report.parked.len()),
                (0, 0),
                "{report:#?}"
            );
        }
        sync.assert_equal().await;
        vouchers.uninstall().await;
    }
}

#[tokio::test]
async fn what_was_submitted_and_cancelled_between_two_runs_arrives_cancelled() {
    for pair in pairs().await {
        let names = Names::unique("Between");
        let vouchers = Vouchers::install(&pair, &names).await;
        let sync = Sync::new(&pair, &vouchers.mapping(""));
        vouchers.make(Side::A, "known", json!({ "total": 1 })).await;
        sync.run_until_quiet().await;
        vouchers.make(Side::A, "new", json!({ "total": 2 })).await;
        for remarks in ["known", "new"] {
            vouchers.move_to(Side::A, remarks, 1).await;
            vouchers.move_to(Side::A, remarks, 2).await;
        }
        sync.run_until_quiet().await;
        assert_eq!(vouchers.stages("known").await, (2, 2));
        assert_eq!(vouchers.stages("new").await, (2, 2));
        sync.assert_equal().await;
        vouchers.uninstall().await;
    }
}

#[tokio::test]
async fn an_amended_document_arrives_as_the_amendment_of_its_own_predecessor() {
    for pair in pairs().await {
        let names = Names::unique("Amend");
        let vouchers = Vouchers::install(&pair, &names).await;
        // The numbers of the two sites differ.
        vouchers.make(Side::B, "own", json!({ "total": 9 })).await;
        vouchers
            .make(Side::A, "V", json!({ "total": 1, "docstatus": 1 }))
            .await;
        let sync = Sync::new(&pair, &vouchers.mapping(""));
        sync.run_until_quiet().await;
        vouchers.move_to(Side::A, "V", 2).await;
        let amended_from = vouchers.one(Side::A, "V").await["name"].clone();
        let amendment = json!({ "total": 2, "amended_from": amended_from, "docstatus": 1 });
        vouchers.make(Side::A, "V again", amendment).await;
        sync.run_until_quiet().await;
        assert_eq!(vouchers.stages("V").await, (2, 2));
        assert_eq!(vouchers.stages("V again").await, (1, 1));
        let (before, after) = (
            vouchers.one(Side::B, "V").await,
            vouchers.one(Side::B, "V again").await,
        );
        assert_eq!(after["amended_from"], before["name"]);
        assert_ne!(after["amended_from"], amended_from, "the numbers differ");
        assert_eq!(after["total"].as_f64(), Some(2.0));
        sync.assert_equal().await;
        sync.assert_quiet().await;
        vouchers.uninstall().await;
    }
}

#[tokio::test]
async fn a_submit_here_while_the_draft_is_edited_there_ends_alike_and_the_edit_is_kept() {
    for pair in pairs().await {
        let names = Names::unique("Late");
        let vouchers = Vouchers::install(&pair, &names).await;
        vouchers
            .make(Side::A, "V", json!({ "total": 1, "memo": "0" }))
            .await;
        let sync = Sync::new(&pair, &vouchers.mapping(""));
        sync.run_until_quiet().await;
        vouchers.edit(Side::B, "V", json!({ "total": 4711 })).await;
        vouchers.move_to(Side::A, "V", 1).await;
        let report = sync.run().await;
        assert_eq!(report.conflicts.len(), 1, "{report:#?}");
        assert_eq!(vouchers.stages("V").await, (1, 1), "{report:#?}");
        let (a, b) = (
            vouchers.one(Side::A, "V").await,
            vouchers.one(Side::B, "V").await,
        );
        assert_eq!(
            (a["total"].as_f64(), b["total"].as_f64()),
            (Some(1.0), Some(1.0))
        );
        let journal = sync
            .state
            .sync(&"test".into())
            .journal(report.run_id.as_str());
        let lost: Vec<_> = journal
            .into_iter()
            .flatten()
            .map(|entry| entry.lost)
            .collect();
        assert!(
            lost.iter().any(|lost| lost.as_f64() == Some(4711.0)),
            "{lost:?}"
        );
        let writes = writes_of_runs(&sync, 3).await;
        assert!(
            writes.iter().all(|writes| (writes.a, writes.b) == (0, 0)),
            "{writes:?}"
        );
        sync.assert_equal().await;
        vouchers.uninstall().await;
    }
}
