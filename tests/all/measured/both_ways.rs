//! Both sites edit, and every edit is written once: nothing comes back, nothing grows.

use frappe_sync_model::{PerSide, RunOutcome, Side};
use frappe_sync_tests::{Names, SitePair, Sync, install, pairs, text, uninstall};
use serde_json::{Value, json};

use crate::scene::{customer, customers, customers_only, edit, order, rows, said, writes_of_runs};
use crate::two_way::load;

const ONE_WRITE_TO_B: PerSide<u64> = PerSide { a: 0, b: 1 };
const NONE: PerSide<u64> = PerSide { a: 0, b: 0 };

/// Replaces the rows of an order, as its form does.
async fn set_rows(pair: &SitePair, names: &Names, side: Side, order: &Value, rows: Value) {
    pair.people[side]
        .update(&names.order, &text(order, "name"), json!({ "items": rows }))
        .await;
}

#[tokio::test]
async fn an_edit_is_written_once_and_never_back_to_where_it_was_made() {
    for pair in pairs().await {
        let names = Names::unique("Back");
        install(&pair, &names).await;
        load(&pair, &names, 5, 3).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;
        // A field, a field of an order, one row of it, and a new row: one after the other.
        for case in 0..4 {
            let before = order(&pair, &names, Side::A, "order 1").await;
            let mut rows = before["items"].clone();
            match case {
                0 => {
                    edit(
                        &pair,
                        &names,
                        Side::A,
                        "Customer 00001",
                        json!({ "phone": "1" }),
                    )
                    .await;
                }
                1 => {
                    let name = text(&before, "name");
                    let total = json!({ "total": 99 });
                    pair.people.a.update(&names.order, &name, total).await;
                }
                2 => {
                    rows[1]["qty"] = json!(77);
                    set_rows(&pair, &names, Side::A, &before, rows).await;
                }
                _ => {
                    let added = json!({ "item": "ITEM-00004", "qty": 5, "note": "added" });
                    rows.as_array_mut().expect("an order has rows").push(added);
                    set_rows(&pair, &names, Side::A, &before, rows).await;
                }
            }
            let saved = [
                pair.people.a.get(&names.customer, "Customer 00001").await,
                order(&pair, &names, Side::A, "order 1").await,
            ];
            let writes = writes_of_runs(&sync, 5).await;
            assert_eq!(
                writes,
                [ONE_WRITE_TO_B, NONE, NONE, NONE, NONE],
                "case {case}"
            );
            let now = [
                pair.people.a.get(&names.customer, "Customer 00001").await,
                order(&pair, &names, Side::A, "order 1").await,
            ];
            assert_eq!(
                saved, now,
                "case {case}: where the edit was made nothing moved"
            );
            sync.assert_equal().await;
        }
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn new_documents_are_not_offered_back_to_where_they_come_from() {
    for pair in pairs().await {
        let names = Names::unique("Offer");
        install(&pair, &names).await;
        customers(&pair, &names, Side::A, &Vec::from_iter(0..60)).await;
        let sync = Sync::new(&pair, &customers_only(&names, ""));
        let fields = ["name", "modified", "modified_by"];
        let before = pair
            .people
            .a
            .list(&names.customer, &fields, json!([]))
            .await;
        let writes = writes_of_runs(&sync, 3).await;
        assert!(writes.iter().all(|writes| writes.a == 0), "{writes:?}");
        assert_eq!(writes[1..], [NONE, NONE]);
        let after = pair
            .people
            .a
            .list(&names.customer, &fields, json!([]))
            .await;
        assert_eq!(before, after);
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn one_value_that_both_sides_changed_costs_one_write_and_is_quiet_ever_after() {
    for (winner, wanted) in [(Side::A, ONE_WRITE_TO_B), (Side::B, PerSide { a: 1, b: 0 })] {
        for pair in pairs().await {
            let names = Names::unique("Grow");
            install(&pair, &names).await;
            customer(&pair, &names, Side::A, "C").await;
            let sync = Sync::new(
                &pair,
                &customers_only(&names, &format!("conflict: {winner}\n")),
            );
            sync.run_until_quiet().await;
            for side in Side::BOTH {
                edit(
                    &pair,
                    &names,
                    side,
                    "C",
                    json!({ "notes": format!("by {side}") }),
                )
                .await;
            }
            let writes = writes_of_runs(&sync, 5).await;
            assert_eq!(writes, [wanted, NONE, NONE, NONE, NONE]);
            for side in Side::BOTH {
                let notes = said(&pair, &names, side, "C", "notes").await;
                assert_eq!(notes, format!("by {winner}"), "{side}");
            }
            sync.assert_equal().await;
            uninstall(&pair, &names).await;
        }
    }
}

#[tokio::test]
async fn edits_of_different_rows_and_fields_cost_one_write_a_side_and_then_none() {
    for pair in pairs().await {
        let names = Names::unique("Merge");
        install(&pair, &names).await;
        load(&pair, &names, 5, 3).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;
        for (side, place) in [(Side::A, 0), (Side::B, 2)] {
            let before = order(&pair, &names, side, "order 2").await;
            let mut rows = before["items"].clone();
            rows[place]["note"] = json!(format!("by {side}"));
            set_rows(&pair, &names, side, &before, rows).await;
        }
        let writes = writes_of_runs(&sync, 5).await;
        assert_eq!(writes, [PerSide { a: 1, b: 1 }, NONE, NONE, NONE, NONE]);
        for side in Side::BOTH {
            let merged = order(&pair, &names, side, "order 2").await;
            assert_eq!(rows(&merged, "note"), ["by a", "row 1", "by b"], "{side}");
        }
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_row_that_one_side_removed_and_the_other_edited_is_decided_once_and_told() {
    for pair in pairs().await {
        let names = Names::unique("Row");
        install(&pair, &names).await;
        load(&pair, &names, 5, 3).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run_until_quiet().await;
        let on_a = order(&pair, &names, Side::A, "order 0").await;
        let left = json!([on_a["items"][0], on_a["items"][2]]);
        set_rows(&pair, &names, Side::A, &on_a, left).await;
        let on_b = order(&pair, &names, Side::B, "order 0").await;
        let mut edited = on_b["items"].clone();
        edited[1]["note"] = json!("still wanted");
        set_rows(&pair, &names, Side::B, &on_b, edited).await;

        let report = sync.run().await;
        assert_eq!(
            (report.outcome, report.conflicts.len()),
            (RunOutcome::Converged, 1),
            "{report:#?}"
        );
        for side in Side::BOTH {
            let merged = order(&pair, &names, side, "order 0").await;
            assert_eq!(
                rows(&merged, "note"),
                ["row 0", "still wanted", "row 2"],
                "{side}"
            );
        }
        assert_eq!(writes_of_runs(&sync, 3).await, [NONE, NONE, NONE]);
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}
