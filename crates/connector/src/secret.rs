//! Where a secret comes from. Nothing in here shows one.

use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use secrecy::SecretString;

/// The most bytes that a secret may have.
const MAX_BYTES: u64 = 64 * 1024;

/// How long a command may take. A run under cron must not hang on one that asks a question.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a secret is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file, such as one that systemd or a container puts in place.
    File(PathBuf),
    /// A shell command that prints it, such as `pass show erp/api-secret`.
    Command(String),
}

/// A secret that was read, and what is to be said about its place.
#[derive(Debug)]
pub struct Secret {
    /// The secret, without the end of its line.
    pub value: SecretString,
    /// What a careful person would change.
    pub warning: Option<SecretWarning>,
}

/// Something about a secret's place that a careful person would change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretWarning {
    /// Every user of this machine can read the file.
    #[error("`{}` can be read by every user of this machine; `chmod 600` it", path.display())]
    WorldReadable {
        /// The file.
        path: PathBuf,
    },
}

/// Why a secret could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The environment variable is not set.
    #[error("the environment variable `{name}` is not set")]
    NotSet {
        /// The variable.
        name: String,
    },
    /// The file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The command cannot be run.
    #[error("the secret's command cannot be run")]
    Command {
        /// Why not.
        source: io::Error,
    },
    /// The command failed.
    #[error("the secret's command failed with {status}")]
    CommandFailed {
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// The command did not end.
    #[error("the secret's command did not end within {} seconds", COMMAND_TIMEOUT.as_secs())]
    CommandTimeout,
    /// What was read is no single line of text.
    #[error("{source_name} holds no secret: {problem}")]
    Unusable {
        /// Where it was read.
        source_name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl SecretSource {
    /// Reads the secret. Blocks, for a command up to half a minute.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is not one line of text; no error shows what was read.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let (bytes, warning) = match self {
            Self::Env(name) => {
                let value = std::env::var_os(name)
                    .ok_or_else(|| SecretError::NotSet { name: name.clone() })?;
                (value.into_encoded_bytes(), None)
            }
            Self::File(path) => {
                let bytes = read_file(path).map_err(|source| SecretError::File {
                    path: path.clone(),
                    source,
                })?;
                (bytes, world_readable(path))
            }
            Self::Command(line) => (run(line)?, None),
        };
        let value = self.single_line(bytes)?;
        Ok(Secret { value, warning })
    }

    fn single_line(&self, bytes: Vec<u8>) -> Result<SecretString, SecretError> {
        let unusable = |problem| SecretError::Unusable {
            source_name: self.to_string(),
            problem,
        };
        if bytes.len() as u64 > MAX_BYTES {
            return Err(unusable("it is too long"));
        }
        let text = String::from_utf8(bytes).map_err(|_| unusable("it is not text"))?;
        let line = text.trim();
        if line.is_empty() {
            return Err(unusable("it is empty"));
        }
        if line.contains(['\n', '\r']) {
            return Err(unusable("it has more than one line"));
        }
        Ok(line.into())
    }
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn world_readable(path: &Path) -> Option<SecretWarning> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o004 != 0).then(|| SecretWarning::WorldReadable {
        path: path.to_owned(),
    })
}

#[cfg(not(unix))]
fn world_readable(_path: &Path) -> Option<SecretWarning> {
    None
}

/// Runs a shell command and returns what it printed.
fn run(line: &str) -> Result<Vec<u8>, SecretError> {
    let mut child = shell(line)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| SecretError::Command { source })?;
    let printed = read_within(&mut child, COMMAND_TIMEOUT);
    if printed.is_none() {
        // The command is being given up on; if it already ended there is nothing to stop.
        let _already_ended = child.kill();
    }
    let status = child
        .wait()
        .map_err(|source| SecretError::Command { source })?;
    match printed {
        None => Err(SecretError::CommandTimeout),
        Some(_) if !status.success() => Err(SecretError::CommandFailed { status }),
        Some(Err(source)) => Err(SecretError::Command { source }),
        Some(Ok(bytes)) => Ok(bytes),
    }
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line);
    command
}

#[cfg(not(unix))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").arg(line);
    command
}

/// Reads all that a child prints, or `None` if it does not close its output in time.
fn read_within(child: &mut Child, timeout: Duration) -> Option<io::Result<Vec<u8>>> {
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let result = output.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        // Nobody listens any more once the time is up.
        let _receiver_gone = sender.send(result.map(|_| bytes));
    });
    receiver.recv_timeout(timeout).ok()
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable `{name}`"),
            Self::File(path) => write!(f, "`{}`", path.display()),
            // A command line may well hold a secret itself.
            Self::Command(_) => f.write_str("the secret's command"),
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => f.debug_tuple("Env").field(name).finish(),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Command(_) => f.write_str("Command(..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn an_unset_variable_is_named() {
        let source = SecretSource::Env("FRAPPE_SYNC_NO_SUCH_VARIABLE".to_owned());
        assert_eq!(
            source.read().unwrap_err().to_string(),
            "the environment variable `FRAPPE_SYNC_NO_SUCH_VARIABLE` is not set"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_all_can_read_is_read_and_warned_of() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "hunter2\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let source = SecretSource::File(path.clone());
        let secret = source.read().unwrap();
        assert_eq!(secret.value.expose_secret(), "hunter2");
        assert_eq!(
            secret.warning,
            Some(SecretWarning::WorldReadable { path: path.clone() })
        );

        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(source.read().unwrap().warning, None);
    }

    #[test]
    fn a_file_without_one_line_of_text_is_refused_without_being_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for (content, problem) in [
            (&b" \n"[..], "it is empty"),
            (b"hunter2\nhunter3", "it has more than one line"),
            (b"hunter2\xff", "it is not text"),
        ] {
            fs::write(&path, content).unwrap();
            let error = SecretSource::File(path.clone()).read().unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(problem), "{shown}");
            assert!(!shown.contains("hunter"), "{shown}");
        }
        let missing = SecretSource::File(folder.path().join("missing"));
        assert!(matches!(missing.read(), Err(SecretError::File { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_command_prints_the_secret_or_fails_without_showing_itself() {
        let source = SecretSource::Command("printf 'hunter%s\\n' 2".to_owned());
        assert_eq!(source.read().unwrap().value.expose_secret(), "hunter2");

        let failing = SecretSource::Command("echo hunter2; exit 3".to_owned());
        let error = failing.read().unwrap_err();
        let shown = format!("{failing:?} {failing} {error} {error:?}");
        assert!(matches!(error, SecretError::CommandFailed { .. }));
        assert!(!shown.contains("hunter"), "{shown}");
    }
}
