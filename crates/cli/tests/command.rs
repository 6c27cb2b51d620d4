//! The real binary: what it prints where, and how it ends. No site is asked anything.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the binary in `folder`, with an empty environment.
fn frappe_sync(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_frappe-sync"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder with a configuration of two sites that nobody listens at.
fn configured() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let site = |port: u16| {
        format!(
            "{{ url: 'http://127.0.0.1:{port}', auth: {{ api_key: key, api_secret_env: SECRET }} }}"
        )
    };
    let config = format!(
        "version: 1\nsites:\n  hq: {}\n  branch: {}\nsyncs:\n  hq-branch: {{ a: hq, b: branch, mappings: \
         [customer.yaml] }}\n",
        site(9),
        site(10)
    );
    std::fs::write(folder.path().join("frappe-sync.yaml"), config).unwrap();
    std::fs::write(
        folder.path().join("customer.yaml"),
        "version: 1\ndoctype: Customer\n",
    )
    .unwrap();
    folder
}

/// Checks that output is one `frappe-sync/error@1` with the keys that its schema asks for, and returns it.
fn error_report(output: &Output) -> Value {
    let text = stdout(output);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(stderr(output), "");
    let report: Value = serde_json::from_str(&text).unwrap();
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/schemas/error@1.json")).unwrap();
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    let asked: Vec<&str> = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(keys, asked);
    assert_eq!(report["format"], schema["properties"]["format"]["const"]);
    assert_eq!(report["code"].as_i64(), output.status.code().map(i64::from));
    report
}

#[test]
fn the_help_lists_the_commands_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let output = frappe_sync(folder.path(), &["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "");
    let text = stdout(&output);
    let commands: Vec<&str> = text
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(
        commands,
        [
            "demo", "check", "plan", "run", "status", "verify", "sandbox", "help"
        ]
    );
    assert!(text.contains("Exit codes:"), "{text}");
}

#[test]
fn every_command_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        "demo", "check", "plan", "run", "status", "verify", "sandbox",
    ] {
        let output = frappe_sync(folder.path(), &[command, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{command}");
        let text = stdout(&output);
        let usage = format!("Usage: frappe-sync {command}");
        assert!(text.contains(&usage), "{text}");
        assert!(text.contains("--json"), "{text}");
    }
}

#[test]
fn the_version_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let output = frappe_sync(folder.path(), &["--version"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        stdout(&output),
        concat!("frappe-sync ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn words_that_make_no_sense_end_with_64() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        &["ruin"][..],
        &["run", "--alow", "x"],
        &[],
        &["plan", "--limit", "x"],
    ] {
        let output = frappe_sync(folder.path(), words);
        assert_eq!(output.status.code(), Some(64), "{words:?}");
        assert_eq!(stdout(&output), "", "{words:?}");
        assert_ne!(stderr(&output), "", "{words:?}");
    }
}

#[test]
fn words_that_make_no_sense_are_told_to_programs_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = frappe_sync(folder.path(), &["ruin", "--json"]);
    let report = error_report(&output);
    assert_eq!(report["code"], 64);
    assert_eq!(report["message"], "unrecognized subcommand 'ruin'");
}

#[test]
fn without_a_configuration_it_ends_with_78() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["check", "plan", "run", "status", "verify"] {
        let output = frappe_sync(folder.path(), &[command]);
        assert_eq!(output.status.code(), Some(78), "{command}");
        assert_eq!(stdout(&output), "");
        let text = stderr(&output);
        assert!(
            text.starts_with("error: there is no `frappe-sync.yaml` here or in a folder above\n"),
            "{text}"
        );
        assert!(text.contains("`frappe-sync demo`"), "{text}");
        let report = error_report(&frappe_sync(folder.path(), &[command, "--json"]));
        assert_eq!(report["code"], 78);
    }
}

#[test]
fn a_mistake_in_the_configuration_is_shown_with_its_line() {
    let folder = configured();
    let path = folder.path().join("frappe-sync.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("mappings:", "mapings:")).unwrap();
    let output = frappe_sync(folder.path(), &["run"]);
    assert_eq!(output.status.code(), Some(78));
    let text = stderr(&output);
    assert!(text.contains("error: unknown key `mapings`\n"), "{text}");
    assert!(text.contains("frappe-sync.yaml:6:"), "{text}");
    assert!(text.contains("help: did you mean `mappings`?\n"), "{text}");
}

#[test]
fn the_configuration_is_found_upwards() {
    let folder = configured();
    let below = folder.path().join("logs/today");
    std::fs::create_dir_all(&below).unwrap();
    let output = frappe_sync(&below, &["status"]);
    assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
}

#[test]
fn a_sync_that_is_not_there_is_a_usage_error_with_the_nearest_name() {
    let folder = configured();
    let output = frappe_sync(folder.path(), &["run", "hq-brunch", "--json"]);
    let report = error_report(&output);
    assert_eq!(report["code"], 64);
    assert_eq!(report["remedy"], "did you mean `hq-branch`?");
}

#[test]
fn a_secret_that_is_not_there_ends_with_78_and_names_the_variable() {
    let folder = configured();
    let output = frappe_sync(folder.path(), &["run", "--json"]);
    let report = error_report(&output);
    assert_eq!(report["code"], 78);
    let message = report["message"].as_str().unwrap();
    assert!(message.contains("`SECRET`"), "{message}");
    assert!(
        !folder.path().join("state").exists(),
        "a run that cannot begin leaves no state"
    );
}

#[test]
fn what_never_ran_has_no_status() {
    let folder = configured();
    for command in ["status", "verify"] {
        let output = Command::new(env!("CARGO_BIN_EXE_frappe-sync"))
            .args([command, "--json"])
            .current_dir(folder.path())
            .env_clear()
            .env("SECRET", "s3cret")
            .output()
            .unwrap();
        assert_eq!(error_report(&output)["code"], 10, "{command}");
    }
}
