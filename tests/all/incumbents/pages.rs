//! Pages of a set that changes while it is read, pages that permissions empty, and stamps within one second.

use chrono::{DurationRound as _, TimeDelta, Utc};
use frappe_sync_engine::{Cause, EngineError};
use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_sandbox::{Clock, Matcher, Moment};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install};
use serde_json::json;

use crate::removing::sweeping;
use crate::scene::{customer, customers, customers_only, edit, said, sandboxes};

const LEAVING: usize = 8;

/// While the first pages are read, one document after the other leaves the set from its beginning, so that
/// whatever stands behind moves up.
fn let_documents_leave(pair: &SitePair, names: &Names, change: &'static str) {
    for number in 0..LEAVING {
        let doctype = names.customer.clone();
        let matcher = Matcher::reads().doctype(&names.customer);
        pair.sandboxes()
            .a
            .faults()
            .interpose(matcher, Moment::After, move |site| {
                let name = format!("C{number:05}");
                let values = json!({ "disabled": 1, "notes": change });
                let left = site
                    .as_user("person@example.com")
                    .update(&doctype, &name, values);
                assert!(left.is_ok(), "{left:?}");
            });
    }
}

#[tokio::test]
async fn documents_that_leave_the_set_while_its_pages_are_read_hide_no_other() {
    let (pair, names) = sandboxes("Shrink").await;
    customers(&pair, &names, Side::A, &Vec::from_iter(0..60)).await;
    let filters = "filters: [[\"disabled\", \"=\", 0]]\n";
    let mut sync = Sync::new(&pair, &customers_only(&names, filters));
    sync.options.keys_per_page = 7;

    // The first time the set is read by name.
    let_documents_leave(&pair, &names, "first");
    sync.run().await;
    assert_eq!(pair.sandboxes().a.faults().pending(), 0);
    let arrived = pair.people.b.names(&names.customer).await;
    for number in LEAVING..60 {
        let name = format!("C{number:05}");
        assert!(arrived.contains(&name), "{name} is not in {arrived:?}");
    }
    sync.run_until_quiet().await;
    sync.assert_equal_but(&[Cause::Filtered]).await;

    // Later it is read by `modified`.
    let back = json!({ "disabled": 0, "phone": "1" });
    let touched = pair
        .sandboxes()
        .a
        .bulk_touch(&names.customer, &json!([]), &back);
    assert_eq!(touched.ok(), Some(60));
    let_documents_leave(&pair, &names, "second");
    sync.options.allow.insert("max_changes".to_owned());
    sync.run().await;
    assert_eq!(pair.sandboxes().a.faults().pending(), 0);
    for number in LEAVING..60 {
        let name = format!("C{number:05}");
        assert_eq!(
            said(&pair, &names, Side::B, &name, "phone").await,
            "1",
            "{name}"
        );
    }
    sync.run_until_quiet().await;
    sync.assert_equal_but(&[Cause::Filtered]).await;
}

/// Makes the sync's user on `a` see its own documents alone, or all of them again.
async fn show_own_alone(pair: &SitePair, names: &Names, own_alone: bool) {
    let permission = json!([{
        "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1,
        "if_owner": i32::from(own_alone),
    }]);
    pair.people
        .a
        .update(
            "DocType",
            &names.customer,
            json!({ "permissions": permission }),
        )
        .await;
}

#[tokio::test]
async fn documents_that_permissions_hide_are_neither_deleted_nor_made_again() {
    // With documents of our own on `a` a part of the set is left to see, without them the pages are empty.
    for own in [6, 0] {
        let (pair, names) = sandboxes("Hidden").await;
        customers(&pair, &names, Side::A, &[0, 1, 2, 3, 4, 5]).await;
        customers(&pair, &names, Side::B, &Vec::from_iter(6..6 + own)).await;
        let sync = sweeping(&pair, &customers_only(&names, "deletes: propagate\n"));
        sync.run_until_quiet().await;
        let before = pair.people.b.names(&names.customer).await;
        assert_eq!(before.len(), 6 + own);

        show_own_alone(&pair, &names, true).await;
        edit(&pair, &names, Side::B, "C00001", json!({ "notes": "b" })).await;
        for _ in 0..2 {
            match sync.try_run().await {
                Ok(report) => {
                    // The edit of `b` did not arrive, so it is not all well.
                    assert_ne!(report.outcome, RunOutcome::Converged, "{report:#?}");
                    assert_eq!((report.summary.create, report.summary.delete), (0, 0));
                }
                Err(EngineError::Guard(_)) => {}
                Err(other) => panic!("{other}: {other:?}"),
            }
        }
        assert_eq!(pair.sandboxes().a.len_of(&names.customer), 6 + own);
        assert_eq!(pair.people.b.names(&names.customer).await, before);

        show_own_alone(&pair, &names, false).await;
        sync.run_until_quiet().await;
        sync.assert_equal().await;
        assert_eq!(said(&pair, &names, Side::A, "C00001", "notes").await, "b");
        assert_eq!(pair.sandboxes().a.len_of(&names.customer), 6 + own);
    }
}

#[tokio::test]
async fn saves_within_one_second_are_told_apart() {
    let second = Utc::now()
        .duration_trunc(TimeDelta::seconds(1))
        .expect("a moment of today has a whole second");
    let pair = SitePair::sandbox(PairOptions {
        clock: Clock::manual(second),
        ..PairOptions::default()
    })
    .await;
    let names = Names::new("Second");
    install(&pair, &names).await;
    let mut sync = Sync::new(&pair, &customers_only(&names, ""));
    // Nothing is read a second time for safety: what is seen is seen by its stamp alone.
    sync.options.lag = TimeDelta::zero();
    let clock = pair.sandboxes().a.clock();

    // A stamp without a fraction is shown without one, and must be sent back like that.
    clock.set(second + TimeDelta::seconds(1));
    clock.freeze();
    customer(&pair, &names, Side::A, "One").await;
    customer(&pair, &names, Side::A, "Two").await;
    sync.run().await;
    clock.advance(TimeDelta::seconds(1));
    edit(&pair, &names, Side::B, "One", json!({ "phone": "b" })).await;
    sync.run().await;
    assert_eq!(said(&pair, &names, Side::A, "One", "phone").await, "b");

    // From now on each stamp is a microsecond after the one before it, all in one second.
    clock.thaw();
    for round in 0..5 {
        for name in ["One", "Two"] {
            let phone = format!("{round} {name}");
            edit(&pair, &names, Side::A, name, json!({ "phone": phone })).await;
            let report = sync.run().await;
            assert_eq!(report.summary.update, 1, "{report:#?}");
            assert_eq!(said(&pair, &names, Side::B, name, "phone").await, phone);
        }
    }
    let stamps = pair
        .people
        .a
        .list(&names.customer, &["modified"], json!([]))
        .await;
    let seconds: Vec<&str> = stamps
        .iter()
        .filter_map(|row| row["modified"].as_str()?.split('.').next())
        .collect();
    assert_eq!(seconds[0], seconds[1], "it was one second");
    sync.assert_quiet().await;
}
