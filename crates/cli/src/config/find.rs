//! Finding and opening the configuration.

use std::io;
use std::path::{Path, PathBuf};

use super::{Config, read};
use crate::error::{CliError, ErrorKind};

/// The name that is looked for.
const FILE_NAME: &str = "frappe-sync.yaml";

/// Loads the configuration at `given`, or else the one found upwards from the working directory.
///
/// # Errors
///
/// There is none, it cannot be read, or something in it is wrong.
pub fn load(given: Option<&Path>) -> Result<Config, CliError> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => find_upwards()?,
    };
    let text = std::fs::read_to_string(&path).map_err(|error| {
        CliError::new(ErrorKind::Config, "the configuration cannot be read")
            .at(path.display().to_string())
            .because(error)
    })?;
    read(&text, &path)
}

/// Loads the configuration at `given`, or the one found upwards from the working directory if there is any.
///
/// # Errors
///
/// It cannot be read, or something in it is wrong.
pub(crate) fn load_if_any(given: Option<&Path>) -> Result<Option<Config>, CliError> {
    let start = std::env::current_dir().map_err(no_directory)?;
    if given.is_none() && above(&start).is_none() {
        return Ok(None);
    }
    load(given).map(Some)
}

fn above(start: &Path) -> Option<PathBuf> {
    let mut places = start.ancestors().map(|folder| folder.join(FILE_NAME));
    places.find(|path| path.is_file())
}

fn find_upwards() -> Result<PathBuf, CliError> {
    let start = std::env::current_dir().map_err(no_directory)?;
    above(&start).ok_or_else(|| {
        CliError::new(
            ErrorKind::Config,
            format!("there is no `{FILE_NAME}` here or in a folder above"),
        )
        .at(start.display().to_string())
        .remedy("name one with `--config FILE`")
        .remedy("or try `frappe-sync demo`, which needs none")
    })
}

fn no_directory(error: io::Error) -> CliError {
    CliError::new(ErrorKind::Failed, "the working directory cannot be told").because(error)
}
