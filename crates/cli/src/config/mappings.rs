//! The mapping files of a sync.

use std::path::Path;

use frappe_sync_mapper::MappingFile;

use super::{SyncConfig, error_of};
use crate::error::{CliError, ErrorKind};

/// Reads the mapping files of a sync and says all that is wrong with them, without asking a site.
///
/// # Errors
///
/// A file cannot be read, or something in it is wrong, or two of them are for the same DocTypes.
pub fn read_mappings(sync: &SyncConfig) -> Result<Vec<MappingFile>, CliError> {
    let mut files: Vec<MappingFile> = Vec::new();
    let mut errors = Vec::new();
    for path in &sync.mappings {
        match read_one(path) {
            Ok(file) => match files.iter().find(|other| other.name() == file.name()) {
                Some(other) => errors.push(twice(other, &file)),
                None => files.push(file),
            },
            Err(error) => errors.push(error),
        }
    }
    match CliError::of_all(errors) {
        Some(error) => Err(error),
        None => Ok(files),
    }
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
