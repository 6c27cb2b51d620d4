//! `state backup`: a copy of the state file and its journal.

use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use frappe_sync_store::StateFile;
use serde::Serialize;

use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::failure;

/// Writes a copy of the state file and its journal, while runs may be at work
///
/// The copy is of one moment, readable by its owner alone, and can be opened where it is. A folder gets a file with
/// the time in its name. Copying the files by other means is safe only while nothing runs.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync state backup /var/backups/frappe-sync")]
pub(super) struct BackupArgs {
    /// Where the copy goes: a folder, or a file that is not there yet
    #[arg(value_name = "PATH")]
    to: PathBuf,
}

/// What was written, `frappe-sync/backup@1`.
#[derive(Serialize)]
struct BackupReport {
    format: &'static str,
    state: PathBuf,
    journal: Option<PathBuf>,
    state_id: String,
}

/// Copies.
pub(super) fn run(args: &BackupArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    let to = if args.to.is_dir() {
        let stem = context.state.file_stem().unwrap_or("frappe-sync".as_ref());
        let at = Utc::now().format("%Y%m%dT%H%M%SZ");
        args.to.join(format!("{}.{at}.db", stem.to_string_lossy()))
    } else {
        args.to.clone()
    };
    state.copy_to(&to).map_err(|error| {
        CliError::new(ErrorKind::Failed, "the copy was not written")
            .at(to.display().to_string())
            .because(error)
            .remedy("name a folder, or a file that is not there yet, where this user may write")
    })?;
    // A copy that cannot be opened is none.
    let copy = StateFile::open_read_only(&to).map_err(failure::of_open)?;
    let report = BackupReport {
        format: "frappe-sync/backup@1",
        journal: copy.journal_path().map(ToOwned::to_owned),
        state_id: copy.state_id().to_owned(),
        state: to,
    };
    context.ui.report(&report, |report| {
        let journal = report.journal.as_ref();
        let journal = journal.map(|path| format!("\njournal: {}", path.display()));
        format!(
            "state:   {}{}",
            report.state.display(),
            journal.unwrap_or_default()
        )
    })?;
    Ok(Exit::Done)
}
