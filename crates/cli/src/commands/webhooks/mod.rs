//! `webhooks`: what the sites tell the receiver of.

mod install;
mod list;
mod remove;
mod settle;
mod sides;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;

/// Installs, lists and removes the webhooks by which the sites tell of changes
///
/// With them `frappe-sync serve` looks within a second or so at what was changed, in place of with the next run. They are
/// hints alone: what a site forgets to tell is found by the schedule.
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "Example: frappe-sync webhooks list"
)]
pub struct WebhooksArgs {
    #[command(subcommand)]
    command: WebhooksCommand,
}

// The help of each is the documentation of its arguments; one here would take its place.
#[derive(Debug, Subcommand)]
enum WebhooksCommand {
    Install(install::InstallArgs),
    List(list::ListArgs),
    Remove(remove::RemoveArgs),
}

/// Does the command.
pub(crate) async fn run(args: &WebhooksArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    match &args.command {
        WebhooksCommand::Install(args) => Box::pin(install::run(args, context)).await,
        WebhooksCommand::List(args) => Box::pin(list::run(args, context)).await,
        WebhooksCommand::Remove(args) => Box::pin(remove::run(args, context)).await,
    }
}
