//! Words, configurations and states that lead nowhere. No site is asked anything.

use crate::program::{configured, frappe_sync, frappe_sync_with_secret};

#[test]
fn the_help_lists_the_commands_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let output = frappe_sync(folder.path(), &["--help"]);
    assert_eq!(output.code, 0);
    assert_eq!(output.stderr, "");
    let text = output.stdout;
    let commands: Vec<&str> = text
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // A description may go on in a second line, further to the right.
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(
        commands,
        [
            "demo",
            "init",
            "import",
            "login",
            "logout",
            "check",
            "plan",
            "apply",
            "run",
            "copy",
            "undo",
            "status",
            "history",
            "why",
            "conflicts",
            "parked",
            "verify",
            "books",
            "serve",
            "state",
            "graph",
            "webhooks",
            "sandbox",
            "schema",
            "completions",
            "man",
            "help",
        ]
    );
    assert!(text.contains("Exit codes:"), "{text}");
}

#[test]
fn every_command_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        "demo",
        "init",
        "login",
        "logout",
        "check",
        "plan",
        "run",
        "copy",
        "status",
        "conflicts",
        "conflicts list",
        "conflicts show",
        "conflicts resolve",
        "conflicts restore",
        "parked",
        "parked list",
        "parked show",
        "parked retry",
        "verify",
        "state",
        "state info",
        "state check",
        "state rebuild",
        "graph",
        "webhooks",
        "webhooks install",
        "webhooks list",
        "webhooks remove",
        "sandbox",
        "schema",
        "completions",
        "man",
    ] {
        let mut words: Vec<&str> = command.split(' ').collect();
        words.push("--help");
        let output = frappe_sync(folder.path(), &words);
        assert_eq!(output.code, 0, "{command}");
        let text = output.stdout;
        for part in [
            &format!("Usage: frappe-sync {command}"),
            "--json",
            &format!("Example: frappe-sync {command}"),
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn the_help_of_a_command_tells_more_than_its_line_in_the_list() {
    let folder = tempfile::tempdir().unwrap();
    for (words, more) in [
        (&["run", "--help"][..], "Safe under cron"),
        (&["conflicts", "resolve", "--help"], "Exit code 0"),
        (
            &["state", "rebuild", "--help"],
            "The old files are set aside",
        ),
    ] {
        let text = frappe_sync(folder.path(), words).stdout;
        assert!(text.contains(more), "{text}");
    }
}

#[test]
fn the_version_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let output = frappe_sync(folder.path(), &["--version"]);
    assert_eq!(output.code, 0);
    assert_eq!(
        output.stdout,
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
        assert_eq!(output.code, 64, "{words:?}");
        assert_eq!(output.stdout, "", "{words:?}");
        assert_ne!(output.stderr, "", "{words:?}");
    }
}

#[test]
fn words_that_make_no_sense_are_told_to_programs_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = frappe_sync(folder.path(), &["ruin", "--json"]);
    let report = output.error();
    assert_eq!(report["code"], 64);
    assert_eq!(report["message"], "unrecognized subcommand 'ruin'");
}

#[test]
fn without_a_configuration_it_ends_with_78() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["check", "plan", "run", "status", "verify"] {
        let output = frappe_sync(folder.path(), &[command]);
        assert_eq!(output.code, 78, "{command}");
        assert_eq!(output.stdout, "");
        let text = output.stderr;
        assert!(
            text.starts_with("error: there is no `frappe-sync.yaml` here or in a folder above\n"),
            "{text}"
        );
        assert!(text.contains("`frappe-sync demo`"), "{text}");
        let report = frappe_sync(folder.path(), &[command, "--json"]).error();
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
    assert_eq!(output.code, 78);
    let text = output.stderr;
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
    assert_eq!(output.code, 10, "{}", output.stderr);
}

#[test]
fn a_sync_that_is_not_there_is_a_usage_error_with_the_nearest_name() {
    let folder = configured();
    let output = frappe_sync(folder.path(), &["run", "hq-brunch", "--json"]);
    let report = output.error();
    assert_eq!(report["code"], 64);
    assert_eq!(report["remedy"], "did you mean `hq-branch`?");
}

#[test]
fn a_secret_that_is_not_there_ends_with_78_and_names_the_variable() {
    let folder = configured();
    let output = frappe_sync(folder.path(), &["run", "--json"]);
    let report = output.error();
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
        let output = frappe_sync_with_secret(folder.path(), &[command, "--json"]);
        assert_eq!(output.error()["code"], 10, "{command}");
    }
}
