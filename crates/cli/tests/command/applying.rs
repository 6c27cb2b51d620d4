//! `plan --out` and `apply`: what is handed on, what is done, and which plans are refused.

use std::fs;

use serde_json::{Value, json};

use crate::program::{configured, frappe_sync_with_secret};
use crate::rehearsal::{Rehearsal, person};

/// Two sites in sync, of which hq has given three customers new websites, with the plan of that.
fn planned() -> Rehearsal {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("run --quiet").code, 0);
    let hq = person(&rehearsal.hq);
    let customers = hq.list("Customer", &["name"], json!([])).unwrap();
    let mut names: Vec<&str> = customers
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names[0], "Alder Works Ltd");
    for name in &names[..3] {
        let changes = json!({ "website": "https://planned.example" });
        hq.update("Customer", name, changes).unwrap();
    }
    let plan = rehearsal.line("plan --out plan.json");
    assert_eq!(plan.code, 0, "{}", plan.told());
    assert!(
        plan.stderr
            .contains("`frappe-sync apply plan.json` carries it out"),
        "{}",
        plan.stderr
    );
    rehearsal
}

fn plan_of(rehearsal: &Rehearsal) -> Value {
    let text = fs::read_to_string(rehearsal.folder().join("plan.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn change_plan(rehearsal: &Rehearsal, change: impl FnOnce(&mut Value)) {
    let mut plan = plan_of(rehearsal);
    change(&mut plan);
    fs::write(rehearsal.folder().join("plan.json"), plan.to_string()).unwrap();
}

#[test]
fn a_plan_is_handed_on_as_a_private_file_and_carried_out() {
    let rehearsal = planned();
    let plan = plan_of(&rehearsal);
    assert_eq!(plan["format"], "frappe-sync/plan@1");
    assert_eq!(plan["operations"].as_array().unwrap().len(), 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let about = fs::metadata(rehearsal.folder().join("plan.json")).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }
    let asked = rehearsal.line("apply plan.json --json");
    assert_eq!(asked.error()["code"], 64, "{}", asked.told());

    let applied = rehearsal.line("apply plan.json --yes --json");
    assert_eq!(applied.code, 0, "{}", applied.told());
    let report = applied.report();
    assert_eq!(report["format"], "frappe-sync/apply@1");
    assert_eq!(report["plan_id"], plan["plan_id"]);
    assert_eq!(report["done"], json!([1, 2, 3]));
    let all = json!({ "planned": 3, "as_planned": 3, "percent": 100.0 });
    assert_eq!(report["prediction"], all);

    let again = rehearsal.line("apply plan.json --yes");
    assert_eq!(again.code, 0, "{}", again.told());
    assert!(
        again
            .stdout
            .contains("0 of 3 operations done, 3 not needed"),
        "{}",
        again.stdout
    );
}

#[test]
fn what_moved_is_named_and_ends_with_3() {
    let rehearsal = planned();
    let changes = json!({ "website": "https://by-hand.example" });
    person(&rehearsal.branch)
        .update("Customer", "Alder Works Ltd", changes)
        .unwrap();
    let applied = rehearsal.line("apply plan.json --yes");
    assert_eq!(applied.code, 3, "{}", applied.told());
    assert!(applied.stdout.contains("Skipped (1)"), "{}", applied.stdout);
    assert!(
        applied
            .stdout
            .contains("`Alder Works Ltd`: saved on `b` since the plan was made, at "),
        "{}",
        applied.stdout
    );
    assert!(
        applied.stdout.contains("2 of 3 operations done, 1 skipped"),
        "{}",
        applied.stdout
    );
    assert_eq!(rehearsal.line("run --quiet").code, 0);
    assert_eq!(rehearsal.line("plan --detailed-exitcode").code, 0);
}

#[test]
fn a_plan_of_a_first_run_is_carried_out_by_somebody_else() {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.line("plan --out plan.json").code, 0);
    assert_eq!(rehearsal.branch.len_of("Customer"), 9);
    let applied = rehearsal.line("apply plan.json --yes --json");
    assert_eq!(applied.code, 0, "{}", applied.told());
    assert_eq!(applied.report()["summary"]["create"], 3);
    assert_eq!(rehearsal.branch.len_of("Customer"), 12);
}

#[test]
fn half_foreign_and_tampered_plans_are_refused_with_78() {
    let rehearsal = planned();
    let whole = plan_of(&rehearsal);
    let file = rehearsal.folder().join("plan.json");
    let refused = |what: &str, text: String, told: &str| {
        fs::write(&file, text).unwrap();
        let report = rehearsal.line("apply plan.json --yes --json").error();
        assert_eq!(report["code"], 78, "{what}");
        let message = report["message"].as_str().unwrap();
        assert!(message.contains(told), "{what}: {message}");
        assert!(
            report["remedy"].as_str().unwrap().contains(" --out "),
            "{what}"
        );
    };
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut plan = whole.clone();
        change(&mut plan);
        plan.to_string()
    };
    let text = whole.to_string();
    refused("half", text[..text.len() / 2].to_owned(), "only a part");
    refused("empty", String::new(), "only a part");
    refused("no plan", "{}".to_owned(), "its format is `none`");
    let run = changed(&|plan| plan["format"] = json!("frappe-sync/run@1"));
    refused("another report", run, "its format is `frappe-sync/run@1`");
    let newer = changed(&|plan| plan["format"] = json!("frappe-sync/plan@2"));
    refused("another format", newer, "`frappe-sync/plan@2`");
    let unknown = changed(&|plan| plan["operations"][0]["force"] = json!(true));
    refused(
        "unknown key",
        unknown,
        "keys that this version does not know",
    );
    let lacking = changed(&|plan| {
        drop(
            plan["operations"][0]
                .as_object_mut()
                .unwrap()
                .remove("base"),
        );
    });
    refused("missing key", lacking, "not the plan of this version");
    let tampered = changed(&|plan| plan["operations"][0]["changes"][0]["to"] = json!("x"));
    refused("tampered", tampered, "were changed after it was made");
    let fewer = changed(&|plan| drop(plan["operations"].as_array_mut().unwrap().pop()));
    refused("fewer operations", fewer, "were changed after it was made");
    let engine = changed(&|plan| plan["engine"] = json!("0.0.1"));
    refused("another version", engine, "frappe-sync 0.0.1 made it");
    let state = changed(&|plan| plan["state_id"] = json!("another"));
    refused("another state file", state, "the state file `another`");
    let site = changed(&|plan| plan["sites"]["b"] = json!("https://other.example"));
    refused("another site", site, "https://other.example");
    let sync = changed(&|plan| plan["sync"] = json!("other"));
    refused("another sync", sync, "the sync `other`");
    let website = &rehearsal.on_both("Alder Works Ltd", "website")[1];
    assert_ne!(website, "https://planned.example");

    fs::write(&file, whole.to_string()).unwrap();
    rehearsal.map("direction: a-to-b\n");
    let report = rehearsal.line("apply plan.json --yes --json").error();
    assert_eq!(report["code"], 78);
    assert!(
        report["message"].as_str().unwrap().contains("the mappings"),
        "{report}"
    );
}

#[test]
fn a_guard_stops_a_plan_that_a_person_has_seen_unless_it_is_allowed() {
    let rehearsal = planned();
    rehearsal.configure("mappings: [", "guard: { max_changes: 2 }, mappings: [");
    let stopped = rehearsal.line("apply plan.json --yes --json");
    assert_eq!(stopped.code, 4, "{}", stopped.told());
    assert_eq!(stopped.report()["skipped"][0]["reason"], "guard");
    let allowed = rehearsal.line("apply plan.json --yes --allow max_changes --json");
    assert_eq!(allowed.code, 0, "{}", allowed.told());
}

#[test]
fn a_plan_needs_its_file_its_state_and_one_sync() {
    let rehearsal = planned();
    let missing = rehearsal.line("apply none.json --yes --json").error();
    assert_eq!(missing["code"], 1);
    let elsewhere = rehearsal
        .line("apply plan.json --yes --json --state other.db")
        .error();
    assert_eq!(elsewhere["code"], 10);
    assert!(!rehearsal.folder().join("other.db").exists());
    rehearsal.add_sync("second");
    let several = rehearsal.line("plan --out all.json --json").error();
    assert_eq!(several["code"], 64);
    let folder = configured();
    let nowhere =
        frappe_sync_with_secret(folder.path(), &["plan", "--out", "x/plan.json", "--json"]);
    assert_eq!(nowhere.error()["code"], 75);
}

#[test]
fn a_plan_that_was_only_laid_out_otherwise_is_the_same_plan() {
    let rehearsal = planned();
    let pretty = serde_json::to_string_pretty(&plan_of(&rehearsal)).unwrap();
    fs::write(rehearsal.folder().join("plan.json"), pretty).unwrap();
    assert_eq!(rehearsal.line("apply plan.json --yes").code, 0);
    change_plan(&rehearsal, |plan| {
        plan["plan_id"] = json!("0000000000000000");
    });
    assert_eq!(
        rehearsal.line("apply plan.json --yes --json").error()["code"],
        78
    );
}
