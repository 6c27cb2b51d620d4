//! The program as a process of its own, watched from outside.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// This much of what it prints is kept: summaries come before lists.
const HEAD_BYTES: usize = 16 * 1024;

/// How often its memory is looked at.
const LOOKED_EVERY: Duration = Duration::from_millis(5);

/// What one command took.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// How long it ran.
    pub took: Duration,
    /// The most memory that it held, in KiB, as the system tells (`VmHWM`); 0 where it does not.
    pub peak_kib: u64,
    /// How much it printed.
    pub printed_bytes: u64,
    /// The beginning of what it printed.
    pub head: String,
    /// What it said besides.
    pub stderr: String,
}

/// The program in the folder of its configuration.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    folder: PathBuf,
}

impl Program {
    /// Takes the program of this path, to run in this folder.
    pub fn new(path: PathBuf, folder: &Path) -> Self {
        Self {
            path,
            folder: folder.to_owned(),
        }
    }

    /// Runs it with these words, and reads all that it prints without keeping it.
    ///
    /// # Errors
    ///
    /// It cannot be started, or not be read from.
    pub fn run(&self, words: &[&str]) -> io::Result<Figures> {
        self.run_until(words, |_| false)
    }

    /// Runs it with these words, and kills it, as `kill -9` does, once `is_enough` says so; that is asked again and again,
    /// with how long it has run.
    ///
    /// # Errors
    ///
    /// It cannot be started, or not be read from.
    pub fn run_until(
        &self,
        words: &[&str],
        mut is_enough: impl FnMut(Duration) -> bool,
    ) -> io::Result<Figures> {
        let began = Instant::now();
        let mut child = Command::new(&self.path)
            .args(words)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let peak = Arc::new(AtomicU64::new(0));
        let watcher = watch(&child, Arc::clone(&peak));
        let mut errors = child.stderr.take();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            match errors.as_mut() {
                Some(errors) => errors.read_to_string(&mut text).map(|_| text),
                None => Ok(text),
            }
        });
        let out = child.stdout.take();
        let out = std::thread::spawn(move || read(out));
        while child.try_wait()?.is_none() {
            if is_enough(began.elapsed()) {
                child.kill()?;
                break;
            }
            std::thread::park_timeout(LOOKED_EVERY);
        }
        let status = child.wait()?;
        let took = began.elapsed();
        let stopped = |_| io::Error::other("a thread that watched the program panicked");
        let (head, printed_bytes) = out.join().map_err(stopped)??;
        watcher.join().map_err(stopped)?;
        Ok(Figures {
            code: status.code(),
            took,
            peak_kib: peak.load(Ordering::SeqCst),
            printed_bytes,
            head: String::from_utf8_lossy(&head).into_owned(),
            stderr: errors.join().map_err(stopped)??,
        })
    }
}

/// Looks at the memory of a process until it is gone. `VmHWM` never falls, so only growth in the last few
/// milliseconds is missed.
fn watch(child: &Child, peak: Arc<AtomicU64>) -> std::thread::JoinHandle<()> {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    std::thread::spawn(move || {
        while let Some(kib) = peak_of(&status) {
            peak.fetch_max(kib, Ordering::SeqCst);
            std::thread::park_timeout(LOOKED_EVERY);
        }
    })
}

/// Returns `VmHWM`; none where the process is over or the system does not tell.
fn peak_of(status: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn read(pipe: Option<impl io::Read>) -> io::Result<(Vec<u8>, u64)> {
    let (mut head, mut printed) = (Vec::new(), 0);
    let Some(mut pipe) = pipe else {
        return Ok((head, printed));
    };
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = pipe.read(&mut piece)?;
        if length == 0 {
            return Ok((head, printed));
        }
        printed += length as u64;
        let room = HEAD_BYTES.saturating_sub(head.len()).min(length);
        head.extend_from_slice(&piece[..room]);
    }
}
