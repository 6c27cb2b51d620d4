//! `state`: the state file itself.

mod backup;
mod check;
mod fresh;
mod info;
mod rebuild;
mod restore;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;

/// Looks into the state file, checks it, copies it, makes it anew
///
/// The state file is what a sync remembers: which documents belong together, and what both sites held when
/// they last agreed. It holds names and fingerprints; overwritten values are in the journal beside it.
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "Example: frappe-sync state info"
)]
pub struct StateArgs {
    #[command(subcommand)]
    command: StateCommand,
}

// The help of each is the documentation of its arguments; one here would take its place.
#[derive(Debug, Subcommand)]
enum StateCommand {
    Info(info::InfoArgs),
    Check(check::CheckArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Rebuild(rebuild::RebuildArgs),
}

/// Does the command.
pub(crate) async fn run(args: &StateArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    match &args.command {
        StateCommand::Info(args) => info::run(args, context),
        StateCommand::Check(args) => check::run(args, context),
        StateCommand::Backup(args) => backup::run(args, context),
        StateCommand::Restore(args) => restore::run(args, context),
        StateCommand::Rebuild(args) => Box::pin(rebuild::run(args, context)).await,
    }
}
