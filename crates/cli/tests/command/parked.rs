//! `parked`: what could not be applied, why, and another try.

use serde_json::json;

use crate::program::{configured, frappe_sync_with_secret};
use crate::rehearsal::{Rehearsal, person};
use crate::steady::assert_told;

/// Two sites in sync, with a customer that the branch will not take.
fn parked() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("run").code, 0);
    let customer = json!({
        "customer_name": "New One",
        "customer_group": "Commercial",
        "territory": "All Territories",
    });
    rehearsal
        .branch
        .deny("sync@example.com", "Customer", &["create"]);
    person(&rehearsal.hq).insert("Customer", customer).unwrap();
    assert_eq!(rehearsal.line("run").code, 3);
    rehearsal
}

#[test]
fn what_never_ran_has_nothing_parked_and_ends_with_10() {
    let folder = configured();
    for words in [
        &["parked", "list", "--json"][..],
        &["parked", "show", "Customer", "X", "--json"],
        &["parked", "retry", "--all", "--json"],
    ] {
        let ended = frappe_sync_with_secret(folder.path(), words);
        assert_eq!(ended.error()["code"], 10, "{words:?}");
    }
}

#[test]
fn a_sync_with_nothing_parked_says_so_and_runs_nothing() {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("run").code, 0);
    assert_told!(rehearsal.line("parked list"), @r"
    hq-branch: nothing is parked
    exit code 0
    ");
    rehearsal.branch.reset_requests();
    assert_told!(rehearsal.line("parked retry --all"), @r"
    hq-branch: nothing is parked
    exit code 0
    ");
    assert_eq!(rehearsal.branch.request_counts().total(), 0);
    let report = rehearsal.line("parked retry --all --json").report();
    assert_eq!(report["format"], "frappe-sync/parked@1");
    assert_eq!(report["parked"], json!([]));
}

#[test]
fn what_is_parked_is_listed_and_shown_in_the_sites_words() {
    let rehearsal = parked();
    assert_told!(rehearsal.line("parked list"), @r"
    hq-branch: 1 document parked
      a Customer `New One`: You need the 'create' permission on Customer to perform this action. [not permitted]
         tried 1 time, first [ago]; next try with the next run
    help: `frappe-sync parked retry hq-branch --all` tries them now
    exit code 0
    ");
    assert_told!(rehearsal.frappe_sync(&["parked", "show", "Customer", "New One"]), @r#"
    Customer `New One` on a (sync hq-branch, mapping Customer)
      cause: not permitted
      You need the 'create' permission on Customer to perform this action.
      tried 1 time, first [ago] ([time] UTC)
      next try with the next run
    help: give a role of the sync's user that permission, under Role Permissions Manager; `frappe-sync parked retry hq-branch "Customer" "New One"` tries it now
    exit code 0
    "#);
    let report = rehearsal.line("parked list --json").report();
    let entry = &report["parked"][0];
    assert_eq!(entry["site"], "a");
    assert_eq!(entry["cause"], json!({ "kind": "not_permitted" }));
    assert_eq!(entry["attempts"], 1);
    let shown = rehearsal
        .frappe_sync(&[
            "parked", "show", "Customer", "New One", "--site", "a", "--json",
        ])
        .report();
    assert_eq!(shown["parked"][0], *entry);
}

#[test]
fn what_is_not_parked_is_told_with_the_nearest_name() {
    let rehearsal = parked();
    assert_told!(rehearsal.frappe_sync(&["parked", "show", "Customer", "New On"]), @r"
    error: Customer `New On` is not parked
      help: did you mean `New One`?
    exit code 1
    ");
    assert_told!(rehearsal.frappe_sync(&["parked", "retry", "Custommer", "New One"]), @r"
    error: Custommer `New One` is not parked
      help: did you mean `Customer`?
    exit code 1
    ");
    let elsewhere = [
        "parked", "show", "Customer", "New One", "--site", "b", "--json",
    ];
    assert_eq!(rehearsal.frappe_sync(&elsewhere).error()["code"], 1);
    for words in [
        &["parked", "retry", "--json"][..],
        &["parked", "retry", "Customer", "--json"],
        &["parked", "retry", "Customer", "New One", "--all", "--json"],
    ] {
        assert_eq!(
            rehearsal.frappe_sync(words).error()["code"],
            64,
            "{words:?}"
        );
    }
}

#[test]
fn another_try_ends_as_a_run_does() {
    let rehearsal = parked();
    let retry = ["parked", "retry", "Customer", "New One"];
    let again = rehearsal.frappe_sync(&retry);
    assert_eq!(again.code, 3, "{}", again.stderr);
    assert!(
        again
            .stdout
            .ends_with("Customer `New One` is still parked\n"),
        "{}",
        again.stdout
    );
    let report = rehearsal.line("parked list --json").report();
    assert_eq!(report["parked"][0]["attempts"], 2);

    rehearsal.branch.allow("sync@example.com", "Customer");
    let done = rehearsal.frappe_sync(&retry);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stdout
            .ends_with("Customer `New One` is parked no longer\n"),
        "{}",
        done.stdout
    );
    assert_eq!(rehearsal.line("verify").code, 0);
}

#[test]
fn a_document_that_rests_is_tried_where_a_person_says_so() {
    let rehearsal = parked();
    for _ in 0..6 {
        assert_eq!(rehearsal.line("run").code, 3);
    }
    rehearsal.branch.allow("sync@example.com", "Customer");
    let resting = rehearsal.line("run --json");
    assert_eq!(
        resting.report()["summary"]["create"],
        0,
        "{}",
        resting.stdout
    );
    let listed = rehearsal.line("parked list");
    assert!(
        listed.stdout.contains("next try in 1 min "),
        "{}",
        listed.stdout
    );
    let tried = rehearsal.line("parked retry hq-branch --all --json");
    assert_eq!(tried.code, 0, "{}", tried.stdout);
    assert_eq!(tried.report()["summary"]["create"], 1);
}

#[test]
fn nothing_is_tried_beside_a_run() {
    let rehearsal = parked();
    let lock = rehearsal
        .folder()
        .join("state/frappe-sync.db.hq-branch.lock");
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    let words = "parked retry --all --json";
    assert_eq!(rehearsal.line(words).error()["code"], 11);
}
