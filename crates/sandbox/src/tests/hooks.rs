//! What apps do beside what they are asked for.

use serde_json::{Value, json};

use super::site;
use crate::{Hook, Rewrite};

#[test]
fn a_document_can_make_another_one_with_rows() {
    let sandbox = site();
    let hook: Hook = serde_json::from_value(json!({
        "kind": "makes_document",
        "doctype": "Thing",
        "when": "code",
        "values": {"name": "contact of {name}", "title": "{title}", "twin": "{name}", "lines": [{"what": "{code}"}]},
    }))
    .unwrap();
    sandbox.add_hook("Thing", hook);
    let person = sandbox.as_user("sync@example.com");
    person.insert("Thing", json!({"name": "plain"})).unwrap();
    assert_eq!(sandbox.len_of("Thing"), 1);
    person
        .insert(
            "Thing",
            json!({"name": "coded", "title": "T", "code": "c1"}),
        )
        .unwrap();
    let made = person.get("Thing", "contact of coded").unwrap();
    assert_eq!(
        (&made["title"], &made["twin"]),
        (&json!("T"), &json!("coded"))
    );
    assert_eq!(made["owner"], "sync@example.com");
    assert_eq!(made["lines"][0]["what"], "c1");
}

#[test]
fn a_hook_that_fails_takes_the_document_back() {
    let sandbox = site();
    let values = json!({"name": "x", "twin": "nobody"})
        .as_object()
        .unwrap()
        .clone();
    sandbox.add_hook(
        "Thing",
        Hook::MakesDocument {
            doctype: "Thing".to_owned(),
            values,
            when: None,
        },
    );
    let refused = sandbox
        .as_user("Administrator")
        .insert("Thing", json!({"name": "a"}));
    assert_eq!(refused.unwrap_err().exc_type, "LinkValidationError");
    assert_eq!(sandbox.len_of("Thing"), 0);
}

#[test]
fn fields_are_rewritten_on_every_save() {
    let sandbox = site();
    let rewrite = |field: &str, rewrite| Hook::RewritesField {
        field: field.to_owned(),
        rewrite,
    };
    sandbox.add_hook("Thing", rewrite("title", Rewrite::Uppercase));
    sandbox.add_hook("Thing", rewrite("title", Rewrite::Append("!".to_owned())));
    let person = sandbox.as_user("Administrator");
    assert_eq!(
        person
            .insert("Thing", json!({"name": "a", "title": "ab"}))
            .unwrap()["title"],
        "AB!"
    );
    assert_eq!(
        person.update("Thing", "a", json!({"title": "cd"})).unwrap()["title"],
        "CD!"
    );
    assert_eq!(
        person.update("Thing", "a", json!({"title": null})).unwrap()["title"],
        Value::Null
    );
}

#[test]
fn the_stored_stamp_can_be_later_than_the_answered_one() {
    let sandbox = site();
    sandbox.add_hook("Thing", Hook::BumpsModifiedAfterSave);
    let answer = sandbox.handle(&super::create("a")).value();
    let found = sandbox.handle(&super::read("a")).value();
    assert!(found["data"]["modified"].as_str() > answer["data"]["modified"].as_str());
}

#[test]
fn a_value_can_be_refused() {
    let sandbox = site();
    sandbox.add_hook(
        "Thing",
        Hook::RefusesWhen {
            field: "title".to_owned(),
            value: "bad".to_owned(),
            message: "not this one".to_owned(),
        },
    );
    let person = sandbox.as_user("Administrator");
    let refused = person
        .insert("Thing", json!({"name": "a", "title": "bad"}))
        .unwrap_err();
    assert_eq!(
        (refused.status, refused.message.as_str()),
        (417, "not this one")
    );
    sandbox.clear_hooks();
    assert!(
        person
            .insert("Thing", json!({"name": "a", "title": "bad"}))
            .is_ok()
    );
}
