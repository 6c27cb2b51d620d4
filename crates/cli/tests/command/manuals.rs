//! What the program prints of itself: schemas, completions, manual pages.

use std::fs;

use serde_json::Value;

use crate::program::frappe_sync;

/// Returns the names of the files in `docs/schemas`, without their ending.
fn schemas_in_docs() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|file| file.strip_suffix(".json").unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_schema_is_listed_and_printed_as_it_is_in_the_docs() {
    let folder = tempfile::tempdir().unwrap();
    let listed = frappe_sync(folder.path(), &["schema", "--json"]).report();
    let listed = listed["schemas"].as_array().unwrap();
    let names: Vec<&str> = listed
        .iter()
        .map(|schema| schema["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, schemas_in_docs());
    for name in names {
        let ended = frappe_sync(folder.path(), &["schema", name]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{name}");
        let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(printed["$id"], format!("frappe-sync/{name}"));
    }
}

#[test]
fn a_format_that_is_not_there_is_a_usage_error_with_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let ended = frappe_sync(folder.path(), &["schema", "verifi", "--json"]);
    assert_eq!(ended.error()["code"], 64);
    assert_eq!(ended.error()["remedy"], "did you mean `verify`?");
}

#[test]
fn every_shell_is_given_completions_that_know_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = frappe_sync(folder.path(), &["completions", shell]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{shell}");
        for word in ["conflicts", "detailed-exitcode", "rebuild"] {
            assert!(ended.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(frappe_sync(folder.path(), &["completions", "dos"]).code, 64);
}

#[test]
fn every_command_has_a_page_in_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["man", "--out", "share/man1", "--json"];
    let report = frappe_sync(folder.path(), &words).report();
    let pages: Vec<&str> = report["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page.as_str().unwrap())
        .collect();
    for page in [
        "frappe-sync.1",
        "frappe-sync-plan.1",
        "frappe-sync-state-rebuild.1",
    ] {
        assert!(pages.contains(&page), "{page}: {pages:?}");
    }
    for page in &pages {
        let text = fs::read_to_string(folder.path().join("share/man1").join(page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
    let plan = folder.path().join("share/man1/frappe-sync-plan.1");
    assert!(
        fs::read_to_string(plan)
            .unwrap()
            .contains("Example: frappe\\-sync plan")
    );
    assert_eq!(
        frappe_sync(folder.path(), &words).code,
        0,
        "it is written again"
    );
}

#[test]
fn a_manual_that_cannot_be_written_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("taken"), "").unwrap();
    let ended = frappe_sync(folder.path(), &["man", "--out", "taken/man1"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("  --> taken/man1\n"),
        "{}",
        ended.stderr
    );
}
