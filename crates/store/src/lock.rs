//! One run of a sync at a time.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{SecondsFormat, Utc};
use frappe_sync_model::SyncName;

use crate::error::LockError;

/// The most that is shown of what a lock file says of its holder, in characters.
const HOLDER_LENGTH: usize = 200;

/// The syncs of a state without a file that are being run.
pub(crate) type Held = Arc<Mutex<BTreeSet<SyncName>>>;

/// The right to run a sync, held until this is dropped or the process ends, however it ends.
#[derive(Debug)]
#[must_use = "the sync is unlocked when this is dropped"]
pub struct RunLock {
    _holding: Holding,
}

impl RunLock {
    /// Locks a sync of the state file `state`, by a lock on a file beside it.
    ///
    /// The lock file stays when the lock goes: removing it could take it from under another process
    /// that has just opened it.
    pub(crate) fn on_file(state: &Path, sync: &SyncName) -> Result<Self, LockError> {
        Self::on_lock_file(lock_path(state, sync), sync)
    }

    /// Locks every sync of the state file `state` that was ever run.
    pub(crate) fn all_on_file(state: &Path) -> Result<Vec<Self>, LockError> {
        let folder = match state.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let unusable = |source| LockError::Unusable {
            path: folder.to_owned(),
            source,
        };
        let mut locks = Vec::new();
        for entry in fs::read_dir(folder).map_err(unusable)? {
            let name = entry.map_err(unusable)?.file_name();
            if let Some(sync) = locked_sync(state, &name) {
                locks.push(Self::on_lock_file(folder.join(name), &sync)?);
            }
        }
        Ok(locks)
    }

    /// Tells who runs a sync of the state file `state`; `None` where nobody does. Makes no file.
    ///
    /// It looks by taking a lock of its own for a moment, beside which a run that begins just then is
    /// refused as beside any other.
    pub(crate) fn holder_on_file(
        state: &Path,
        sync: &SyncName,
    ) -> Result<Option<String>, LockError> {
        let path = lock_path(state, sync);
        let unusable = |source| LockError::Unusable {
            path: path.clone(),
            source,
        };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(holder(&path))),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    fn on_lock_file(path: PathBuf, sync: &SyncName) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable {
            path: path.clone(),
            source,
        };
        let file = open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    sync: sync.clone(),
                    holder: holder(&path),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        write_holder(&file).map_err(unusable)?;
        Ok(Self {
            _holding: Holding::File(file),
        })
    }

    /// Tells who runs a sync of a state that no other process can see.
    pub(crate) fn holder_in_process(held: &Held, sync: &SyncName) -> Option<String> {
        let held = held.lock().unwrap_or_else(PoisonError::into_inner);
        held.contains(sync).then(|| "this process".to_owned())
    }

    /// Locks a sync of a state that no other process can see.
    pub(crate) fn in_process(held: &Held, sync: &SyncName) -> Result<Self, LockError> {
        let is_new = held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(sync.clone());
        if !is_new {
            return Err(LockError::Held {
                sync: sync.clone(),
                holder: "this process".to_owned(),
            });
        }
        Ok(Self {
            _holding: Holding::InProcess(InProcess {
                held: Arc::clone(held),
                sync: sync.clone(),
            }),
        })
    }
}

/// What keeps the lock; dropping it lets go.
#[derive(Debug)]
enum Holding {
    File(#[expect(dead_code, reason = "held for the lock that goes with it")] File),
    InProcess(#[expect(dead_code, reason = "held for what its drop does")] InProcess),
}

#[derive(Debug)]
struct InProcess {
    held: Held,
    sync: SyncName,
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.sync);
    }
}

/// Returns `<state>.<sync>.lock`, with what cannot stand in a file name written as `%` and its code.
fn lock_path(state: &Path, sync: &SyncName) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".");
    for character in sync.as_str().chars() {
        if character.is_alphanumeric() || matches!(character, '-' | '_' | ' ') {
            name.push(character.to_string());
        } else {
            name.push(format!("%{:02X}", u32::from(character)));
        }
    }
    name.push(".lock");
    PathBuf::from(name)
}

/// Returns the sync whose lock file of the state file `state` has this name; `None` where it is another
/// file. The sync is only shown: of its signs that cannot stand in a file name, those of two digits are
/// read back.
fn locked_sync(state: &Path, name: &OsStr) -> Option<SyncName> {
    let written = name
        .as_encoded_bytes()
        .strip_prefix(state.file_name()?.as_encoded_bytes())?
        .strip_prefix(b".")?
        .strip_suffix(b".lock")?;
    let written = String::from_utf8_lossy(written);
    let mut parts = written.split('%');
    let mut sync = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok())
        {
            Some(code) => {
                sync.push(char::from(code));
                sync.push_str(&part[2..]);
            }
            None => {
                sync.push('%');
                sync.push_str(part);
            }
        }
    }
    Some(SyncName::from(sync))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Not truncated: it still tells of the holder until the lock is ours.
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_holder(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(
        file,
        "process {} on {} since {}",
        std::process::id(),
        host(),
        Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
    )?;
    file.flush()
}

/// Returns what the holder wrote down, without anything that could confuse a terminal.
fn holder(path: &Path) -> String {
    let written = fs::read_to_string(path).unwrap_or_default();
    let line: String = written
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|character| !character.is_control())
        .take(HOLDER_LENGTH)
        .collect();
    if line.is_empty() {
        "another process".to_owned()
    } else {
        line
    }
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| fs::read_to_string("/etc/hostname"))
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "an unnamed host".to_owned())
}
