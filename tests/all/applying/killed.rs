//! An application that is killed, at every write in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use frappe_sync_model::Side;
use frappe_sync_sandbox::{Matcher, Moment};
use frappe_sync_tests::{SitePair, Sync};
use serde_json::json;
use tokio::sync::Notify;

use super::{customer, filled, note};

/// Lets `work` go on until a site has answered its `nth` write, and drops it there; tells whether it came so far.
async fn killed_at<V>(pair: &SitePair, nth: usize, work: impl Future<Output = V>) -> bool {
    let (now, counted) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    for side in Side::BOTH {
        let (now, counted) = (Arc::clone(&now), Arc::clone(&counted));
        arm(pair, side, now, counted, nth);
    }
    let killed = tokio::select! {
        biased;
        () = now.notified() => true,
        _ = work => false,
    };
    for side in Side::BOTH {
        pair.sandboxes()[side].faults().clear();
    }
    killed
}

fn arm(pair: &SitePair, side: Side, now: Arc<Notify>, counted: Arc<AtomicUsize>, nth: usize) {
    for _ in 0..=nth {
        let (now, counted) = (Arc::clone(&now), Arc::clone(&counted));
        let faults = pair.sandboxes()[side].faults();
        faults.interpose(Matcher::writes(), Moment::After, move |_| {
            if counted.fetch_add(1, Ordering::SeqCst) == nth {
                now.notify_one();
            }
        });
    }
}

#[tokio::test]
async fn killed_at_any_write_and_carried_out_again_nothing_is_there_twice() {
    let mut at = 0;
    loop {
        let (pair, names) = filled("Killed", 5, 6).await;
        let mut sync = Sync::new(&pair, &names.mappings());
        // What was under way counts as over at once.
        sync.options.request_timeout = frappe_sync_model::PerSide::default();
        let first = sync.plan().await;
        let came_so_far = Box::pin(killed_at(&pair, at, sync.try_apply(&first))).await;
        let report = sync.apply(&first).await;
        assert_eq!(report.skipped.len(), 0, "killed at {at}: {report:#?}");
        assert_eq!(
            report.done.len() + report.not_needed.len(),
            first.operations.len(),
            "killed at {at}: {report:#?}"
        );
        for doctype in [&names.group, &names.customer, &names.item, &names.order] {
            let (a, b) = (
                pair.people.a.names(doctype).await.len(),
                pair.people.b.names(doctype).await.len(),
            );
            assert_eq!(a, b, "{doctype}, killed at {at}");
        }
        sync.assert_equal().await;
        if !came_so_far {
            assert!(
                at > 3,
                "an application of several writes was killed at each"
            );
            return;
        }
        at += 1;
    }
}

#[tokio::test]
async fn killed_among_updates_and_edited_meanwhile_the_edit_is_skipped() {
    let (pair, names) = filled("Edited", 12, 1).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    note(&pair, &names, Side::A, 0..12, "planned").await;
    let plan = sync.plan().await;
    assert!(Box::pin(killed_at(&pair, 4, sync.try_apply(&plan))).await);
    let untouched = async || {
        for number in 0..12 {
            let b = pair.people.b.get(&names.customer, &customer(number)).await;
            if b["notes"] != "planned" {
                return number;
            }
        }
        panic!("it was killed in the middle");
    };
    let number = untouched().await;
    let changes = json!({ "phone": "by hand" });
    pair.people
        .b
        .update(&names.customer, &customer(number), changes)
        .await;
    let report = sync.apply(&plan).await;
    let skipped: Vec<&str> = report.skipped.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(skipped, [customer(number)], "{report:#?}");
    assert_eq!(
        report.done.len() + report.not_needed.len(),
        11,
        "{report:#?}"
    );
    sync.run_until_quiet().await;
    sync.assert_equal().await;
}
