//! `conflicts`: values that both sites changed, and what persons decide on them.

mod find;
mod list;
mod resolve;
mod restore;
mod show;

pub(crate) use show::shown;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;

/// Lists, shows and decides values that both sites changed
///
/// Where the mapping says `conflict: manual`, and where a rule cannot decide, a conflict waits for a person.
/// What loses, whoever decided, is kept in the journal for 90 days and can be brought back.
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "Example: frappe-sync conflicts list"
)]
pub struct ConflictsArgs {
    #[command(subcommand)]
    command: ConflictsCommand,
}

// The help of each is the documentation of its arguments; one here would take its place.
#[derive(Debug, Subcommand)]
enum ConflictsCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Resolve(resolve::ResolveArgs),
    Restore(restore::RestoreArgs),
}

/// Does the command.
pub(crate) async fn run(args: &ConflictsArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    match &args.command {
        ConflictsCommand::List(args) => list::run(args, context).await,
        ConflictsCommand::Show(args) => Box::pin(show::run(args, context)).await,
        ConflictsCommand::Resolve(args) => Box::pin(resolve::run(args, context)).await,
        ConflictsCommand::Restore(args) => Box::pin(restore::run(args, context)).await,
    }
}
