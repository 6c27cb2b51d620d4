//! What must be there once: documents of one name that are two, dependencies that two need, loads that died.

use std::pin::pin;
use std::time::Duration;

use frappe_sync_model::{ParkedCause, RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher};
use frappe_sync_tests::{Names, Sync, install, pairs, uninstall};
use futures::future::{Either, select};
use serde_json::json;

use crate::scene::{customer, edit, order, said, sandboxes};
use crate::two_way::load;

#[tokio::test]
async fn an_unrelated_document_of_the_same_name_is_neither_paired_nor_overwritten() {
    for pair in pairs().await {
        let names = Names::unique("Same");
        install(&pair, &names).await;
        for (side, phone) in [(Side::A, "1"), (Side::B, "2")] {
            let schmidt =
                json!({ "customer_name": "Schmidt", "phone": phone, "notes": format!("{side}") });
            pair.people[side].insert(&names.customer, schmidt).await;
        }
        let mapping = format!(
            "version: 1\ndoctype: {}\nidentity: [phone]\nfields: {{ except: [customer_group, main_customer] }}\n",
            names.customer
        );
        let sync = Sync::new(&pair, &[mapping]);
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
        assert_eq!(report.parked.len(), 2, "{report:#?}");

        // An edit of the one never reaches the other, whatever the name says.
        edit(
            &pair,
            &names,
            Side::A,
            "Schmidt",
            json!({ "notes": "edited on a" }),
        )
        .await;
        let report = sync.run().await;
        assert_eq!(report.summary.link, 0, "{report:#?}");
        for (side, notes, phone) in [(Side::A, "edited on a", "1"), (Side::B, "b", "2")] {
            let there = pair.people[side].get(&names.customer, "Schmidt").await;
            assert_eq!(
                (&there["notes"], &there["phone"]),
                (&json!(notes), &json!(phone))
            );
        }

        // One of them gets a name of its own: now both are on both sides.
        let renamed = pair
            .people
            .b
            .rename(&names.customer, "Schmidt", "Schmidt of Bremen")
            .await;
        assert!(renamed.is_ok(), "{renamed:?}");
        sync.run_until_quiet().await;
        for side in Side::BOTH {
            for (name, phone) in [("Schmidt", "1"), ("Schmidt of Bremen", "2")] {
                assert_eq!(
                    said(&pair, &names, side, name, "phone").await,
                    phone,
                    "{side}"
                );
            }
        }
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn orders_that_need_the_same_missing_customer_make_it_once() {
    for pair in pairs().await {
        let names = Names::unique("Once");
        install(&pair, &names).await;
        customer(&pair, &names, Side::A, "Wanted").await;
        let orders = (0..8).map(|index| {
            json!({ "doctype": names.order, "customer": "Wanted", "remarks": format!("order {index}") })
        });
        pair.people.a.insert_many(orders.collect()).await;
        // Nothing has a key here: a customer that is made twice would be there twice.
        let mappings: Vec<String> = names
            .mappings()
            .iter()
            .map(|mapping| mapping.replace("identity: create\n", "") + "identity: create\n")
            .collect();
        let sync = Sync::new(&pair, &mappings);
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.create),
            (RunOutcome::Converged, 1 + 8),
            "{report:#?}"
        );
        let customers = pair.people.b.names(&names.customer).await;
        assert_eq!(customers, ["Wanted"]);
        for index in 0..8 {
            let order = order(&pair, &names, Side::B, &format!("order {index}")).await;
            assert_eq!(order["customer"], "Wanted");
        }
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_load_that_is_killed_in_the_middle_and_started_again_doubles_nothing() {
    // Killed while a request of creates is being answered, or before it was carried out: any of them.
    for (nth, action) in [1, 3, 5, 6]
        .into_iter()
        .flat_map(|nth| [Action::HoldResponse, Action::Hold].map(|action| (nth, action)))
    {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state.db");
        let (pair, names) = sandboxes("Killed").await;
        load(&pair, &names, 30, 60).await;
        let held = pair.sandboxes().b.faults().push(Fault {
            matcher: Matcher::writes().path("insert_many").nth(nth),
            action: action.clone(),
        });
        {
            let sync = Sync::new(&pair, &names.mappings()).on_disk(&path);
            let run = pin!(sync.try_run());
            let killed = pin!(async {
                while !held.is_hit() {
                    tokio::task::yield_now().await;
                }
            });
            let ended = select(run, killed).await;
            assert!(
                matches!(ended, Either::Right(_)),
                "{nth} {action:?}: it was not held"
            );
        }
        held.release();

        let mut sync = Sync::new(&pair, &names.mappings()).on_disk(&path);
        let first = sync.run().await;
        // Unless it was found, it counts as never made only once it can no longer be running.
        sync.options.request_timeout.b = Duration::ZERO;
        let report = if first.unknown.is_empty() {
            first
        } else {
            sync.run().await
        };
        assert_eq!(
            report.outcome,
            RunOutcome::Converged,
            "{nth} {action:?}: {report:#?}"
        );
        for side in Side::BOTH {
            let remarks = pair.people[side]
                .list(&names.order, &["remarks"], json!([]))
                .await;
            let mut remarks: Vec<String> = remarks
                .iter()
                .map(|order| order["remarks"].to_string())
                .collect();
            remarks.sort();
            remarks.dedup();
            assert_eq!(remarks.len(), 60, "{nth} {action:?} {side}");
            assert_eq!(
                pair.sandboxes()[side].len_of(&names.order),
                60,
                "{nth} {action:?} {side}"
            );
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn orders_of_one_number_on_both_sites_stay_two_orders() {
    for pair in pairs().await {
        let names = Names::unique("Number");
        install(&pair, &names).await;
        for side in Side::BOTH {
            customer(&pair, &names, side, "C").await;
            let own = json!({ "customer": "C", "remarks": format!("of {side}") });
            pair.people[side].insert(&names.order, own).await;
        }
        let numbers = [
            order(&pair, &names, Side::A, "of a").await["name"].clone(),
            order(&pair, &names, Side::B, "of b").await["name"].clone(),
        ];
        assert_eq!(
            numbers[0], numbers[1],
            "both sites began their series alike"
        );
        let sync = Sync::new(&pair, &names.mappings());
        sync.run().await;
        for side in Side::BOTH {
            let orders = pair.people[side].names(&names.order).await;
            assert_eq!(orders.len(), 2, "{side}: {orders:?}");
            let own = order(&pair, &names, side, &format!("of {side}")).await;
            assert_eq!(own["name"], numbers[0], "nobody's order changed its number");
            order(&pair, &names, side, &format!("of {}", side.other())).await;
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_link_to_what_no_mapping_brings_over_is_told_and_nothing_is_made_up_for_it() {
    for pair in pairs().await {
        let names = Names::unique("Made");
        install(&pair, &names).await;
        load(&pair, &names, 3, 2).await;
        // Customers are left out: whatever the site says of them, none may be invented.
        let mappings: Vec<String> = names
            .mappings()
            .into_iter()
            .filter(|mapping| !mapping.contains(&format!("doctype: {}\n", names.customer)))
            .collect();
        let sync = Sync::new(&pair, &mappings);
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.parked.len()),
            (RunOutcome::Partial, 2),
            "{report:#?}"
        );
        for parked in &report.parked {
            let missing = matches!(&parked.cause, ParkedCause::MissingTarget { doctype, .. }
                if *doctype == *names.customer.as_str());
            assert!(missing, "{parked:#?}");
            assert!(parked.message.contains("Customer 0000"), "{parked:#?}");
        }
        assert!(pair.people.b.names(&names.customer).await.is_empty());
        assert_eq!(
            pair.people.b.names(&names.item).await.len(),
            3,
            "the rest went on"
        );

        for index in 0..2 {
            customer(&pair, &names, Side::B, &format!("Customer {index:05}")).await;
        }
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.create),
            (RunOutcome::Converged, 2)
        );
        uninstall(&pair, &names).await;
    }
}
