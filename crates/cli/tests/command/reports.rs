//! What the commands report of two real sandboxes, each report checked against its schema.

use serde_json::json;

use crate::rehearsal::{Rehearsal, person};

#[test]
fn plan_run_status_and_verify_tell_one_story() {
    let rehearsal = Rehearsal::new();
    let plan = rehearsal.frappe_sync(&["plan", "--json", "--detailed-exitcode"]);
    assert_eq!(plan.code, 2, "{}", plan.stdout);
    let plan = plan.report();
    assert_eq!(plan["summary"]["create"], 3);
    assert_eq!(plan["summary"]["link"], 9);
    assert!(!rehearsal.folder().join("state").exists());

    let run = rehearsal.frappe_sync(&["run", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(run.report()["applied_to"], json!({"a": 0, "b": 3}));

    let verify = rehearsal.frappe_sync(&["verify", "--json"]);
    assert_eq!(verify.code, 0, "{}", verify.stdout);
    assert_eq!(verify.report()["doctypes"][0]["equal"], 12);

    let status = rehearsal.frappe_sync(&["status"]);
    assert_eq!(status.code, 0, "{}", status.stderr);
    assert!(
        status.stdout.starts_with("hq-branch: last run converged "),
        "{}",
        status.stdout
    );

    let status = rehearsal.frappe_sync(&["status", "--json"]).report();
    assert_eq!(status["last_run"]["outcome"], "converged");
    assert_eq!(status["mappings"][0]["pairs"], 12);

    let again = rehearsal.frappe_sync(&["plan", "--json", "--detailed-exitcode"]);
    assert_eq!(again.code, 0, "{}", again.stdout);
    assert_eq!(again.report()["operations"], json!([]));
}

#[test]
fn a_quiet_run_says_nothing_where_all_went_well() {
    let rehearsal = Rehearsal::new();
    let run = rehearsal.frappe_sync(&["run", "--quiet"]);
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (0, "", "")
    );
}

#[test]
fn what_a_site_refuses_is_parked_in_its_own_words_and_ends_with_3() {
    let rehearsal = Rehearsal::new();
    rehearsal
        .branch
        .deny("sync@example.com", "Customer", &["create"]);
    let run = rehearsal.frappe_sync(&["run", "--quiet"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("Parked (3)"), "{}", run.stdout);
    let status = rehearsal.frappe_sync(&["status", "--json"]).report();
    assert_eq!(status["parked"].as_array().unwrap().len(), 3);
    let verify = rehearsal.frappe_sync(&["verify", "--json"]);
    assert_eq!(verify.code, 3);
    let verify = verify.report();
    assert_eq!(verify["equal"], false);
    assert_eq!(verify["doctypes"][0]["only_a"].as_array().unwrap().len(), 3);
}

#[test]
fn a_conflict_is_told_with_its_winner() {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.frappe_sync(&["run"]).code, 0);
    let name = "Alder Works Ltd";
    for (site, website) in [
        (&rehearsal.hq, "https://a.example"),
        (&rehearsal.branch, "https://b.example"),
    ] {
        person(site)
            .update("Customer", name, json!({ "website": website }))
            .unwrap();
    }
    let run = rehearsal.frappe_sync(&["run", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let conflicts = &run.report()["conflicts"];
    assert_eq!(conflicts[0]["fields"], json!(["website"]));
    assert_eq!(conflicts[0]["winner"], "a");
}

#[test]
fn a_run_beside_another_one_ends_with_11_and_names_it() {
    let rehearsal = Rehearsal::new();
    assert_eq!(rehearsal.frappe_sync(&["run"]).code, 0);
    let lock = rehearsal
        .folder()
        .join("state/frappe-sync.db.hq-branch.lock");
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    let run = rehearsal.frappe_sync(&["run", "--json"]);
    assert_eq!(run.code, 11);
    let message = run.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("is being run by process "), "{message}");
    assert_eq!(rehearsal.frappe_sync(&["plan"]).code, 0);
}

#[test]
fn a_wrong_secret_ends_with_12() {
    let rehearsal = Rehearsal::new();
    let config = rehearsal.folder().join("frappe-sync.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replacen("api_key: key", "api_key: kye", 1)).unwrap();
    let run = rehearsal.frappe_sync(&["run", "--json"]);
    assert_eq!(run.error()["code"], 12);
    let check = rehearsal.frappe_sync(&["check"]);
    assert_eq!(check.code, 12, "{}", check.stdout);
}

#[test]
fn a_mapping_that_does_not_fit_ends_with_78_and_its_place() {
    let rehearsal = Rehearsal::new();
    let mapping = rehearsal.folder().join("customer.yaml");
    let text = std::fs::read_to_string(&mapping).unwrap();
    std::fs::write(
        &mapping,
        text.replace(
            "[customer_primary_address]",
            "[customer_primary_address, websit]",
        ),
    )
    .unwrap();
    for command in ["run", "plan"] {
        let report = rehearsal.frappe_sync(&[command, "--json"]).error();
        assert_eq!(report["code"], 78);
        let place = report["where"].as_str().unwrap();
        assert!(place.ends_with("customer.yaml:4:46"), "{place}");
        let remedy = report["remedy"].as_str().unwrap();
        assert!(remedy.contains("`website`"), "{remedy}");
    }
    let check = rehearsal.frappe_sync(&["check"]);
    assert_eq!(check.code, 78, "{}", check.stdout);
}

#[test]
fn a_sync_that_is_fit_passes_the_check() {
    let rehearsal = Rehearsal::new();
    let check = rehearsal.frappe_sync(&["check", "--json"]);
    assert_eq!(check.code, 0, "{}", check.stdout);
    let report = check.report();
    assert_ne!(report["result"], "fail");
    let left_out = &report["left_out"][0];
    assert_eq!(left_out["field"], "customer_primary_address");
    assert_eq!(left_out["reason"], "the mapping leaves it out");
}

#[test]
fn two_addresses_of_one_site_fail_the_check() {
    let rehearsal = Rehearsal::new();
    let config = rehearsal.folder().join("frappe-sync.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    let urls: Vec<&str> = text
        .split('\'')
        .filter(|part| part.starts_with("http://"))
        .collect();
    let twin = urls[0].replace("127.0.0.1", "localhost");
    std::fs::write(&config, text.replace(urls[1], &twin)).unwrap();
    let check = rehearsal.frappe_sync(&["check"]);
    assert_eq!(check.code, 78, "{}", check.stdout);
    assert!(
        check
            .stdout
            .contains("both addresses show the same documents"),
        "{}",
        check.stdout
    );
}
