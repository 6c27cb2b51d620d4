//! A run taken back: both sites as they were before it, and what was saved since left alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use frappe_sync_engine::{
    EngineError, HoldState, Operation, PlanReport, UndoAction, UndoMode, UndoOutcome, UndoReport,
    hold_of,
};
use frappe_sync_model::{PerSide, RunId, Side, StateStore as _, SyncName};
use frappe_sync_sandbox::{Action, Fault, Matcher, Moment};
use frappe_sync_tests::{
    Names, PairOptions, Sales, SitePair, Sync, install, pairs, text, uninstall,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::removing::propagating;
use crate::two_way::load;

/// What both sites hold of the mapped DocTypes, by DocType and name.
type Held = PerSide<BTreeMap<(String, String), Value>>;

/// What a site tells of a document that is no value of it.
const ABOUT: [&str; 9] = [
    "modified",
    "modified_by",
    "creation",
    "owner",
    "lft",
    "rgt",
    "old_parent",
    "__last_sync_on",
    "parentfield",
];

async fn held(pair: &SitePair, names: &Names) -> Held {
    PerSide {
        a: held_on(pair, names, Side::A).await,
        b: held_on(pair, names, Side::B).await,
    }
}

async fn held_on(pair: &SitePair, names: &Names, side: Side) -> BTreeMap<(String, String), Value> {
    let person = &pair.people[side];
    let mut held = BTreeMap::new();
    for doctype in [&names.group, &names.customer, &names.item, &names.order] {
        for name in person.names(doctype).await {
            let mut document = person.get(doctype, &name).await;
            bare(&mut document);
            held.insert((doctype.clone(), name), document);
        }
    }
    held
}

fn bare(document: &mut Value) {
    if let Some(fields) = document.as_object_mut() {
        fields.retain(|name, value| !ABOUT.contains(&name.as_str()) && !value.is_null());
        for value in fields.values_mut() {
            for row in value.as_array_mut().into_iter().flatten() {
                bare(row);
            }
        }
    }
}

fn assert_same(before: &Held, now: &Held) {
    for side in Side::BOTH {
        let names = |held: &Held| held[side].keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(before), names(now), "on {side}");
        for (name, document) in &before[side] {
            assert_eq!(document, &now[side][name], "{name:?} on {side}");
        }
    }
}

/// What a plan does, without numbers and moments.
fn does(plan: &PlanReport) -> Vec<String> {
    let line = |operation: &Operation| {
        let paths: Vec<String> = operation
            .changes
            .iter()
            .map(|change| format!("{}: {} -> {}", change.path, change.from, change.to))
            .collect();
        format!(
            "{:?} {} {} {:?}: {}",
            operation.action,
            operation.site,
            operation.doctype,
            operation.name,
            paths.join(", ")
        )
    };
    let mut lines: Vec<String> = plan.operations.iter().map(line).collect();
    lines.sort();
    lines
}

async fn order(pair: &SitePair, names: &Names, side: Side, remarks: &str) -> Value {
    let found = pair.people[side]
        .list(&names.order, &["name"], json!([["remarks", "=", remarks]]))
        .await;
    pair.people[side]
        .get(&names.order, &text(&found[0], "name"))
        .await
}

/// Everything that people do between two runs: on either side edits, rows that come, go and change, a new
/// document that links to a new one, a delete and a rename.
async fn work(pair: &SitePair, names: &Names) {
    let (a, b) = (&pair.people.a, &pair.people.b);
    a.update(
        &names.customer,
        "Customer 00001",
        json!({ "phone": "1", "notes": "" }),
    )
    .await;
    b.update(
        &names.customer,
        "Customer 00001",
        json!({ "credit_limit": 99 }),
    )
    .await;
    b.update(
        &names.item,
        "ITEM-00000",
        json!({ "item_name": "From b", "price": 7.25 }),
    )
    .await;
    let mut edited = order(pair, names, Side::A, "order 1").await;
    let mut rows = edited["items"].as_array().cloned().unwrap_or_default();
    rows.remove(1);
    rows[0]["qty"] = json!(40);
    rows.push(json!({ "item": "ITEM-00000", "qty": 1, "note": "new row" }));
    edited["items"] = Value::Array(rows);
    a.update(
        &names.order,
        &text(&edited, "name"),
        json!({ "items": edited["items"], "total": 41 }),
    )
    .await;
    let new = json!({ "customer_name": "Newcomer", "customer_group": "North", "phone": "9" });
    a.insert(&names.customer, new).await;
    let first = json!({
        "customer": "Newcomer", "remarks": "first of newcomer",
        "items": [{ "item": "ITEM-00001", "qty": 1 }],
    });
    a.insert(&names.order, first).await;
    let gone = b.delete(&names.item, "ITEM-00005").await;
    assert!(gone.is_ok(), "{gone:?}");
    let renamed = a.rename(&names.customer, "Customer 00002", "Renamed").await;
    assert!(renamed.is_ok(), "{renamed:?}");
}

/// A sync that keeps what it overwrites, over sites that agree.
async fn agreed<'p>(pair: &'p SitePair, names: &Names) -> Sync<'p> {
    install(pair, names).await;
    load(pair, names, 6, 3).await;
    let sync = Sync::new(pair, &propagating(names)).keeping_images();
    sync.run_until_quiet().await;
    sync
}

fn outcomes(report: &UndoReport, outcome: UndoOutcome) -> Vec<&str> {
    let documents = report.documents.iter();
    documents
        .filter(|document| document.outcome == outcome)
        .map(|document| document.name.as_str())
        .collect()
}

fn hold(sync: &Sync<'_>) -> Option<HoldState> {
    let store = sync.state.sync(&SyncName::new("test"));
    hold_of(&store)
        .expect("the state can be read")
        .map(|hold| hold.state)
}

#[tokio::test]
async fn a_run_is_undone_and_the_next_plan_is_the_one_before_it() {
    for pair in pairs().await {
        let names = Names::unique("Undo");
        let sync = agreed(&pair, &names).await;
        work(&pair, &names).await;
        let before = held(&pair, &names).await;
        let planned = sync.plan().await;
        let run = sync.run().await;
        assert!(run.applied >= 8, "{run:#?}");
        let after = held(&pair, &names).await;

        let look = sync.try_undo(&run.run_id, UndoMode::Look).await;
        let look = look.unwrap_or_else(|error| panic!("{error}: {error:?}"));
        assert!(look.dry_run && !look.held, "{look:#?}");
        assert_eq!(look.summary.left + look.summary.impossible, 0, "{look:#?}");
        assert_same(&after, &held(&pair, &names).await);

        let undone = sync.undo(&run.run_id).await;
        assert_eq!(undone.summary, look.summary, "{undone:#?}");
        assert_eq!(undone.summary.deleted, 2, "{undone:#?}");
        assert_eq!(undone.summary.restored, 1, "{undone:#?}");
        assert!(undone.held);
        assert_same(&before, &held(&pair, &names).await);

        // It stands still until a person lets it go on, and then does the same again.
        let Err(EngineError::Guard(guard)) = sync.try_run().await else {
            panic!("a run after an undo is held");
        };
        assert_eq!(guard.name, "undone");
        let again = sync.plan().await;
        assert_eq!(does(&again), does(&planned));
        let mut sync = sync;
        sync.options.allow.insert("undone".to_owned());
        let repeated = sync.run().await;
        assert_eq!(repeated.summary, run.summary, "{repeated:#?}");
        assert_eq!(hold(&sync), None);
        sync.options.allow.clear();
        sync.assert_equal().await;
        sync.assert_quiet().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn what_was_saved_since_is_listed_with_who_and_left() {
    for pair in pairs().await {
        let names = Names::unique("Since");
        let sync = agreed(&pair, &names).await;
        work(&pair, &names).await;
        let run = sync.run().await;
        let b = &pair.people.b;
        b.update(&names.customer, "Newcomer", json!({ "notes": "mine" }))
            .await;
        b.update(
            &names.customer,
            "Customer 00001",
            json!({ "notes": "mine" }),
        )
        .await;
        let undone = sync.undo(&run.run_id).await;
        let mut left = outcomes(&undone, UndoOutcome::Left);
        left.sort_unstable();
        assert_eq!(left, ["Customer 00001", "Newcomer"], "{undone:#?}");
        for document in &undone.documents {
            if document.outcome == UndoOutcome::Left {
                assert_eq!(
                    document.by.as_deref(),
                    Some("person@example.com"),
                    "{document:#?}"
                );
                assert!(document.at.is_some(), "{document:#?}");
            }
        }
        let kept = b.get(&names.customer, "Customer 00001").await;
        assert_eq!(
            (text(&kept, "phone"), text(&kept, "notes")),
            ("1".to_owned(), "mine".to_owned())
        );
        // Its counterpart was saved by nobody, and holds again what it did.
        let other = pair.people.a.get(&names.customer, "Customer 00001").await;
        assert_eq!(other["credit_limit"].as_f64(), Some(10.0), "{other}");
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn an_undo_that_is_killed_after_any_write_goes_on_when_it_is_done_again() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Kill");
    let sync = agreed(&pair, &names).await;
    work(&pair, &names).await;
    let before = held(&pair, &names).await;
    let run = sync.run().await;
    let mut kills = 0;
    let undone = loop {
        let killed = Arc::new(Notify::new());
        for sandbox in [&pair.sandboxes().a, &pair.sandboxes().b] {
            let killed = Arc::clone(&killed);
            sandbox
                .faults()
                .interpose(Matcher::writes(), Moment::After, move |_| {
                    killed.notify_one();
                });
        }
        let ended = tokio::select! {
            biased;
            () = killed.notified() => None,
            undone = sync.try_undo(&run.run_id, UndoMode::Do) => Some(undone),
        };
        for sandbox in [&pair.sandboxes().a, &pair.sandboxes().b] {
            sandbox.faults().clear();
        }
        match ended {
            Some(undone) => break undone.unwrap_or_else(|error| panic!("{error}: {error:?}")),
            None => {
                kills += 1;
                assert_eq!(hold(&sync), Some(HoldState::Undoing));
                let Err(EngineError::Guard(guard)) = sync.try_run().await else {
                    panic!("nothing runs beside half an undo");
                };
                assert_eq!(guard.name, "undone");
            }
        }
        assert!(kills < 50, "it comes to an end");
    };
    assert!(kills >= 7, "killed {kills} times");
    assert_eq!(undone.summary.left, 0, "{undone:#?}");
    assert_same(&before, &held(&pair, &names).await);
    assert_eq!(hold(&sync), Some(HoldState::Undone));
}

#[tokio::test]
async fn a_lost_answer_of_an_undo_is_looked_up() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Lost");
    let sync = agreed(&pair, &names).await;
    work(&pair, &names).await;
    let before = held(&pair, &names).await;
    let run = sync.run().await;
    for sandbox in [&pair.sandboxes().a, &pair.sandboxes().b] {
        for nth in 1..=6 {
            sandbox.faults().push(Fault {
                matcher: Matcher::writes().nth(nth),
                action: Action::FailAfterWrite,
            });
        }
    }
    let undone = sync.undo(&run.run_id).await;
    assert_eq!(undone.summary.left, 0, "{undone:#?}");
    assert_same(&before, &held(&pair, &names).await);
}

#[tokio::test]
async fn a_second_undo_says_that_it_was_done() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Twice");
    let sync = agreed(&pair, &names).await;
    work(&pair, &names).await;
    let run = sync.run().await;
    let first = sync.undo(&run.run_id).await;
    let before = held(&pair, &names).await;
    let second = sync.undo(&run.run_id).await;
    let mark = second.done_before.as_ref().expect("it was undone before");
    assert_eq!(mark.by, first.undo_id);
    assert_eq!(second.summary.taken_back(), 0, "{second:#?}");
    assert_eq!(second.summary.done_before, first.summary.taken_back());
    assert_same(&before, &held(&pair, &names).await);

    let unknown = sync.try_undo(&RunId::new("run-9999"), UndoMode::Do).await;
    assert!(
        matches!(unknown, Err(EngineError::Unknown(_))),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn without_images_nothing_can_be_undone_and_that_is_told() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Off");
    install(&pair, &names).await;
    load(&pair, &names, 2, 1).await;
    let sync = Sync::new(&pair, &names.mappings());
    let run = sync.run().await;
    let before = held(&pair, &names).await;
    let undone = sync.undo(&run.run_id).await;
    assert_eq!(undone.summary.impossible, run.applied, "{undone:#?}");
    assert!(!undone.held);
    assert_same(&before, &held(&pair, &names).await);
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_document_that_something_links_to_since_is_left_in_the_words_of_its_site() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Linked");
    let sync = agreed(&pair, &names).await;
    let new = json!({ "customer_name": "Newcomer" });
    pair.people.a.insert(&names.customer, new).await;
    let run = sync.run().await;
    let order =
        json!({ "customer": "Newcomer", "remarks": "of b", "items": [{ "item": "ITEM-00001" }] });
    pair.people.b.insert(&names.order, order).await;
    let undone = sync.undo(&run.run_id).await;
    assert_eq!(
        outcomes(&undone, UndoOutcome::Left),
        ["Newcomer"],
        "{undone:#?}"
    );
    assert!(undone.documents[0].reason.contains("linked"), "{undone:#?}");
    assert!(
        pair.people
            .b
            .try_get(&names.customer, "Newcomer")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn what_is_submitted_is_told_before_and_left() {
    for pair in pairs().await {
        let sales = Sales::install(&pair, "Stay").await;
        let sync = Sync::new(&pair, &sales.mappings("")).keeping_images();
        let noted = sales.sell(&pair, Side::A, "noted", 1).await;
        let draft = sales.sell(&pair, Side::A, "draft", 0).await;
        sync.run_until_quiet().await;

        let note = json!({ "note": "after submit" });
        pair.people.a.update(&sales.sale, &noted, note).await;
        sales.advance(&pair.people.a, &sales.sale, &draft, 1).await;
        sales.sell(&pair, Side::A, "new and submitted", 1).await;
        sales.sell(&pair, Side::A, "new draft", 0).await;
        let run = sync.run().await;
        let look = sync.try_undo(&run.run_id, UndoMode::Look).await;
        let look = look.unwrap_or_else(|error| panic!("{error}: {error:?}"));
        assert_eq!(look.summary.impossible, 2, "{look:#?}");
        let told = |document: &&frappe_sync_engine::UndoneDocument| {
            document.outcome == UndoOutcome::Impossible && document.reason.contains("submitted")
        };
        assert_eq!(look.documents.iter().filter(told).count(), 2, "{look:#?}");

        let undone = sync.undo(&run.run_id).await;
        assert_eq!(undone.summary, look.summary, "{undone:#?}");
        assert_eq!(
            (undone.summary.put_back, undone.summary.deleted),
            (1, 1),
            "{undone:#?}"
        );
        for title in ["draft", "new and submitted"] {
            assert_eq!(sales.sale(&pair, Side::B, title).await["docstatus"], 1);
        }
        // What may change after submit was put back.
        assert_eq!(
            text(&sales.sale(&pair, Side::B, "noted").await, "note"),
            "-"
        );
        sales.uninstall(&pair).await;
    }
}

#[tokio::test]
async fn what_a_series_names_is_restored_under_the_name_that_its_site_gives() {
    for pair in pairs().await {
        let names = Names::unique("Series");
        let sync = agreed(&pair, &names).await;
        let doomed = order(&pair, &names, Side::A, "order 2").await;
        let gone = pair
            .people
            .a
            .delete(&names.order, &text(&doomed, "name"))
            .await;
        assert!(gone.is_ok(), "{gone:?}");
        let run = sync.run().await;
        assert_eq!(run.summary.delete, 1, "{run:#?}");
        let undone = sync.undo(&run.run_id).await;
        assert_eq!(undone.documents[0].action, UndoAction::Restore);
        assert_eq!(
            undone.documents[0].outcome,
            UndoOutcome::Done,
            "{undone:#?}"
        );
        let restored = order(&pair, &names, Side::B, "order 2").await;
        assert_eq!(restored["items"].as_array().map(Vec::len), Some(3));
        // Its source is still gone, and so the next plan deletes it again.
        let plan = sync.plan().await;
        let operations: Vec<_> = plan
            .operations
            .iter()
            .map(|one| (one.site, one.action))
            .collect();
        assert_eq!(
            operations,
            [(Side::B, frappe_sync_engine::Action::Delete)],
            "{plan:#?}"
        );
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn what_is_kept_goes_with_time() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Prune");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("state.db");
    install(&pair, &names).await;
    load(&pair, &names, 6, 3).await;
    let sync = Sync::new(&pair, &names.mappings())
        .keeping_images()
        .on_disk(&path);
    sync.run().await;
    for word in ["first secret", "second secret"] {
        pair.people
            .a
            .update(&names.customer, "Customer 00001", json!({ "notes": word }))
            .await;
        sync.run().await;
    }
    let on_disk = || {
        let files = ["journal.db", "journal.db-wal", "db", "db-wal"];
        let read =
            |extension: &&str| std::fs::read(path.with_extension(extension)).unwrap_or_default();
        let bytes: Vec<Vec<u8>> = files.iter().map(read).collect();
        let holds = |bytes: &Vec<u8>| bytes.windows(12).any(|part| part == b"first secret");
        bytes.iter().map(holds).collect::<Vec<bool>>()
    };
    let held = on_disk();
    assert!(held[0] || held[1], "the journal keeps what was overwritten");
    assert!(!held[2] && !held[3], "the state file holds no value");
    let store = sync.state.sync(&SyncName::new("test"));
    let removed = store
        .prune_images(chrono::Utc::now())
        .expect("the state can be written");
    assert!(removed >= 17, "{removed}");
    assert_eq!(store.prune_images(chrono::Utc::now()).ok(), Some(0));
    assert_eq!(on_disk(), [false; 4]);
    let logged = store.operations("run-0003").expect("the state can be read");
    assert_eq!(logged.len(), 1, "{logged:#?}");
    let image = store.image(logged[0].intent.expect("an update has an intent"));
    assert_eq!(image.ok().flatten(), None);
    sync.state
        .prune_operations(chrono::Utc::now())
        .expect("the state can be written");
    assert!(
        store
            .operations("run-0003")
            .expect("the state can be read")
            .is_empty()
    );
}
