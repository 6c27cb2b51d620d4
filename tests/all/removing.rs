//! Deletes: carried over where the mapping says so, never guessed, never before an edit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use frappe_sync_engine::{Action as PlannedAction, Cause, VerifyOutcome};
use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher, Moment};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install, pairs, uninstall};
use serde_json::json;

use crate::two_way::load;

/// The mappings of a scenario, each with `deletes: propagate`.
pub(crate) fn propagating(names: &Names) -> Vec<String> {
    names
        .mappings()
        .into_iter()
        .map(|mapping| format!("{mapping}deletes: propagate\n"))
        .collect()
}

/// A sync that sweeps in every run.
pub(crate) fn sweeping<'p>(pair: &'p SitePair, mappings: &[String]) -> Sync<'p> {
    let mut sync = Sync::new(pair, mappings);
    sync.options.sweep = TimeDelta::zero();
    sync
}

/// Two sandboxes with customers and orders that agree.
async fn agreed(word: &str) -> (SitePair, Names) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new(word);
    install(&pair, &names).await;
    load(&pair, &names, 6, 8).await;
    (pair, names)
}

async fn order_of(pair: &SitePair, names: &Names, side: Side, remarks: &str) -> Option<String> {
    let found = pair.people[side]
        .list(&names.order, &["name"], json!([["remarks", "=", remarks]]))
        .await;
    let name = found.first()?["name"].as_str()?.to_owned();
    Some(name)
}

async fn delete_order(pair: &SitePair, names: &Names, side: Side, remarks: &str) {
    let name = order_of(pair, names, side, remarks)
        .await
        .expect("the order is there");
    let deleted = pair.people[side].delete(&names.order, &name).await;
    assert!(deleted.is_ok(), "{deleted:?}");
}

#[tokio::test]
async fn a_delete_is_carried_over_dependents_first() {
    for pair in pairs().await {
        let names = Names::unique("Del");
        install(&pair, &names).await;
        load(&pair, &names, 6, 8).await;
        let sync = Sync::new(&pair, &propagating(&names));
        sync.run_until_quiet().await;

        // Customer 5 has the order 5 alone; both go, and an order of b besides.
        delete_order(&pair, &names, Side::A, "order 5").await;
        let gone = pair
            .people
            .a
            .delete(&names.customer, "Customer 00005")
            .await;
        assert!(gone.is_ok(), "{gone:?}");
        delete_order(&pair, &names, Side::B, "order 2").await;
        let report = sync.run().await;
        assert_eq!(report.summary.delete, 3, "{report:#?}");
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        for side in Side::BOTH {
            assert_eq!(pair.people[side].names(&names.order).await.len(), 6);
            let customers = pair.people[side].names(&names.customer).await;
            assert!(!customers.contains(&"Customer 00005".to_owned()));
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn the_children_of_a_tree_go_before_their_parent() {
    let (pair, names) = agreed("Tree").await;
    let sync = sweeping(&pair, &propagating(&names));
    let parent = "parent_tree_group";
    let a = &pair.people.a;
    a.insert(
        &names.group,
        json!({ "group_name": "East", "is_group": 1, parent: "All" }),
    )
    .await;
    a.insert(
        &names.group,
        json!({ "group_name": "Far East", parent: "East" }),
    )
    .await;
    sync.run_until_quiet().await;
    for name in ["Far East", "East"] {
        let gone = a.delete(&names.group, name).await;
        assert!(gone.is_ok(), "{gone:?}");
    }
    let report = sync.run().await;
    assert_eq!(report.summary.delete, 2, "{report:#?}");
    let groups = pair.people.b.names(&names.group).await;
    assert_eq!(groups.len(), 3, "{groups:?}");
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn deletes_ignore_leaves_a_tombstone_that_no_edit_brings_back() {
    for pair in pairs().await {
        let names = Names::unique("Stay");
        install(&pair, &names).await;
        load(&pair, &names, 3, 3).await;
        let sync = sweeping(&pair, &names.mappings());
        sync.run_until_quiet().await;
        delete_order(&pair, &names, Side::A, "order 1").await;
        sync.assert_quiet().await;
        let left = order_of(&pair, &names, Side::B, "order 1")
            .await
            .expect("it stays");
        pair.people
            .b
            .update(&names.order, &left, json!({ "total": 99 }))
            .await;
        sync.assert_quiet().await;
        assert_eq!(order_of(&pair, &names, Side::A, "order 1").await, None);
        let report = sync.verify().await;
        assert_eq!(report.outcome, VerifyOutcome::EqualBut, "{report:#?}");
        assert_eq!(report.causes, [(Cause::DeletesIgnored, 1)].into());
        let kept: u64 = report
            .doctypes
            .iter()
            .map(|doctype| doctype.tombstones)
            .sum();
        assert_eq!(kept, 1, "{report:#?}");
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn an_edit_goes_before_a_delete_and_makes_the_document_again() {
    for pair in pairs().await {
        let names = Names::unique("Edit");
        install(&pair, &names).await;
        load(&pair, &names, 3, 3).await;
        let sync = Sync::new(&pair, &propagating(&names));
        sync.run_until_quiet().await;
        let left = order_of(&pair, &names, Side::B, "order 1")
            .await
            .expect("it is there");
        delete_order(&pair, &names, Side::A, "order 1").await;
        pair.people
            .b
            .update(&names.order, &left, json!({ "total": 4321 }))
            .await;
        let report = sync.run().await;
        assert_eq!(report.summary.delete, 0, "{report:#?}");
        assert_eq!(report.conflicts.len(), 1, "{report:#?}");
        assert_eq!(report.conflicts[0].winner, Some(Side::B), "{report:#?}");
        let again = order_of(&pair, &names, Side::A, "order 1")
            .await
            .expect("made again");
        let document = pair.people.a.get(&names.order, &again).await;
        assert_eq!(document["total"].as_f64(), Some(4321.0));
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn with_a_manual_policy_an_edit_against_a_delete_waits_for_a_person() {
    let (pair, names) = agreed("Manual").await;
    let mappings: Vec<String> = propagating(&names)
        .into_iter()
        .map(|mapping| format!("{mapping}conflict: manual\n"))
        .collect();
    let sync = sweeping(&pair, &mappings);
    sync.run_until_quiet().await;
    let left = order_of(&pair, &names, Side::B, "order 1")
        .await
        .expect("it is there");
    delete_order(&pair, &names, Side::A, "order 1").await;
    pair.people
        .b
        .update(&names.order, &left, json!({ "total": 4321 }))
        .await;
    for _ in 0..2 {
        let report = sync.run().await;
        assert_eq!(report.summary.writes(), 0, "{report:#?}");
        assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
    }
    assert_eq!(order_of(&pair, &names, Side::A, "order 1").await, None);
    assert_eq!(
        order_of(&pair, &names, Side::B, "order 1").await,
        Some(left)
    );
}

#[tokio::test]
async fn what_is_deleted_on_both_sides_is_forgotten() {
    for pair in pairs().await {
        let names = Names::unique("Both");
        install(&pair, &names).await;
        load(&pair, &names, 3, 3).await;
        let sync = Sync::new(&pair, &propagating(&names));
        sync.run_until_quiet().await;
        for side in Side::BOTH {
            delete_order(&pair, &names, side, "order 0").await;
        }
        sync.assert_quiet().await;
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn what_something_links_to_is_parked_in_the_sites_words_and_goes_once_it_is_free() {
    let (pair, names) = agreed("Linked").await;
    // Orders are not mapped: on b one links to a customer that a deletes.
    let customers: Vec<String> = propagating(&names).into_iter().skip(1).collect();
    let sync = sweeping(&pair, &customers);
    sync.run_until_quiet().await;
    let b = &pair.people.b;
    let order = b
        .insert(
            &names.order,
            json!({ "customer": "Customer 00005", "remarks": "own" }),
        )
        .await;
    delete_order(&pair, &names, Side::A, "order 5").await;
    let gone = pair
        .people
        .a
        .delete(&names.customer, "Customer 00005")
        .await;
    assert!(gone.is_ok(), "{gone:?}");
    let report = sync.run().await;
    assert_eq!(report.parked.len(), 1, "{report:#?}");
    let parked = &report.parked[0];
    assert_eq!(
        (parked.site, parked.name.as_str()),
        (Side::B, "Customer 00005")
    );
    assert!(parked.message.contains(&order), "{parked:?}");
    assert_eq!(report.summary.delete, 0, "{report:#?}");

    assert!(b.delete(&names.order, &order).await.is_ok());
    let report = sync.run().await;
    assert_eq!(report.summary.delete, 1, "{report:#?}");
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn without_the_sites_records_the_sweep_finds_deletes() {
    let (pair, names) = agreed("Sweep").await;
    for sandbox in [&pair.sandboxes().a, &pair.sandboxes().b] {
        for doctype in ["Deleted Document", "Comment"] {
            sandbox.deny("sync@example.com", doctype, &[]);
        }
    }
    let sync = sweeping(&pair, &propagating(&names));
    sync.run_until_quiet().await;
    delete_order(&pair, &names, Side::B, "order 3").await;
    let report = sync.run().await;
    assert_eq!(report.summary.delete, 1, "{report:#?}");
    assert_eq!(order_of(&pair, &names, Side::A, "order 3").await, None);
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn between_sweeps_the_sites_records_tell_of_deletes_at_a_few_requests() {
    let (pair, names) = agreed("Trace").await;
    let sync = Sync::new(&pair, &propagating(&names));
    sync.run_until_quiet().await;
    let quiet = sync.run().await;
    delete_order(&pair, &names, Side::B, "order 3").await;
    let report = sync.run().await;
    assert_eq!(report.summary.delete, 1, "{report:#?}");
    // No sweep was due: what was read more is about the one document.
    assert!(
        report.requests.b.read <= quiet.requests.b.read + 7,
        "{:?} against {:?}",
        report.requests,
        quiet.requests
    );
}

#[tokio::test]
async fn a_name_that_was_deleted_and_used_again_is_a_new_document() {
    for pair in pairs().await {
        let names = Names::unique("Again");
        install(&pair, &names).await;
        load(&pair, &names, 6, 3).await;
        let sync = Sync::new(&pair, &propagating(&names));
        sync.run_until_quiet().await;
        let a = &pair.people.a;
        assert!(a.delete(&names.customer, "Customer 00004").await.is_ok());
        let anew = json!({ "customer_name": "Customer 00004", "phone": "new" });
        a.insert(&names.customer, anew).await;
        let made = pair.people.b.get(&names.customer, "Customer 00004").await["creation"].clone();
        sync.run_until_quiet().await;
        let on_b = pair.people.b.get(&names.customer, "Customer 00004").await;
        assert_eq!(on_b["phone"], "new");
        assert!(on_b["notes"].is_null() || on_b["notes"] == "", "{on_b}");
        assert_ne!(
            on_b["creation"], made,
            "the old one was deleted, a new one made"
        );
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_used_name_is_paired_anew_where_deletes_are_ignored() {
    let (pair, names) = agreed("Reuse").await;
    let sync = sweeping(&pair, &names.mappings());
    sync.run_until_quiet().await;
    let a = &pair.people.a;
    delete_order(&pair, &names, Side::A, "order 4").await;
    assert!(a.delete(&names.customer, "Customer 00004").await.is_ok());
    sync.assert_quiet().await;
    let anew = json!({ "customer_name": "Customer 00004", "phone": "new" });
    a.insert(&names.customer, anew).await;
    let report = sync.run().await;
    assert!(report.parked.is_empty(), "{report:#?}");
    let on_b = pair.people.b.get(&names.customer, "Customer 00004").await;
    assert_eq!(on_b["phone"], "new");
    sync.run_until_quiet().await;
    sync.assert_equal_but(&[Cause::DeletesIgnored]).await;
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_is_looked_for_and_not_repeated() {
    for fault in [
        Action::FailAfterWrite,
        Action::LoseRequest,
        Action::CutBody,
        Action::HtmlBadGateway { executed: true },
    ] {
        let (pair, names) = agreed("Lost").await;
        let mut sync = Sync::new(&pair, &propagating(&names));
        sync.options.request_timeout.b = std::time::Duration::ZERO;
        sync.run_until_quiet().await;
        delete_order(&pair, &names, Side::A, "order 1").await;
        let matcher = Matcher::writes().method(frappe_sync_sandbox::Method::Delete);
        let ticket = pair.sandboxes().b.faults().push(Fault {
            matcher,
            action: fault.clone(),
        });
        sync.run().await;
        assert!(ticket.is_hit(), "{fault:?}");
        sync.run_until_quiet().await;
        assert_eq!(
            order_of(&pair, &names, Side::B, "order 1").await,
            None,
            "{fault:?}"
        );
        sync.assert_equal().await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn what_is_saved_while_it_is_being_deleted_is_restored_and_made_again() {
    let (pair, names) = agreed("Race").await;
    let sync = Sync::new(&pair, &propagating(&names));
    sync.run_until_quiet().await;
    let left = order_of(&pair, &names, Side::B, "order 1")
        .await
        .expect("it is there");
    delete_order(&pair, &names, Side::A, "order 1").await;
    let matcher = Matcher::writes().method(frappe_sync_sandbox::Method::Delete);
    let order = names.order.clone();
    let hit = Arc::new(AtomicBool::new(false));
    let was_hit = Arc::clone(&hit);
    pair.sandboxes()
        .b
        .faults()
        .interpose(matcher, Moment::Before, move |site| {
            was_hit.store(true, Ordering::SeqCst);
            let person = site.as_user("person@example.com");
            let saved = person.update(&order, &left, json!({ "total": 4711 }));
            assert!(saved.is_ok(), "{saved:?}");
        });
    let report = sync.run().await;
    assert!(hit.load(Ordering::SeqCst));
    assert!(
        report.notes.iter().any(|note| note.kind == "restored"),
        "{report:#?}"
    );
    sync.run_until_quiet().await;
    for side in Side::BOTH {
        let name = order_of(&pair, &names, side, "order 1")
            .await
            .expect("it is back");
        let document = pair.people[side].get(&names.order, &name).await;
        assert_eq!(document["total"].as_f64(), Some(4711.0), "{side}");
    }
    sync.assert_equal().await;
}

#[tokio::test]
async fn a_plan_shows_deletes_and_carries_none_out() {
    let (pair, names) = agreed("Plan").await;
    let sync = Sync::new(&pair, &propagating(&names));
    sync.run_until_quiet().await;
    delete_order(&pair, &names, Side::A, "order 1").await;
    let plan = sync.plan().await;
    assert_eq!(plan.summary.delete, 1, "{plan:#?}");
    assert_eq!(plan.operations[0].action, PlannedAction::Delete);
    assert_eq!(plan.operations[0].site, Side::B);
    assert!(order_of(&pair, &names, Side::B, "order 1").await.is_some());
    let report = sync.run().await;
    assert_eq!(report.summary.delete, 1, "{report:#?}");
}
