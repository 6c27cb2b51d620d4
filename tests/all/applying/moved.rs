//! Documents that were saved between a plan and its application.

use frappe_sync_engine::SkipReason;
use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_tests::{Names, Sync, install, pairs, text, uninstall};
use serde_json::json;

use super::{assert_as_planned, customer, filled, note, skipped};
use crate::two_way::load;

#[tokio::test]
async fn what_was_edited_by_hand_since_the_plan_is_skipped_and_named_and_the_rest_is_done() {
    for pair in pairs().await {
        let names = Names::unique("Apply");
        install(&pair, &names).await;
        load(&pair, &names, 30, 3).await;
        let mut sync = Sync::new(&pair, &names.mappings());
        sync.options.allow.insert("max_changes".to_owned());
        sync.run_until_quiet().await;
        note(&pair, &names, Side::A, 0..25, "planned").await;
        let plan = sync.plan().await;
        assert_eq!(plan.operations.len(), 25, "{plan:#?}");
        for number in 3..13 {
            let changes = json!({ "phone": "by hand" });
            pair.people
                .b
                .update(&names.customer, &customer(number), changes)
                .await;
        }
        let report = sync.apply(&plan).await;
        let by_hand: Vec<String> = (3..13).map(customer).collect();
        assert_eq!(skipped(&report, SkipReason::Moved), by_hand, "{report:#?}");
        assert_eq!(
            (report.done.len(), report.skipped.len()),
            (15, 10),
            "{report:#?}"
        );
        let prediction = report.run.prediction.expect("a plan has a score");
        assert_eq!(
            (
                prediction.planned,
                prediction.as_planned,
                prediction.percent
            ),
            (25, 15, 60.0)
        );
        assert_eq!(report.run.outcome, RunOutcome::Partial);
        for skipped in &report.skipped {
            assert_eq!(
                (skipped.site, skipped.moved_on),
                (Side::B, Some(Side::B)),
                "{skipped:?}"
            );
            let (planned, now) = (&skipped.planned_modified, &skipped.modified);
            let (Some(planned), Some(now)) = (planned, now) else {
                panic!("both moments are told: {skipped:?}");
            };
            assert!(now.is_after(planned), "{skipped:?}");
            assert!(skipped.modified_by.is_some(), "{skipped:?}");
        }
        for number in 0..25 {
            let b = pair.people.b.get(&names.customer, &customer(number)).await;
            let is_by_hand = (3..13).contains(&number);
            let expected = if is_by_hand {
                format!("note {number}")
            } else {
                "planned".to_owned()
            };
            assert_eq!(text(&b, "notes"), expected, "{number}");
        }
        sync.run_until_quiet().await;
        for number in 0..25 {
            for side in Side::BOTH {
                let document = pair.people[side]
                    .get(&names.customer, &customer(number))
                    .await;
                let by_hand = if (3..13).contains(&number) {
                    "by hand"
                } else {
                    ""
                };
                assert_eq!(
                    (
                        text(&document, "notes").as_str(),
                        text(&document, "phone").as_str()
                    ),
                    ("planned", by_hand),
                    "{number} on {side}"
                );
            }
        }
        sync.assert_equal().await;
        uninstall(&pair, &names).await;
    }
}

#[tokio::test]
async fn a_second_application_does_nothing_and_says_so() {
    let (pair, names) = filled("Twice", 6, 4).await;
    let sync = Sync::new(&pair, &names.mappings());
    let plan = sync.plan().await;
    assert_as_planned(&plan, &sync.apply(&plan).await);
    let report = sync.apply(&plan).await;
    assert_eq!(report.run.summary.writes(), 0, "{report:#?}");
    assert_eq!(
        (report.run.requests.a.write, report.run.requests.b.write),
        (0, 0)
    );
    assert_eq!(
        report.not_needed.len(),
        plan.operations.len(),
        "{report:#?}"
    );
    assert_eq!(
        (report.done.len(), report.skipped.len()),
        (0, 0),
        "{report:#?}"
    );
    assert_eq!(report.run.outcome, RunOutcome::Converged);
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn what_was_made_equal_by_hand_since_the_plan_is_not_needed() {
    let (pair, names) = filled("Equal", 4, 1).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    note(&pair, &names, Side::A, 0..2, "planned").await;
    let plan = sync.plan().await;
    note(&pair, &names, Side::B, 0..1, "planned").await;
    let report = sync.apply(&plan).await;
    let not_needed: Vec<&str> = report
        .not_needed
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(not_needed, [customer(0)], "{report:#?}");
    assert_eq!(
        (report.done.len(), report.skipped.len()),
        (1, 0),
        "{report:#?}"
    );
    sync.assert_equal().await;
}

#[tokio::test]
async fn a_conflict_that_came_after_the_plan_is_skipped_whatever_its_policy_would_say() {
    let (pair, names) = filled("Late", 4, 1).await;
    for policy in ["newest", "a", "b", "manual"] {
        let mappings: Vec<String> = names
            .mappings()
            .into_iter()
            .map(|mapping| format!("{mapping}conflict: {policy}\n"))
            .collect();
        let sync = Sync::new(&pair, &mappings);
        sync.run_until_quiet().await;
        note(&pair, &names, Side::A, 1..3, &format!("{policy} of a")).await;
        let plan = sync.plan().await;
        note(&pair, &names, Side::B, 2..3, &format!("{policy} of b")).await;
        let report = sync.apply(&plan).await;
        assert_eq!(
            skipped(&report, SkipReason::Moved),
            [customer(2)],
            "{policy}: {report:#?}"
        );
        assert_eq!(report.done.len(), 1, "{policy}: {report:#?}");
        for (side, own) in [(Side::A, "a"), (Side::B, "b")] {
            let document = pair.people[side].get(&names.customer, &customer(2)).await;
            assert_eq!(text(&document, "notes"), format!("{policy} of {own}"));
        }
        // The rest of the plan's sync: the next run decides as the policy says.
        let run = sync.run().await;
        let waits = usize::from(policy == "manual");
        let open = run
            .conflicts
            .iter()
            .filter(|conflict| conflict.winner.is_none());
        assert!(open.count() <= waits, "{policy}: {run:#?}");
        let (a, b) = (
            pair.people.a.get(&names.customer, &customer(2)).await,
            pair.people.b.get(&names.customer, &customer(2)).await,
        );
        assert_eq!(
            text(&a, "notes") == text(&b, "notes"),
            policy != "manual",
            "{policy}"
        );
        note(&pair, &names, Side::A, 2..3, "again equal").await;
        note(&pair, &names, Side::B, 2..3, "again equal").await;
    }
}

#[tokio::test]
async fn a_conflict_that_the_plan_decides_is_decided_like_that() {
    let (pair, names) = filled("Decided", 4, 1).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    note(&pair, &names, Side::A, 1..2, "older").await;
    note(&pair, &names, Side::B, 1..2, "newer").await;
    let plan = sync.plan().await;
    assert_eq!(plan.operations.len(), 1, "{plan:#?}");
    let report = sync.apply(&plan).await;
    assert_as_planned(&plan, &report);
    assert_eq!(report.run.summary.conflict, 1, "{report:#?}");
    sync.assert_equal().await;
}
