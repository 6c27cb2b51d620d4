//! `demo`: everything on two sites of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::demo::{DemoReport, tell};
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::render::style::{BAD, GOOD, HEADING};
use crate::render::text::{count, span};
use crate::ui::{Format, Ui};

/// Shows everything on two sites of its own: sync, a conflict, a lost answer, proof
///
/// Serves two Frappe-compatible sites on this machine, in two time zones, and keeps them in sync over HTTP as
/// any other two. Nothing else is touched. It checks itself: where something is not as it promises, it ends
/// with exit code 1.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync demo")]
pub struct DemoArgs {
    /// Keep configuration, mappings and state in this new folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Tells the story.
pub(crate) async fn run(args: &DemoArgs, ui: &Ui) -> Result<Exit, CliError> {
    let report = match &args.keep {
        Some(folder) => {
            refuse_filled(folder)?;
            tell(ui, folder, Some(folder.display().to_string())).await?
        }
        None => {
            let folder = tempfile::Builder::new()
                .prefix("frappe-sync-demo-")
                .tempdir()
                .map_err(|error| {
                    CliError::new(ErrorKind::Failed, "a temporary folder cannot be made")
                        .because(error)
                        .remedy("name a new folder with `--keep DIR`")
                })?;
            tell(ui, folder.path(), None).await?
        }
    };
    match ui.format() {
        Format::Json => ui.json(&report)?,
        Format::Text => ui.text(&ending(&report))?,
    }
    Ok(if report.kept {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn ending(report: &DemoReport) -> String {
    let broken = report
        .promises
        .iter()
        .filter(|promise| !promise.kept)
        .count() as u64;
    let verdict = if report.kept {
        format!("{GOOD}everything was as promised{GOOD:#}")
    } else {
        format!("{BAD}{} not kept{BAD:#}", count(broken, "promise"))
    };
    let taken = span(Duration::try_from_secs_f64(report.seconds).unwrap_or_default());
    format!("\n{HEADING}demo{HEADING:#}: {verdict}, in {taken}")
}

fn refuse_filled(folder: &Path) -> Result<(), CliError> {
    let is_filled = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if !is_filled {
        return Ok(());
    }
    Err(CliError::new(ErrorKind::Usage, "the folder is not empty")
        .at(folder.display().to_string())
        .remedy("name a new one"))
}
