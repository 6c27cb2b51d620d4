//! Submits and cancels whose answer is lost happen once, and are never mistaken for somebody's edit.

use frappe_sync_engine::EngineError;
use frappe_sync_model::{RunOutcome, Side};
use frappe_sync_sandbox::{Action, Fault, Matcher, Method, Moment};
use frappe_sync_tests::{PairOptions, Sales, SitePair, Sync, text};
use serde_json::json;

use super::assert_stage;

/// A sale on both sides, as far as `docstatus` says, and one step further on side `a`.
async fn one_step(word: &str, docstatus: u8) -> (SitePair, Sales) {
    let pair = SitePair::sandbox(PairOptions::default()).await;
    let sales = Sales::install(&pair, word).await;
    sales.sell(&pair, Side::A, "S", docstatus).await;
    (pair, sales)
}

async fn go_on(pair: &SitePair, sales: &Sales, docstatus: u8) {
    let on_a = text(&sales.sale(pair, Side::A, "S").await, "name");
    let mut save = json!({ "docstatus": docstatus });
    if docstatus == 1 {
        save["terms"] = json!("14 days");
    }
    pair.people.a.update(&sales.sale, &on_a, save).await;
}

fn puts() -> Matcher {
    Matcher::writes().method(Method::Put)
}

#[tokio::test]
async fn a_step_whose_answer_was_lost_is_taken_once() {
    for docstatus in [1, 2] {
        for action in [
            Action::FailAfterWrite,
            Action::CutBody,
            Action::HtmlBadGateway { executed: true },
            Action::HtmlBadGateway { executed: false },
            Action::LoseRequest,
        ] {
            let (pair, sales) = one_step("Lost", docstatus - 1).await;
            let sync = Sync::new(&pair, &sales.mappings(""));
            sync.run().await;
            go_on(&pair, &sales, docstatus).await;
            let fault = Fault {
                matcher: puts(),
                action: action.clone(),
            };
            let ticket = pair.sandboxes().b.faults().push(fault);
            let report = sync.run().await;
            assert!(ticket.is_hit(), "{action:?}");
            assert_eq!(
                report.outcome,
                RunOutcome::Converged,
                "{action:?}: {report:#?}"
            );
            assert_eq!(
                (report.summary.conflict, report.parked.len()),
                (0, 0),
                "{report:#?}"
            );
            let [_, b] = assert_stage(&pair, &sales, "S", docstatus).await;
            assert_eq!(
                text(&b, "terms"),
                if docstatus == 1 { "14 days" } else { "30 days" }
            );
            sync.assert_equal().await;
            sync.assert_quiet().await;
        }
    }
}

#[tokio::test]
async fn killed_between_a_step_and_its_read_back_the_step_is_known_as_our_own() {
    for docstatus in [1, 2] {
        let (pair, sales) = one_step("Killed", docstatus - 1).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        sync.run().await;
        go_on(&pair, &sales, docstatus).await;
        // After the PUT, every read fails: the run ends as if it had been killed there.
        let faults = pair.sandboxes().b.faults().clone();
        pair.sandboxes()
            .b
            .faults()
            .interpose(puts(), Moment::After, move |_| {
                for _ in 0..20 {
                    let action = Action::HtmlBadGateway { executed: false };
                    faults.push(Fault {
                        matcher: Matcher::any(),
                        action,
                    });
                }
            });
        let failed = sync.try_run().await;
        let is_b = matches!(failed, Err(EngineError::Site { side: Side::B, .. }));
        assert!(is_b, "{failed:?}");
        pair.sandboxes().b.faults().clear();
        let report = sync.run().await;
        assert_eq!(
            (
                report.summary.writes(),
                report.summary.conflict,
                report.outcome
            ),
            (0, 0, RunOutcome::Converged),
            "{report:#?}"
        );
        assert_stage(&pair, &sales, "S", docstatus).await;
        sync.assert_equal().await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn killed_between_submit_and_cancel_the_next_run_goes_on() {
    let (pair, sales) = one_step("Halfway", 0).await;
    let sync = Sync::new(&pair, &sales.mappings(""));
    sync.run().await;
    for docstatus in [1, 2] {
        go_on(&pair, &sales, docstatus).await;
    }
    // The submit goes through; by the time of the cancel the site is down.
    let faults = pair.sandboxes().b.faults().clone();
    pair.sandboxes()
        .b
        .faults()
        .interpose(puts(), Moment::After, move |_| {
            for _ in 0..20 {
                let action = Action::Reject {
                    status: 503,
                    exc_type: "SessionStopped".to_owned(),
                    message: "the site is being updated".to_owned(),
                };
                let matcher = puts();
                faults.push(Fault { matcher, action });
            }
        });
    let broken = sync.try_run().await;
    assert!(broken.is_err(), "{broken:#?}");
    pair.sandboxes().b.faults().clear();
    assert_eq!(sales.sale(&pair, Side::B, "S").await["docstatus"], 1);
    let report = sync.run().await;
    assert_eq!(
        (report.summary.cancel, report.outcome),
        (1, RunOutcome::Converged),
        "{report:#?}"
    );
    assert_stage(&pair, &sales, "S", 2).await;
    sync.assert_equal().await;
    sync.assert_quiet().await;
}

#[tokio::test]
async fn a_submitted_create_whose_answer_was_lost_is_found() {
    for docstatus in [1, 2] {
        let (pair, sales) = one_step("Made", docstatus).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        let matcher = Matcher::writes().doctype(&sales.sale).method(Method::Post);
        let fault = Fault {
            matcher,
            action: Action::FailAfterWrite,
        };
        let ticket = pair.sandboxes().b.faults().push(fault);
        sync.run().await;
        assert!(ticket.is_hit());
        sync.run_until_quiet().await;
        assert_stage(&pair, &sales, "S", docstatus).await;
        assert_eq!(pair.people.b.names(&sales.sale).await.len(), 1);
        assert_eq!(pair.people.a.names(&sales.sale).await.len(), 1);
        sync.assert_equal().await;
        sync.assert_quiet().await;
    }
}

#[tokio::test]
async fn a_step_that_still_runs_when_it_is_repeated_finds_that_it_came_too_late() {
    for docstatus in [1, 2] {
        let (pair, sales) = one_step("Late", docstatus - 1).await;
        let sync = Sync::new(&pair, &sales.mappings(""));
        sync.run().await;
        go_on(&pair, &sales, docstatus).await;
        let action = Action::KeepRunning { millis: None };
        let matcher = puts();
        let still_running = pair.sandboxes().b.faults().push(Fault { matcher, action });
        let report = sync.run().await;
        assert!(still_running.is_hit());
        assert_eq!(report.outcome, RunOutcome::Converged, "{report:#?}");
        still_running.release();
        for _ in 0..3 {
            sync.assert_quiet().await;
        }
        assert_stage(&pair, &sales, "S", docstatus).await;
        sync.assert_equal().await;
    }
}
