//! The mapping files of a sync.

use std::path::{Path, PathBuf};

use frappe_sync_mapper::MappingFile;

use super::{SyncConfig, error_of};
use crate::error::{CliError, ErrorKind};

/// Reads the mapping files of a sync and says all that is wrong with them, without asking a site.
///
/// A folder stands for all its mapping files. One that is named itself goes before one of a folder for the same
/// DocTypes.
///
/// # Errors
///
/// A file cannot be read, or something in it is wrong, or two of them are for the same DocTypes.
pub fn read_mappings(sync: &SyncConfig) -> Result<Vec<MappingFile>, CliError> {
    let mut errors = Vec::new();
    let mut read: Vec<(bool, MappingFile)> = Vec::new();
    for path in &sync.mappings {
        let named = !path.is_dir();
        let paths = if named {
            Ok(vec![path.clone()])
        } else {
            files_of(path)
        };
        match paths {
            Ok(paths) => {
                for path in paths {
                    match read_one(&path) {
                        Ok(file) => read.push((named, file)),
                        Err(error) => errors.push(error),
                    }
                }
            }
            Err(error) => errors.push(error),
        }
    }
    let mut files: Vec<MappingFile> = Vec::new();
    for (named, file) in &read {
        let replaced = |(other_named, other): &(bool, MappingFile)| {
            *other_named && !named && other.name() == file.name()
        };
        if read.iter().any(replaced) {
            continue;
        }
        match files.iter().find(|other| other.name() == file.name()) {
            Some(other) => errors.push(twice(other, file)),
            None => files.push(file.clone()),
        }
    }
    match CliError::of_all(errors) {
        Some(error) => Err(error),
        None => Ok(files),
    }
}

/// Returns the mapping files of a folder, in the order of their names; folders in it are not looked into.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unreadable = |error: std::io::Error| {
        CliError::new(
            ErrorKind::Config,
            "a folder of mapping files cannot be read",
        )
        .at(folder.display().to_string())
        .because(error)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if is_yaml && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let error = CliError::new(ErrorKind::Config, "a folder without a mapping file")
            .at(folder.display().to_string())
            .remedy("name a mapping file, or a folder that has some: their names end in `.yaml`");
        return Err(error);
    }
    Ok(files)
}

fn read_one(path: &Path) -> Result<MappingFile, CliError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        CliError::new(ErrorKind::Config, "a mapping file cannot be read")
            .at(shown.clone())
            .because(error)
    })?;
    frappe_sync_mapper::parse(&text, &shown).map_err(|diagnostic| error_of(&diagnostic))
}

fn twice(first: &MappingFile, second: &MappingFile) -> CliError {
    let message = format!("`{}` is mapped twice in one sync", first.name());
    CliError::new(ErrorKind::Config, message)
        .at(second.file.clone())
        .remedy(format!("keep this file or `{}`", first.file))
}
