//! Every fault, without a network.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use super::{answered, create, exists, read, request, site};
use crate::{Action, Fault, Matcher, Method, Moment, Outcome, RequestKind, Rule, Sandbox};

fn push(sandbox: &Sandbox, matcher: Matcher, action: Action) {
    sandbox.faults().push(Fault { matcher, action });
}

#[test]
fn a_lost_answer_leaves_the_document_and_a_lost_request_does_not() {
    let sandbox = site();
    push(&sandbox, Matcher::writes(), Action::FailAfterWrite);
    push(&sandbox, Matcher::writes(), Action::LoseRequest);
    assert_eq!(
        sandbox.exchange(&create("a")),
        Outcome::Lost { executed: true }
    );
    assert_eq!(
        sandbox.exchange(&create("b")),
        Outcome::Lost { executed: false }
    );
    assert!(exists(&sandbox, "a"));
    assert!(!exists(&sandbox, "b"));
    assert_eq!(answered(sandbox.exchange(&create("c"))).status, 200);
}

#[test]
fn a_request_that_runs_on_is_seen_late_and_stamped_early() {
    let sandbox = site();
    push(
        &sandbox,
        Matcher::writes(),
        Action::KeepRunning { millis: Some(2000) },
    );
    assert_eq!(
        sandbox.exchange(&create("late")),
        Outcome::Lost { executed: true }
    );
    sandbox.clock().advance(TimeDelta::seconds(1));
    let prompt = answered(sandbox.exchange(&create("prompt"))).value();
    assert!(!exists(&sandbox, "late"));
    sandbox.clock().advance(TimeDelta::seconds(1));
    let late = answered(sandbox.exchange(&read("late"))).value();
    assert!(late["data"]["modified"].as_str() < prompt["data"]["modified"].as_str());
}

#[test]
fn a_request_that_runs_on_can_be_released() {
    let sandbox = site();
    let ticket = sandbox.faults().push(Fault {
        matcher: Matcher::any(),
        action: Action::KeepRunning { millis: None },
    });
    sandbox.exchange(&create("late"));
    assert!(!exists(&sandbox, "late"));
    ticket.release();
    assert!(exists(&sandbox, "late"));
}

#[test]
fn somebody_can_act_between_two_requests() {
    let sandbox = site();
    sandbox.handle(&create("a"));
    let seen = sandbox.handle(&read("a")).value()["data"]["modified"].clone();
    sandbox.faults().interpose(
        Matcher::writes().doctype("Thing"),
        Moment::Before,
        |sandbox| {
            sandbox
                .as_user("Administrator")
                .update("Thing", "a", json!({"title": "theirs"}))
                .unwrap();
        },
    );
    let body = json!({"data": {"title": "ours", "modified": seen}});
    let put = request(Method::Put, "/api/resource/Thing/a", Some(body));
    let answer = answered(sandbox.exchange(&put));
    assert_eq!(answer.status, 417);
    assert_eq!(answer.value()["exc_type"], "TimestampMismatchError");
}

#[test]
fn a_held_request_waits_for_its_ticket() {
    let sandbox = site();
    let ticket = sandbox.faults().push(Fault {
        matcher: Matcher::writes(),
        action: Action::Hold,
    });
    let other = sandbox.clone();
    let client = std::thread::spawn(move || answered(other.exchange(&create("held"))).status);
    assert!(ticket.wait_until_hit(Duration::from_secs(10)));
    assert!(!exists(&sandbox, "held"));
    ticket.release();
    assert_eq!(client.join().unwrap(), 200);
    assert!(exists(&sandbox, "held"));
}

#[test]
fn an_answer_can_wait_although_the_work_is_done() {
    let sandbox = site();
    let ticket = sandbox.faults().push(Fault {
        matcher: Matcher::writes(),
        action: Action::HoldResponse,
    });
    let other = sandbox.clone();
    let client = std::thread::spawn(move || answered(other.exchange(&create("held"))).status);
    assert!(ticket.wait_until_hit(Duration::from_secs(10)));
    assert!(exists(&sandbox, "held"));
    drop(ticket);
    assert_eq!(client.join().unwrap(), 200);
}

#[test]
fn refusals_look_like_those_of_a_site_and_its_proxy() {
    let sandbox = site();
    push(&sandbox, Matcher::any(), Action::Deadlock);
    push(
        &sandbox,
        Matcher::any(),
        Action::TooManyRequests {
            retry_after: Some(7),
        },
    );
    push(
        &sandbox,
        Matcher::any(),
        Action::HtmlBadGateway { executed: false },
    );
    push(
        &sandbox,
        Matcher::any(),
        Action::Redirect {
            location: "/login".to_owned(),
        },
    );
    let rejected = Action::Reject {
        status: 417,
        exc_type: "ValidationError".to_owned(),
        message: "closed on Sundays".to_owned(),
    };
    push(&sandbox, Matcher::any(), rejected);

    let deadlock = answered(sandbox.exchange(&create("a")));
    assert_eq!(
        (deadlock.status, &deadlock.value()["exc_type"]),
        (500, &json!("QueryDeadlockError"))
    );
    let busy = answered(sandbox.exchange(&create("a")));
    assert_eq!((busy.status, busy.header("retry-after")), (429, Some("7")));
    let gateway = answered(sandbox.exchange(&create("a")));
    assert_eq!(gateway.status, 502);
    assert!(
        gateway
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    let elsewhere = answered(sandbox.exchange(&create("a")));
    assert_eq!(
        (elsewhere.status, elsewhere.header("location")),
        (302, Some("/login"))
    );
    let refused = answered(sandbox.exchange(&create("a")));
    assert_eq!(
        (refused.status, &refused.value()["exc_type"]),
        (417, &json!("ValidationError"))
    );
    assert!(!exists(&sandbox, "a"));
}

#[test]
fn answers_can_arrive_spoilt() {
    let sandbox = site();
    push(&sandbox, Matcher::any(), Action::CutBody);
    push(&sandbox, Matcher::any(), Action::WrongContentType);
    assert!(matches!(sandbox.exchange(&create("a")), Outcome::Cut(_)));
    let answer = answered(sandbox.exchange(&read("a")));
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
}

#[test]
fn the_script_is_first_in_first_out_and_counts_matches() {
    let sandbox = site();
    push(&sandbox, Matcher::writes().nth(2), Action::LoseRequest);
    push(&sandbox, Matcher::reads(), Action::LoseRequest);
    assert_eq!(answered(sandbox.exchange(&create("a"))).status, 200);
    assert_eq!(
        sandbox.exchange(&read("a")),
        Outcome::Lost { executed: false }
    );
    assert_eq!(
        sandbox.exchange(&create("b")),
        Outcome::Lost { executed: false }
    );
    assert_eq!(sandbox.faults().pending(), 0);
}

#[test]
fn a_slow_request_moves_a_manual_clock() {
    let sandbox = site();
    let before = sandbox.clock().now();
    push(&sandbox, Matcher::any(), Action::Slow { millis: 90_000 });
    sandbox.exchange(&read("a"));
    assert!(sandbox.clock().now() - before >= TimeDelta::seconds(90));
}

#[test]
fn rules_hit_by_chance_and_the_same_seed_hits_the_same() {
    let lost = |seed: u64| -> Vec<bool> {
        let sandbox = site();
        sandbox.faults().seed(seed);
        let matcher = Matcher::reads();
        sandbox.faults().add_rule(Rule {
            matcher,
            action: Action::LoseRequest,
            probability: 0.5,
        });
        (0..40)
            .map(|_| matches!(sandbox.exchange(&read("a")), Outcome::Lost { .. }))
            .collect()
    };
    let first = lost(1);
    assert_eq!(first, lost(1));
    assert_ne!(first, lost(2));
    assert!((5..36).contains(&first.iter().filter(|lost| **lost).count()));
}

#[test]
fn every_request_is_in_the_log() {
    let sandbox = site();
    push(&sandbox, Matcher::writes(), Action::LoseRequest);
    sandbox.exchange(&create("a"));
    sandbox.exchange(&read("a"));
    let list = json!({"doctype": "Thing", "limit_page_length": 5});
    sandbox.exchange(&request(
        Method::Post,
        "/api/method/frappe.client.get_list",
        Some(list),
    ));
    let many = json!({"docs": [{"doctype": "Thing", "name": "m"}]});
    sandbox.exchange(&request(
        Method::Post,
        "/api/method/frappe.client.insert_many",
        Some(many),
    ));

    let log = sandbox.requests();
    let kinds: Vec<RequestKind> = log.iter().map(|record| record.kind).collect();
    use RequestKind::{Read, Write};
    assert_eq!(kinds, [Write, Read, Read, Write]);
    assert_eq!(log[0].status, None);
    assert_eq!(log[1].status, Some(404));
    assert!(
        log.iter()
            .all(|record| record.doctype.as_deref() == Some("Thing"))
    );
    assert_eq!(log[3].detail, "frappe.client.insert_many of 1");
    assert_eq!(log[3].user, "sync@example.com");
    assert_eq!(sandbox.request_counts().total(), 4);
    sandbox.reset_requests();
    assert_eq!(sandbox.request_counts().total(), 0);
}

#[test]
fn faults_can_be_read_from_json() {
    let fault: Fault = serde_json::from_value(json!({
        "matcher": {"method": "POST", "doctype": "Thing", "kind": "write"},
        "action": {"kind": "keep_running", "millis": 500},
    }))
    .unwrap();
    let matcher = Matcher::writes().doctype("Thing").method(Method::Post);
    assert_eq!(
        fault,
        Fault {
            matcher,
            action: Action::KeepRunning { millis: Some(500) }
        }
    );
}
