//! What a sync remembers of its runs: `history`, `why`, `undo`.

use serde_json::{Value, json};

use crate::program::{configured, frappe_sync_with_secret};
use crate::rehearsal::{Rehearsal, person};
use crate::steady::assert_told;

/// Two sites in sync, which keep what runs overwrite, with an edit on one and a new customer on the other that
/// were carried over.
fn with_a_run() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    rehearsal.configure(
        "[customer.yaml] }",
        "[customer.yaml], undo: { keep: 30 days } }",
    );
    assert_eq!(rehearsal.line("run").code, 0);
    person(&rehearsal.hq)
        .update(
            "Customer",
            "Alder Works Ltd",
            json!({ "website": "https://new.example" }),
        )
        .unwrap();
    let customer = json!({
        "customer_name": "New One",
        "customer_group": "Commercial",
        "territory": "All Territories",
    });
    person(&rehearsal.branch)
        .insert("Customer", customer)
        .unwrap();
    assert_eq!(rehearsal.line("run").code, 0);
    rehearsal
}

/// Returns the id of the last run.
fn last_run(rehearsal: &Rehearsal) -> String {
    let report = rehearsal.line("history --limit 1 --json").report();
    report["runs"][0]["run_id"].as_str().unwrap().to_owned()
}

#[test]
fn what_never_ran_has_no_past_and_ends_with_10() {
    let folder = configured();
    for words in [
        &["history", "--json"][..],
        &["history", "show", "x", "--json"],
        &["undo", "x", "--json"],
    ] {
        let ended = frappe_sync_with_secret(folder.path(), words);
        assert_eq!(ended.error()["code"], 10, "{words:?}");
    }
}

#[test]
fn past_runs_are_listed_and_one_is_shown_in_full() {
    let rehearsal = with_a_run();
    assert_told!(rehearsal.line("history"), @r"
    hq-branch: 2 runs
      [time] UTC ([ago]) [id] converged in [span]: 1 created, 1 updated
        writes to a: 1, to b: 1
      [time] UTC ([ago]) [id] converged in [span]: 3 created
        writes to a: 0, to b: 3
    exit code 0
    ");
    let listed = rehearsal.line("history --json").report();
    assert_eq!(listed["runs"].as_array().unwrap().len(), 2);
    assert_eq!(listed["runs"][0]["summary"]["create"], 1);
    assert_eq!(listed["runs"][0]["applied_to"], json!({ "a": 1, "b": 1 }));
    assert_eq!(listed["runs"][0].get("report"), None);

    let run = last_run(&rehearsal);
    let text = rehearsal
        .frappe_sync(&["history", "show", &run[..13]])
        .told();
    for line in [
        "Wrote (2)",
        "  a create Customer `New One`: exists on `b` only",
        "  b update Customer `Alder Works Ltd`: changed on `a`",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}: {text}");
    }
    let shown = rehearsal
        .frappe_sync(&["history", "show", &run, "--json"])
        .report();
    let operations = shown["runs"][0]["operations"].as_array().unwrap();
    assert_eq!(operations.len(), 2);
    assert_eq!(shown["runs"][0]["report"]["format"], "frappe-sync/run@1");
    let unknown = rehearsal.line("history show nope --json").error();
    assert_eq!(unknown["code"], 1);
}

#[test]
fn a_run_that_left_something_says_what_and_why() {
    let rehearsal = Rehearsal::new();
    rehearsal
        .branch
        .deny("sync@example.com", "Customer", &["create"]);
    assert_eq!(rehearsal.line("run").code, 3);
    let report = rehearsal.line("history --json").report();
    assert_eq!(report["runs"][0]["parked"], json!({ "not_permitted": 3 }));
    let status = rehearsal.line("status --json").report();
    assert_eq!(status["last_success"], Value::Null);
    assert!(status["mappings"][0]["cursors"]["a"]["modified"].is_string());
}

#[test]
fn everything_known_of_a_document_is_told() {
    let rehearsal = with_a_run();
    person(&rehearsal.hq)
        .update(
            "Customer",
            "Alder Works Ltd",
            json!({ "website": "https://newer.example" }),
        )
        .unwrap();
    let words = ["why", "Customer", "Alder Works Ltd", "--json"];
    let report = rehearsal.frappe_sync(&words).report();
    let website = report["values"]
        .as_array()
        .unwrap()
        .iter()
        .find(|value| value["names"]["a"] == "website")
        .unwrap();
    assert_eq!(
        website["baselines"],
        json!({ "a": "changed", "b": "equal" })
    );
    assert_eq!(website["values"]["b"], "https://new.example");
    assert_eq!(report["operations"][0]["action"], "update");
    let next = &report["next"]["operations"];
    assert_eq!(next.as_array().unwrap().len(), 1);
    assert_eq!(next[0]["changes"][0]["to"], "https://newer.example");

    let text = rehearsal
        .frappe_sync(&["why", "Customer", "New One", "--site", "b"])
        .told();
    assert!(
        text.contains("Next plan: nothing differs from what both sides agreed on"),
        "{text}"
    );
    assert!(
        text.contains("a create Customer `New One`: exists on `b` only"),
        "{text}"
    );
}

#[test]
fn what_nobody_knows_is_told_with_the_nearest_name() {
    let rehearsal = with_a_run();
    assert_told!(rehearsal.frappe_sync(&["why", "Customer", "New On"]), @r"
    error: nothing is known of Customer `New On`
      help: did you mean `New One`?
    exit code 1
    ");
    assert_told!(rehearsal.frappe_sync(&["why", "Custommer", "New One"]), @r"
    error: nothing is known of Custommer `New One`
      help: did you mean `Customer`?
    exit code 1
    ");
}

#[test]
fn a_run_is_looked_at_taken_back_and_the_sync_held() {
    let rehearsal = with_a_run();
    let run = last_run(&rehearsal);
    assert_told!(rehearsal.frappe_sync(&["undo", &run, "--dry-run"]), @r#"
    Would be taken back (2)
      - a Customer `New One`: deleted (create: exists on `b` only)
      ~ b Customer `Alder Works Ltd`: put back (update: changed on `a`)
          website: "https://new.example" -> "https://vale.example.com"
    what the sites did of themselves stays done: mails, notifications, counters, and what their own hooks wrote elsewhere
    Undo would put 1 document back, delete 1, restore 0, rename 0; 0 left, 0 impossible
    exit code 0
    "#);
    assert_eq!(
        rehearsal.on_both("Alder Works Ltd", "website")[1],
        "https://new.example"
    );

    let unasked = rehearsal.frappe_sync(&["undo", &run]);
    assert_eq!(unasked.code, 64, "{}", unasked.stderr);
    let undone = rehearsal.frappe_sync(&["undo", &run, "--yes", "--json"]);
    assert_eq!(undone.code, 0, "{}", undone.stdout);
    let report = undone.report();
    assert_eq!(report["summary"]["put_back"], 1);
    assert_eq!(report["summary"]["deleted"], 1);
    assert!(person(&rehearsal.hq).get("Customer", "New One").is_err());
    assert_ne!(
        rehearsal.on_both("Alder Works Ltd", "website")[1],
        "https://new.example"
    );

    let held = rehearsal.line("run --json");
    assert_eq!(held.error()["code"], 4);
    let status = rehearsal.line("status --json").report();
    assert_eq!(status["hold"]["state"], "undone");
    let history = rehearsal
        .frappe_sync(&["history", "show", &run, "--json"])
        .report();
    assert_eq!(history["runs"][0]["undone"]["taken_back"], 2);
    let again = rehearsal.frappe_sync(&["undo", &run, "--yes"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(
        again.stdout.contains("was undone before"),
        "{}",
        again.stdout
    );

    let plan = rehearsal.line("plan --json").report();
    assert_eq!(plan["operations"].as_array().unwrap().len(), 2);
    let allowed = rehearsal.line("run --allow undone --json");
    assert_eq!(allowed.code, 0, "{}", allowed.stdout);
    assert_eq!(allowed.report()["applied"], 2);
    assert_eq!(rehearsal.line("verify").code, 0);
}

#[test]
fn what_was_saved_since_ends_with_3() {
    let rehearsal = with_a_run();
    person(&rehearsal.branch)
        .update(
            "Customer",
            "Alder Works Ltd",
            json!({ "website": "https://mine.example" }),
        )
        .unwrap();
    let run = last_run(&rehearsal);
    let undone = rehearsal.frappe_sync(&["undo", &run, "--yes"]);
    assert_eq!(undone.code, 3, "{}", undone.stderr);
    assert!(
        undone
            .stdout
            .contains("`Alder Works Ltd`: was saved since, by Administrator at "),
        "{}",
        undone.stdout
    );
    assert_eq!(
        rehearsal.on_both("Alder Works Ltd", "website")[1],
        "https://mine.example"
    );
}

#[test]
fn without_the_setting_it_is_told_how_to_switch_it_on() {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("run").code, 0);
    let run = last_run(&rehearsal);
    let undone = rehearsal.frappe_sync(&["undo", &run, "--yes"]);
    assert_eq!(undone.code, 3, "{}", undone.stderr);
    assert!(
        undone.stdout.contains("`undo: { keep: 30 days }`"),
        "{}",
        undone.stdout
    );
}
