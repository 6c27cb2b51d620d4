//! The main job: two sites that people edit are brought together, and then left alone.

use frappe_sync_model::{ParkedCause, RunOutcome, Side};
use frappe_sync_tests::{Names, SitePair, Sync, install, pairs, text, uninstall};
use serde_json::{Value, json};

/// Loads groups, customers, items and orders on side `a`; returns the orders' names there.
pub(crate) async fn load(
    pair: &SitePair,
    names: &Names,
    customers: usize,
    orders: usize,
) -> Vec<String> {
    let person = &pair.people.a;
    let parent = format!("parent_{}", names.group.to_lowercase().replace(' ', "_"));
    person
        .insert(&names.group, json!({ "group_name": "All", "is_group": 1 }))
        .await;
    for group in ["North", "South"] {
        let document = json!({ "group_name": group, "is_group": 0, parent.as_str(): "All" });
        person.insert(&names.group, document).await;
    }
    let customer = |index: usize| {
        json!({
            "doctype": names.customer, "customer_name": format!("Customer {index:05}"),
            "customer_group": if index.is_multiple_of(2) { "North" } else { "South" }, "credit_limit": index * 10,
            "notes": format!("note {index}"),
        })
    };
    person
        .insert_many((0..customers).map(customer).collect())
        .await;
    let item = |index: usize| {
        json!({
            "doctype": names.item, "item_code": format!("ITEM-{index:05}"),
            "item_name": format!("Item {index}"), "price": 1.5, "kind": "Goods",
            "description": "<p>plain</p>",
        })
    };
    person.insert_many((0..customers).map(item).collect()).await;
    let order = |index: usize| {
        let row = |place: usize| {
            json!({
                "item": format!("ITEM-{:05}", (index + place) % customers), "qty": place + 1,
                "rate": 2.25, "note": format!("row {place}"),
            })
        };
        json!({
            "doctype": names.order, "customer": format!("Customer {:05}", index % customers),
            "order_date": "2026-03-01", "remarks": format!("order {index}"), "total": 12.5,
            "items": (0..3).map(row).collect::<Vec<_>>(),
        })
    };
    person.insert_many((0..orders).map(order).collect()).await
}

/// Finds the order on a side by its remarks.
async fn order_by_remarks(pair: &SitePair, names: &Names, side: Side, remarks: &str) -> Value {
    let found = pair.people[side]
        .list(&names.order, &["name"], json!([["remarks", "=", remarks]]))
        .await;
    assert_eq!(found.len(), 1, "{remarks} on {side}: {found:?}");
    pair.people[side]
        .get(&names.order, found[0]["name"].as_str().unwrap_or_default())
        .await
}

#[tokio::test]
async fn one_site_fills_the_other_and_then_edits_flow_both_ways() {
    for pair in pairs().await {
        let names = Names::unique("Both");
        install(&pair, &names).await;
        load(&pair, &names, 20, 15).await;
        let sync = Sync::new(&pair, &names.mappings());

        let first = sync.run().await;
        assert_eq!(first.outcome, RunOutcome::Converged, "{first:#?}");
        assert_eq!(first.summary.create, 3 + 20 + 20 + 15, "{first:#?}");
        sync.assert_equal().await;
        sync.assert_quiet().await;

        // Different fields of one document, different rows of one order, a new document on each side.
        let (a, b) = (&pair.people.a, &pair.people.b);
        a.update(
            &names.customer,
            "Customer 00003",
            json!({ "notes": "from a" }),
        )
        .await;
        b.update(
            &names.customer,
            "Customer 00003",
            json!({ "credit_limit": 777 }),
        )
        .await;
        let mut on_a = order_by_remarks(&pair, &names, Side::A, "order 4").await;
        on_a["items"][0]["qty"] = json!(50);
        a.update(
            &names.order,
            &text(&on_a, "name"),
            json!({ "items": on_a["items"] }),
        )
        .await;
        let mut on_b = order_by_remarks(&pair, &names, Side::B, "order 4").await;
        on_b["items"][2]["note"] = json!("row from b");
        b.update(
            &names.order,
            &text(&on_b, "name"),
            json!({ "items": on_b["items"] }),
        )
        .await;
        a.insert(&names.customer, json!({ "customer_name": "New on a" }))
            .await;
        b.insert(&names.customer, json!({ "customer_name": "New on b" }))
            .await;

        let second = sync.run().await;
        assert_eq!(second.outcome, RunOutcome::Converged, "{second:#?}");
        assert_eq!(second.summary.create, 2, "{second:#?}");
        assert_eq!(second.summary.update, 4, "{second:#?}");
        assert_eq!(second.summary.conflict, 0, "{second:#?}");
        for side in Side::BOTH {
            let customer = pair.people[side]
                .get(&names.customer, "Customer 00003")
                .await;
            assert_eq!(text(&customer, "notes"), "from a");
            assert_eq!(customer["credit_limit"].as_f64(), Some(777.0));
            let order = order_by_remarks(&pair, &names, side, "order 4").await;
            assert_eq!(order["items"][0]["qty"].as_f64(), Some(50.0));
            assert_eq!(text(&order["items"][2], "note"), "row from b");
            let customers = pair.people[side].names(&names.customer).await;
            assert!(customers.contains(&"New on a".to_owned()), "{customers:?}");
            assert!(customers.contains(&"New on b".to_owned()), "{customers:?}");
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn documents_that_were_there_before_are_paired_and_not_doubled() {
    for pair in pairs().await {
        let names = Names::unique("Before");
        install(&pair, &names).await;
        for (person, note) in [(&pair.people.a, "a"), (&pair.people.b, "b")] {
            let both = json!({ "customer_name": "Both", "phone": "1" });
            person.insert(&names.customer, both).await;
            let own = json!({ "customer_name": format!("Only {note}") });
            person.insert(&names.customer, own).await;
        }
        pair.people
            .a
            .update(
                &names.customer,
                "Both",
                json!({ "notes": "only a says this" }),
            )
            .await;
        let sync = Sync::new(&pair, &names.mappings());
        let report = sync.run().await;
        assert_eq!(report.summary.create, 2, "{report:#?}");
        assert_eq!(report.summary.update, 1, "{report:#?}");
        for side in Side::BOTH {
            assert_eq!(pair.people[side].names(&names.customer).await.len(), 3);
            let both = pair.people[side].get(&names.customer, "Both").await;
            assert_eq!(text(&both, "notes"), "only a says this");
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_cleared_field_is_cleared_on_the_other_side() {
    for pair in pairs().await {
        let names = Names::unique("Cleared");
        install(&pair, &names).await;
        let full = json!({
            "customer_name": "C", "notes": "n", "phone": "1", "credit_limit": 5, "since": "2026-01-02",
        });
        pair.people.a.insert(&names.customer, full).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run().await;
        let cleared = json!({ "notes": "", "phone": null, "credit_limit": 0, "since": null });
        pair.people.a.update(&names.customer, "C", cleared).await;
        sync.run().await;
        let there = pair.people.b.get(&names.customer, "C").await;
        assert_eq!(text(&there, "notes"), "");
        assert_eq!(text(&there, "phone"), "");
        assert_eq!(there["credit_limit"].as_f64(), Some(0.0));
        assert!(there["since"].is_null(), "{there}");
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn rows_that_were_moved_inserted_and_removed_arrive_in_their_order() {
    for pair in pairs().await {
        let names = Names::unique("Rows");
        install(&pair, &names).await;
        load(&pair, &names, 5, 2).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run().await;

        let order = order_by_remarks(&pair, &names, Side::A, "order 1").await;
        let row = |place: usize| order["items"][place].clone();
        let new = json!({ "item": "ITEM-00004", "qty": 9, "rate": 1, "note": "in the middle" });
        let mut rows = vec![row(2), new, row(0)];
        for row in &mut rows {
            if let Some(row) = row.as_object_mut() {
                row.remove("idx");
            }
        }
        pair.people
            .a
            .update(
                &names.order,
                &text(&order, "name"),
                json!({ "items": rows }),
            )
            .await;
        sync.run().await;
        let there = order_by_remarks(&pair, &names, Side::B, "order 1").await;
        let notes: Vec<String> = there["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| text(row, "note"))
            .collect();
        assert_eq!(notes, ["row 2", "in the middle", "row 0"]);
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_conflict_is_decided_by_who_saved_later_and_the_loser_is_kept() {
    for pair in pairs().await {
        let names = Names::unique("Newest");
        install(&pair, &names).await;
        pair.people
            .a
            .insert(
                &names.customer,
                json!({ "customer_name": "C", "notes": "0" }),
            )
            .await;
        let mut sync = Sync::new(&pair, &names.mappings());
        sync.run().await;
        pair.people
            .b
            .update(&names.customer, "C", json!({ "notes": "b wins a tie" }))
            .await;
        pair.people
            .a
            .update(&names.customer, "C", json!({ "notes": "a loses" }))
            .await;
        for mapping in &mut sync.mappings {
            mapping.prefer = Side::B;
        }
        let report = sync.run().await;
        assert_eq!(report.conflicts.len(), 1, "{report:#?}");
        // Saved within the same two seconds, it is a tie for clocks that are known to a second.
        for side in Side::BOTH {
            let there = pair.people[side].get(&names.customer, "C").await;
            assert_eq!(text(&there, "notes"), "b wins a tie");
        }
        let journal = frappe_sync_model::StateStore::journal(
            &sync.state.sync(&"test".into()),
            report.run_id.as_str(),
        );
        let journal = journal.expect("the journal can be read");
        assert_eq!(journal.len(), 1, "{journal:?}");
        assert_eq!(journal[0].lost, json!("a loses"));
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_manual_conflict_waits_and_everything_else_goes_on() {
    for pair in pairs().await {
        let names = Names::unique("Manual");
        install(&pair, &names).await;
        pair.people
            .a
            .insert(
                &names.customer,
                json!({ "customer_name": "C", "notes": "0" }),
            )
            .await;
        let mappings = vec![format!(
            "version: 1\ndoctype: {}\nconflict: manual\nfields: {{ except: [customer_group] }}\n",
            names.customer
        )];
        let sync = Sync::new(&pair, &mappings);
        sync.run().await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        a.update(&names.customer, "C", json!({ "notes": "a", "phone": "1" }))
            .await;
        b.update(
            &names.customer,
            "C",
            json!({ "notes": "b", "credit_limit": 3 }),
        )
        .await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
        assert_eq!(report.conflicts.len(), 1, "{report:#?}");
        let (on_a, on_b) = (
            a.get(&names.customer, "C").await,
            b.get(&names.customer, "C").await,
        );
        assert_eq!(
            (text(&on_a, "notes"), text(&on_b, "notes")),
            ("a".to_owned(), "b".to_owned())
        );
        assert_eq!(
            (text(&on_b, "phone"), on_a["credit_limit"].as_f64()),
            ("1".to_owned(), Some(3.0))
        );
        sync.assert_quiet().await;

        // A person settles it by hand: the conflict is over.
        b.update(&names.customer, "C", json!({ "notes": "a" }))
            .await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn names_from_a_series_differ_and_links_still_point_right() {
    for pair in pairs().await {
        let names = Names::unique("Series");
        install(&pair, &names).await;
        load(&pair, &names, 5, 4).await;
        // The target's series has moved on, and it has an order of its own.
        let b = &pair.people.b;
        b.insert(&names.item, json!({ "item_code": "OWN" })).await;
        b.insert(&names.customer, json!({ "customer_name": "Own" }))
            .await;
        for index in 0..3 {
            let own = json!({
                "customer": "Own", "remarks": format!("own {index}"),
                "items": [{ "item": "OWN", "qty": 1 }],
            });
            b.insert(&names.order, own).await;
        }
        // And a gap on the source.
        let gap = order_by_remarks(&pair, &names, Side::A, "order 1").await;
        let gone = pair
            .people
            .a
            .delete(&names.order, &text(&gap, "name"))
            .await;
        assert!(gone.is_ok(), "{gone:?}");
        let sync = Sync::new(&pair, &names.mappings());
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        for side in Side::BOTH {
            assert_eq!(pair.people[side].names(&names.order).await.len(), 6);
            for (remarks, customer) in [
                ("order 0", "Customer 00000"),
                ("order 3", "Customer 00003"),
                ("own 2", "Own"),
            ] {
                let order = order_by_remarks(&pair, &names, side, remarks).await;
                assert_eq!(text(&order, "customer"), customer);
            }
        }
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_refused_document_is_parked_its_dependents_wait_and_all_arrive_once_it_is_mended() {
    for pair in pairs().await {
        let names = Names::unique("Parked");
        install(&pair, &names).await;
        load(&pair, &names, 5, 5).await;
        // The target lacks the choice that one item has.
        let a = &pair.people.a;
        let long = json!({ "kind": "Service" });
        a.update(&names.item, "ITEM-00002", long).await;
        let setter = |options: &str| {
            json!({
                "doctype_or_field": "DocField", "doc_type": names.item, "field_name": "kind",
                "property": "options", "property_type": "Text", "value": options,
            })
        };
        pair.people
            .b
            .insert("Property Setter", setter("\nGoods"))
            .await;
        let sync = Sync::new(&pair, &names.mappings());
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
        let refused: Vec<_> = report
            .parked
            .iter()
            .filter(|parked| matches!(parked.cause, ParkedCause::Refused { .. }))
            .collect();
        assert_eq!(refused.len(), 1, "{report:#?}");
        assert!(
            refused[0].message.contains("Service"),
            "{}",
            refused[0].message
        );
        let waiting = report.parked.len() - refused.len();
        assert_eq!(waiting, 3, "three orders have that item: {report:#?}");
        assert_eq!(pair.people.b.names(&names.item).await.len(), 4);
        assert_eq!(pair.people.b.names(&names.order).await.len(), 2);

        pair.people
            .b
            .insert("Property Setter", setter("\nGoods\nService"))
            .await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        assert_eq!(report.summary.create, 4, "{report:#?}");
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn links_in_a_circle_are_inserted_empty_and_set_afterwards() {
    for pair in pairs().await {
        let names = Names::unique("Circle");
        install(&pair, &names).await;
        let a = &pair.people.a;
        a.insert(&names.customer, json!({ "customer_name": "One" }))
            .await;
        a.insert(
            &names.customer,
            json!({ "customer_name": "Two", "main_customer": "One" }),
        )
        .await;
        a.update(&names.customer, "One", json!({ "main_customer": "Two" }))
            .await;
        let sync = Sync::new(&pair, &names.mappings());
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        let one = pair.people.b.get(&names.customer, "One").await;
        let two = pair.people.b.get(&names.customer, "Two").await;
        assert_eq!(
            (text(&one, "main_customer"), text(&two, "main_customer")),
            ("Two".into(), "One".into())
        );
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_plan_names_what_a_run_does_and_writes_nothing() {
    for pair in pairs().await {
        let names = Names::unique("Plan");
        install(&pair, &names).await;
        load(&pair, &names, 5, 3).await;
        let sync = Sync::new(&pair, &names.mappings());
        let plan = sync.plan().await;
        assert_eq!(plan.summary.create, 3 + 5 + 5 + 3, "{plan:#?}");
        assert_eq!(pair.people.b.names(&names.customer).await.len(), 0);
        let again = sync.plan().await;
        assert_eq!(plan.operations, again.operations);
        let report = sync.run().await;
        assert_eq!(report.summary.create, plan.summary.create);

        pair.people
            .a
            .update(&names.customer, "Customer 00001", json!({ "notes": "new" }))
            .await;
        let plan = sync.plan().await;
        assert_eq!(plan.operations.len(), 1, "{plan:#?}");
        let change = &plan.operations[0].changes[0];
        assert_eq!(
            (change.path.to_string(), &change.from, &change.to),
            ("notes".to_owned(), &json!("note 1"), &json!("new"))
        );
        sync.run().await;
        assert_eq!(sync.plan().await.operations, []);
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn one_way_leaves_what_changed_on_the_target_until_the_source_changes_it() {
    for pair in pairs().await {
        let names = Names::unique("Way");
        install(&pair, &names).await;
        let (a, b) = (&pair.people.a, &pair.people.b);
        a.insert(
            &names.customer,
            json!({ "customer_name": "C", "notes": "0", "phone": "0" }),
        )
        .await;
        b.insert(&names.customer, json!({ "customer_name": "Only b" }))
            .await;
        let mapping = format!(
            "version: 1\ndoctype: {}\ndirection: a-to-b\nfields: {{ except: [customer_group] }}\n",
            names.customer
        );
        let sync = Sync::new(&pair, &[mapping]);
        sync.run().await;
        assert_eq!(a.names(&names.customer).await, ["C"]);
        b.update(
            &names.customer,
            "C",
            json!({ "notes": "own", "phone": "own" }),
        )
        .await;
        let report = sync.run().await;
        assert_eq!(report.summary.writes(), 0, "{report:#?}");
        assert!(
            report.notes.iter().any(|note| note.kind == "drift"),
            "{report:#?}"
        );
        a.update(&names.customer, "C", json!({ "notes": "1" }))
            .await;
        sync.run().await;
        let there = b.get(&names.customer, "C").await;
        assert_eq!(
            (text(&there, "notes"), text(&there, "phone")),
            ("1".to_owned(), "own".to_owned())
        );
        assert_eq!(text(&a.get(&names.customer, "C").await, "phone"), "0");
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_run_of_one_doctype_still_translates_the_links_to_the_others() {
    let pair = SitePair::sandbox(frappe_sync_tests::PairOptions::default()).await;
    let names = Names::new("Only");
    install(&pair, &names).await;
    load(&pair, &names, 5, 4).await;
    let mut sync = Sync::new(&pair, &names.mappings());
    // Nothing that an order needs is there: the orders wait, and nothing else is touched.
    sync.options.only = [names.order.as_str().into()].into();
    let report = sync.run().await;
    assert_eq!(
        (report.summary.create, report.parked.len()),
        (0, 4),
        "{report:#?}"
    );
    sync.options.only.clear();
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    sync.assert_equal().await;
}

#[tokio::test]
async fn a_conflict_in_a_row_is_over_once_a_person_has_settled_it() {
    for pair in pairs().await {
        let names = Names::unique("RowConflict");
        install(&pair, &names).await;
        load(&pair, &names, 5, 2).await;
        let mappings: Vec<String> = names
            .mappings()
            .into_iter()
            .map(|text| text + "conflict: manual\n")
            .collect();
        let sync = Sync::new(&pair, &mappings);
        sync.run().await;
        for (side, note) in [(Side::A, "a"), (Side::B, "b")] {
            let mut order = order_by_remarks(&pair, &names, side, "order 1").await;
            order["items"][1]["note"] = json!(note);
            let rows = json!({ "items": order["items"] });
            pair.people[side]
                .update(&names.order, &text(&order, "name"), rows)
                .await;
        }
        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.conflicts.len()),
            (RunOutcome::Partial, 1),
            "{report:#?}"
        );
        let mut order = order_by_remarks(&pair, &names, Side::B, "order 1").await;
        order["items"][1]["note"] = json!("a");
        let rows = json!({ "items": order["items"] });
        pair.people
            .b
            .update(&names.order, &text(&order, "name"), rows)
            .await;
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_circle_of_links_that_must_be_set_is_told_with_everything_that_needs_it() {
    let pair = SitePair::sandbox(frappe_sync_tests::PairOptions::default()).await;
    let names = Names::new("Must");
    install(&pair, &names).await;
    let a = &pair.people.a;
    for (name, main) in [("One", ""), ("Two", "One"), ("Three", "Two")] {
        let customer = json!({ "customer_name": name, "main_customer": main });
        a.insert(&names.customer, customer).await;
    }
    a.update(&names.customer, "One", json!({ "main_customer": "Two" }))
        .await;
    let setter = json!({
        "doctype_or_field": "DocField", "doc_type": names.customer, "field_name": "main_customer",
        "property": "reqd", "property_type": "Check", "value": "1",
    });
    pair.people.b.insert("Property Setter", setter).await;
    let sync = Sync::new(&pair, &names.mappings());
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
    let mut parked: Vec<&str> = report
        .parked
        .iter()
        .map(|parked| parked.name.as_str())
        .collect();
    parked.sort_unstable();
    assert_eq!(parked, ["One", "Three", "Two"]);
}
