//! Everything or nothing, and what commits on its way.

use serde_json::{Value, json};

use super::{create, exists, request, site};
use crate::{Hook, Method, Sandbox};

fn insert_many(sandbox: &Sandbox, docs: Value) -> u16 {
    let target = "/api/method/frappe.client.insert_many";
    sandbox
        .handle(&request(Method::Post, target, Some(json!({"docs": docs}))))
        .status
}

#[test]
fn a_failed_document_takes_the_whole_request_back() {
    let sandbox = site();
    sandbox.handle(&create("old"));
    let docs = json!([
        {"doctype": "Thing", "name": "one", "lines": [{"what": "a"}]},
        {"doctype": "Thing", "name": "old"},
    ]);
    assert_eq!(insert_many(&sandbox, docs), 409);
    assert!(!exists(&sandbox, "one"));
    assert_eq!(sandbox.len_of("Line"), 0);
}

#[test]
fn a_failed_save_takes_its_rows_and_its_counter_back() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    person
        .insert("DocType", json!({
            "name": "Counted", "module": "Custom", "custom": 1, "autoname": "C-.###",
            "fields": [{"fieldname": "title", "label": "Title", "fieldtype": "Data", "reqd": 1}],
        }))
        .unwrap();
    assert!(person.insert("Counted", json!({})).is_err());
    let first = person.insert("Counted", json!({"title": "x"})).unwrap();
    assert_eq!(first["name"], "C-001");
}

#[test]
fn a_custom_field_commits_what_came_before_it() {
    let sandbox = site();
    let docs = json!([
        {"doctype": "Thing", "name": "before"},
        {"doctype": "Custom Field", "dt": "Thing", "label": "Grade", "fieldtype": "Data"},
        {"doctype": "Thing", "name": "after", "twin": "nobody"},
    ]);
    assert_eq!(insert_many(&sandbox, docs), 417);
    assert!(exists(&sandbox, "before"));
    assert!(!exists(&sandbox, "after"));
}

#[test]
fn a_hook_can_commit_midway() {
    let sandbox = site();
    sandbox.add_hook("Thing", Hook::CommitsMidway);
    let docs = json!([
        {"doctype": "Thing", "name": "one"},
        {"doctype": "Thing", "name": "two", "twin": "nobody"},
    ]);
    assert_eq!(insert_many(&sandbox, docs), 417);
    assert!(exists(&sandbox, "one"));
}

#[test]
fn a_refused_definition_leaves_no_trace_in_the_metadata() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    let refused = person.insert("DocType", json!({
        "name": "Broken", "module": "Custom", "custom": 1,
        "fields": [{"fieldname": "to", "label": "To", "fieldtype": "Link", "options": "Nowhere"}],
    }));
    assert_eq!(
        refused.unwrap_err().exc_type,
        "WrongOptionsDoctypeLinkError"
    );
    assert_eq!(person.insert("Broken", json!({})).unwrap_err().status, 404);
}
