//! Submits and cancels travel, one step at a time and in their order.

use frappe_sync_engine::{Action, Cause};
use frappe_sync_model::{ParkedCause, RunOutcome, Side};
use frappe_sync_sandbox::Hook;
use frappe_sync_tests::{PairOptions, Sales, SitePair, Sync, pairs, text};
use serde_json::json;

use super::{assert_stage, names};

#[tokio::test]
async fn a_submit_on_either_side_is_a_submit_on_the_other() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Sub").await;
        let on_a = sales.sell(&pair, Side::A, "from a", 0).await;
        let on_b = sales.sell(&pair, Side::B, "from b", 0).await;
        sales.sell(&pair, Side::A, "submitted at once", 1).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (report.summary.create, report.summary.submit),
            (3, 0),
            "{report:#?}"
        );
        assert_stage(&pair, &sales, "submitted at once", 1).await;
        sync.assert_quiet().await;

        // With an edit in the same save, and without.
        let edited = json!({ "terms": "14 days", "docstatus": 1 });
        pair.people.a.update(&sales.sale, &on_a, edited).await;
        sales.advance(&pair.people.b, &sales.sale, &on_b, 1).await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        let summary = report.summary;
        assert_eq!(
            (summary.submit, summary.update, summary.conflict),
            (2, 0, 0),
            "{report:#?}"
        );
        assert_eq!(
            (report.requests.a.write, report.requests.b.write),
            (1, 1),
            "{report:#?}"
        );
        for sale in assert_stage(&pair, &sales, "from a", 1).await {
            assert_eq!(text(&sale, "terms"), "14 days");
        }
        assert_stage(&pair, &sales, "from b", 1).await;
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_submit_and_a_cancel_between_two_runs_are_both_replayed() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Both").await;
        let on_a = sales.sell(&pair, Side::A, "S", 0).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        sync.run().await;
        let edited = json!({ "terms": "14 days", "docstatus": 1 });
        pair.people.a.update(&sales.sale, &on_a, edited).await;
        sales.advance(&pair.people.a, &sales.sale, &on_a, 2).await;
        let plan = sync.plan().await;
        let planned = plan.operations.iter().map(|operation| operation.action);
        assert_eq!(
            planned.collect::<Vec<_>>(),
            [Action::Submit, Action::Cancel],
            "{plan:#?}"
        );
        assert_eq!(
            (plan.summary.submit, plan.summary.cancel),
            (1, 1),
            "{plan:#?}"
        );
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (report.summary.submit, report.summary.cancel),
            (1, 1),
            "{report:#?}"
        );
        let [_, b] = assert_stage(&pair, &sales, "S", 2).await;
        assert_eq!(text(&b, "terms"), "14 days");
        sync.assert_equal().await;
        sync.assert_quiet().await;

        let cancelled_later = sales.sell(&pair, Side::B, "T", 1).await;
        sync.run().await;
        sales
            .advance(&pair.people.b, &sales.sale, &cancelled_later, 2)
            .await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.submit, report.summary.cancel),
            (0, 1),
            "{report:#?}"
        );
        assert_stage(&pair, &sales, "T", 2).await;
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn an_update_after_submit_travels_in_the_fields_that_allow_it_before_a_cancel_does() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "After").await;
        let name = sales.sell(&pair, Side::A, "S", 1).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        sync.run().await;
        let [_, on_b] = names(&pair, &sales, "S").await;
        pair.people
            .a
            .update(&sales.sale, &name, json!({ "note": "from a" }))
            .await;
        let mut items = sales.sale(&pair, Side::B, "S").await["items"].clone();
        items[1]["note"] = json!("from b");
        pair.people
            .b
            .update(&sales.sale, &on_b, json!({ "items": items }))
            .await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.update, report.summary.conflict),
            (2, 0),
            "{report:#?}"
        );
        for sale in assert_stage(&pair, &sales, "S", 1).await {
            assert_eq!(text(&sale, "note"), "from a");
            assert_eq!(text(&sale["items"][1], "note"), "from b");
        }
        sync.assert_quiet().await;

        pair.people
            .a
            .update(&sales.sale, &name, json!({ "note": "last" }))
            .await;
        sales.advance(&pair.people.a, &sales.sale, &name, 2).await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.update, report.summary.cancel),
            (1, 1),
            "{report:#?}"
        );
        let [_, b] = assert_stage(&pair, &sales, "S", 2).await;
        assert_eq!(text(&b, "note"), "last");
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn documents_are_cancelled_before_those_that_they_link_to() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Order").await;
        let sale = sales.sell(&pair, Side::A, "S", 1).await;
        let delivery = json!({ "title": "D", "sale": sale, "docstatus": 1 });
        let delivery = pair.people.a.insert(&sales.delivery, delivery).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");

        sales
            .advance(&pair.people.a, &sales.delivery, &delivery, 2)
            .await;
        sales.advance(&pair.people.a, &sales.sale, &sale, 2).await;
        let plan = sync.plan().await;
        let planned: Vec<_> = plan
            .operations
            .iter()
            .map(|operation| (operation.action, operation.doctype.as_str()))
            .collect();
        let cancels = [
            (Action::Cancel, &*sales.delivery),
            (Action::Cancel, &*sales.sale),
        ];
        assert_eq!(planned, cancels, "{plan:#?}");
        assert_eq!(plan.summary.cancel, 2, "{plan:#?}");

        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(report.summary.cancel, 2, "{report:#?}");
        assert_stage(&pair, &sales, "S", 2).await;
        let on_b = sales.one(&pair, Side::B, &sales.delivery, "D").await;
        assert_eq!(on_b["docstatus"], 2);
        sync.assert_equal().await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_cancel_that_another_document_holds_up_is_parked_in_the_sites_words_and_tried_again() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Held").await;
        let sale = sales.sell(&pair, Side::A, "S", 1).await;
        let sync = Sync::new(&pair, &sales.mappings("direction: a-to-b\n"));
        sync.run().await;
        // Only site b knows of a delivery.
        let [_, on_b] = names(&pair, &sales, "S").await;
        let delivery = json!({ "title": "D", "sale": on_b, "docstatus": 1 });
        let delivery = pair.people.b.insert(&sales.delivery, delivery).await;
        sales.advance(&pair.people.a, &sales.sale, &sale, 2).await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
        assert_eq!(report.parked.len(), 1, "{report:#?}");
        let refused = ParkedCause::Refused {
            exc_type: "LinkExistsError".to_owned(),
        };
        assert_eq!(report.parked[0].cause, refused, "{report:#?}");
        assert!(report.parked[0].message.contains(&delivery), "{report:#?}");

        sales
            .advance(&pair.people.b, &sales.delivery, &delivery, 2)
            .await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.cancel, report.parked.len()),
            (1, 0),
            "{report:#?}"
        );
        assert_stage(&pair, &sales, "S", 2).await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn a_submit_that_the_site_refuses_is_parked_and_done_once_that_is_mended() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let sales = Sales::install(&pair, "Refused").await;
    let sale = sales.sell(&pair, Side::A, "S", 0).await;
    let sync = Sync::new(&pair, &sales.mappings(""));
    sync.run().await;
    pair.sandboxes().b.add_hook(
        &sales.sale,
        Hook::RefusesWhen {
            field: "docstatus".to_owned(),
            value: "1".to_owned(),
            message: "no stock on 2026-05-01".to_owned(),
        },
    );
    sales.advance(&pair.people.a, &sales.sale, &sale, 1).await;
    let other = sales.sell(&pair, Side::A, "other", 0).await;
    let report = sync.run().await;
    assert_eq!(
        (report.parked.len(), report.summary.create),
        (1, 1),
        "{report:#?}"
    );
    assert!(report.parked[0].message.contains("no stock"), "{report:#?}");
    // Nor is a document made that could not be submitted.
    sales.advance(&pair.people.a, &sales.sale, &other, 1).await;
    sales.sell(&pair, Side::A, "third", 1).await;
    let report = sync.run().await;
    assert_eq!(
        (report.parked.len(), report.summary.create),
        (3, 0),
        "{report:#?}"
    );

    pair.sandboxes().b.clear_hooks();
    let report = sync.run().await;
    assert_eq!(
        (report.summary.submit, report.summary.create),
        (2, 1),
        "{report:#?}"
    );
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_stage(&pair, &sales, "S", 1).await;
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_draft_policy_brings_everything_over_as_drafts_that_stay_so() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Draft").await;
        let open = sales.sell(&pair, Side::A, "open", 0).await;
        for (title, docstatus) in [("submitted", 1), ("cancelled", 2)] {
            sales.sell(&pair, Side::A, title, docstatus).await;
        }
        let sync = Sync::new(&pair, &sales.mappings("docstatus: draft\n"));
        let report = sync.run().await;
        assert_eq!(
            (report.summary.create, report.outcome),
            (3, RunOutcome::Converged),
            "{report:#?}"
        );
        sales.advance(&pair.people.a, &sales.sale, &open, 1).await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.writes(), report.outcome),
            (0, RunOutcome::Converged),
            "{report:#?}"
        );
        for title in ["open", "submitted", "cancelled"] {
            assert_eq!(
                sales.sale(&pair, Side::B, title).await["docstatus"],
                0,
                "{title}"
            );
        }
        sync.assert_equal_but(&[Cause::Docstatus]).await;
        // A person submits it there: nothing of that comes back either.
        let [_, on_b] = names(&pair, &sales, "open").await;
        sales.advance(&pair.people.b, &sales.sale, &on_b, 1).await;
        sync.assert_quiet().await;
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn one_way_a_target_that_moves_on_by_itself_is_drift() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Drift").await;
        let on_a = sales.sell(&pair, Side::A, "S", 0).await;
        let sync = Sync::new(&pair, &sales.mappings("direction: a-to-b\n"));
        sync.run().await;
        let [_, on_b] = names(&pair, &sales, "S").await;
        sales.advance(&pair.people.b, &sales.sale, &on_b, 1).await;
        let report = sync.run().await;
        assert_eq!(report.summary.writes(), 0, "{report:#?}");
        let drift: Vec<_> = report
            .notes
            .iter()
            .filter(|note| note.kind == "drift")
            .collect();
        assert_eq!(drift.len(), 1, "{report:#?}");
        assert!(drift[0].message.contains("docstatus"), "{report:#?}");
        // What it will not take any more is told.
        pair.people
            .a
            .update(&sales.sale, &on_a, json!({ "terms": "now" }))
            .await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.writes(), report.parked.len()),
            (0, 1),
            "{report:#?}"
        );
        assert_eq!(
            report.parked[0].cause,
            ParkedCause::Docstatus,
            "{report:#?}"
        );
        assert!(report.parked[0].message.contains("terms"), "{report:#?}");
        sales.uninstall(&pair).await;
    }
}
