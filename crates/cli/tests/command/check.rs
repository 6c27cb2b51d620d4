//! `check`: each kind of finding, provoked once, with what it says is to be done.

use frappe_sync_sandbox::{Action, Fault, Matcher};
use serde_json::{Value, json};

use crate::rehearsal::{Rehearsal, person};

const SYNC_USER: &str = "sync@example.com";

/// Returns the level and the remedy of the one finding whose message holds `words`.
fn found(rehearsal: &Rehearsal, words: &str) -> (String, String) {
    let checked = rehearsal.line("check --json");
    let report = checked.report();
    let findings = report["findings"].as_array().unwrap();
    let matching: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["message"].as_str().unwrap().contains(words))
        .collect();
    assert_eq!(matching.len(), 1, "{words}: {findings:#?}");
    let text = |key: &str| matching[0][key].as_str().unwrap_or_default().to_owned();
    let level = text("level");
    assert!(level == "ok" || !text("remedy").is_empty(), "{findings:#?}");
    (level, text("remedy"))
}

fn assert_warned(rehearsal: &Rehearsal, words: &str, remedy: &str) {
    let (level, told) = found(rehearsal, words);
    assert_eq!(level, "warn", "{words}");
    assert!(told.contains(remedy), "{told}");
}

fn assert_failed(rehearsal: &Rehearsal, words: &str, remedy: &str) {
    let (level, told) = found(rehearsal, words);
    assert_eq!(level, "fail", "{words}");
    assert!(told.contains(remedy), "{told}");
    assert_eq!(rehearsal.line("check").code, 12);
}

fn custom_field(field: &str, fieldtype: &str, more: Value) -> Value {
    let mut custom =
        json!({"dt": "Customer", "fieldname": field, "label": field, "fieldtype": fieldtype});
    custom
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().cloned().unwrap());
    custom
}

fn setter(field: &str, property: &str, kind: &str, value: &str) -> Value {
    json!({
        "doctype_or_field": "DocField", "doc_type": "Customer", "field_name": field,
        "property": property, "property_type": kind, "value": value,
    })
}

#[test]
fn a_permission_is_needed_only_where_the_mapping_uses_it() {
    let rehearsal = Rehearsal::new();
    rehearsal.branch.deny(SYNC_USER, "Customer", &["delete"]);
    assert_eq!(rehearsal.line("check").code, 0);
    rehearsal.map("deletes: propagate\n");
    assert_failed(
        &rehearsal,
        "our user may not delete `Customer`",
        "Role Permissions Manager",
    );
}

#[test]
fn submitting_and_cancelling_need_their_own_permissions() {
    let rehearsal = Rehearsal::new();
    rehearsal.add_mapping("sales_order", "doctype: Sales Order\nidentity: create\n");
    rehearsal
        .branch
        .deny(SYNC_USER, "Sales Order", &["submit", "cancel"]);
    assert_failed(
        &rehearsal,
        "our user may not submit, cancel `Sales Order`",
        "Role Permissions Manager",
    );
}

#[test]
fn a_field_that_one_site_lacks_is_named() {
    let rehearsal = Rehearsal::new();
    let field = custom_field("rank", "Data", json!({}));
    person(&rehearsal.hq).insert("Custom Field", field).unwrap();
    assert_warned(
        &rehearsal,
        "`branch` has no field `rank`, so it stays on `hq`",
        "as a Custom Field",
    );
}

#[test]
fn a_field_of_another_type_is_named() {
    let rehearsal = Rehearsal::new();
    let field = |fieldtype| custom_field("rank", fieldtype, json!({}));
    person(&rehearsal.hq)
        .insert("Custom Field", field("Int"))
        .unwrap();
    person(&rehearsal.branch)
        .insert("Custom Field", field("Date"))
        .unwrap();
    assert_warned(
        &rehearsal,
        "`rank` is `Int` on `hq` and `Date` on `branch`",
        "make the two fields alike",
    );
}

#[test]
fn choices_that_the_other_site_refuses_are_named() {
    let rehearsal = Rehearsal::new();
    let options = "Company\nIndividual\nPartnership\nTrust";
    let setter = setter("customer_type", "options", "Text", options);
    person(&rehearsal.hq)
        .insert("Property Setter", setter)
        .unwrap();
    assert_warned(
        &rehearsal,
        "`customer_type` can be `Trust` on `hq`, which `branch` refuses",
        "add it to the options of the field on `branch`",
    );
}

#[test]
fn a_shorter_a_mandatory_and_a_unique_field_are_named() {
    let rehearsal = Rehearsal::new();
    let hq = person(&rehearsal.hq);
    let branch = person(&rehearsal.branch);
    hq.insert(
        "Custom Field",
        custom_field("motto", "Small Text", json!({})),
    )
    .unwrap();
    branch
        .insert("Custom Field", custom_field("motto", "Data", json!({})))
        .unwrap();
    let unique = custom_field("code", "Data", json!({"unique": 1}));
    hq.insert("Custom Field", custom_field("code", "Data", json!({})))
        .unwrap();
    branch.insert("Custom Field", unique).unwrap();
    branch
        .insert("Property Setter", setter("tax_id", "reqd", "Check", "1"))
        .unwrap();
    assert_warned(
        &rehearsal,
        "`motto` takes 65535 characters on `hq` and 140 characters on `branch`",
        "make the field on `branch` as long",
    );
    assert_warned(
        &rehearsal,
        "`tax_id` is mandatory on `branch` and may be empty on `hq`",
        "make it mandatory on `hq` too",
    );
    assert_warned(
        &rehearsal,
        "`code` is unique on `branch` and not on `hq`",
        "make it unique on `hq` too",
    );
}

#[test]
fn a_mandatory_field_that_gets_no_value_is_named() {
    let rehearsal = Rehearsal::new();
    let field = custom_field("licence", "Data", json!({"reqd": 1}));
    person(&rehearsal.branch)
        .insert("Custom Field", field)
        .unwrap();
    assert_warned(
        &rehearsal,
        "`licence` is mandatory on `branch` and gets no value: the other side has no such field",
        "give it a default on the site",
    );
}

#[test]
fn a_counter_that_runs_on_both_sites_is_named() {
    let rehearsal = Rehearsal::new();
    rehearsal.add_mapping(
        "employee",
        "doctype: Employee\nidentity: name\nshared_names: true\n",
    );
    assert_warned(
        &rehearsal,
        "`hq` and `branch` both count `HR-EMP-.#####`",
        "Document Naming Settings",
    );
}

#[test]
fn what_links_without_a_mapping_name_must_be_on_both_sites() {
    let rehearsal = Rehearsal::new();
    let (level, _) = found(&rehearsal, "hold the same names on both sites");
    assert_eq!(level, "ok");
    let group = json!({"customer_group_name": "Wholesale"});
    person(&rehearsal.hq)
        .insert("Customer Group", group)
        .unwrap();
    assert_warned(
        &rehearsal,
        "`branch` lacks `Wholesale`, which `hq` has; no mapping covers `Customer Group`",
        "map `Customer Group` too, or make them on `branch`",
    );
    rehearsal
        .branch
        .deny(SYNC_USER, "Customer Group", &["read", "select"]);
    assert_warned(
        &rehearsal,
        "the documents on `branch` cannot be listed",
        "give a role of the user read on `Customer Group`",
    );
}

#[test]
fn what_acts_on_saves_is_named_and_what_is_disabled_is_not() {
    let rehearsal = Rehearsal::new();
    rehearsal
        .branch
        .give_role(SYNC_USER, "Script Manager")
        .unwrap();
    let (level, _) = found(
        &rehearsal,
        "no notification, webhook, script or assignment rule acts",
    );
    assert_eq!(level, "ok");
    let branch = person(&rehearsal.branch);
    let notification = |name: &str, enabled: u8| json!({"name": name, "document_type": "Customer", "event": "New", "enabled": enabled});
    branch
        .insert("Notification", notification("Welcome", 1))
        .unwrap();
    branch
        .insert("Notification", notification("Asleep", 0))
        .unwrap();
    let webhook = json!({
        "name": "To the shop", "webhook_doctype": "Customer", "webhook_docevent": "on_update",
        "request_url": "https://shop.example.com",
    });
    branch.insert("Webhook", webhook).unwrap();
    let script = json!({
        "name": "Tidy up", "script_type": "DocType Event", "reference_doctype": "Customer",
        "doctype_event": "Before Save", "script": "doc.website = ''",
    });
    branch.insert("Server Script", script).unwrap();
    let rule = json!({
        "name": "To Ann", "document_type": "Customer", "assign_condition": "True", "rule": "Round Robin",
        "assignment_days": [{"day": "Monday"}],
    });
    branch.insert("Assignment Rule", rule).unwrap();
    for (words, remedy) in [
        (
            "when the sync saves `Customer` (New), Notification `Welcome` tells people, by mail for example",
            "`doc.modified_by != \"sync@example.com\"`",
        ),
        (
            "when the sync saves `Customer` (on_update), Webhook `To the shop` calls another program",
            "unless the other program is to know of it",
        ),
        (
            "when the sync saves `Customer` (Before Save), Server Script `Tidy up` runs a script",
            "comes back as a change of that site",
        ),
        (
            "when the sync saves `Customer`, Assignment Rule `To Ann` assigns it to somebody, who is told by mail",
            "disable it for the first run",
        ),
    ] {
        assert_warned(&rehearsal, words, remedy);
    }
    let told = rehearsal.line("check").stdout;
    assert!(!told.contains("Asleep"), "{told}");
}

#[test]
fn lists_that_our_user_may_not_read_are_named() {
    let rehearsal = Rehearsal::new();
    for site in [&rehearsal.hq, &rehearsal.branch] {
        site.give_role(SYNC_USER, "Script Manager").unwrap();
    }
    rehearsal.branch.deny(SYNC_USER, "Notification", &[]);
    rehearsal.branch.deny(SYNC_USER, "Webhook", &[]);
    assert_warned(
        &rehearsal,
        "our user may not read `Notification` and `Webhook`",
        "look through these lists of the site",
    );
}

#[test]
fn traces_that_our_user_may_not_read_are_told() {
    let rehearsal = Rehearsal::new();
    rehearsal.branch.deny(SYNC_USER, "Deleted Document", &[]);
    let (level, _) = found(&rehearsal, "our user may not read `Deleted Document`");
    assert_eq!(level, "ok", "no mapping carries deletes over");
    rehearsal.map("deletes: propagate\n");
    assert_warned(
        &rehearsal,
        "our user may not read `Deleted Document`: a delete is only found by the next sweep",
        "set a shorter `sweep`",
    );
    rehearsal.branch.deny(SYNC_USER, "Comment", &[]);
    assert_warned(
        &rehearsal,
        "a rename is only found by the next sweep",
        "read on `Comment`",
    );
}

#[test]
fn a_clock_that_is_off_and_a_limit_that_was_seen_are_told() {
    let rehearsal = Rehearsal::new();
    rehearsal.branch.set_skew(chrono::TimeDelta::minutes(-7));
    assert_warned(&rehearsal, "behind of ours", "set the clocks by NTP");
    rehearsal.hq.faults().push(Fault {
        matcher: Matcher::any().nth(1),
        action: Action::TooManyRequests {
            retry_after: Some(0),
        },
    });
    assert_warned(
        &rehearsal,
        "limits its processing time to 1 min 0 s a window",
        "raise `rate_limit`",
    );
}

#[test]
fn a_state_that_cannot_be_used_and_a_lock_that_is_held_are_told() {
    let rehearsal = Rehearsal::new();
    let (level, _) = found(&rehearsal, "is made by the first run");
    assert_eq!(level, "ok");
    assert!(
        !rehearsal.folder().join("state").exists(),
        "a check makes nothing"
    );
    assert_eq!(rehearsal.line("run").code, 0);
    let (level, _) = found(&rehearsal, "can be read, and no run holds the sync");
    assert_eq!(level, "ok");

    let state = rehearsal.folder().join("state/frappe-sync.db");
    let lock = rehearsal
        .folder()
        .join("state/frappe-sync.db.hq-branch.lock");
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    assert_warned(
        &rehearsal,
        "the sync is being run by process ",
        "wait until that run has ended",
    );
    drop(held);

    std::fs::write(&state, "no state at all").unwrap();
    let checked = rehearsal.line("check --json");
    assert_eq!(checked.code, 1, "{}", checked.stdout);
    assert!(
        checked.stdout.contains("frappe-sync state rebuild"),
        "{}",
        checked.stdout
    );
}
