//! Runs the binary in an empty environment.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::schema::check;

/// The secret of the sites in [`configured`] and of a rehearsal.
pub(crate) const SECRET: &str = "s3cret";

/// How the binary ended, and what it printed.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the binary in `folder`, with an empty environment.
pub(crate) fn frappe_sync(folder: &Path, words: &[&str]) -> Ended {
    ended(&mut command(folder, words))
}

/// Runs the binary in `folder`, with the sites' secret at hand.
pub(crate) fn frappe_sync_with_secret(folder: &Path, words: &[&str]) -> Ended {
    ended(command(folder, words).env("SECRET", SECRET))
}

/// Runs the binary in `folder` with something to read on standard input, which is no terminal.
pub(crate) fn frappe_sync_with_input(folder: &Path, words: &[&str], input: &str) -> Ended {
    let given = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(given.path(), input).unwrap();
    let given = std::fs::File::open(given.path()).unwrap();
    ended(command(folder, words).stdin(given))
}

/// Returns the binary with its words, in an empty environment.
pub(crate) fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frappe-sync"));
    command.args(words).current_dir(folder).env_clear();
    command
}

/// Runs it to its end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Ended {
        code: status.code().unwrap(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

impl Ended {
    /// Returns the one JSON object that was printed, after it was checked against its schema. Nothing else was
    /// printed.
    pub(crate) fn report(&self) -> Value {
        let mut reports = self.reports();
        assert_eq!(reports.len(), 1, "{}", self.stdout);
        reports.remove(0)
    }

    /// Returns the JSON objects that were printed, one to a line, each checked against its schema.
    pub(crate) fn reports(&self) -> Vec<Value> {
        assert_eq!(self.stderr, "");
        self.stdout.lines().map(checked).collect()
    }

    /// Returns exit code and all that was printed, standard error last.
    pub(crate) fn told(&self) -> String {
        format!("{}{}exit code {}\n", self.stdout, self.stderr, self.code)
    }

    /// Returns the `frappe-sync/error@1` that was printed.
    pub(crate) fn error(&self) -> Value {
        let report = self.report();
        assert_eq!(report["format"], "frappe-sync/error@1");
        assert_eq!(report["code"], self.code);
        report
    }
}

fn checked(line: &str) -> Value {
    let report: Value = serde_json::from_str(line).unwrap();
    let format = report["format"].as_str().unwrap();
    let name = format.strip_prefix("frappe-sync/").unwrap();
    let file = format!(
        "{}/../../docs/schemas/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let schema = std::fs::read_to_string(file).unwrap();
    check(&serde_json::from_str(&schema).unwrap(), &report);
    report
}

/// A folder with a configuration of two sites that nobody listens at.
pub(crate) fn configured() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let site = |port: u16| format!("http://127.0.0.1:{port}");
    configure(folder.path(), &site(9), &site(10));
    folder
}

/// Writes a configuration of two sites with one mapping.
pub(crate) fn configure(folder: &Path, hq: &str, branch: &str) {
    let site =
        |url: &str| format!("{{ url: '{url}', auth: {{ api_key: key, api_secret_env: SECRET }} }}");
    let config = format!(
        "version: 1\nsites:\n  hq: {}\n  branch: {}\nsyncs:\n  hq-branch: {{ a: hq, b: branch, mappings: \
         [customer.yaml] }}\n",
        site(hq),
        site(branch)
    );
    std::fs::write(folder.join("frappe-sync.yaml"), config).unwrap();
    let mapping = "version: 1\ndoctype: Customer\nidentity: [customer_name]\nfields: { except: \
                   [customer_primary_address] }\n";
    std::fs::write(folder.join("customer.yaml"), mapping).unwrap();
}
