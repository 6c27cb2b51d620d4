//! Renames and merges, which no `modified` tells of.

use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install, pairs, text, uninstall};
use serde_json::json;

use crate::removing::{propagating, sweeping};
use crate::two_way::load;

async fn rename(pair: &SitePair, names: &Names, side: Side, old: &str, new: &str) {
    let renamed = pair.people[side].rename(&names.customer, old, new).await;
    assert!(renamed.is_ok(), "{renamed:?}");
}

async fn merge(pair: &SitePair, names: &Names, side: Side, old: &str, into: &str) {
    let arguments = json!({
        "doctype": names.customer, "old": old, "new": into, "merge": 1, "force": 1,
    });
    let merged = pair.people[side].call("frappe.rename_doc", arguments).await;
    assert!(merged.is_ok(), "{merged:?}");
}

/// The customer of the order with these remarks.
async fn customer_of(pair: &SitePair, names: &Names, side: Side, remarks: &str) -> String {
    let found = pair.people[side]
        .list(
            &names.order,
            &["customer"],
            json!([["remarks", "=", remarks]]),
        )
        .await;
    assert_eq!(found.len(), 1, "{found:?}");
    text(&found[0], "customer")
}

#[tokio::test]
async fn a_rename_is_carried_over_and_links_follow_on_both_sides() {
    for pair in pairs().await {
        let names = Names::unique("Name");
        install(&pair, &names).await;
        load(&pair, &names, 6, 8).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;
        rename(&pair, &names, Side::A, "Customer 00001", "Renamed on a").await;
        rename(&pair, &names, Side::B, "Customer 00002", "Renamed on b").await;
        let report = sync.run().await;
        assert_eq!(report.summary.rename, 2, "{report:#?}");
        assert_eq!(report.summary.create, 0, "{report:#?}");
        for side in Side::BOTH {
            assert_eq!(pair.people[side].names(&names.customer).await.len(), 6);
            assert_eq!(
                customer_of(&pair, &names, side, "order 1").await,
                "Renamed on a"
            );
            assert_eq!(
                customer_of(&pair, &names, side, "order 2").await,
                "Renamed on b"
            );
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_rename_and_an_edit_of_what_links_to_it_come_out_once() {
    for pair in pairs().await {
        let names = Names::unique("Link");
        install(&pair, &names).await;
        load(&pair, &names, 3, 3).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;
        rename(&pair, &names, Side::A, "Customer 00001", "Other").await;
        let orders = pair
            .people
            .a
            .list(
                &names.order,
                &["name"],
                json!([["remarks", "=", "order 1"]]),
            )
            .await;
        pair.people
            .a
            .update(
                &names.order,
                &text(&orders[0], "name"),
                json!({ "total": 77 }),
            )
            .await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(
            (
                report.summary.rename,
                report.summary.update,
                report.summary.conflict
            ),
            (1, 1, 0),
            "{report:#?}"
        );
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn without_comments_the_sweep_finds_renames() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Quietly");
    install(&pair, &names).await;
    load(&pair, &names, 4, 4).await;
    for sandbox in [&pair.sandboxes().a, &pair.sandboxes().b] {
        for doctype in ["Deleted Document", "Comment"] {
            sandbox.deny("sync@example.com", doctype, &[]);
        }
    }
    let sync = sweeping(&pair, &names.mappings());
    sync.run_until_quiet().await;
    rename(&pair, &names, Side::A, "Customer 00001", "Swept").await;
    let report = sync.run().await;
    assert_eq!(report.summary.rename, 1, "{report:#?}");
    assert!(
        pair.people
            .b
            .names(&names.customer)
            .await
            .contains(&"Swept".to_owned())
    );
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn names_that_the_site_hands_out_are_paired_again_and_left() {
    for pair in pairs().await {
        let names = Names::unique("Series");
        install(&pair, &names).await;
        load(&pair, &names, 3, 3).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;
        let orders = pair.people.a.names(&names.order).await;
        let renamed = pair
            .people
            .a
            .rename(&names.order, &orders[0], "Special")
            .await;
        assert!(renamed.is_ok(), "{renamed:?}");
        sync.assert_quiet().await;
        pair.people
            .a
            .update(&names.order, "Special", json!({ "total": 5 }))
            .await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.create, report.summary.update),
            (0, 1),
            "{report:#?}"
        );
        assert!(
            !pair
                .people
                .b
                .names(&names.order)
                .await
                .contains(&"Special".to_owned())
        );
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn both_sides_rename_alike_or_apart() {
    for pair in pairs().await {
        let names = Names::unique("Apart");
        install(&pair, &names).await;
        load(&pair, &names, 4, 4).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;
        for side in Side::BOTH {
            rename(&pair, &names, side, "Customer 00000", "Alike").await;
            let own = format!("On {side}");
            rename(&pair, &names, side, "Customer 00001", &own).await;
        }
        let report = sync.run().await;
        assert_eq!(report.summary.create, 0, "{report:#?}");
        for side in Side::BOTH {
            assert_eq!(pair.people[side].names(&names.customer).await.len(), 4);
        }
        pair.people
            .a
            .update(&names.customer, "On a", json!({ "phone": "1" }))
            .await;
        sync.run_until_quiet().await;
        let on_b = pair.people.b.get(&names.customer, "On b").await;
        assert_eq!(on_b["phone"], "1", "the pair goes on under two names");
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn two_documents_that_swap_their_names_stay_themselves() {
    for pair in pairs().await {
        let names = Names::unique("Swap");
        install(&pair, &names).await;
        load(&pair, &names, 4, 4).await;
        let sync = sweeping(&pair, &names.mappings());
        sync.run_until_quiet().await;
        rename(&pair, &names, Side::A, "Customer 00000", "Between").await;
        rename(&pair, &names, Side::A, "Customer 00001", "Customer 00000").await;
        rename(&pair, &names, Side::A, "Between", "Customer 00001").await;
        sync.run_until_quiet().await;
        let report = sync.run().await;
        assert_eq!(report.summary.writes(), 0, "{report:#?}");
        for side in Side::BOTH {
            let customers = pair.people[side].names(&names.customer).await;
            assert_eq!(customers.len(), 4, "{customers:?}");
        }
        // Whatever the names: each order still is of the customer that it was of, on both sides.
        for (order, notes) in [("order 0", "note 0"), ("order 1", "note 1")] {
            for side in Side::BOTH {
                let customer = customer_of(&pair, &names, side, order).await;
                let customer = pair.people[side].get(&names.customer, &customer).await;
                assert_eq!(text(&customer, "notes"), notes, "{side} {order}");
            }
        }
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_merge_is_carried_over_with_its_links() {
    for pair in pairs().await {
        let names = Names::unique("Merge");
        install(&pair, &names).await;
        load(&pair, &names, 4, 8).await;
        let sync = Sync::new(&pair, &propagating(&names));
        sync.run_until_quiet().await;
        merge(&pair, &names, Side::A, "Customer 00001", "Customer 00002").await;
        let report = sync.run().await;
        assert_eq!(
            (report.summary.delete, report.summary.rename),
            (0, 1),
            "{report:#?}"
        );
        for side in Side::BOTH {
            assert_eq!(pair.people[side].names(&names.customer).await.len(), 3);
            for order in ["order 1", "order 5", "order 2"] {
                assert_eq!(
                    customer_of(&pair, &names, side, order).await,
                    "Customer 00002",
                    "{side} {order}"
                );
            }
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_merge_under_deletes_ignore_keeps_the_other_sites_document() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Kept");
    install(&pair, &names).await;
    load(&pair, &names, 4, 4).await;
    let sync = sweeping(&pair, &names.mappings());
    sync.run_until_quiet().await;
    merge(&pair, &names, Side::A, "Customer 00001", "Customer 00002").await;
    sync.run_until_quiet().await;
    assert_eq!(pair.people.a.names(&names.customer).await.len(), 3);
    assert_eq!(pair.people.b.names(&names.customer).await.len(), 4);
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_rename_whose_answer_was_lost_is_looked_for() {
    for fault in [
        Action::FailAfterWrite,
        Action::LoseRequest,
        Action::HtmlBadGateway { executed: true },
    ] {
        let pair = SitePair::sandbox(PairOptions::default()).await;
        let names = Names::new("Lost");
        install(&pair, &names).await;
        load(&pair, &names, 4, 4).await;
        let mut sync = Sync::new(&pair, &names.mappings());
        sync.options.request_timeout.b = std::time::Duration::ZERO;
        sync.run_until_quiet().await;
        rename(&pair, &names, Side::A, "Customer 00001", "Found").await;
        let ticket = pair.sandboxes().b.faults().push(Fault {
            matcher: Matcher::writes().path("rename_doc"),
            action: fault.clone(),
        });
        sync.run().await;
        assert!(ticket.is_hit(), "{fault:?}");
        sync.run_until_quiet().await;
        for side in Side::BOTH {
            let customers = pair.people[side].names(&names.customer).await;
            assert_eq!(customers.len(), 4, "{fault:?} {customers:?}");
            assert!(
                customers.contains(&"Found".to_owned()),
                "{fault:?} {customers:?}"
            );
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn a_rename_that_the_other_site_refuses_is_told_and_the_pair_goes_on() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Refused");
    install(&pair, &names).await;
    load(&pair, &names, 4, 4).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    // The name that a gives is taken on b by a document that came there meanwhile.
    rename(&pair, &names, Side::A, "Customer 00001", "Taken").await;
    pair.people
        .b
        .insert(
            &names.customer,
            json!({ "customer_name": "Taken", "phone": "b" }),
        )
        .await;
    let report = sync.run().await;
    assert!(
        report.notes.iter().any(|note| note.kind == "name_kept"),
        "{report:#?}"
    );
    let on_b = pair.people.b.get(&names.customer, "Taken").await;
    assert_eq!(on_b["phone"], "b", "nobody's document was overwritten");
}
