//! The invariants of `ARCHITECTURE.md` that no other scenario shows.

use std::time::Duration;

use frappe_sync_engine::EngineError;
use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher, Method, Moment};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install};
use serde_json::json;

use crate::two_way::load;

#[tokio::test]
async fn a_run_that_dies_after_reading_forgets_nothing_that_it_read() {
    // Wherever in the run the site goes away, the next one brings everything over.
    for read in [2, 4, 8, 9, 10, 11, 12] {
        let pair = SitePair::sandbox(PairOptions::default()).await;
        let names = Names::new("Died");
        install(&pair, &names).await;
        load(&pair, &names, 5, 4).await;
        let mut sync = Sync::new(&pair, &names.mappings());
        sync.run().await;
        let changed = json!({ "notes": "changed", "credit_limit": 9 });
        pair.people
            .a
            .update(&names.customer, "Customer 00001", changed)
            .await;
        pair.people
            .a
            .insert(&names.customer, json!({ "customer_name": "New" }))
            .await;
        let faults = pair.sandboxes().b.faults().clone();
        pair.sandboxes()
            .b
            .faults()
            .interpose(Matcher::any().nth(read), Moment::After, move |_| {
                for _ in 0..20 {
                    let action = Action::HtmlBadGateway { executed: false };
                    faults.push(Fault {
                        matcher: Matcher::any(),
                        action,
                    });
                }
            });
        let died = sync.try_run().await;
        assert!(
            matches!(died, Err(EngineError::Site { .. })),
            "request {read}: {died:?}"
        );
        pair.sandboxes().b.faults().clear();
        let mut report = sync.run().await;
        if !report.unknown.is_empty() {
            // A create was answered by the proxy: it counts as not done only after the time that it can run.
            sync.options.request_timeout.b = Duration::ZERO;
            report = sync.run().await;
        }
        assert_eq!(
            report.outcome,
            RunOutcome::Converged,
            "request {read}: {report:#?}"
        );
        assert_eq!(
            pair.sandboxes().b.len_of(&names.customer),
            6,
            "request {read}"
        );
        sync.assert_equal().await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn the_state_file_holds_no_value_of_any_document() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Secretive");
    install(&pair, &names).await;
    let secrets = ["Zebrastreifen", "Quittengelee", "Xylophonsolo"];
    let customer = json!({ "customer_name": "C", "notes": secrets[0], "phone": secrets[1] });
    pair.people.a.insert(&names.customer, customer).await;
    let path = folder.path().join("state.db");
    let sync = Sync::new(&pair, &names.mappings()).on_disk(&path);
    sync.run().await;
    pair.people
        .a
        .update(&names.customer, "C", json!({ "notes": secrets[2] }))
        .await;
    sync.run().await;
    drop(sync);
    let files = std::fs::read_dir(folder.path()).expect("the folder can be read");
    let mut looked_at = 0;
    for file in files {
        let file = file.expect("an entry can be read").path();
        let bytes = std::fs::read(&file).expect("a file can be read");
        looked_at += bytes.len();
        for word in secrets.iter().chain(&["sync-secret"]) {
            let found = bytes
                .windows(word.len())
                .any(|window| window == word.as_bytes());
            assert!(!found, "`{word}` stands in {}", file.display());
        }
    }
    assert!(looked_at > 4096, "something was looked at");
}

#[tokio::test]
async fn plans_of_the_same_sites_are_equal_byte_for_byte() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Same");
    install(&pair, &names).await;
    load(&pair, &names, 30, 20).await;
    let sync = Sync::new(&pair, &names.mappings());
    let mut shuffled = names.mappings();
    shuffled.reverse();
    let mut other = Sync::new(&pair, &shuffled);
    other.options.keys_per_page = 7;
    let texts: Vec<String> = [sync.plan().await, sync.plan().await, other.plan().await]
        .iter()
        .map(|plan| serde_json::to_string(&plan.operations).unwrap_or_default())
        .collect();
    assert!(texts[0].len() > 1000);
    assert_eq!(texts[0], texts[1]);
    assert_eq!(
        texts[0], texts[2],
        "neither the order of mappings nor the size of pages matters"
    );
}

#[tokio::test]
async fn an_update_carries_the_modified_that_it_was_decided_on() {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("Cas");
    install(&pair, &names).await;
    pair.people
        .a
        .insert(
            &names.customer,
            json!({ "customer_name": "C", "notes": "0" }),
        )
        .await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run().await;
    pair.people
        .a
        .update(&names.customer, "C", json!({ "notes": "a" }))
        .await;
    // A person saves the very same field in between: the compare-and-set must stop us, and then both
    // changes are a conflict that is told.
    let doctype = names.customer.clone();
    pair.sandboxes().b.faults().interpose(
        Matcher::writes().method(Method::Put),
        Moment::Before,
        move |site| {
            let person = site.as_user("person@example.com");
            let saved = person.update(&doctype, "C", json!({ "notes": "b" }));
            assert!(saved.is_ok(), "{saved:?}");
        },
    );
    let report = sync.run().await;
    assert_eq!(report.conflicts.len(), 1, "{report:#?}");
    let journal = frappe_sync_model::StateStore::journal(
        &sync.state.sync(&"test".into()),
        report.run_id.as_str(),
    );
    let lost: Vec<_> = journal
        .into_iter()
        .flatten()
        .map(|entry| entry.lost)
        .collect();
    assert!(lost == [json!("a")] || lost == [json!("b")], "{lost:?}");
    for side in Side::BOTH {
        let there = pair.people[side].get(&names.customer, "C").await;
        assert_ne!(there["notes"], lost[0], "{side}");
    }
    sync.assert_equal().await;
}
