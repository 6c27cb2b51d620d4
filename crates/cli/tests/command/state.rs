//! `state`: what is stored, whether it is whole, and a new one where it is not.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::program::{configured, frappe_sync_with_secret};
use crate::rehearsal::{Rehearsal, person};
use crate::steady::assert_told;

fn synced() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("run").code, 0);
    rehearsal
}

fn state_file(rehearsal: &Rehearsal) -> PathBuf {
    rehearsal.folder().join("state/frappe-sync.db")
}

/// Returns the names of all files in the folder of the state, locks left out.
fn files(rehearsal: &Rehearsal) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(rehearsal.folder().join("state"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    names.sort();
    names
}

/// Makes the state anew and checks that neither site was written to, and that the next run writes nothing.
fn rebuild(rehearsal: &Rehearsal) -> Value {
    for site in [&rehearsal.hq, &rehearsal.branch] {
        site.reset_requests();
    }
    let ended = rehearsal.line("state rebuild hq-branch --yes --json");
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let report = ended.report();
    for side in ["a", "b"] {
        assert_eq!(report["requests"][side]["write"], 0);
    }
    let run = rehearsal.line("run --json");
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(run.report()["applied"], 0);
    report
}

#[test]
fn where_there_is_no_state_the_way_to_one_is_told() {
    let folder = configured();
    assert_told!(frappe_sync_with_secret(folder.path(), &["state", "info"]), @r"
    error: there is no state file `[folder]/state/frappe-sync.db` yet: the first `frappe-sync run` makes it
      help: if there was one and it is lost, `frappe-sync state rebuild` makes it anew, and writes to no site
    exit code 10
    ");
    let check = frappe_sync_with_secret(folder.path(), &["state", "check", "--json"]);
    assert_eq!(check.error()["code"], 10);
}

#[test]
fn a_state_tells_where_it_is_and_what_it_holds() {
    let rehearsal = synced();
    assert_told!(rehearsal.line("state info"), @r"
    State [id]
      file     [folder]/state/frappe-sync.db ([size])
      journal  [folder]/state/frappe-sync.journal.db ([size])
    hq-branch: last run converged [ago] ([time] UTC)
      mapping   pairs  tombstones  open  parked  conflicts  unknown  to look at
      Customer     12           0     0       0          0        0           0
    exit code 0
    ");
    let report = rehearsal.line("state info --json").report();
    assert_eq!(report["whole"], Value::Null);
    assert_eq!(report["syncs"][0]["mappings"][0]["pairs"], 12);
    rehearsal.configure("  hq-branch:", "  renamed:");
    let info = rehearsal.line("state info");
    assert!(
        info.stdout.contains("(not in the configuration)"),
        "{}",
        info.stdout
    );
}

#[test]
fn a_whole_state_passes_the_check() {
    let rehearsal = synced();
    assert_told!(rehearsal.line("state check"), @r"
    State [id]
      file     [folder]/state/frappe-sync.db ([size])
      journal  [folder]/state/frappe-sync.journal.db ([size])
    hq-branch: last run converged [ago] ([time] UTC)
      mapping   pairs  tombstones  open  parked  conflicts  unknown  to look at
      Customer     12           0     0       0          0        0           0
    both files are whole
    exit code 0
    ");
    let report = rehearsal.line("state check --json").report();
    assert_eq!(report["whole"], true);
}

#[test]
fn a_damaged_state_fails_the_check_with_the_remedy() {
    let rehearsal = synced();
    let path = state_file(&rehearsal);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let check = rehearsal.line("state check --json");
    let error = check.error();
    assert_eq!(error["code"], 1);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("`frappe-sync state rebuild`"), "{message}");
}

#[test]
fn a_state_is_made_anew_and_the_old_one_kept() {
    let rehearsal = synced();
    let rebuilt = rehearsal.line("state rebuild --yes");
    assert_told!(rebuilt, @r"
    State of sync hq-branch made anew
      DocType   pairs  of them differ  without counterpart
      Customer     12               0                    0
      old state: [folder]/state/frappe-sync.[stamp].db
      old journal: [folder]/state/frappe-sync.[stamp].journal.db
    hq-branch: 12 pairs, 0 differ, 0 without counterpart, 0 parked; nothing was written to a site
    help: `frappe-sync plan hq-branch` shows what the next run will do
    exit code 0
    ");
    let files = files(&rehearsal);
    assert_eq!(files.len(), 4, "{files:?}");
    let report = rebuild(&rehearsal);
    let aside = report["set_aside"]["state"].as_str().unwrap();
    let old = rehearsal.frappe_sync(&["state", "info", "--state", aside, "--json"]);
    assert_eq!(old.report()["syncs"][0]["mappings"][0]["pairs"], 12);
}

#[test]
fn a_state_that_is_cut_short_of_a_newer_version_or_lost_is_made_anew() {
    let rehearsal = synced();
    let path = state_file(&rehearsal);
    let whole = fs::read(&path).unwrap();

    fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    assert_eq!(rebuild(&rehearsal)["doctypes"][0]["pairs"], 12);

    let mut newer = fs::read(&path).unwrap();
    // The version is the `user_version` in the head of the file.
    newer[60..64].copy_from_slice(&999_u32.to_be_bytes());
    fs::write(&path, newer).unwrap();
    let status = rehearsal.line("status --json").error();
    let remedy = status["remedy"].as_str().unwrap();
    assert!(remedy.contains("`frappe-sync state rebuild`"), "{remedy}");
    let report = rebuild(&rehearsal);
    assert_ne!(report["set_aside"], Value::Null);

    fs::remove_dir_all(rehearsal.folder().join("state")).unwrap();
    let report = rebuild(&rehearsal);
    assert_eq!(report["set_aside"], Value::Null);
    assert_eq!(report["doctypes"][0]["pairs"], 12);
}

#[test]
fn what_differs_and_what_stands_alone_waits_for_the_next_run() {
    let rehearsal = synced();
    let edit = json!({ "website": "https://a.example" });
    person(&rehearsal.hq)
        .update("Customer", "Alder Works Ltd", edit)
        .unwrap();
    let customer = json!({
        "customer_name": "New One",
        "customer_group": "Commercial",
        "territory": "All Territories",
    });
    person(&rehearsal.hq).insert("Customer", customer).unwrap();
    let rebuilt = rehearsal.line("state rebuild --yes");
    assert_told!(rebuilt, @r"
    State of sync hq-branch made anew
      DocType   pairs  of them differ  without counterpart
      Customer     12               1                    1
      old state: [folder]/state/frappe-sync.[stamp].db
      old journal: [folder]/state/frappe-sync.[stamp].journal.db
    hq-branch: 12 pairs, 1 differ, 1 without counterpart, 0 parked; nothing was written to a site
    help: `frappe-sync plan hq-branch` shows what the next run will do
    exit code 0
    ");
    assert_eq!(rehearsal.branch.len_of("Customer"), 12);
    assert_eq!(rehearsal.line("run").code, 0);
    assert_eq!(rehearsal.line("verify").code, 0);
    assert_eq!(rehearsal.branch.len_of("Customer"), 13);
}

#[test]
fn a_rebuild_that_fails_leaves_the_old_state_in_its_place() {
    let rehearsal = synced();
    let before = files(&rehearsal);
    rehearsal.configure("api_key: key", "api_key: kye");
    let rebuilt = rehearsal.line("state rebuild --yes");
    assert_eq!(rebuilt.code, 12, "{}", rebuilt.stderr);
    assert!(
        rebuilt
            .stderr
            .starts_with("Nothing was changed: the old state is still in its place.\n"),
        "{}",
        rebuilt.stderr
    );
    assert_eq!(files(&rehearsal), before);
}

#[test]
fn a_state_is_not_made_anew_unasked_nor_beside_a_run() {
    let rehearsal = synced();
    let before = files(&rehearsal);
    assert_eq!(rehearsal.line("state rebuild --json").error()["code"], 64);
    let lock = rehearsal
        .folder()
        .join("state/frappe-sync.db.hq-branch.lock");
    let held = fs::File::open(lock).unwrap();
    held.lock().unwrap();
    let words = "state rebuild --yes --json";
    assert_eq!(rehearsal.line(words).error()["code"], 11);

    let path = state_file(&rehearsal);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    assert_eq!(rehearsal.line(words).error()["code"], 11);
    assert_eq!(files(&rehearsal), before);
}

#[test]
fn a_sync_that_nobody_named_is_not_forgotten() {
    let rehearsal = synced();
    rehearsal.add_sync("second");
    let words = "state rebuild hq-branch --yes";
    let path = state_file(&rehearsal);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    assert_told!(rehearsal.line(words), @r"
    error: the state file holds `second` too, and is made anew as a whole
      help: `frappe-sync state rebuild` without a name makes it anew for all syncs
    exit code 64
    ");
    let both = rehearsal.line("state rebuild --yes --json");
    assert_eq!(both.code, 0, "{}", both.stdout);
    let reports = both.reports();
    let syncs: Vec<&Value> = reports.iter().map(|report| &report["sync"]).collect();
    assert_eq!(syncs, ["hq-branch", "second"]);
}

#[test]
fn a_copy_of_the_state_is_made_while_a_run_is_at_work_and_put_back_when_none_is() {
    let rehearsal = synced();
    let path = state_file(&rehearsal);
    let held = fs::File::open(path.with_extension("db.hq-branch.lock")).unwrap();
    held.lock().unwrap();
    fs::create_dir(rehearsal.folder().join("copies")).unwrap();
    let backup = rehearsal.line("state backup copies --json").report();
    let copy = backup["state"].as_str().unwrap().to_owned();
    // Nothing is written over, and nothing is put back beside a run.
    let again = rehearsal.line(&format!("state backup {copy} --json"));
    assert_eq!(again.error()["code"], 1);
    let restore = format!("state restore {copy} --yes --json");
    assert_eq!(rehearsal.line(&restore).error()["code"], 11);
    drop(held);

    fs::write(&path, b"torn").unwrap();
    let restored = rehearsal.line(&restore).report();
    assert_eq!(restored["state_id"], backup["state_id"]);
    let aside = restored["set_aside"]["state"].as_str().unwrap();
    assert_eq!(fs::read(rehearsal.folder().join(aside)).unwrap(), b"torn");
    assert_eq!(rehearsal.line("run").code, 0);
}

#[test]
fn a_torn_copy_takes_the_place_of_nothing() {
    let rehearsal = synced();
    assert_eq!(rehearsal.line("state backup copy.db").code, 0);
    let copy = rehearsal.folder().join("copy.db");
    let whole = fs::read(&copy).unwrap();
    fs::write(&copy, &whole[..whole.len() / 2]).unwrap();
    let before = fs::read(state_file(&rehearsal)).unwrap();
    let refused = rehearsal.line("state restore copy.db --yes --json");
    assert_ne!(refused.code, 0);
    assert_eq!(fs::read(state_file(&rehearsal)).unwrap(), before);
    let nothing = rehearsal.line("state restore nothing.db --yes --json");
    assert_eq!(nothing.error()["code"], 10);
}

#[test]
fn what_was_made_after_the_copy_is_not_made_again() {
    let rehearsal = synced();
    assert_eq!(rehearsal.line("state backup copy.db").code, 0);
    rehearsal.new_customer("Made after the copy");
    assert_eq!(rehearsal.line("run").code, 0);
    let before = rehearsal.branch.len_of("Customer");
    assert_eq!(rehearsal.line("state restore copy.db --yes").code, 0);
    let report = rehearsal.line("run --json").report();
    assert_eq!(report["applied"], 0);
    assert_eq!(rehearsal.branch.len_of("Customer"), before);
}
