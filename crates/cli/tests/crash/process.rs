//! Starts the binary, and ends it where a test wants.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// The secret of the sync's user on both sites.
pub(crate) const SECRET: &str = "s3cret";

/// How the binary ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Returns the exit code; none where a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Tells whether it was killed.
    pub(crate) fn was_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    /// Returns the one JSON object that was printed.
    pub(crate) fn report(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(report) => report,
            Err(error) => panic!("{error}: {self:?}"),
        }
    }

    /// Returns the message of the error that was printed, with its remedy.
    pub(crate) fn told(&self) -> String {
        let report = self.report();
        assert_eq!(report["format"], "frappe-sync/error@1", "{self:?}");
        format!(
            "{}; {}",
            report["message"].as_str().unwrap_or_default(),
            report["remedy"].as_str().unwrap_or_default()
        )
    }
}

/// A handle on a process that is started later or is running, to be ended from anywhere.
#[derive(Clone, Default)]
pub(crate) struct Process(Arc<Mutex<Option<Child>>>);

impl Process {
    /// Starts the binary in `folder` and waits for its end. Each line of its standard error is shown to
    /// `heard` as it comes.
    pub(crate) fn run(
        &self,
        folder: &Path,
        words: &[&str],
        heard: impl FnMut(&str) + Send,
    ) -> Ended {
        self.wait(self::command(folder, words), heard)
    }

    fn wait(&self, mut command: Command, mut heard: impl FnMut(&str) + Send) -> Ended {
        // Locked until it is started, so that nobody can end it before.
        let mut started = self.0.lock().unwrap();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        *started = Some(child);
        drop(started);
        let mut stdout = String::new();
        let stderr = std::thread::scope(|scope| {
            let errors = scope.spawn(move || {
                let mut all = String::new();
                for line in err.lines() {
                    let line = line.unwrap();
                    heard(&line);
                    all.push_str(&line);
                    all.push('\n');
                }
                all
            });
            out.read_to_string(&mut stdout).unwrap();
            errors.join().unwrap()
        });
        let status = self.0.lock().unwrap().as_mut().unwrap().wait().unwrap();
        Ended {
            status,
            stdout,
            stderr,
        }
    }

    /// Kills it, as `kill -9` does, and waits until it is gone.
    pub(crate) fn kill(&self) {
        let mut child = self.0.lock().unwrap();
        let child = child.as_mut().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.0.lock().unwrap().as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }
}

/// Runs the binary in `folder` to its end.
pub(crate) fn frappe_sync(folder: &Path, words: &[&str]) -> Ended {
    Process::default().run(folder, words, |_| {})
}

/// Runs the binary where no file may grow beyond so many blocks of 512 bytes. A write beyond is refused by the
/// system, as on a full disk.
pub(crate) fn with_small_files(folder: &Path, blocks: u32, words: &[&str]) -> Ended {
    // The signal that would end it otherwise is ignored, which the binary inherits.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_frappe-sync")]);
    Process::default().wait(in_place(command, folder, words), |_| {})
}

fn command(folder: &Path, words: &[&str]) -> Command {
    let command = Command::new(env!("CARGO_BIN_EXE_frappe-sync"));
    in_place(command, folder, words)
}

fn in_place(mut command: Command, folder: &Path, words: &[&str]) -> Command {
    command.args(words).current_dir(folder).env_clear();
    // The shell finds its own commands.
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("SECRET", SECRET);
    command
}
