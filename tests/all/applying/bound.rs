//! What bounds an application: nothing that the plan does not have, and nothing that needs what was not done.

use frappe_sync_engine::{EngineError, PlanRefusal, SkipReason};
use frappe_sync_model::{PerSide, Side, SyncName};
use frappe_sync_tests::{Sync, text};
use serde_json::json;

use super::{assert_as_planned, customer, filled, note, skipped};

#[tokio::test]
async fn new_documents_and_edits_since_the_plan_are_left_for_the_next_run() {
    let (pair, names) = filled("Later", 6, 3).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    note(&pair, &names, Side::A, 0..2, "planned").await;
    let plan = sync.plan().await;
    pair.people
        .a
        .insert(&names.customer, json!({ "customer_name": "New on a" }))
        .await;
    pair.people
        .b
        .insert(&names.customer, json!({ "customer_name": "New on b" }))
        .await;
    note(&pair, &names, Side::A, 4..5, "edited since").await;
    let report = sync.apply(&plan).await;
    assert_eq!(
        (report.done.len(), report.skipped.len()),
        (2, 0),
        "{report:#?}"
    );
    assert_eq!(report.not_in_plan, 3, "{report:#?}");
    assert_eq!(report.run.summary.writes(), 2, "{report:#?}");
    for (side, name) in [(Side::B, "New on a"), (Side::A, "New on b")] {
        assert!(
            pair.people[side]
                .try_get(&names.customer, name)
                .await
                .is_err(),
            "{name}"
        );
    }
    // Nothing was lost on the way: no cursor passed them.
    let next = sync.plan().await;
    assert_eq!(next.operations.len(), 3, "{next:#?}");
    assert_as_planned(&next, &sync.apply(&next).await);
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn what_links_to_a_skipped_document_is_skipped_too_and_comes_with_the_next_run() {
    let (pair, names) = filled("Links", 4, 8).await;
    let sync = Sync::new(&pair, &names.mappings());
    let plan = sync.plan().await;
    // Two orders are of the customer that moved.
    note(&pair, &names, Side::A, 1..2, "edited since").await;
    let report = sync.apply(&plan).await;
    assert_eq!(
        skipped(&report, SkipReason::Moved),
        [customer(1)],
        "{report:#?}"
    );
    assert_eq!(
        skipped(&report, SkipReason::Depends).len(),
        2,
        "{report:#?}"
    );
    assert_eq!(report.run.summary.parked, 0, "{report:#?}");
    assert_eq!(pair.people.b.names(&names.order).await.len(), 6);
    let told = report
        .skipped
        .iter()
        .find(|skipped| skipped.reason == SkipReason::Depends);
    let message = told
        .map(|skipped| skipped.message.clone())
        .unwrap_or_default();
    assert!(message.contains("links to"), "{message}");
    sync.run_until_quiet().await;
    assert_eq!(pair.people.b.names(&names.order).await.len(), 8);
    sync.assert_equal().await;
}

#[tokio::test]
async fn what_links_to_a_skipped_document_without_a_certain_name_is_skipped_too() {
    let (pair, names) = filled("Uncertain", 4, 4).await;
    let mapping = |doctype: &str, rest: &str| format!("version: 1\ndoctype: {doctype}\n{rest}");
    let mappings = [
        mapping(&names.order, "identity: create\n"),
        mapping(&names.customer, "identity: create\n"),
        mapping(&names.item, ""),
        mapping(&names.group, ""),
    ];
    let sync = Sync::new(&pair, &mappings);
    let plan = sync.plan().await;
    note(&pair, &names, Side::A, 2..3, "edited since").await;
    let report = sync.apply(&plan).await;
    assert_eq!(
        skipped(&report, SkipReason::Moved),
        [customer(2)],
        "{report:#?}"
    );
    assert_eq!(
        skipped(&report, SkipReason::Depends).len(),
        1,
        "{report:#?}"
    );
    sync.run_until_quiet().await;
    sync.assert_equal().await;
}

#[tokio::test]
async fn a_guard_holds_although_a_person_saw_the_plan() {
    let (pair, names) = filled("Guard", 40, 1).await;
    let mut sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    note(&pair, &names, Side::A, 0..30, "planned").await;
    let plan = sync.plan().await;
    assert_eq!(plan.operations.len(), 30);
    let report = sync.apply(&plan).await;
    assert!(report.run.guard.is_some(), "{report:#?}");
    assert_eq!(skipped(&report, SkipReason::Guard).len(), 30, "{report:#?}");
    assert_eq!(report.run.summary.writes(), 0);
    sync.options.allow.insert("max_changes".to_owned());
    assert_as_planned(&plan, &sync.apply(&plan).await);
}

#[tokio::test]
async fn a_plan_that_does_not_belong_here_is_refused_before_anything_is_read() {
    let (pair, names) = filled("Refused", 3, 1).await;
    let sync = Sync::new(&pair, &names.mappings());
    let plan = sync.plan().await;
    let refusal = async |change: &dyn Fn(&mut frappe_sync_engine::PlanReport)| {
        let mut changed = plan.clone();
        change(&mut changed);
        match sync.try_apply(&changed).await {
            Err(EngineError::Refused(refusal)) => refusal,
            other => panic!("it is not refused: {other:?}"),
        }
    };
    let format = Box::pin(refusal(&|plan| {
        plan.format = "frappe-sync/plan@2".to_owned();
    }))
    .await;
    assert_eq!(format, PlanRefusal::Format("frappe-sync/plan@2".to_owned()));
    let other = Box::pin(refusal(&|plan| plan.sync = SyncName::new("other"))).await;
    assert_eq!(other, PlanRefusal::Sync("other".to_owned()));
    let older = Box::pin(refusal(&|plan| plan.engine = "0.0.1".to_owned())).await;
    assert_eq!(older, PlanRefusal::Engine("0.0.1".to_owned()));
    let state = Box::pin(refusal(&|plan| plan.state_id = "another".to_owned())).await;
    assert_eq!(state, PlanRefusal::State("another".to_owned()));
    let sites = Box::pin(refusal(&|plan| {
        plan.sites = PerSide::from_fn(|_| "http://x".to_owned());
    }))
    .await;
    assert!(matches!(sites, PlanRefusal::Sites(_)), "{sites:?}");
    let tampered = Box::pin(refusal(&|plan| {
        plan.operations[0].changes[0].to = json!("more");
    }))
    .await;
    assert_eq!(tampered, PlanRefusal::Changed);
    let halved = Box::pin(refusal(&|plan| drop(plan.operations.pop()))).await;
    assert_eq!(halved, PlanRefusal::Changed);
    let reads = sync.state.sync(&SyncName::new("test"));
    assert_eq!(
        frappe_sync_model::StateStore::runs(&reads, 9)
            .map(|runs| runs.len())
            .ok(),
        Some(0)
    );
    let mapped = Sync::new(&pair, &names.mappings()[..3]).with_state(sync.state);
    let refused = mapped.try_apply(&plan).await;
    assert!(
        matches!(refused, Err(EngineError::Refused(PlanRefusal::Mappings))),
        "{refused:?}"
    );
    assert_eq!(pair.people.b.names(&names.customer).await.len(), 0);
    let untouched = pair.people.a.get(&names.customer, &customer(0)).await;
    assert_eq!(text(&untouched, "notes"), "note 0");
}

#[tokio::test]
async fn an_empty_plan_brings_nothing_over() {
    let (pair, names) = filled("Empty", 3, 1).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run_until_quiet().await;
    let plan = sync.plan().await;
    assert_eq!(plan.operations, []);
    note(&pair, &names, Side::A, 0..1, "since").await;
    let report = sync.apply(&plan).await;
    assert_eq!(
        (report.run.summary.writes(), report.not_in_plan),
        (0, 1),
        "{report:#?}"
    );
    assert_eq!(
        report.run.prediction.map(|score| score.percent),
        Some(100.0)
    );
}
