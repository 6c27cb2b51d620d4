//! A restored backup is the site as it was.

use serde_json::json;

use super::{exists, site};

#[test]
fn a_restored_backup_forgets_what_came_after_and_brings_back_what_went() {
    let sandbox = site();
    let person = sandbox.as_user("sync@example.com");
    person
        .insert("Thing", json!({"name": "a", "title": "before"}))
        .unwrap();
    person.insert("Thing", json!({"name": "b"})).unwrap();
    let before = person.get("Thing", "a").unwrap();
    let backup = sandbox.backup();

    person
        .update("Thing", "a", json!({"title": "after"}))
        .unwrap();
    person.delete("Thing", "b").unwrap();
    person.insert("Thing", json!({"name": "c"})).unwrap();
    person
        .insert(
            "Custom Field",
            json!({"dt": "Thing", "label": "Later", "fieldname": "later", "fieldtype": "Data"}),
        )
        .unwrap();

    sandbox.restore_backup(&backup);
    assert_eq!(person.get("Thing", "a").unwrap(), before);
    assert!(exists(&sandbox, "b") && !exists(&sandbox, "c"));
    assert_eq!(person.list("Thing", &["name"], json!([])).unwrap().len(), 2);
    person.insert("Thing", json!({"name": "c"})).unwrap();
    sandbox.restore_backup(&backup);
    assert!(!exists(&sandbox, "c"));
}
