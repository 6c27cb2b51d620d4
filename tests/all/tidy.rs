//! What the compiler does not check: who may depend on whom, purity, lengths, forgotten files, and that what
//! the pages and the gate say of each other is so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The longest that a source file may be, tests not counted.
const MOST_LINES: usize = 450;

/// Which crates of ours each crate may depend on.
const MAY_DEPEND_ON: [(&str, &[&str]); 11] = [
    ("frappe-sync-model", &[]),
    ("frappe-sync-mapper", &["frappe-sync-model"]),
    ("frappe-sync-planner", &["frappe-sync-model"]),
    ("frappe-sync-connector", &["frappe-sync-model"]),
    ("frappe-sync-store", &["frappe-sync-model"]),
    (
        "frappe-sync-engine",
        &[
            "frappe-sync-mapper",
            "frappe-sync-model",
            "frappe-sync-planner",
        ],
    ),
    ("frappe-sync-sandbox", &[]),
    ("frappe-sync-serve", &[]),
    ("frappe-sync-hooks", &[]),
    ("frappe-sync", LIBRARIES),
    ("frappe-sync-tests", LIBRARIES),
];

const LIBRARIES: &[&str] = &[
    "frappe-sync-connector",
    "frappe-sync-engine",
    "frappe-sync-hooks",
    "frappe-sync-mapper",
    "frappe-sync-model",
    "frappe-sync-planner",
    "frappe-sync-sandbox",
    "frappe-sync-serve",
    "frappe-sync-store",
];

/// The one crate each that speaks HTTP as a client, speaks SQL, and knows graphs.
const OWNERS: [(&str, &str); 3] = [
    ("reqwest", "frappe-sync-connector"),
    ("rusqlite", "frappe-sync-store"),
    ("petgraph", "frappe-sync-planner"),
];

/// What a pure crate never names: files, environment, clocks, an executor.
const IMPURE: [&str; 7] = [
    "std::fs",
    "std::env",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "tokio",
];

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the tests are a folder of the workspace")
        .to_owned()
}

fn read(path: &Path) -> String {
    match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// Returns a path as seen from the root.
fn shown(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

/// Returns what a folder holds, in the order of names.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder is read to its end").path())
        .collect();
    paths.sort();
    paths
}

/// Returns all files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Returns the source files of a crate.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = files_below(&folder.join("src"));
    files.retain(|file| is_rust(file));
    files
}

/// Returns the packages of the workspace, as cargo tells them.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .output()
        .expect("the cargo that built this test runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    metadata["packages"]
        .as_array()
        .expect("cargo lists the packages")
        .clone()
}

fn name_of(package: &Value) -> &str {
    package["name"].as_str().expect("a package has a name")
}

/// Returns the names of a package's dependencies, for its tests or for itself.
fn dependencies(package: &Value, for_tests: bool) -> BTreeSet<&str> {
    let all = package["dependencies"]
        .as_array()
        .expect("cargo lists the dependencies");
    all.iter()
        .filter(|dependency| (dependency["kind"] == "dev") == for_tests)
        .map(name_of)
        .collect()
}

#[test]
fn crates_depend_on_each_other_as_the_table_says() {
    let table = BTreeMap::from(MAY_DEPEND_ON);
    let packages = packages();
    let names: BTreeSet<&str> = packages.iter().map(name_of).collect();
    let told: BTreeSet<&str> = table.keys().copied().collect();
    assert_eq!(names, told, "the table and the workspace");
    for package in &packages {
        let name = name_of(package);
        for dependency in dependencies(package, false) {
            let allowed = !names.contains(dependency) || table[name].contains(&dependency);
            assert!(allowed, "`{name}` may not depend on `{dependency}`");
        }
        for dependency in dependencies(package, true) {
            // A site to test against is no dependency in the design.
            let allowed = !names.contains(dependency)
                || table[name].contains(&dependency)
                || dependency == "frappe-sync-sandbox";
            assert!(
                allowed,
                "the tests of `{name}` may not depend on `{dependency}`"
            );
        }
    }
}

#[test]
fn http_sql_and_graphs_stay_inside_their_crates() {
    for package in &packages() {
        let name = name_of(package);
        let dependencies = dependencies(package, false);
        for (library, owner) in OWNERS {
            let allowed = [owner, "frappe-sync-tests"].contains(&name);
            assert!(
                allowed || !dependencies.contains(library),
                "`{name}` depends on `{library}`, which is for `{owner}` alone"
            );
        }
    }
}

#[test]
fn what_decides_names_no_file_no_clock_and_no_executor() {
    for crate_name in ["model", "mapper", "planner", "hooks"] {
        for file in sources(&root().join("crates").join(crate_name)) {
            for (number, line) in (1..).zip(read(&file).lines()) {
                let code = line.trim_start();
                if code.starts_with("//") {
                    continue;
                }
                for word in IMPURE {
                    let place = shown(&file);
                    assert!(!code.contains(word), "{place}:{number} names `{word}`");
                }
            }
        }
    }
}

/// Counts the lines before a file's own tests, which stand at its end.
fn lines_without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|two| {
        two[0] == "#[cfg(test)]" && two[1].starts_with("mod ") && two[1].ends_with('{')
    });
    tests.unwrap_or(lines.len())
}

/// Tells whether a source file holds nothing but tests.
fn is_of_tests(file: &Path) -> bool {
    let file = shown(file);
    file.contains("/src/tests/") || file.ends_with("/tests.rs")
}

#[test]
fn no_source_file_is_too_long() {
    let mut too_long = Vec::new();
    for folder in entries(&root().join("crates")) {
        for file in sources(&folder) {
            let lines = lines_without_tests(&read(&file));
            if lines > MOST_LINES && !is_of_tests(&file) {
                too_long.push(format!("{} has {lines} lines", shown(&file)));
            }
        }
    }
    assert!(too_long.is_empty(), "{too_long:#?}");
}

/// Lists the files of a folder of tests that its `main.rs` or `mod.rs` leaves out, and those of its
/// subfolders.
fn forgotten(folder: &Path) -> Vec<String> {
    let Some(root) = ["main.rs", "mod.rs"]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|file| file.is_file())
    else {
        // Every file of such a folder is a test of its own, or it holds no source at all.
        return Vec::new();
    };
    let declared = read(&root);
    let declared: BTreeSet<&str> = declared.lines().map(str::trim).collect();
    let mut missing = Vec::new();
    for path in entries(folder) {
        let is_module = (is_rust(&path) && path != root) || path.join("mod.rs").is_file();
        if is_module {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            if !declared.contains(format!("mod {name};").as_str()) {
                missing.push(format!("{} is not in {}", shown(&path), shown(&root)));
            }
        }
        if path.is_dir() {
            missing.extend(forgotten(&path));
        }
    }
    missing
}

#[test]
fn no_test_file_is_forgotten() {
    let mut missing = forgotten(&root().join("tests/all"));
    for folder in entries(&root().join("crates")) {
        let tests = folder.join("tests");
        if tests.is_dir() {
            for path in entries(&tests).iter().filter(|path| path.is_dir()) {
                missing.extend(forgotten(path));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Returns the text files of the project: not what is built, nor what a run leaves.
fn texts() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for path in entries(&root()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if [".git", "state", "target"].contains(&name.as_ref()) {
            continue;
        }
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
        .iter()
        .filter_map(|file| Some((shown(file), fs::read_to_string(file).ok()?)))
        .collect()
}

/// Tells whether a line names a folder at the root of a machine.
fn names_folder(line: &str, folder: &str) -> bool {
    let needle = format!("/{folder}");
    line.match_indices(&needle).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + needle.len()..].chars().next();
        let begins_path = before.is_none_or(|c| c.is_whitespace() || "\"'`(=:[<".contains(c));
        let ends_name = after.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-');
        begins_path && ends_name
    })
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    for (file, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            for folder in ["work", "root", "home", "Users"] {
                assert!(
                    !names_folder(line, folder),
                    "{file}:{number} names a folder of one machine: {line}"
                );
            }
        }
    }
}

#[test]
fn no_file_names_a_registry() {
    // Written in two parts, since this file is read too.
    let hosts = [
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("npmjs", ".org"),
        concat!("npmjs", ".com"),
        concat!("proxy.golang", ".org"),
    ];
    // What cargo itself writes for the public registry, whichever mirror served it.
    let usual = format!(
        "source = \"registry+https://github.com/rust-lang/{}-index\"",
        hosts[0]
    );
    for (file, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            if file == "Cargo.lock" {
                let is_source = line.starts_with("source = ");
                assert!(!is_source || line == usual, "{file}:{number}: {line}");
                continue;
            }
            for host in hosts {
                assert!(
                    !line.contains(host),
                    "{file}:{number} names a registry: {line}"
                );
            }
        }
    }
}

#[test]
fn the_first_commands_of_the_readme_are_those_of_the_gate() {
    let readme = read(&root().join("README.md"));
    let mut in_code = false;
    let mut commands = Vec::new();
    for line in readme.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if in_code && !line.trim().is_empty() {
            commands.push(line.split(" #").next().unwrap_or_default().trim());
        }
    }
    let first: Vec<&str> = commands.into_iter().take(2).collect();
    assert_eq!(
        first,
        ["cargo run --release -- demo", "cargo test --workspace"]
    );
    let gate = read(&root().join(".ci/run"));
    let steps: BTreeSet<&str> = gate.lines().map(str::trim).collect();
    for command in first {
        assert!(
            steps.contains(command),
            "`.ci/run` does not run `{command}`"
        );
    }
}

#[test]
fn folders_of_a_machine_are_told_from_words() {
    for (before, after) in [("cd ", "/x"), ("`", "`"), ("", "")] {
        let line = format!("{before}/{}{after}", "work");
        assert!(names_folder(&line, "work"), "{line}");
    }
    for line in ["and/work", "/workflow", "https://x/work", "a /works"] {
        assert!(!names_folder(line, "work"), "{line}");
    }
}

/// Returns what stands between backticks in the text of a page, its code blocks left out.
fn quoted(page: &str) -> Vec<String> {
    let mut in_code = false;
    let mut words = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            words.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words
}

/// Returns every source file of the project.
fn all_sources() -> Vec<String> {
    ["crates", "tests"]
        .iter()
        .flat_map(|folder| files_below(&root().join(folder)))
        .filter(|file| is_rust(file))
        .map(|file| read(&file))
        .collect()
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let page = read(&root().join("ARCHITECTURE.md"));
    let sources = all_sources();
    let mut found = 0;
    for word in quoted(&page) {
        // The names of tests are sentences; nothing else there has as many words.
        let is_sentence = word.matches('_').count() >= 3
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_sentence {
            found += 1;
            let needle = format!("fn {word}(");
            let exists = sources.iter().any(|source| source.contains(&needle));
            assert!(exists, "there is no test `{word}`");
        }
    }
    assert!(found > 30, "only {found} tests are named");
}

/// Returns the names of all tests.
fn names_of_tests(sources: &[String]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for source in sources {
        let lines: Vec<&str> = source.lines().map(str::trim).collect();
        for two in lines.windows(2) {
            let is_test = two[0].starts_with("#[") && two[0].contains("test");
            if let Some((_, name)) = two[1].split_once("fn ").filter(|_| is_test) {
                names.extend(name.split('(').next());
            }
        }
    }
    names
}

#[test]
fn every_row_of_the_proof_names_one_test_that_there_is() {
    let page = read(&root().join("docs/proof.md"));
    let sources = all_sources();
    let tests = names_of_tests(&sources);
    let mut rows_of_tables = Vec::new();
    for line in page.lines() {
        if line.starts_with("|---") {
            rows_of_tables.push(0);
            continue;
        }
        let Some(row) = line.strip_prefix("| ") else {
            continue;
        };
        let last = row
            .trim_end_matches('|')
            .rsplit('|')
            .next()
            .unwrap_or_default();
        let name = last.trim();
        let Some(name) = name
            .strip_prefix('`')
            .and_then(|name| name.strip_suffix('`'))
        else {
            // The head of a table.
            assert_eq!(name, "test", "a row without a test: {line}");
            continue;
        };
        assert!(tests.contains(name), "there is no test `{name}`");
        if let Some(rows) = rows_of_tables.last_mut() {
            *rows += 1;
        }
    }
    // The failures of others, those that were measured one way and both ways, and the histories.
    assert_eq!(rows_of_tables, [20, 16, 10, 19]);
}

#[test]
fn every_path_that_the_pages_name_exists() {
    let mut pages = vec![root().join("README.md"), root().join("ARCHITECTURE.md")];
    pages.extend(files_below(&root().join("docs/decisions")));
    for page in pages {
        for word in quoted(&read(&page)) {
            let is_path = ["crates/", "tests/", "docs/", "mappings/"]
                .iter()
                .any(|folder| word.starts_with(folder));
            if is_path {
                let place = shown(&page);
                assert!(
                    root().join(&word).exists(),
                    "{place} names `{word}`, which is not there"
                );
            }
        }
    }
}
