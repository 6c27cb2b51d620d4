//! Rights and levels, and what is left of a document without them.

use serde_json::{Value, json};

use super::{read, request, site, site_of};
use crate::{Method, Profile, Sandbox};

fn with_note(sandbox: &Sandbox) {
    let person = sandbox.as_user("Administrator");
    person
        .insert("Thing", json!({"name": "a", "secret_note": "psst"}))
        .unwrap();
}

fn listed(sandbox: &Sandbox) -> Value {
    let body = json!({"doctype": "Thing", "fields": ["name", "secret_note"]});
    let list = request(
        Method::Post,
        "/api/method/frappe.client.get_list",
        Some(body),
    );
    sandbox.handle(&list).value()["message"][0].clone()
}

#[test]
fn a_column_vanishes_with_the_role_that_reads_its_level() {
    let sandbox = site();
    with_note(&sandbox);
    assert_eq!(
        listed(&sandbox),
        json!({"name": "a", "secret_note": "psst"})
    );
    sandbox.take_role("sync@example.com", "Chief").unwrap();
    assert_eq!(listed(&sandbox), json!({"name": "a"}));
    assert!(
        sandbox.handle(&read("a")).value()["data"]
            .get("secret_note")
            .is_none()
    );
    sandbox.give_role("sync@example.com", "Chief").unwrap();
    assert_eq!(listed(&sandbox)["secret_note"], "psst");
}

#[test]
fn frappe_14_shows_the_level_in_single_reads() {
    let sandbox = site_of(Profile::V14);
    with_note(&sandbox);
    sandbox.take_role("sync@example.com", "Chief").unwrap();
    assert_eq!(listed(&sandbox), json!({"name": "a"}));
    assert_eq!(
        sandbox.handle(&read("a")).value()["data"]["secret_note"],
        "psst"
    );
}

#[test]
fn a_field_can_be_moved_to_another_level() {
    let sandbox = site();
    sandbox
        .as_user("Administrator")
        .insert("Thing", json!({"name": "a", "title": "t"}))
        .unwrap();
    sandbox.set_permlevel("Thing", "title", 2).unwrap();
    assert!(
        sandbox.handle(&read("a")).value()["data"]
            .get("title")
            .is_none()
    );
    let put = request(
        Method::Put,
        "/api/resource/Thing/a",
        Some(json!({"data": {"title": "x"}})),
    );
    assert_eq!(sandbox.handle(&put).status, 200);
    assert_eq!(
        sandbox.as_user("Administrator").get("Thing", "a").unwrap()["title"],
        "t"
    );
}

#[test]
fn rights_can_be_taken_one_by_one() {
    let sandbox = site();
    with_note(&sandbox);
    sandbox.deny("sync@example.com", "Thing", &["write"]);
    let put = request(
        Method::Put,
        "/api/resource/Thing/a",
        Some(json!({"data": {"title": "x"}})),
    );
    assert_eq!(sandbox.handle(&put).status, 403);
    assert_eq!(sandbox.handle(&read("a")).status, 200);
    sandbox.deny("sync@example.com", "Thing", &[]);
    assert_eq!(sandbox.handle(&read("a")).status, 403);
    let list = request(Method::Get, "/api/resource/Thing", None);
    assert_eq!(sandbox.handle(&list).status, 403);
    sandbox.allow("sync@example.com", "Thing");
    assert_eq!(sandbox.handle(&put).status, 200);
}

#[test]
fn rights_can_be_for_own_documents_alone() {
    let sandbox = site();
    let person = sandbox.as_user("Administrator");
    person
        .insert("DocType", json!({
            "name": "Diary", "module": "Custom", "custom": 1, "autoname": "Prompt", "fields": [],
            "permissions": [{"role": "System Manager", "if_owner": 1}],
        }))
        .unwrap();
    person.insert("Diary", json!({"name": "theirs"})).unwrap();
    let user = sandbox.as_user("sync@example.com");
    user.insert("Diary", json!({"name": "ours"})).unwrap();
    assert_eq!(
        user.list("Diary", &["name"], Value::Null).unwrap(),
        [json!({"name": "ours"})]
    );
    assert_eq!(user.get("Diary", "theirs").unwrap_err().status, 403);
}
