//! What goes wrong on the way: lost answers, writes that still run, people who save in between, sites
//! that answer nonsense. Nothing is lost, nothing is made twice.

use std::time::Duration;

use frappe_sync_engine::EngineError;
use frappe_sync_model::{RunOutcome, Side, SiteErrorKind};
use frappe_sync_sandbox::{Action, Fault, Hook, Matcher, Method, Moment, Rewrite};
use frappe_sync_tests::{Names, PairOptions, SitePair, Sync, install, text};
use serde_json::json;

use crate::two_way::load;

async fn pair() -> (SitePair, Names) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let names = Names::new("F");
    install(&pair, &names).await;
    (pair, names)
}

fn creates() -> Matcher {
    Matcher::writes().path("insert_many")
}

fn push(
    pair: &SitePair,
    side: Side,
    matcher: Matcher,
    action: Action,
) -> frappe_sync_sandbox::Ticket {
    pair.sandboxes()[side]
        .faults()
        .push(Fault { matcher, action })
}

/// Both sides hold as many orders as there should be, each with its own remarks.
async fn assert_orders(pair: &SitePair, names: &Names, count: usize) {
    for side in Side::BOTH {
        let mut remarks: Vec<String> = pair.people[side]
            .list(&names.order, &["remarks"], json!([]))
            .await
            .iter()
            .map(|order| text(order, "remarks"))
            .collect();
        remarks.sort();
        assert_eq!(remarks.len(), count, "{side}: {remarks:?}");
        remarks.dedup();
        assert_eq!(
            remarks.len(),
            count,
            "{side}: something is there twice: {remarks:?}"
        );
    }
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_found_and_not_repeated() {
    for fault in [
        Action::FailAfterWrite,
        Action::CutBody,
        Action::HtmlBadGateway { executed: true },
    ] {
        let (pair, names) = pair().await;
        load(&pair, &names, 5, 12).await;
        // The groups below the root, customers and items each go in one; the fourth is the orders'.
        let orders = creates().nth(4);
        let ticket = push(&pair, Side::B, orders, fault.clone());
        let sync = Sync::new(&pair, &names.mappings());
        let report = sync.run().await;
        assert!(
            ticket.is_hit(),
            "{fault:?}: {:#?}",
            pair.sandboxes().b.requests()
        );
        assert_eq!(
            report.outcome,
            RunOutcome::Converged,
            "{fault:?}: {report:#?}"
        );
        assert_orders(&pair, &names, 12).await;
        sync.assert_equal().await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn a_create_that_still_runs_is_waited_for_across_runs() {
    let (pair, names) = pair().await;
    load(&pair, &names, 5, 12).await;
    let still_running = push(
        &pair,
        Side::B,
        creates().nth(4),
        Action::KeepRunning { millis: None },
    );
    let sync = Sync::new(&pair, &names.mappings());
    let report = sync.run().await;
    assert!(still_running.is_hit());
    assert_eq!(report.outcome, RunOutcome::Partial, "{report:#?}");
    assert_eq!(report.unknown.len(), 12, "{report:#?}");
    // Not found is no proof yet, so nothing is repeated.
    let report = sync.run().await;
    assert_eq!(
        (report.unknown.len(), report.summary.create),
        (12, 0),
        "{report:#?}"
    );

    still_running.release();
    while pair.people.b.names(&names.order).await.len() < 12 {
        tokio::task::yield_now().await;
    }
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_orders(&pair, &names, 12).await;
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_create_that_never_arrived_is_made_once_it_can_no_longer_be_running() {
    let (pair, names) = pair().await;
    load(&pair, &names, 5, 12).await;
    push(&pair, Side::B, creates().nth(4), Action::LoseRequest);
    let mut sync = Sync::new(&pair, &names.mappings());
    let report = sync.run().await;
    assert_eq!(
        (report.outcome, report.unknown.len()),
        (RunOutcome::Partial, 12),
        "{report:#?}"
    );
    // The time that a request can run has passed.
    sync.options.request_timeout.b = Duration::ZERO;
    let report = sync.run().await;
    assert_eq!(
        (report.outcome, report.summary.create),
        (RunOutcome::Converged, 12),
        "{report:#?}"
    );
    assert_orders(&pair, &names, 12).await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn an_update_whose_answer_was_lost_is_settled_and_is_no_edit_of_the_other_side() {
    for fault in [Action::FailAfterWrite, Action::LoseRequest] {
        let (pair, names) = pair().await;
        // The target rewrites what it is given, so that its value differs from what was sent.
        let hook = Hook::RewritesField {
            field: "notes".to_owned(),
            rewrite: Rewrite::Uppercase,
        };
        pair.sandboxes().b.add_hook(&names.customer, hook);
        let customer = json!({ "customer_name": "C", "notes": "first" });
        pair.people.a.insert(&names.customer, customer).await;
        let sync = Sync::new(&pair, &names.mappings());
        sync.run().await;
        pair.people
            .a
            .update(&names.customer, "C", json!({ "notes": "second" }))
            .await;
        let ticket = push(
            &pair,
            Side::B,
            Matcher::writes().method(Method::Put),
            fault.clone(),
        );
        let report = sync.run().await;
        assert!(ticket.is_hit());
        assert_eq!(
            report.outcome,
            RunOutcome::Converged,
            "{fault:?} {report:#?}"
        );
        assert_eq!(report.summary.conflict, 0, "{fault:?} {report:#?}");
        let (a, b) = (
            pair.people.a.get(&names.customer, "C").await,
            pair.people.b.get(&names.customer, "C").await,
        );
        assert_eq!(
            (text(&a, "notes"), text(&b, "notes")),
            ("second".into(), "SECOND".into())
        );
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn killed_between_write_and_read_back_our_own_rewritten_value_is_no_edit() {
    let (pair, names) = pair().await;
    let hook = Hook::RewritesField {
        field: "notes".to_owned(),
        rewrite: Rewrite::Uppercase,
    };
    pair.sandboxes().b.add_hook(&names.customer, hook);
    pair.people
        .a
        .insert(
            &names.customer,
            json!({ "customer_name": "C", "notes": "first" }),
        )
        .await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run().await;
    pair.people
        .a
        .update(&names.customer, "C", json!({ "notes": "second" }))
        .await;
    // After the PUT, every read fails: the run ends as if it had been killed there.
    let faults = pair.sandboxes().b.faults().clone();
    pair.sandboxes().b.faults().interpose(
        Matcher::writes().method(Method::Put),
        Moment::After,
        move |_| {
            for _ in 0..20 {
                let action = Action::HtmlBadGateway { executed: false };
                faults.push(Fault {
                    matcher: Matcher::any(),
                    action,
                });
            }
        },
    );
    let failed = sync.try_run().await;
    assert!(
        matches!(failed, Err(EngineError::Site { side: Side::B, .. })),
        "{failed:?}"
    );
    pair.sandboxes().b.faults().clear();
    let report = sync.run().await;
    assert_eq!(
        (report.summary.conflict, report.outcome),
        (0, RunOutcome::Converged),
        "{report:#?}"
    );
    let (a, b) = (
        pair.people.a.get(&names.customer, "C").await,
        pair.people.b.get(&names.customer, "C").await,
    );
    assert_eq!(
        (text(&a, "notes"), text(&b, "notes")),
        ("second".into(), "SECOND".into())
    );
    sync.assert_quiet().await;
}

#[tokio::test]
async fn an_edit_between_our_read_and_our_write_is_never_overwritten() {
    let (pair, names) = pair().await;
    let customer = json!({ "customer_name": "C", "notes": "0", "phone": "0" });
    pair.people.a.insert(&names.customer, customer).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run().await;
    pair.people
        .a
        .update(&names.customer, "C", json!({ "notes": "from a" }))
        .await;
    // Our PUT is held until a person has saved the same document.
    let held = push(
        &pair,
        Side::B,
        Matcher::writes().method(Method::Put),
        Action::Hold,
    );
    let (report, ()) = futures::future::join(sync.run(), async {
        while !held.is_hit() {
            tokio::task::yield_now().await;
        }
        pair.people
            .b
            .update(&names.customer, "C", json!({ "phone": "from a person" }))
            .await;
        held.release();
    })
    .await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    for side in Side::BOTH {
        let there = pair.people[side].get(&names.customer, "C").await;
        assert_eq!(text(&there, "notes"), "from a", "{side}");
        assert_eq!(text(&there, "phone"), "from a person", "{side}");
    }
    sync.assert_quiet().await;
}

#[tokio::test]
async fn an_edit_between_our_write_and_our_read_back_is_taken_as_the_edit_that_it_is() {
    let (pair, names) = pair().await;
    let customer = json!({ "customer_name": "C", "notes": "0", "phone": "0" });
    pair.people.a.insert(&names.customer, customer).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run().await;
    pair.people
        .a
        .update(&names.customer, "C", json!({ "notes": "from a" }))
        .await;
    let doctype = names.customer.clone();
    pair.sandboxes().b.faults().interpose(
        Matcher::writes().method(Method::Put),
        Moment::After,
        move |site| {
            let person = site.as_user("person@example.com");
            let saved = person.update(&doctype, "C", json!({ "phone": "from a person" }));
            assert!(saved.is_ok(), "{saved:?}");
        },
    );
    sync.run().await;
    sync.run_until_quiet().await;
    for side in Side::BOTH {
        let there = pair.people[side].get(&names.customer, "C").await;
        assert_eq!(
            (text(&there, "notes"), text(&there, "phone")),
            ("from a".into(), "from a person".into()),
            "{side}"
        );
    }
    sync.assert_equal().await;
}

#[tokio::test]
async fn a_silent_write_is_compared_by_value_before_anything_is_written_over_it() {
    let (pair, names) = pair().await;
    let customer = json!({ "customer_name": "C", "notes": "0", "phone": "0" });
    pair.people.a.insert(&names.customer, customer).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run().await;
    let silent = pair
        .sandboxes()
        .b
        .silent_set(&names.customer, "C", json!({ "phone": "silent" }));
    assert!(silent.is_ok(), "{silent:?}");
    pair.people
        .a
        .update(&names.customer, "C", json!({ "notes": "from a" }))
        .await;
    sync.run().await;
    for side in Side::BOTH {
        let there = pair.people[side].get(&names.customer, "C").await;
        assert_eq!(
            (text(&there, "notes"), text(&there, "phone")),
            ("from a".into(), "silent".into()),
            "{side}"
        );
    }
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_site_that_is_busy_or_deadlocked_is_asked_again() {
    let (pair, names) = pair().await;
    load(&pair, &names, 5, 12).await;
    push(
        &pair,
        Side::A,
        Matcher::reads().nth(4),
        Action::TooManyRequests {
            retry_after: Some(0),
        },
    );
    push(
        &pair,
        Side::A,
        Matcher::reads().nth(9),
        Action::HtmlBadGateway { executed: false },
    );
    push(&pair, Side::A, Matcher::reads().nth(12), Action::CutBody);
    push(&pair, Side::B, Matcher::writes().nth(2), Action::Deadlock);
    push(
        &pair,
        Side::B,
        Matcher::writes().nth(3),
        Action::TooManyRequests { retry_after: None },
    );
    let sync = Sync::new(&pair, &names.mappings());
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_eq!(
        pair.sandboxes().a.faults().pending() + pair.sandboxes().b.faults().pending(),
        0
    );
    assert_orders(&pair, &names, 12).await;
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn what_is_no_frappe_answer_ends_the_run_with_its_cause_and_loses_nothing() {
    let (pair, names) = pair().await;
    load(&pair, &names, 5, 12).await;
    let sync = Sync::new(&pair, &names.mappings());
    let nonsense = [
        (
            Action::Redirect {
                location: "https://elsewhere.example.com/".into(),
            },
            "redirect",
        ),
        (Action::WrongContentType, "HTML"),
        (Action::CutBody, "body"),
    ];
    for (action, _word) in nonsense {
        for nth in [1, 2, 7, 9] {
            for _ in 0..3 {
                let matcher = Matcher::reads().nth(nth);
                push(&pair, Side::B, matcher, action.clone());
            }
            match sync.try_run().await {
                Err(EngineError::Site { source, .. }) => {
                    let expected = matches!(
                        source.kind,
                        SiteErrorKind::NotFrappe | SiteErrorKind::Unreachable
                    );
                    assert!(expected, "{action:?}: {source:?}");
                    assert!(!source.message.is_empty());
                }
                // A single one is tried again, and passes.
                Ok(report) => assert_eq!(report.outcome, RunOutcome::Converged, "{action:?}"),
                Err(other) => panic!("{action:?}: {other:?}"),
            }
            pair.sandboxes().b.faults().clear();
        }
    }
    sync.run().await;
    assert_orders(&pair, &names, 12).await;
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_chunk_in_which_a_document_committed_by_itself_is_looked_up_before_it_is_halved() {
    let (pair, names) = pair().await;
    load(&pair, &names, 5, 12).await;
    pair.sandboxes()
        .b
        .add_hook(&names.order, Hook::CommitsMidway);
    let refuses = Hook::RefusesWhen {
        field: "remarks".to_owned(),
        value: "order 7".to_owned(),
        message: "not this one".to_owned(),
    };
    pair.sandboxes().b.add_hook(&names.order, refuses);
    let sync = Sync::new(&pair, &names.mappings());
    let report = sync.run().await;
    assert_eq!(report.parked.len(), 1, "{report:#?}");
    assert!(
        report.parked[0].message.contains("not this one"),
        "{report:#?}"
    );
    pair.sandboxes().b.clear_hooks();
    let report = sync.run().await;
    assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
    assert_orders(&pair, &names, 12).await;
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn what_a_site_makes_of_a_value_stays_its_own_and_does_not_travel_back() {
    let (pair, names) = pair().await;
    for (side, rewrite) in [
        (Side::A, Rewrite::Append(" (a)".into())),
        (Side::B, Rewrite::Uppercase),
    ] {
        let hook = Hook::RewritesField {
            field: "notes".to_owned(),
            rewrite,
        };
        pair.sandboxes()[side].add_hook(&names.customer, hook);
        pair.sandboxes()[side].add_hook(&names.item, Hook::BumpsModifiedAfterSave);
    }
    load(&pair, &names, 5, 3).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run().await;
    sync.run_until_quiet().await;
    pair.people
        .b
        .update(
            &names.customer,
            "Customer 00001",
            json!({ "notes": "by b" }),
        )
        .await;
    sync.run_until_quiet().await;
    let (a, b) = (
        pair.people.a.get(&names.customer, "Customer 00001").await,
        pair.people.b.get(&names.customer, "Customer 00001").await,
    );
    assert_eq!(
        (text(&a, "notes"), text(&b, "notes")),
        ("BY B (a)".into(), "BY B".into())
    );
    sync.assert_quiet().await;
}

#[tokio::test]
async fn what_a_hook_makes_by_itself_is_adopted_and_not_made_twice() {
    let (pair, names) = pair().await;
    // On both sites a customer makes its own order; orders have no identity but their content.
    let values = json!({
        "customer": "{name}", "remarks": "welcome {name}", "items": [], "order_date": "2026-03-01",
    });
    let values = values.as_object().cloned().unwrap_or_default();
    for side in Side::BOTH {
        let hook = Hook::MakesDocument {
            doctype: names.order.clone(),
            values: values.clone(),
            when: None,
        };
        pair.sandboxes()[side].add_hook(&names.customer, hook);
    }
    for index in 0..4 {
        let customer = json!({ "customer_name": format!("C{index}") });
        pair.people.a.insert(&names.customer, customer).await;
    }
    let sync = Sync::new(&pair, &names.mappings());
    sync.run().await;
    sync.run_until_quiet().await;
    assert_orders(&pair, &names, 4).await;
    sync.assert_equal().await;
}

#[tokio::test]
async fn a_column_that_vanishes_with_a_role_is_unknown_and_not_empty() {
    let (pair, names) = pair().await;
    let customer = json!({ "customer_name": "C", "notes": "kept", "phone": "0" });
    pair.people.a.insert(&names.customer, customer).await;
    let sync = Sync::new(&pair, &names.mappings());
    sync.run().await;
    let hidden = pair
        .sandboxes()
        .a
        .set_permlevel(&names.customer, "notes", 1);
    assert!(hidden.is_ok(), "{hidden:?}");
    pair.people
        .a
        .update(&names.customer, "C", json!({ "phone": "1" }))
        .await;
    let report = sync.run().await;
    assert!(
        report.notes.iter().any(|note| note.kind == "unseen_field"),
        "{report:#?}"
    );
    let there = pair.people.b.get(&names.customer, "C").await;
    assert_eq!(
        (text(&there, "notes"), text(&there, "phone")),
        ("kept".into(), "1".into())
    );
}
