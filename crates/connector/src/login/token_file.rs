//! The file that keeps the tokens of one site between runs, and the lock beside it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use super::tokens::Tokens;

/// The most bytes that the file is read for.
const MAX_BYTES: u64 = 1024 * 1024;
/// How long we wait for another process that asks for a token: as long as one such request may take, and more.
const LOCK_PATIENCE: Duration = Duration::from_secs(90);
/// How often we look whether it is done.
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// Where the tokens of one site are kept. Only the user of this process may read the file; it is replaced as a
/// whole, and a lock beside it lets one process at a time ask for new tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFile(PathBuf);

/// Why tokens cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenFileError {
    #[error("the tokens in `{}` cannot be read", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` does not hold the tokens of a site", path.display())]
    NoTokens { path: PathBuf },
    #[error("tokens cannot be kept in `{}`", path.display())]
    NotKept { path: PathBuf, source: io::Error },
    #[error("another process holds `{}`, and has asked for a token for {} seconds", path.display(), LOCK_PATIENCE.as_secs())]
    Held { path: PathBuf },
}

/// The right to ask for new tokens, until this is dropped.
pub(super) struct TokenLock(
    #[expect(dead_code, reason = "held for the lock that goes with it")] File,
);

/// A place on the disk that is ours already, so that no token is asked for which could not be kept.
pub(super) struct Place<'f> {
    file: &'f TokenFile,
    draft: File,
    draft_path: PathBuf,
}

impl TokenFile {
    /// Names the file; it and its folder are made when there is something to keep.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the tokens of this site and client, if there are any.
    pub(super) fn read(&self, site: &str, client: &str) -> Result<Option<Tokens>, TokenFileError> {
        let unreadable = |source| TokenFileError::Unreadable {
            path: self.0.clone(),
            source,
        };
        let file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let mut text = String::new();
        file.take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        let text = SecretString::from(text);
        Tokens::of_text(text.expose_secret(), site, client).map_err(|()| TokenFileError::NoTokens {
            path: self.0.clone(),
        })
    }

    /// Waits for the lock. It stays as a file when the lock goes: removing it could take it from under another
    /// process that has just opened it.
    pub(super) async fn lock(&self) -> Result<TokenLock, TokenFileError> {
        self.make_folder()?;
        let path = self.beside("lock");
        let not_kept = |source| TokenFileError::NotKept {
            path: path.clone(),
            source,
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = for_us_alone(&mut options).open(&path).map_err(not_kept)?;
        let patience = Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(TokenLock(file)),
                Err(TryLockError::WouldBlock) if Instant::now() >= patience => {
                    return Err(TokenFileError::Held { path });
                }
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                Err(TryLockError::Error(source)) => return Err(not_kept(source)),
            }
        }
    }

    /// Makes room for tokens. Only who holds the lock may.
    pub(super) fn place(&self, _lock: &TokenLock) -> Result<Place<'_>, TokenFileError> {
        self.make_folder()?;
        let draft_path = self.beside("new");
        let made = (|| {
            // One that a process left which was killed, perhaps with other rights.
            match fs::remove_file(&draft_path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            for_us_alone(&mut options).open(&draft_path)
        })();
        match made {
            Ok(draft) => Ok(Place {
                file: self,
                draft,
                draft_path,
            }),
            Err(source) => Err(self.not_kept(source)),
        }
    }

    /// Removes the tokens.
    pub(super) fn remove(&self, _lock: &TokenLock) -> Result<(), TokenFileError> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.not_kept(error)),
            _ => Ok(()),
        }
    }

    fn make_folder(&self) -> Result<(), TokenFileError> {
        let Some(folder) = self.0.parent().filter(|folder| *folder != Path::new("")) else {
            return Ok(());
        };
        if folder.is_dir() {
            return Ok(());
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(folder)
            .map_err(|source| self.not_kept(source))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.0.as_os_str().to_owned();
        name.push(".");
        name.push(ending);
        PathBuf::from(name)
    }

    fn not_kept(&self, source: io::Error) -> TokenFileError {
        TokenFileError::NotKept {
            path: self.0.clone(),
            source,
        }
    }
}

impl Place<'_> {
    /// Puts tokens on the disk, where they are when this returns.
    pub(super) fn keep(mut self, text: &SecretString) -> Result<(), TokenFileError> {
        let kept = (|| {
            self.draft.write_all(text.expose_secret().as_bytes())?;
            self.draft.sync_all()?;
            fs::rename(&self.draft_path, &self.file.0)?;
            sync_folder(&self.file.0)
        })();
        kept.map_err(|source| self.file.not_kept(source))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        // Where the tokens were kept, it has got another name.
        let _is_gone = fs::remove_file(&self.draft_path);
    }
}

fn for_us_alone(options: &mut OpenOptions) -> &OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes the new name in a folder last.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn the_file_is_ours_alone_and_replaced_as_a_whole() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile::new(folder.path().join("tokens/hq.json"));
        let lock = file.lock().await.unwrap();
        // One that was left behind, which everybody may read.
        fs::write(file.beside("new"), "left").unwrap();
        fs::set_permissions(file.beside("new"), fs::Permissions::from_mode(0o644)).unwrap();
        for text in ["first", "second"] {
            file.place(&lock).unwrap().keep(&text.into()).unwrap();
            assert_eq!(fs::read_to_string(file.path()).unwrap(), text);
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(file.path()), 0o600);
        assert_eq!(mode(file.path().parent().unwrap()), 0o700);
        drop(file.place(&lock).unwrap());
        assert!(!file.beside("new").exists());
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "second");
        file.remove(&lock).unwrap();
        assert!(file.read("", "").unwrap().is_none());
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_known_before_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("taken"), "").unwrap();
        let file = TokenFile::new(folder.path().join("taken/hq.json"));
        assert!(matches!(
            file.lock().await,
            Err(TokenFileError::NotKept { .. })
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_another_process_gives_up_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile::new(folder.path().join("hq.json"));
        let lock = file.lock().await.unwrap();
        assert!(matches!(
            file.lock().await,
            Err(TokenFileError::Held { .. })
        ));
        drop(lock);
        drop(file.lock().await.unwrap());
    }
}
