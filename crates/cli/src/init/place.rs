//! Files that are made apart and come to their place together, or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{TempDir, TempPath};

use crate::error::{CliError, ErrorKind};

/// Whether everybody on this machine may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// As other files.
    Any,
    /// Its owner alone.
    Owner,
}

/// What becomes of a file that stands where one is to be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays, and nothing is put anywhere.
    Refuse,
    /// It gets another name.
    SetAside,
}

/// A folder in the making, on the same disk as the one that it is for and readable by its owner alone. It goes
/// away with all that was not put in place.
#[derive(Debug)]
pub(crate) struct Staging {
    made: TempDir,
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Staging {
    /// Prepares for `folder`, which need not be there yet.
    pub(crate) fn for_folder(folder: &Path) -> Result<Self, CliError> {
        let refused = |error| not_written(folder, error);
        let folder = std::path::absolute(folder).map_err(refused)?;
        let beside = folder.ancestors().find(|folder| folder.is_dir());
        let made = tempfile::Builder::new()
            .prefix(".frappe-sync-init-")
            .tempdir_in(beside.unwrap_or(Path::new("/")))
            .map_err(refused)?;
        Ok(Self {
            made,
            folder,
            files: Vec::new(),
        })
    }

    /// Returns the folder that everything is for.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns where a file is while it is in the making.
    pub(crate) fn made(&self, file: &str) -> PathBuf {
        self.made.path().join(file)
    }

    /// Returns a text with the places of files as they will be.
    pub(crate) fn with_final_places(&self, text: &str) -> String {
        text.replace(
            &self.made.path().display().to_string(),
            &self.folder.display().to_string(),
        )
    }

    /// Returns the files that were made, in the order of making.
    pub(crate) fn files(&self) -> Vec<String> {
        let files = self.files.iter();
        files.map(|file| file.display().to_string()).collect()
    }

    /// Fails where something stands already where a file will be put.
    pub(crate) fn refuse_standing(&self, file: &str) -> Result<(), CliError> {
        if self.stands(file) {
            return Err(there_already(&[self.folder.join(file)]));
        }
        Ok(())
    }

    /// Tells whether something stands already where a file will be put.
    pub(crate) fn stands(&self, file: &str) -> bool {
        self.folder.join(file).symlink_metadata().is_ok()
    }

    /// Makes a file; of two of one name the second counts.
    pub(crate) fn write(
        &mut self,
        file: &str,
        text: &str,
        readers: Readers,
    ) -> Result<(), CliError> {
        let path = self.made(file);
        let written = || -> io::Result<()> {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            if readers == Readers::Owner {
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            }
            let mut written = options.open(&path)?;
            written.write_all(text.as_bytes())?;
            written.sync_all()
        };
        written().map_err(|error| not_written(&path, error))?;
        let file = PathBuf::from(file);
        if !self.files.contains(&file) {
            self.files.push(file);
        }
        Ok(())
    }

    /// Puts all files in place, in the order in which they were made, and returns the names that older ones
    /// got. After an error everything is as it was.
    pub(crate) fn put_in_place(&self, existing: Existing) -> Result<Vec<PathBuf>, CliError> {
        let standing: Vec<PathBuf> = self
            .files
            .iter()
            .map(|file| self.folder.join(file))
            .filter(|path| path.symlink_metadata().is_ok())
            .collect();
        if existing == Existing::Refuse && !standing.is_empty() {
            return Err(there_already(&standing));
        }
        let mut done = Done::default();
        match self.try_in_place(&standing, &mut done) {
            Ok(()) => Ok(done.set_aside.into_iter().map(|(_, aside)| aside).collect()),
            Err((path, error)) => {
                done.take_back();
                Err(not_written(&path, error))
            }
        }
    }

    fn try_in_place(
        &self,
        standing: &[PathBuf],
        done: &mut Done,
    ) -> Result<(), (PathBuf, io::Error)> {
        for path in standing {
            let aside = unused_name(path);
            fs::rename(path, &aside).map_err(|error| (path.clone(), error))?;
            done.set_aside.push((path.clone(), aside));
        }
        for file in &self.files {
            let path = self.folder.join(file);
            let placed = || -> io::Result<()> {
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)?;
                }
                // Fails where something came to stand there meanwhile.
                let made = TempPath::try_from_path(self.made.path().join(file))?;
                made.persist_noclobber(&path)?;
                Ok(())
            };
            placed().map_err(|error| (path.clone(), error))?;
            done.placed.push(path);
        }
        Ok(())
    }
}

/// What was done so far.
#[derive(Debug, Default)]
struct Done {
    placed: Vec<PathBuf>,
    set_aside: Vec<(PathBuf, PathBuf)>,
}

impl Done {
    /// Undoes it, as far as the disk allows.
    fn take_back(&self) {
        for path in &self.placed {
            let _left = fs::remove_file(path);
        }
        for (path, aside) in &self.set_aside {
            let _left = fs::rename(aside, path);
        }
    }
}

fn unused_name(path: &Path) -> PathBuf {
    let numbered = (1..).map(|number| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".old{number}"));
        PathBuf::from(name)
    });
    let mut unused = numbered.filter(|path| path.symlink_metadata().is_err());
    unused.next().expect("numbers do not run out")
}

/// Says that files are there already.
fn there_already(paths: &[PathBuf]) -> CliError {
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    CliError::new(
        ErrorKind::Usage,
        format!("there is already {}", crate::render::text::listed(&names)),
    )
    .remedy("name another folder, as `DIR`")
    .remedy("or say `--force`: what is there gets another name, and nothing is overwritten")
}

fn not_written(path: &Path, error: io::Error) -> CliError {
    CliError::new(ErrorKind::Failed, "a file cannot be written")
        .at(path.display().to_string())
        .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(folder: &Path) -> Staging {
        let mut staging = Staging::for_folder(folder).unwrap();
        staging.write("mappings/a.yaml", "a", Readers::Any).unwrap();
        staging
            .write("secrets/hq", "s3cret", Readers::Owner)
            .unwrap();
        staging
            .write("frappe-sync.yaml", "new", Readers::Any)
            .unwrap();
        staging
    }

    #[test]
    fn nothing_is_put_in_place_where_one_file_is_there() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("frappe-sync.yaml"), "old").unwrap();
        let error = staged(root.path())
            .put_in_place(Existing::Refuse)
            .unwrap_err();
        assert!(error.to_string().contains("frappe-sync.yaml"), "{error}");
        let left: Vec<_> = std::fs::read_dir(root.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(
            std::fs::read_to_string(root.path().join("frappe-sync.yaml")).unwrap(),
            "old"
        );
    }

    #[test]
    fn what_was_there_can_be_set_aside() {
        let root = tempfile::tempdir().unwrap();
        let config = root.path().join("frappe-sync.yaml");
        std::fs::write(&config, "old").unwrap();
        let aside = staged(root.path())
            .put_in_place(Existing::SetAside)
            .unwrap();
        assert_eq!(std::fs::read_to_string(&aside[0]).unwrap(), "old");
        assert_eq!(std::fs::read_to_string(&config).unwrap(), "new");
    }

    #[test]
    fn a_new_folder_holds_the_files_and_secrets_are_private() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("erp/sync");
        assert!(
            staged(&folder)
                .put_in_place(Existing::Refuse)
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            std::fs::read_to_string(folder.join("mappings/a.yaml")).unwrap(),
            "a"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.join("secrets/hq"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let left: Vec<_> = std::fs::read_dir(root.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn what_fails_half_way_leaves_everything_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("mappings"), "a file").unwrap();
        assert!(staged(root.path()).put_in_place(Existing::Refuse).is_err());
        let left: Vec<_> = std::fs::read_dir(root.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
