//! `conflicts`: what waits, what was decided, and what persons do about either.

use serde_json::{Value, json};

use crate::program::{configured, frappe_sync_with_secret};
use crate::rehearsal::{Rehearsal, person};
use crate::steady::assert_told;

const CUSTOMER: &str = "Alder Works Ltd";
const A: &str = "https://a.example";
const B: &str = "https://b.example";

/// Two sites in sync, with one value that both changed and that a person is to decide.
fn waiting() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    rehearsal.map("conflict: manual\n");
    assert_eq!(rehearsal.line("run").code, 0);
    rehearsal.save_on_both(CUSTOMER, "website", [A, B]);
    assert_eq!(rehearsal.line("run").code, 3);
    rehearsal
}

/// Two sites in sync, with one value that both changed and that the mapping's rule decided for `a`.
fn decided() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    rehearsal.map("conflict: a\n");
    assert_eq!(rehearsal.line("run").code, 0);
    rehearsal.save_on_both(CUSTOMER, "website", [A, B]);
    assert_eq!(rehearsal.line("run").code, 0);
    rehearsal
}

/// Returns the id of the value that was kept last.
fn kept(rehearsal: &Rehearsal) -> String {
    let listed = rehearsal.line("conflicts list --decided --json").report();
    let id = listed["conflicts"][0]["journal"].as_str();
    id.unwrap().to_owned()
}

fn list(rehearsal: &Rehearsal, options: &str) -> Value {
    let listed = rehearsal.line(&format!("conflicts list --json {options}"));
    assert_eq!(listed.code, 0, "{}", listed.stdout);
    listed.report()
}

#[test]
fn what_never_ran_has_no_conflicts_and_ends_with_10() {
    let folder = configured();
    for words in [
        "list",
        "show 1",
        "resolve 1 --take a --yes",
        "restore j1234 --yes",
    ] {
        let line = format!("conflicts {words} --json");
        let words: Vec<&str> = line.split(' ').collect();
        let ended = frappe_sync_with_secret(folder.path(), &words);
        assert_eq!(ended.error()["code"], 10, "{line}");
    }
}

#[test]
fn a_sync_without_conflicts_says_so() {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("run").code, 0);
    assert_told!(rehearsal.line("conflicts list"), @r"
    hq-branch: no conflicts waiting for a person
    exit code 0
    ");
    assert_told!(rehearsal.line("conflicts list --all"), @r"
    hq-branch: no conflicts waiting or decided
    exit code 0
    ");
    assert_eq!(
        rehearsal.line("conflicts list --quiet").told(),
        "exit code 0
"
    );
    assert_eq!(list(&rehearsal, "")["conflicts"], json!([]));
    let all = "conflicts resolve --all --take a --yes";
    assert_told!(rehearsal.line(all), @r"
    hq-branch: no conflict waits
    exit code 0
    ");
}

#[test]
fn what_waits_is_listed_with_who_saved_it() {
    let rehearsal = waiting();
    assert_told!(rehearsal.line("conflicts list"), @r"
    hq-branch: 1 conflict waiting for a person
      1  Customer `Alder Works Ltd`: website
         a saved [time] by Administrator
         b saved [time] by Administrator
         seen by run [id] ([ago])
    help: `frappe-sync conflicts show 1` shows both values, `frappe-sync conflicts resolve 1 --take a` decides
    exit code 0
    ");
    let report = list(&rehearsal, "");
    let conflict = &report["conflicts"][0];
    assert_eq!(conflict["id"], 1);
    assert_eq!(conflict["path"], "website");
    assert_eq!(conflict["state"], "open");
    assert_eq!(conflict["a_user"], "Administrator");
    assert_eq!(list(&rehearsal, "--decided")["conflicts"], json!([]));
    assert_eq!(list(&rehearsal, "--doctype Item")["conflicts"], json!([]));
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let rehearsal = waiting();
    rehearsal.save_on_both(CUSTOMER, "tax_id", ["1", "2"]);
    assert_eq!(rehearsal.line("run").code, 3);
    let cut = list(&rehearsal, "--limit 1");
    assert_eq!(cut["conflicts"].as_array().unwrap().len(), 1);
    assert_eq!(cut["more"], 1);
    assert_eq!(list(&rehearsal, "--limit 0")["more"], 0);
}

#[test]
fn what_waits_is_shown_with_both_values() {
    let rehearsal = waiting();
    assert_told!(rehearsal.line("conflicts show 1"), @r#"
    Conflict 1 of hq-branch: Customer `Alder Works Ltd`: website
      a (hq)      saved [time] by Administrator
          "https://a.example"
      b (branch)  saved [time] by Administrator
          "https://b.example"
      waits for a person, seen by run [id] ([ago])
    help: `frappe-sync conflicts resolve 1 --take a` or `--take b` decides
    exit code 0
    "#);
    let report = rehearsal.line("conflicts show 1 hq-branch --json").report();
    assert_eq!(report["values"], json!({ "a": A, "b": B }));
    assert_eq!(report["exists"], json!({ "a": true, "b": true }));
    assert_eq!(report["journal"], Value::Null);
}

#[test]
fn an_edit_against_a_delete_is_shown_and_decided() {
    let rehearsal = Rehearsal::new();
    rehearsal.map("conflict: manual\ndeletes: propagate\n");
    assert_eq!(rehearsal.line("run").code, 0);
    let edit = json!({ "website": A });
    person(&rehearsal.hq)
        .update("Customer", CUSTOMER, edit)
        .unwrap();
    person(&rehearsal.branch)
        .delete("Customer", CUSTOMER)
        .unwrap();
    assert_eq!(rehearsal.line("run --sweep").code, 3);
    assert_told!(rehearsal.line("conflicts show 1"), @r"
    Conflict 1 of hq-branch: Customer `Alder Works Ltd`: deleted on one site, edited on the other
      a (hq)      saved [time] by Administrator
      b (branch)  the document is not there
      waits for a person, seen by run [id] ([ago])
    help: `frappe-sync conflicts resolve 1 --take a` or `--take b` decides
    exit code 0
    ");
    let resolve = "conflicts resolve 1 --take a --yes";
    assert_told!(rehearsal.line(resolve), @r"
    hq-branch: conflict 1, Customer `Alder Works Ltd`: deleted on one site, edited on the other: queued, the next run carries out that a stands
    exit code 3
    ");
    assert_eq!(rehearsal.line("run").code, 0);
    assert_eq!(rehearsal.on_both(CUSTOMER, "website"), [json!(A), json!(A)]);
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let rehearsal = waiting();
    assert_told!(rehearsal.line("conflicts show 99"), @r"
    error: there is no conflict 99
      help: `frappe-sync conflicts list --all` shows those that there are; one that is over has gone
    exit code 1
    ");
    assert_told!(rehearsal.line("conflicts show first"), @r"
    error: `first` is neither the number of a conflict nor the id of a kept value
      help: `frappe-sync conflicts list --all` shows both
    exit code 64
    ");
    assert_told!(rehearsal.line("conflicts show jabcdef"), @r"
    error: the journal has no entry `jabcdef`
      help: `frappe-sync conflicts list --decided` shows those that there are; values are kept for 90 days
    exit code 1
    ");
    let words = "conflicts resolve 99 --take a --yes --json";
    assert_eq!(rehearsal.line(words).error()["code"], 1);
    let words = "conflicts restore jabcdef --yes --json";
    assert_eq!(rehearsal.line(words).error()["code"], 1);
}

#[test]
fn words_that_do_not_go_together_end_with_64() {
    let rehearsal = waiting();
    for words in [
        "resolve --take a --yes",
        "resolve 1",
        "resolve 1 --take c --yes",
        "resolve 1 hq-branch --all --take a --yes",
        "resolve 1 --take a --doctype Customer --yes",
        "resolve jabcdef --take a --yes",
        "restore 1 --yes",
        "show 1 hq-brunch",
        "list --all --decided",
    ] {
        let ended = rehearsal.line(&format!("conflicts {words} --json"));
        assert_eq!(ended.error()["code"], 64, "{words}");
    }
    assert_eq!(rehearsal.on_both(CUSTOMER, "website"), [json!(A), json!(B)]);
}

#[test]
fn nothing_is_written_where_nobody_can_be_asked() {
    let rehearsal = waiting();
    let words = "conflicts resolve 1 --take b";
    assert_told!(rehearsal.line(words), @r"
    error: nobody can be asked here whether to go ahead
      help: `--yes` goes ahead without asking
    exit code 64
    ");
    let words = "conflicts resolve --all --take b";
    assert_eq!(rehearsal.line(words).code, 64);
    assert_eq!(rehearsal.on_both(CUSTOMER, "website"), [json!(A), json!(B)]);
}

#[test]
fn a_decision_is_carried_out_and_its_loser_brought_back() {
    let rehearsal = waiting();
    let resolve = "conflicts resolve 1 --take b --yes";
    assert_told!(rehearsal.line(resolve), @r"
    hq-branch: conflict 1, Customer `Alder Works Ltd`: website: done, b stands
    exit code 0
    ");
    assert_eq!(rehearsal.on_both(CUSTOMER, "website"), [json!(B), json!(B)]);
    assert_eq!(rehearsal.line("run").code, 0);
    assert_told!(rehearsal.line("conflicts list --decided"), @r"
    hq-branch: 1 conflict decided
      [kept]  Customer `Alder Works Ltd`: website
         b won [a person decided for `b`]; what a held is kept ([ago])
    help: `frappe-sync conflicts restore [kept]` brings that value back
    exit code 0
    ");

    let id = kept(&rehearsal);
    assert_told!(rehearsal.frappe_sync(&["conflicts", "show", &id]), @r#"
    Kept value [kept] of hq-branch: Customer `Alder Works Ltd` on a (hq): website ([ago])
      overwritten by run [id] [a person decided for `b`]
      lost by a (hq), kept as [kept]
          "https://a.example"
      put in its place
          "https://b.example"
    help: `frappe-sync conflicts restore [kept]` brings it back
    exit code 0
    "#);
    let restore = ["conflicts", "restore", &id[..7], "--yes"];
    assert_told!(rehearsal.frappe_sync(&restore), @r"
    hq-branch: kept value, Customer `Alder Works Ltd`: website: done, it is back on a; the next run carries it to b
    exit code 0
    ");
    assert_eq!(rehearsal.line("run").code, 0);
    assert_eq!(rehearsal.on_both(CUSTOMER, "website"), [json!(A), json!(A)]);
    assert_told!(rehearsal.frappe_sync(&restore), @r"
    hq-branch: kept value, Customer `Alder Works Ltd`: website: changed, the document holds something else by now, and nothing was written
    exit code 3
    ");
}

#[test]
fn what_a_rule_decided_is_listed_with_its_loser() {
    let rehearsal = decided();
    assert_told!(rehearsal.line("conflicts list --decided"), @r"
    hq-branch: 1 conflict decided
      1  Customer `Alder Works Ltd`: website
         a won [policy: `a` wins]; what b held is kept as [kept] ([ago])
    help: `frappe-sync conflicts restore [kept]` brings that value back
    exit code 0
    ");
    assert_told!(rehearsal.line("conflicts show 1"), @r#"
    Conflict 1 of hq-branch: Customer `Alder Works Ltd`: website
      a (hq)      saved [time] by Administrator
          "https://a.example"
      b (branch)  saved [time] by sync@example.com
          "https://a.example"
      a won by run [id] ([ago]) [policy: `a` wins]
      lost by b (branch), kept as [kept]
          "https://b.example"
      put in its place
          "https://a.example"
    help: `frappe-sync conflicts restore [kept]` brings it back
    exit code 0
    "#);
    let id = kept(&rehearsal);
    let shown = rehearsal.line("conflicts show 1 --json").report();
    assert_eq!(shown["journal"]["id"], json!(id));
    assert_eq!(shown["journal"]["lost"], B);
    let entry = rehearsal
        .frappe_sync(&["conflicts", "show", &id, "--json"])
        .report();
    assert_eq!(entry["format"], "frappe-sync/journal@1");
    assert_eq!(entry["lost"], B);

    let over = rehearsal.line("conflicts resolve 1 --take b --yes --json");
    assert_eq!((over.code, &over.report()["outcome"]), (0, &json!("over")));
    let restored = rehearsal.frappe_sync(&["conflicts", "restore", &id, "--yes", "--json"]);
    assert_eq!(restored.code, 0, "{}", restored.stdout);
    assert_eq!(restored.report()["outcome"], "done");
    assert_eq!(rehearsal.line("run").code, 0);
    assert_eq!(rehearsal.on_both(CUSTOMER, "website"), [json!(B), json!(B)]);
}

#[test]
fn all_that_waits_is_decided_at_once() {
    let rehearsal = waiting();
    rehearsal.save_on_both("Bright Trading S.A.", "tax_id", ["1", "2"]);
    assert_eq!(rehearsal.line("run").code, 3);
    let none = "conflicts resolve --all --take a --doctype Item --yes --json";
    assert_eq!(rehearsal.line(none).reports(), Vec::<Value>::new());
    let all = rehearsal.line("conflicts resolve --all --take a hq-branch --yes --json");
    assert_eq!(all.code, 0, "{}", all.stdout);
    let outcomes: Vec<Value> = all
        .reports()
        .into_iter()
        .map(|report| report["outcome"].clone())
        .collect();
    assert_eq!(outcomes, [json!("done"), json!("done")]);
    assert_eq!(list(&rehearsal, "")["conflicts"], json!([]));
    assert_eq!(rehearsal.line("verify").code, 0);
}

#[test]
fn nothing_is_decided_beside_a_run() {
    let rehearsal = waiting();
    let lock = rehearsal
        .folder()
        .join("state/frappe-sync.db.hq-branch.lock");
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    let words = "conflicts resolve 1 --take b --yes --json";
    assert_eq!(rehearsal.line(words).error()["code"], 11);
    assert_eq!(rehearsal.line("conflicts show 1").code, 0);
    assert_eq!(rehearsal.on_both(CUSTOMER, "website"), [json!(A), json!(B)]);
}

#[test]
fn several_syncs_are_told_one_to_a_line() {
    let rehearsal = waiting();
    rehearsal.add_sync("second");
    let reports = rehearsal.line("conflicts list --json").reports();
    let syncs: Vec<&Value> = reports.iter().map(|report| &report["sync"]).collect();
    assert_eq!(syncs, ["hq-branch", "second"]);
    let elsewhere = rehearsal.line("conflicts show 1 second --json");
    assert_eq!(elsewhere.error()["code"], 1);
}
