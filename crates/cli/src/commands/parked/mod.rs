//! `parked`: documents that could not be applied.

mod list;
mod retry;
mod show;

pub(crate) use retry::make_due;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;

/// Lists, shows and retries documents that could not be applied
///
/// A parked document holds back only what links to it. It is tried again by itself when its content, what it
/// waits for, the mapping or the schema changes, and now and then in any case.
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "Example: frappe-sync parked list"
)]
pub struct ParkedArgs {
    #[command(subcommand)]
    command: ParkedCommand,
}

// The help of each is the documentation of its arguments; one here would take its place.
#[derive(Debug, Subcommand)]
enum ParkedCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Retry(retry::RetryArgs),
}

/// Does the command.
pub(crate) async fn run(args: &ParkedArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    match &args.command {
        ParkedCommand::List(args) => list::run(args, context).await,
        ParkedCommand::Show(args) => show::run(args, context),
        ParkedCommand::Retry(args) => Box::pin(retry::run(args, context)).await,
    }
}
