//! `man`: the help of every command as pages of the manual.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use serde::Serialize;

use crate::args::Cli;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::render::text::count;
use crate::ui::Ui;

/// Writes a manual page for every command
///
/// The folder is made where it is missing; pages of that name in it are replaced.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync man --out ~/.local/share/man/man1")]
pub struct ManArgs {
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What was written, `frappe-sync/man@1`.
#[derive(Debug, Serialize)]
struct ManReport {
    format: &'static str,
    folder: PathBuf,
    pages: Vec<String>,
}

/// Writes the pages.
pub(crate) fn run(args: &ManArgs, ui: &Ui) -> Result<Exit, CliError> {
    fs::create_dir_all(&args.out).map_err(|error| not_written(&args.out, error))?;
    let mut command = Cli::command();
    command.build();
    let mut pages = Vec::new();
    write(&command, &args.out, &mut pages)?;
    pages.sort();
    let report = ManReport {
        format: "frappe-sync/man@1",
        folder: args.out.clone(),
        pages,
    };
    ui.report(&report, |report| {
        let pages = count(report.pages.len() as u64, "page");
        format!(
            "{pages} written; `man {}` shows the first",
            report.folder.join("frappe-sync.1").display()
        )
    })?;
    Ok(Exit::Done)
}

/// Writes the page of a command, and those of the commands below it.
fn write(command: &clap::Command, folder: &Path, pages: &mut Vec<String>) -> Result<(), CliError> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let file = format!("{name}.1");
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    let path = folder.join(&file);
    fs::write(&path, page).map_err(|error| not_written(&path, error))?;
    pages.push(file);
    for below in command.get_subcommands() {
        if below.get_name() != "help" {
            write(below, folder, pages)?;
        }
    }
    Ok(())
}

fn not_written(path: &Path, error: std::io::Error) -> CliError {
    CliError::new(ErrorKind::Failed, "the manual pages could not be written")
        .at(path.display().to_string())
        .because(error)
        .remedy("name a folder that this user may write to with `--out`")
}
