//! What a delete, a rename and a restore leave, as far as no request shows it at once.

use serde_json::{Value, json};

use super::{exists, site};
use crate::{Person, Sandbox};

fn comments(person: &Person, name: &str) -> Vec<Value> {
    let filters = json!([
        ["reference_doctype", "=", "Thing"],
        ["reference_name", "=", name]
    ]);
    person.list("Comment", &["content"], filters).unwrap()
}

fn things(sandbox: &Sandbox, names: &[&str]) -> Person {
    let person = sandbox.as_user("sync@example.com");
    for name in names {
        person.insert("Thing", json!({"name": name})).unwrap();
    }
    person
}

#[test]
fn comments_go_with_their_document() {
    let sandbox = site();
    let person = things(&sandbox, &["a"]);
    person.rename("Thing", "a", "b & c").unwrap();
    let content = "renamed from <strong>a</strong> to <strong>b &amp; c</strong>";
    assert_eq!(comments(&person, "b & c"), [json!({"content": content})]);
    person.delete("Thing", "b & c").unwrap();
    assert!(comments(&person, "b & c").is_empty());
}

#[test]
fn a_comment_repeats_the_name_as_it_was_typed() {
    let sandbox = site();
    let person = things(&sandbox, &["Alpha"]);
    person.rename("Thing", "ALPHA", "beta").unwrap();
    let content = "renamed from <strong>ALPHA</strong> to <strong>beta</strong>";
    assert_eq!(comments(&person, "beta"), [json!({"content": content})]);
}

#[test]
fn a_person_restores_what_was_deleted() {
    let sandbox = site();
    let person = things(&sandbox, &["a"]);
    person.delete("Thing", "a").unwrap();
    let records = person
        .list("Deleted Document", &["name"], json!([]))
        .unwrap();
    let record = records[0]["name"].as_str().unwrap();
    assert_eq!(person.restore(record).unwrap(), "a");
    assert!(exists(&sandbox, "a"));
    assert_eq!(person.restore(record).unwrap_err().status, 417);
}
