//! Files that a command was asked to write.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::error::{CliError, ErrorKind};

/// Writes a file, which stands there whole or not at all: it is written beside its place and moved there.
pub(crate) fn write_file(
    file: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CliError> {
    replace(file, write).map_err(|error| {
        CliError::new(ErrorKind::Failed, "the file cannot be written")
            .at(file.display().to_string())
            .because(error)
            .remedy("name a file in a folder that is there and that you may write to")
    })
}

fn replace(file: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    let mut writer = BufWriter::new(&mut beside);
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    beside.as_file().sync_all()?;
    // A temporary file is for its owner alone, and so is what holds the values of documents.
    beside.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_fails_half_way_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plan.html");
        write_file(&file, |to| to.write_all(b"first")).unwrap();
        let failed = write_file(&file, |to| {
            to.write_all(b"sec")?;
            Err(io::Error::other("full"))
        });
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Failed);
        assert_eq!(std::fs::read(&file).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
