//! Conflicts as data: listed with both values, decided by a person, and the loser brought back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use frappe_sync_engine::ResolveOutcome;
use frappe_sync_model::{ConflictRecord, RunOutcome, Side};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install, pairs, text, uninstall};
use serde_json::{Value, json};

use crate::removing::{propagating, sweeping};
use crate::two_way::load;

fn manual(names: &Names) -> Vec<String> {
    let with = |mapping: String| format!("{mapping}conflict: manual\n");
    propagating(names).into_iter().map(with).collect()
}

/// Both sides give customer 1 another phone.
async fn disagree(pair: &SitePair, names: &Names) {
    for side in Side::BOTH {
        let phone = json!({ "phone": format!("from {side}"), "credit_limit": 5 });
        pair.people[side]
            .update(&names.customer, "Customer 00001", phone)
            .await;
    }
}

fn only(sync: &Sync<'_>) -> (i64, ConflictRecord) {
    let open = sync.open_conflicts();
    assert_eq!(open.len(), 1, "{open:#?}");
    let id = open[0].id.expect("a stored conflict has a number");
    (id, open[0].clone())
}

async fn phone(pair: &SitePair, names: &Names, side: Side) -> String {
    let customer = pair.people[side]
        .get(&names.customer, "Customer 00001")
        .await;
    text(&customer, "phone")
}

#[tokio::test]
async fn a_conflict_shows_both_values_and_a_person_decides_for_either() {
    for pair in pairs().await {
        for winner in Side::BOTH {
            let names = Names::unique("Decide");
            install(&pair, &names).await;
            load(&pair, &names, 3, 3).await;
            let sync = Sync::new(&pair, &manual(&names));
            sync.run_until_quiet().await;
            disagree(&pair, &names).await;
            let report = sync.run().await;
            assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
            let (id, record) = only(&sync);
            assert_eq!(record.path.to_string(), "phone");

            let detail = sync.conflict_detail(id).await;
            for side in Side::BOTH {
                assert_eq!(detail.values[side], json!(format!("from {side}")));
                assert!(detail.users[side].is_some() && detail.modified[side].is_some());
            }

            let resolved = sync.resolve(id, winner).await;
            assert_eq!(resolved.outcome, ResolveOutcome::Done, "{resolved:#?}");
            for side in Side::BOTH {
                assert_eq!(phone(&pair, &names, side).await, format!("from {winner}"));
            }
            assert!(sync.open_conflicts().is_empty());
            let lost = sync.journal(&format!("resolve-{id}"));
            assert_eq!(lost.len(), 1, "{lost:#?}");
            assert_eq!(lost[0].lost, json!(format!("from {}", winner.other())));
            sync.assert_equal().await;
            sync.assert_quiet().await;
            uninstall(&pair, &names).await;
        }
    }
}

#[tokio::test]
async fn a_conflict_in_a_row_is_decided_by_itself() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Row");
    install(&pair, &names).await;
    load(&pair, &names, 3, 3).await;
    let sync = Sync::new(&pair, &manual(&names));
    sync.run_until_quiet().await;
    let order = |side: Side| {
        let (pair, names) = (&pair, &names);
        async move {
            let filters = json!([["remarks", "=", "order 1"]]);
            let found = pair.people[side]
                .list(&names.order, &["name"], filters)
                .await;
            pair.people[side]
                .get(&names.order, &text(&found[0], "name"))
                .await
        }
    };
    for side in Side::BOTH {
        let mut document = order(side).await;
        document["items"][0]["note"] = json!(format!("first from {side}"));
        document["items"][1]["note"] = json!(format!("second from {side}"));
        let name = text(&document, "name");
        let items = json!({ "items": document["items"] });
        pair.people[side].update(&names.order, &name, items).await;
    }
    sync.run().await;
    let open = sync.open_conflicts();
    assert_eq!(open.len(), 2, "{open:#?}");
    for (place, winner) in [(0, Side::A), (1, Side::B)] {
        let id = open[place].id.expect("a stored conflict has a number");
        let resolved = sync.resolve(id, winner).await;
        assert_eq!(resolved.outcome, ResolveOutcome::Done, "{resolved:#?}");
    }
    let mut notes: Vec<Value> = Vec::new();
    for side in Side::BOTH {
        let document = order(side).await;
        notes.push(json!([
            document["items"][0]["note"],
            document["items"][1]["note"]
        ]));
    }
    assert_eq!(notes[0], notes[1]);
    assert!(sync.open_conflicts().is_empty());
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_person_decides_between_an_edit_and_a_delete() {
    for winner in Side::BOTH {
        let pair = SitePair::sandbox(PairOptions::default()).await;
        let names = Names::new("Del");
        install(&pair, &names).await;
        load(&pair, &names, 3, 3).await;
        let sync = sweeping(&pair, &manual(&names));
        sync.run_until_quiet().await;
        let filters = json!([["remarks", "=", "order 1"]]);
        let on_a = pair
            .people
            .a
            .list(&names.order, &["name"], filters.clone())
            .await;
        let on_b = pair
            .people
            .b
            .list(&names.order, &["name"], filters.clone())
            .await;
        assert!(
            pair.people
                .a
                .delete(&names.order, &text(&on_a[0], "name"))
                .await
                .is_ok()
        );
        pair.people
            .b
            .update(
                &names.order,
                &text(&on_b[0], "name"),
                json!({ "total": 88 }),
            )
            .await;
        sync.run().await;
        let (id, _) = only(&sync);
        sync.resolve(id, winner).await;
        sync.run_until_quiet().await;
        // `a` deleted it, `b` edited it.
        let expected = usize::from(winner == Side::B);
        for side in Side::BOTH {
            let left = pair.people[side]
                .list(&names.order, &["name"], filters.clone())
                .await;
            assert_eq!(left.len(), expected, "{winner} wins, {side}: {left:?}");
        }
        assert!(sync.open_conflicts().is_empty());
        sync.assert_equal().await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn a_decision_on_what_somebody_just_saved_is_not_carried_out_blindly() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Race");
    install(&pair, &names).await;
    load(&pair, &names, 3, 3).await;
    let sync = Sync::new(&pair, &manual(&names));
    sync.run_until_quiet().await;
    disagree(&pair, &names).await;
    sync.run().await;
    let (id, _) = only(&sync);
    let doctype = names.customer.clone();
    let update = frappe_sync_sandbox::Matcher::writes().method(frappe_sync_sandbox::Method::Put);
    let hit = Arc::new(AtomicBool::new(false));
    let was_hit = Arc::clone(&hit);
    pair.sandboxes().b.faults().interpose(
        update,
        frappe_sync_sandbox::Moment::Before,
        move |site| {
            was_hit.store(true, Ordering::SeqCst);
            let person = site.as_user("person@example.com");
            let saved = person.update(&doctype, "Customer 00001", json!({ "phone": "just now" }));
            assert!(saved.is_ok(), "{saved:?}");
        },
    );
    let resolved = sync.resolve(id, Side::A).await;
    assert!(hit.load(Ordering::SeqCst));
    assert_ne!(resolved.outcome, ResolveOutcome::Done, "{resolved:#?}");
    assert_eq!(phone(&pair, &names, Side::B).await, "just now");
}

#[tokio::test]
async fn the_loser_of_a_decision_is_brought_back_unless_the_value_was_edited_since() {
    for pair in pairs().await {
        let names = Names::unique("Back");
        install(&pair, &names).await;
        load(&pair, &names, 3, 3).await;
        let mappings: Vec<String> = propagating(&names)
            .into_iter()
            .map(|mapping| format!("{mapping}conflict: a\n"))
            .collect();
        let sync = Sync::new(&pair, &mappings);
        sync.run_until_quiet().await;
        disagree(&pair, &names).await;
        let report = sync.run().await;
        assert_eq!(phone(&pair, &names, Side::B).await, "from a");
        let lost = sync.journal(report.run_id.as_str());
        let entry = lost
            .iter()
            .find(|entry| entry.path.to_string() == "phone")
            .expect("the loser is in the journal");
        let back = sync.bring_back(entry).await;
        assert_eq!(back.outcome, ResolveOutcome::Done, "{back:#?}");
        sync.run_until_quiet().await;
        for side in Side::BOTH {
            assert_eq!(phone(&pair, &names, side).await, "from b", "{side}");
        }
        // What took its place is not there any more: a second time it would overwrite somebody's value.
        let again = sync.bring_back(entry).await;
        assert_eq!(again.outcome, ResolveOutcome::Changed, "{again:#?}");
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}
