//! `import`: the set-up of another tool becomes mapping files.

mod event_streaming;
mod sites;

use clap::{Args, Subcommand};

use crate::error::CliError;
use crate::exit::Exit;
use crate::options::GlobalArgs;
use crate::ui::Ui;

/// Makes mapping files of the set-up of another tool
///
/// What has no equivalent is named where it would stand, in the files and in the report.
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "Example: frappe-sync import event-streaming sync --file mappings.json"
)]
pub struct ImportArgs {
    #[command(subcommand)]
    command: ImportCommand,
}

// The help of each is the documentation of its arguments; one here would take its place.
#[derive(Debug, Subcommand)]
enum ImportCommand {
    EventStreaming(Box<event_streaming::EventStreamingArgs>),
}

/// Does the command.
pub(crate) async fn run(args: &ImportArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    match &args.command {
        ImportCommand::EventStreaming(args) => {
            Box::pin(event_streaming::run(args, global, ui)).await
        }
    }
}
