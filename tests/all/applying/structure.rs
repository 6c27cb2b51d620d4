//! Deletes, renames, merges, submits and cancels of a plan.

use frappe_sync_engine::{Action, SkipReason};
use frappe_sync_model::Side;
use frappe_sync_sandbox::{Action as Fate, Fault, Matcher};
use frappe_sync_tests::{PairOptions, Sales, SitePair, Sync, text};
use serde_json::json;

use super::{assert_as_planned, customer, filled, note, skipped};
use crate::removing::propagating;

/// Deletes customers that nothing links to.
async fn delete(pair: &SitePair, doctype: &str, side: Side, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let deleted = pair.people[side].delete(doctype, &customer(number)).await;
        assert!(deleted.is_ok(), "{deleted:?}");
    }
}

#[tokio::test]
async fn deletes_of_the_plan_are_carried_over_and_later_ones_wait() {
    let (pair, names) = filled("Deletes", 30, 1).await;
    let mut sync = Sync::new(&pair, &propagating(&names));
    sync.options.allow.insert("max_deletes".to_owned());
    sync.run_until_quiet().await;
    delete(&pair, &names.customer, Side::A, 10..13).await;
    let plan = sync.plan().await;
    assert_eq!(plan.summary.delete, 3, "{plan:#?}");
    delete(&pair, &names.customer, Side::A, 13..15).await;
    // An edit of what is to be deleted goes before its delete.
    note(&pair, &names, Side::B, 11..12, "edited since").await;
    let report = sync.apply(&plan).await;
    assert_eq!(report.run.summary.delete, 2, "{report:#?}");
    assert_eq!(
        skipped(&report, SkipReason::Moved),
        [customer(11)],
        "{report:#?}"
    );
    assert_eq!(
        report.not_in_plan, 3,
        "two deletes, and a document to be made again: {report:#?}"
    );
    let left = pair.people.b.names(&names.customer).await;
    for number in 10..15 {
        let is_there = left.contains(&customer(number));
        assert_eq!(is_there, ![10, 12].contains(&number), "{number}");
    }
    sync.run_until_quiet().await;
    for side in Side::BOTH {
        let left = pair.people[side].names(&names.customer).await;
        for number in 10..15 {
            assert_eq!(
                left.contains(&customer(number)),
                number == 11,
                "{number} on {side}"
            );
        }
    }
    sync.assert_equal().await;
}

#[tokio::test]
async fn an_update_of_what_was_deleted_since_is_named_as_gone() {
    for mappings in [filled_mappings, filled_propagating] {
        let (pair, names) = filled("Gone", 30, 1).await;
        let mut sync = Sync::new(&pair, &mappings(&names));
        sync.options.allow.insert("max_deletes".to_owned());
        sync.run_until_quiet().await;
        note(&pair, &names, Side::A, 20..23, "planned").await;
        let plan = sync.plan().await;
        delete(&pair, &names.customer, Side::B, 21..22).await;
        let report = sync.apply(&plan).await;
        assert_eq!(report.done.len(), 2, "{report:#?}");
        let told: Vec<&str> = report.skipped.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(told, [customer(21)], "{report:#?}");
        let there = pair.people.a.get(&names.customer, &customer(21)).await;
        assert_eq!(text(&there, "notes"), "planned");
        sync.run_until_quiet().await;
    }
}

fn filled_mappings(names: &frappe_sync_tests::Names) -> Vec<String> {
    names.mappings()
}

fn filled_propagating(names: &frappe_sync_tests::Names) -> Vec<String> {
    propagating(names)
}

#[tokio::test]
async fn a_create_whose_source_was_deleted_since_is_named_as_gone() {
    let (pair, names) = filled("Source", 3, 1).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    pair.people
        .a
        .insert(&names.customer, json!({ "customer_name": "New" }))
        .await;
    let plan = sync.plan().await;
    assert!(pair.people.a.delete(&names.customer, "New").await.is_ok());
    let report = sync.apply(&plan).await;
    assert_eq!(skipped(&report, SkipReason::Gone), ["New"], "{report:#?}");
    assert_eq!(report.run.summary.writes(), 0);
}

#[tokio::test]
async fn renames_and_merges_of_the_plan_are_carried_over_and_later_ones_wait() {
    let (pair, names) = filled("Renames", 30, 4).await;
    let mut sync = Sync::new(&pair, &propagating(&names));
    sync.options.allow.insert("max_deletes".to_owned());
    sync.run_until_quiet().await;
    let a = &pair.people.a;
    assert!(
        a.rename(&names.customer, &customer(0), "Renamed")
            .await
            .is_ok()
    );
    a.update(&names.customer, "Renamed", json!({ "notes": "and edited" }))
        .await;
    let merge = json!({
        "doctype": names.customer, "old": customer(1), "new": customer(2), "merge": 1, "force": 1,
    });
    assert!(a.call("frappe.rename_doc", merge).await.is_ok());
    let plan = sync.plan().await;
    let renames = plan
        .operations
        .iter()
        .filter(|it| it.action == Action::Rename);
    assert_eq!(renames.count(), 2, "{plan:#?}");
    assert!(
        a.rename(&names.customer, &customer(3), "Since")
            .await
            .is_ok()
    );
    let report = sync.apply(&plan).await;
    assert_eq!(report.done.len(), plan.operations.len(), "{report:#?}");
    assert_eq!(report.not_in_plan, 1, "{report:#?}");
    let there = pair.people.b.names(&names.customer).await;
    for (name, is_there) in [
        ("Renamed", true),
        (&customer(0), false),
        (&customer(1), false),
        (&customer(3), true),
    ] {
        assert_eq!(
            there.contains(&name.to_owned()),
            is_there,
            "{name}: {there:?}"
        );
    }
    sync.run_until_quiet().await;
    assert!(
        pair.people
            .b
            .names(&names.customer)
            .await
            .contains(&"Since".to_owned())
    );
    sync.assert_equal().await;
}

#[tokio::test]
async fn a_rename_of_what_was_saved_there_since_waits_and_is_named() {
    let (pair, names) = filled("Saved", 6, 2).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    assert!(
        pair.people
            .a
            .rename(&names.customer, &customer(0), "Renamed")
            .await
            .is_ok()
    );
    let plan = sync.plan().await;
    note(&pair, &names, Side::B, 0..1, "edited since").await;
    let report = sync.apply(&plan).await;
    assert_eq!(
        skipped(&report, SkipReason::Moved),
        [customer(0)],
        "{report:#?}"
    );
    assert_eq!(report.run.summary.writes(), 0, "{report:#?}");
    sync.run_until_quiet().await;
    for side in Side::BOTH {
        let document = pair.people[side].get(&names.customer, "Renamed").await;
        assert_eq!(text(&document, "notes"), "edited since", "{side}");
    }
    sync.assert_equal().await;
}

#[tokio::test]
async fn submits_cancels_and_amendments_of_the_plan_are_carried_over() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let sales = Sales::install(&pair, "Apply").await;
    let sync = Sync::new(&pair, &sales.mappings(""));
    let mut made = Vec::new();
    for (title, docstatus) in [("draft", 0), ("submitted", 1), ("cancelled", 2)] {
        made.push(sales.sell(&pair, Side::A, title, docstatus).await);
    }
    let plan = sync.plan().await;
    assert_as_planned(&plan, &sync.apply(&plan).await);
    assert_eq!(sync.plan().await.operations, []);
    sales
        .advance(&pair.people.a, &sales.sale, &made[0], 1)
        .await;
    sales
        .advance(&pair.people.a, &sales.sale, &made[1], 2)
        .await;
    sales.amend(&pair, Side::A, &made[1], "amended").await;
    let plan = sync.plan().await;
    let actions: Vec<Action> = plan.operations.iter().map(|it| it.action).collect();
    assert_eq!(
        actions,
        [Action::Submit, Action::Cancel, Action::Create],
        "{plan:#?}"
    );
    assert_as_planned(&plan, &sync.apply(&plan).await);
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_submit_and_a_cancel_of_what_was_saved_since_wait_and_so_does_the_amendment() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let sales = Sales::install(&pair, "Wait").await;
    let sync = Sync::new(&pair, &sales.mappings(""));
    let mut made = Vec::new();
    for (title, docstatus) in [("draft", 0), ("submitted", 1), ("left", 1)] {
        made.push(sales.sell(&pair, Side::A, title, docstatus).await);
    }
    sync.run_until_quiet().await;
    sales
        .advance(&pair.people.a, &sales.sale, &made[0], 1)
        .await;
    sales
        .advance(&pair.people.a, &sales.sale, &made[1], 2)
        .await;
    sales.amend(&pair, Side::A, &made[1], "amended").await;
    let plan = sync.plan().await;
    // Submitted on a since: not in the plan, and left.
    sales
        .advance(&pair.people.a, &sales.sale, &made[2], 2)
        .await;
    for title in ["draft", "submitted"] {
        let name = text(&sales.sale(&pair, Side::B, title).await, "name");
        pair.people
            .b
            .update(&sales.sale, &name, json!({ "note": "by hand" }))
            .await;
    }
    let report = sync.apply(&plan).await;
    assert_eq!(skipped(&report, SkipReason::Moved).len(), 2, "{report:#?}");
    assert_eq!(
        skipped(&report, SkipReason::Depends).len(),
        1,
        "{report:#?}"
    );
    assert_eq!(report.run.summary.writes(), 0, "{report:#?}");
    assert_eq!(report.run.summary.parked, 0, "{report:#?}");
    sync.run_until_quiet().await;
    for (title, docstatus) in [("draft", 1), ("submitted", 2), ("left", 2), ("amended", 0)] {
        assert_eq!(
            sales.sale(&pair, Side::B, title).await["docstatus"],
            docstatus,
            "{title}"
        );
    }
}

#[tokio::test]
async fn a_rename_that_an_earlier_run_could_not_send_is_planned_and_not_carried_out_by_a_plan() {
    let (pair, names) = filled("Unsent", 6, 2).await;
    let mut sync = Sync::new(&pair, &names.mappings());
    sync.options.request_timeout.b = std::time::Duration::ZERO;
    sync.run_until_quiet().await;
    let renamed = pair
        .people
        .a
        .rename(&names.customer, &customer(0), "Renamed")
        .await;
    assert!(renamed.is_ok(), "{renamed:?}");
    let lost = pair.sandboxes().b.faults().push(Fault {
        matcher: Matcher::writes().path("rename_doc"),
        action: Fate::LoseRequest,
    });
    sync.run().await;
    assert!(lost.is_hit());
    let there = async || pair.people.b.names(&names.customer).await;
    assert!(there().await.contains(&customer(0)));
    let plan = sync.plan().await;
    assert!(
        there().await.contains(&customer(0)),
        "a plan writes nothing"
    );
    let actions: Vec<Action> = plan.operations.iter().map(|it| it.action).collect();
    assert_eq!(actions, [Action::Rename], "{plan:#?}");
    assert_as_planned(&plan, &sync.apply(&plan).await);
    assert!(there().await.contains(&"Renamed".to_owned()));
    sync.run_until_quiet().await;
    sync.assert_equal().await;
}
