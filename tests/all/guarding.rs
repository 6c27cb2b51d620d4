//! Guards: what stops before the first write, and the flag that lets it pass once.

use chrono::TimeDelta;
use frappe_sync_engine::EngineError;
use frappe_sync_model::RunOutcome;
use frappe_sync_planner::Limit;
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install};
use serde_json::json;

use crate::removing::{propagating, sweeping};
use crate::two_way::load;

async fn agreed(word: &str, customers: usize) -> (SitePair, Names) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new(word);
    install(&pair, &names).await;
    load(&pair, &names, customers, 4).await;
    (pair, names)
}

#[tokio::test]
async fn too_many_deletes_stop_the_mapping_until_they_are_allowed_once() {
    let (pair, names) = agreed("Mass", 30).await;
    let mut sync = sweeping(&pair, &propagating(&names));
    sync.run_until_quiet().await;
    for index in 10..20 {
        let gone = pair
            .people
            .a
            .delete(&names.customer, &format!("Customer {index:05}"))
            .await;
        assert!(gone.is_ok(), "{gone:?}");
    }
    for _ in 0..2 {
        let report = sync.run().await;
        assert_eq!(report.outcome, RunOutcome::Stopped, "{report:#?}");
        let guard = report.guard.expect("a guard stopped it");
        assert_eq!(
            (guard.name.as_str(), guard.seen.as_str()),
            ("max_deletes", "10")
        );
        assert_eq!(report.summary.writes(), 0);
        assert_eq!(pair.people.b.names(&names.customer).await.len(), 30);
    }
    sync.options.allow.insert("max_deletes".to_owned());
    let report = sync.run().await;
    assert_eq!(report.summary.delete, 10, "{report:#?}");
    sync.options.allow.clear();
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_price_list_of_three_may_lose_one() {
    let (pair, names) = agreed("Three", 3).await;
    let mut sync = sweeping(&pair, &propagating(&names)[1..]);
    sync.options.max_deletes = Limit::Percent(10);
    sync.run_until_quiet().await;
    pair.people
        .a
        .insert(&names.customer, json!({ "customer_name": "Fourth" }))
        .await;
    sync.run_until_quiet().await;
    let gone = pair.people.a.delete(&names.customer, "Fourth").await;
    assert!(gone.is_ok(), "{gone:?}");
    let report = sync.run().await;
    assert_eq!(
        (report.summary.delete, report.outcome),
        (1, RunOutcome::Converged),
        "{report:#?}"
    );
}

async fn assert_stopped(sync: &Sync<'_>, guard: &str) {
    match sync.try_run().await {
        Err(EngineError::Guard(report)) => {
            assert_eq!(report.name, guard, "{report:#?}");
            assert!(!report.remedy.is_empty());
        }
        other => panic!("it was not stopped: {other:?}"),
    }
}

#[tokio::test]
async fn swapped_sites_stop_the_sync_before_its_first_write() {
    let (pair, names) = agreed("Swapped", 4).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    let swapped = pair.swapped();
    let before = (
        swapped.people.a.names(&names.order).await,
        swapped.people.b.names(&names.order).await,
    );
    let sync = sync.over(&swapped);
    assert_stopped(&sync, "same_site").await;
    let after = (
        swapped.people.a.names(&names.order).await,
        swapped.people.b.names(&names.order).await,
    );
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_restored_backup_stops_the_sync_before_its_first_write() {
    let (pair, names) = agreed("Backup", 4).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    let backup = pair.sandboxes().b.backup();
    pair.people
        .a
        .update(
            &names.customer,
            "Customer 00001",
            json!({ "phone": "later" }),
        )
        .await;
    sync.run_until_quiet().await;
    pair.sandboxes().b.restore_backup(&backup);
    assert_stopped(&sync, "same_site").await;
    let on_a = pair.people.a.get(&names.customer, "Customer 00001").await;
    assert_eq!(on_a["phone"], "later", "the backup did not undo the edit");
}

#[tokio::test]
async fn an_older_state_file_stops_the_sync_before_it_makes_anything_twice() {
    let (pair, names) = agreed("Older", 4).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    let older = sync.state.scratch_copy().expect("the state can be copied");
    // An hour later, as the sites know it: what is made now is stamped so.
    for sandbox in [&pair.sandboxes().a, &pair.sandboxes().b] {
        sandbox.set_skew(TimeDelta::hours(1));
    }
    pair.people
        .a
        .insert(
            &names.order,
            json!({ "customer": "Customer 00001", "remarks": "later" }),
        )
        .await;
    sync.run_until_quiet().await;
    for sandbox in [&pair.sandboxes().a, &pair.sandboxes().b] {
        sandbox.set_skew(TimeDelta::zero());
    }
    let sync = sync.with_state(older);
    assert_stopped(&sync, "older_state").await;
    let orders = pair.people.b.names(&names.order).await;
    assert_eq!(orders.len(), 5, "{orders:?}");
}
