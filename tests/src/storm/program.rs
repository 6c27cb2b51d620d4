//! The real program: built, configured, run, and killed.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use frappe_sync_model::{PerSide, Side, SyncName};
use frappe_sync_store::{JournalFilter, StateFile};
use serde_json::Value;
use tempfile::TempDir;

use super::kind::{DocTypes, Kind};

/// The name of the sync.
const SYNC: &str = "storm";

/// How a run ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    /// The exit code; none where it was killed.
    pub(super) code: Option<i32>,
    /// What it printed; nothing where it was killed.
    pub(super) report: Value,
    /// What it said besides.
    pub(super) stderr: String,
}

/// The program in a folder of its own.
#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    folder: TempDir,
    secrets: PerSide<String>,
}

/// The process of a run, to be killed from anywhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Process(Arc<Mutex<Option<Child>>>);

impl Process {
    /// Kills it, as `kill -9` does, and waits until it is gone.
    pub(super) fn kill(&self) {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(child) = child.as_mut() {
            // One that has ended by itself cannot be killed, which is as good.
            let _killed = child.kill();
            let _ended = child.wait();
        }
    }

    fn run(&self, mut command: Command) -> io::Result<Output> {
        // Locked until it is started, so that nobody comes too early to kill it.
        let mut started = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        *started = Some(child);
        drop(started);
        let errors = std::thread::spawn(move || read(err));
        let stdout = read(out)?;
        let stderr = errors
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the reader panicked")))?;
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let child = child.as_mut().expect("it was started above");
        Ok(Output {
            status: child.wait()?,
            stdout,
            stderr,
        })
    }
}

fn read(pipe: Option<impl io::Read>) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut all)?;
    }
    Ok(all)
}

impl Program {
    /// Writes a configuration into a new folder.
    pub(super) fn configure(
        path: PathBuf,
        urls: PerSide<String>,
        keys: &PerSide<(String, String)>,
        doctypes: &DocTypes,
        request_timeout_seconds: u64,
    ) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let site = |side: Side| {
            format!(
                "  {side}: {{ url: '{}', request_timeout: {request_timeout_seconds}s, auth: {{ api_key: '{}', \
                 api_secret_env: SECRET_{side} }} }}\n",
                urls[side], keys[side].0
            )
        };
        let mut files = Vec::new();
        for kind in Kind::ALL {
            let file = format!("{kind:?}.yaml").to_lowercase();
            std::fs::write(folder.path().join(&file), doctypes.mapping(kind))?;
            files.push(file);
        }
        let config = format!(
            "version: 1\nsites:\n{}{}syncs:\n  {SYNC}:\n    a: a\n    b: b\n    mappings: [{}]\n    guard: {{ \
             max_changes: 100%, max_deletes: 60% }}\n",
            site(Side::A),
            site(Side::B),
            files.join(", ")
        );
        std::fs::write(folder.path().join("frappe-sync.yaml"), config)?;
        Ok(Self {
            path,
            folder,
            secrets: PerSide::from_fn(|side| keys[side].1.clone()),
        })
    }

    /// Runs it with these words and waits for its end, under a handle that can kill it.
    pub(super) async fn run(&self, process: &Process, words: &[&str]) -> io::Result<Ended> {
        let mut command = Command::new(&self.path);
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("SECRET_a", &self.secrets.a)
            .env("SECRET_b", &self.secrets.b);
        let process = process.clone();
        let ended = tokio::task::spawn_blocking(move || process.run(command));
        let output = ended.await.map_err(io::Error::other)??;
        Ok(Ended {
            code: output.status.code(),
            report: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Returns all values that lost and were kept, as one text each.
    pub(super) fn kept(&self) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let state = StateFile::open_read_only(self.folder.path().join("state/frappe-sync.db"))?;
        let store = state.sync(&SyncName::new(SYNC));
        let entries = store.journal_entries(&JournalFilter::default(), usize::MAX)?;
        Ok(entries.iter().map(|entry| entry.lost.to_string()).collect())
    }

    /// Keeps its folder after the end, and returns where it is.
    pub(super) fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

/// Builds the program as this one was built, and returns where it is.
///
/// # Errors
///
/// The build fails, or cannot be started.
pub fn build() -> io::Result<PathBuf> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "--package", "frappe-sync"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = command.current_dir(root).status()?;
    if !built.success() {
        return Err(io::Error::other("the program could not be built"));
    }
    Ok(std::env::current_exe()?.with_file_name("frappe-sync"))
}
