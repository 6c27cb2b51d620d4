//! What the page reads and orders, without a browser.

use serde_json::json;

use super::served::{Served, configure, until};
use crate::rehearsal::Rehearsal;

fn in_conflict(fields: &[(&str, [&str; 2])]) -> (Rehearsal, String) {
    let rehearsal = Rehearsal::new();
    rehearsal.map("conflict: manual\n");
    configure(&rehearsal, "", "");
    assert_eq!(rehearsal.line("run").code, 0);
    let name = rehearsal.customers()[0].clone();
    for (field, values) in fields {
        rehearsal.save_on_both(&name, field, *values);
    }
    assert_eq!(rehearsal.line("run").code, 3);
    (rehearsal, name)
}

#[test]
fn a_value_of_a_persons_own_stands_on_both_and_what_both_held_is_kept() {
    let (rehearsal, name) = in_conflict(&[("customer_details", ["one", "other"])]);
    let served = Served::start(&rehearsal);
    let waiting = served.get("/api/syncs/hq-branch/conflicts").json();
    let id = waiting["conflicts"][0]["id"].clone();
    let shown = served
        .get(&format!("/api/syncs/hq-branch/conflicts/{id}"))
        .json();
    assert_eq!(shown["values"], json!({ "a": "one", "b": "other" }));
    let order = json!({ "conflicts": [id], "take": { "value": "one and other" } });
    let answer = served.order("/api/syncs/hq-branch/conflicts/resolve", &order);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["resolved"][0]["outcome"], "done");
    let both = json!("one and other");
    assert_eq!(
        rehearsal.on_both(&name, "customer_details"),
        [both.clone(), both]
    );
    let kept = served
        .get("/api/syncs/hq-branch/conflicts?decided=true")
        .body;
    let listed = rehearsal.line("conflicts list --decided --json").report();
    assert_eq!(listed["conflicts"].as_array().unwrap().len(), 2, "{kept}");
    assert_eq!(
        rehearsal.line("conflicts list --json").report()["conflicts"],
        json!([])
    );
}

#[test]
fn many_are_decided_at_once_and_one_that_is_over_does_not_hold_up_the_rest() {
    let fields = [
        ("customer_details", ["one", "other"]),
        ("website", ["a.example", "b.example"]),
    ];
    let (rehearsal, name) = in_conflict(&fields);
    let served = Served::start(&rehearsal);
    let order = json!({ "conflicts": [1, 2, 77], "take": "b" });
    let answer = served
        .order("/api/syncs/hq-branch/conflicts/resolve", &order)
        .json();
    assert_eq!(answer["resolved"][0]["outcome"], "done");
    assert_eq!(answer["resolved"][1]["outcome"], "done");
    assert_eq!(answer["resolved"][2]["conflict"], 77);
    assert!(answer["resolved"][2]["error"]["message"].is_string());
    for (field, [_, b]) in fields {
        assert_eq!(rehearsal.on_both(&name, field), [json!(b), json!(b)]);
    }
}

#[test]
fn without_the_token_nothing_is_decided() {
    let (rehearsal, name) = in_conflict(&[("customer_details", ["one", "other"])]);
    let served = Served::start(&rehearsal);
    let order = json!({ "conflicts": [1], "take": "b" }).to_string();
    let json = "Content-Type: application/json\r\n";
    let path = "/api/syncs/hq-branch/conflicts/resolve";
    assert_eq!(served.ask("POST", path, json, &order).status, 401);
    let guessed = format!("{json}Authorization: Bearer guessed\r\n");
    assert_eq!(served.ask("POST", path, &guessed, &order).status, 401);
    assert_eq!(
        rehearsal.on_both(&name, "customer_details"),
        [json!("one"), json!("other")]
    );
}

#[test]
fn a_plan_and_a_documents_story_are_told() {
    let (rehearsal, name) = in_conflict(&[("customer_details", ["one", "other"])]);
    let served = Served::start(&rehearsal);
    let page = served.order("/api/syncs/hq-branch/plan", &json!({})).json();
    let page = served.get(page["page"].as_str().unwrap());
    assert_eq!(page.status, 200);
    assert!(page.body.contains("customer_details") && page.head.contains("frame-ancestors"));
    let name = name.replace(' ', "%20");
    let why = served.get(&format!(
        "/api/syncs/hq-branch/why?doctype=Customer&name={name}"
    ));
    assert_eq!(why.json()["format"], "frappe-sync/why@1");
    let nobody = served.get("/api/syncs/hq-branch/why?doctype=Customer&name=Nobody%20at%20all");
    assert_eq!(nobody.status, 404);
    assert_eq!(served.get("/api/syncs/other/parked").status, 404);
}

#[test]
fn a_parked_document_is_tried_again_when_a_person_asks() {
    let rehearsal = Rehearsal::new();
    configure(&rehearsal, "", "");
    assert_eq!(rehearsal.line("run").code, 0);
    rehearsal
        .branch
        .deny("sync@example.com", "Customer", &["create"]);
    rehearsal.new_customer("New One");
    assert_eq!(rehearsal.line("run").code, 3);
    let served = Served::start(&rehearsal);
    let parked = served.get("/api/syncs/hq-branch/parked").json();
    assert_eq!(parked["parked"][0]["name"], "New One");
    rehearsal.branch.allow("sync@example.com", "Customer");
    let order = json!({ "doctype": "Customer", "name": "New One" });
    assert_eq!(
        served
            .order("/api/syncs/hq-branch/parked/retry", &order)
            .status,
        202
    );
    until("it is there", || rehearsal.is_on_branch("New One"));
}
