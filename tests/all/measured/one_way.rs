//! From one site to the other.

use frappe_sync_model::{ParkedCause, RunOutcome, Side, StateStore as _};
use frappe_sync_tests::{Names, SitePair, Sync, install, pairs, text, uninstall};
use serde_json::{Value, json};

use crate::scene::{customer, customers_only, edit, order, said};
use crate::two_way::load;

/// Makes a field mandatory on `b`, or optional again.
async fn demand(pair: &SitePair, names: &Names, mandatory: bool) {
    let setter = json!({
        "doctype_or_field": "DocField", "doc_type": names.item, "field_name": "item_name",
        "property": "reqd", "property_type": "Check", "value": if mandatory { "1" } else { "0" },
    });
    pair.people.b.insert("Property Setter", setter).await;
}

#[tokio::test]
async fn a_poisoned_document_is_made_by_itself_once_its_cause_is_gone() {
    for pair in pairs().await {
        let names = Names::unique("Poison");
        install(&pair, &names).await;
        demand(&pair, &names, true).await;
        let a = &pair.people.a;
        for (code, name) in [("P1", "one"), ("P2", ""), ("P3", "three")] {
            a.insert(&names.item, json!({ "item_code": code, "item_name": name }))
                .await;
        }
        let mapping = format!("version: 1\ndoctype: {}\ndirection: a-to-b\n", names.item);
        let sync = Sync::new(&pair, &[mapping]);
        let report = sync.run().await;
        assert_eq!(
            (report.summary.create, report.parked.len()),
            (2, 1),
            "{report:#?}"
        );
        assert_eq!(report.parked[0].name, "P2");
        assert!(
            matches!(report.parked[0].cause, ParkedCause::Refused { .. }),
            "{report:#?}"
        );

        // Later documents are read past it, and an edit of what is not there is no success.
        a.insert(
            &names.item,
            json!({ "item_code": "P4", "item_name": "four" }),
        )
        .await;
        a.update(&names.item, "P2", json!({ "price": 7 })).await;
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.create),
            (RunOutcome::Partial, 1),
            "{report:#?}"
        );
        assert_eq!(
            (report.summary.update, report.parked.len()),
            (0, 1),
            "{report:#?}"
        );
        assert_eq!(pair.people.b.names(&names.item).await, ["P1", "P3", "P4"]);

        // Nobody touches the document again, nobody presses anything.
        demand(&pair, &names, false).await;
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.create),
            (RunOutcome::Converged, 1),
            "{report:#?}"
        );
        let arrived = pair.people.b.get(&names.item, "P2").await;
        assert_eq!(arrived["price"].as_f64(), Some(7.0));
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn one_way_the_source_wins_over_the_target_and_what_it_lost_is_kept_and_told() {
    for pair in pairs().await {
        let names = Names::unique("Wins");
        install(&pair, &names).await;
        customer(&pair, &names, Side::A, "C").await;
        let sync = Sync::new(&pair, &customers_only(&names, "direction: a-to-b\n"));
        sync.run().await;
        edit(
            &pair,
            &names,
            Side::A,
            "C",
            json!({ "notes": "by the source" }),
        )
        .await;
        edit(
            &pair,
            &names,
            Side::B,
            "C",
            json!({ "notes": "by the target", "phone": "own" }),
        )
        .await;
        let report = sync.run().await;
        assert_eq!(report.conflicts.len(), 1, "{report:#?}");
        let there = pair.people.b.get(&names.customer, "C").await;
        assert_eq!(
            (&there["notes"], &there["phone"]),
            (&json!("by the source"), &json!("own")),
            "{there}"
        );
        let journal = sync
            .state
            .sync(&"test".into())
            .journal(report.run_id.as_str());
        let lost: Vec<Value> = journal
            .into_iter()
            .flatten()
            .map(|entry| entry.lost)
            .collect();
        assert_eq!(lost, [json!("by the target")]);
        assert_eq!(said(&pair, &names, Side::A, "C", "phone").await, "0");
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn an_edit_of_what_the_other_side_deleted_is_never_told_as_done() {
    for pair in pairs().await {
        let names = Names::unique("Void");
        install(&pair, &names).await;
        customer(&pair, &names, Side::A, "C").await;
        customer(&pair, &names, Side::A, "D").await;
        let sync = Sync::new(&pair, &customers_only(&names, "deletes: propagate\n"));
        sync.run_until_quiet().await;
        let gone = pair.people.b.delete(&names.customer, "C").await;
        assert!(gone.is_ok(), "{gone:?}");
        edit(
            &pair,
            &names,
            Side::A,
            "C",
            json!({ "notes": "still needed" }),
        )
        .await;
        let report = sync.run().await;
        assert_eq!(report.conflicts.len(), 1, "{report:#?}");
        sync.run_until_quiet().await;
        for side in Side::BOTH {
            assert_eq!(
                said(&pair, &names, side, "C", "notes").await,
                "still needed",
                "{side}"
            );
        }
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn people_go_on_numbering_on_the_target_after_a_load() {
    for pair in pairs().await {
        let names = Names::unique("Next");
        install(&pair, &names).await;
        load(&pair, &names, 5, 20).await;
        // A gap in the source's numbers.
        let gap = order(&pair, &names, Side::A, "order 7").await;
        let gone = pair
            .people
            .a
            .delete(&names.order, &text(&gap, "name"))
            .await;
        assert!(gone.is_ok(), "{gone:?}");
        let mappings: Vec<String> = names
            .mappings()
            .iter()
            .map(|mapping| format!("{mapping}direction: a-to-b\n"))
            .collect();
        let sync = Sync::new(&pair, &mappings);
        sync.run().await;
        let own = |index: usize| json!({ "customer": "Customer 00001", "remarks": format!("own {index}") });
        for index in 0..4 {
            pair.people.b.insert(&names.order, own(index)).await;
        }
        let next = json!({ "customer": "Customer 00002", "remarks": "next" });
        pair.people.a.insert(&names.order, next).await;
        for index in 4..8 {
            pair.people.b.insert(&names.order, own(index)).await;
        }
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.summary.create),
            (RunOutcome::Converged, 1),
            "{report:#?}"
        );
        assert_eq!(pair.people.b.names(&names.order).await.len(), 19 + 8 + 1);
        for (remarks, customer) in [
            ("order 19", "Customer 00004"),
            ("own 7", "Customer 00001"),
            ("next", "Customer 00002"),
        ] {
            assert_eq!(
                order(&pair, &names, Side::B, remarks).await["customer"],
                customer,
                "{remarks}"
            );
        }
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}
