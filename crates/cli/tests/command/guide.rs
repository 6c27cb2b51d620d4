//! The pages of `docs/guide`: every command in them is run, and prints what the page says.
//!
//! A block of `sh` must end well. A block of `console` has commands after `$ ` and, below each, what it prints; a line of
//! `...` stands for any lines, and `…` for anything in a line. The sandboxes that a page starts are served at free
//! ports in place of those that it names.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A page that is tried out.
struct Trial {
    page: String,
    folder: tempfile::TempDir,
    sandboxes: Vec<Child>,
    /// The addresses that the page names, with those that answer.
    addresses: Vec<(String, String)>,
}

impl Drop for Trial {
    fn drop(&mut self) {
        for sandbox in &mut self.sandboxes {
            // One that has ended already is no failure of the page.
            let _ended = sandbox.kill();
            let _status = sandbox.wait();
        }
    }
}

impl Trial {
    fn new(page: &str) -> Self {
        Self {
            page: page.to_owned(),
            folder: tempfile::tempdir().unwrap(),
            sandboxes: Vec::new(),
            addresses: Vec::new(),
        }
    }

    fn program(&self, name: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_frappe-sync"));
        let folder = binary.parent().unwrap().display();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(name);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", format!("{folder}:{path}"))
            .env("HOME", self.folder.path())
            .env("FRAPPE_SYNC_HOME", root());
        command
    }

    /// Serves what a line such as `frappe-sync sandbox --listen 127.0.0.1:8801 &` serves.
    fn serve(&mut self, line: &str) {
        let words: Vec<&str> = line.trim_end_matches('&').split_whitespace().collect();
        let place = words.iter().position(|word| *word == "--listen").unwrap() + 1;
        let named = words[place].to_owned();
        let words = words
            .iter()
            .map(|word| if *word == named { "127.0.0.1:0" } else { word });
        let mut child = self
            .program(env!("CARGO_BIN_EXE_frappe-sync"))
            .args(words.skip(1))
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut told = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut told)
            .unwrap();
        self.sandboxes.push(child);
        let told: Value = serde_json::from_str(&told).unwrap();
        let url = told["url"].as_str().unwrap();
        let served = url.strip_prefix("http://").unwrap().to_owned();
        self.addresses.push((named, served));
    }

    /// Runs a command as somebody would who copies it from the page; returns how it ended and what it printed.
    fn run(&self, options: &str, command: &str) -> (i32, String) {
        let mut command = command.to_owned();
        for (named, served) in &self.addresses {
            command = command.replace(named, served);
        }
        let output = self
            .program("sh")
            .args([options, &format!("exec 2>&1\n{command}")])
            .output()
            .unwrap();
        let mut told = String::from_utf8(output.stdout).unwrap();
        for (named, served) in &self.addresses {
            told = told.replace(served, named);
        }
        (output.status.code().unwrap(), told)
    }

    fn script(&mut self, block: &str) {
        let (served, rest): (Vec<&str>, Vec<&str>) = block
            .lines()
            .partition(|line| line.starts_with("frappe-sync sandbox "));
        for line in served {
            self.serve(line);
        }
        let (code, told) = self.run("-ec", &rest.join("\n"));
        assert_eq!(code, 0, "{}: {block}\n{told}", self.page);
    }

    fn console(&self, block: &str) {
        for part in format!("\n{block}").split("\n$ ").skip(1) {
            let (command, expected) = part.split_once('\n').unwrap_or((part, ""));
            let (_, told) = self.run("-c", command);
            let expected: Vec<&str> = expected.trim_end().lines().collect();
            let lines: Vec<&str> = told.trim_end().lines().collect();
            assert!(
                lines_fit(&expected, &lines),
                "{}: `{command}` prints\n{told}",
                self.page
            );
        }
    }
}

fn lines_fit(expected: &[&str], told: &[&str]) -> bool {
    match expected.split_first() {
        None => told.is_empty(),
        Some((&"...", rest)) => (0..=told.len()).any(|skipped| lines_fit(rest, &told[skipped..])),
        Some((line, rest)) => told
            .split_first()
            .is_some_and(|(first, others)| line_fits(line, first) && lines_fit(rest, others)),
    }
}

fn line_fits(expected: &str, told: &str) -> bool {
    match expected.split_once('…') {
        None => expected == told,
        Some((begin, rest)) => told.strip_prefix(begin).is_some_and(|left| {
            let ends = left.char_indices().map(|(place, _)| place);
            ends.chain([left.len()])
                .any(|place| line_fits(rest, &left[place..]))
        }),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Returns the blocks of a page, each with the language that it names.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = text.split("\n```").collect();
    parts
        .iter()
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.split_once('\n'))
        .collect()
}

fn follow(page: &str) {
    let text = fs::read_to_string(root().join("docs/guide").join(page)).unwrap();
    let mut trial = Trial::new(page);
    for (language, block) in blocks(&text) {
        match language {
            "sh" => trial.script(block),
            "console" => trial.console(block),
            _ => {}
        }
    }
    assert_eq!(trial.sandboxes.len(), 2, "{page} is about two sites");
}

#[test]
fn the_page_on_a_scheduled_sync_works_as_it_is_written() {
    follow("scheduled-sync.md");
}

#[test]
fn the_page_on_a_migration_works_as_it_is_written() {
    follow("migration.md");
}

#[test]
fn the_page_on_a_report_of_differences_works_as_it_is_written() {
    follow("diff-report.md");
}

#[cfg(unix)]
#[test]
fn the_page_on_what_runs_always_works_as_it_is_written() {
    follow("always-on.md");
}

#[test]
fn every_page_that_serves_sandboxes_is_tried_out() {
    let mut pages: Vec<String> = fs::read_dir(root().join("docs/guide"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|page| {
            let text = fs::read_to_string(page).unwrap();
            text.contains("\nfrappe-sync sandbox ")
        })
        .map(|page| page.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    pages.sort();
    assert_eq!(
        pages,
        [
            "always-on.md",
            "diff-report.md",
            "migration.md",
            "scheduled-sync.md"
        ]
    );
}

#[test]
fn what_a_page_says_is_compared_with_what_is_printed() {
    assert!(lines_fit(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(!lines_fit(&["a", "...", "d"], &["a", "b"]));
    assert!(line_fits("done in … s", "done in 4.2 s"));
    assert!(!line_fits("done in … s", "done in 4.2 min"));
}
