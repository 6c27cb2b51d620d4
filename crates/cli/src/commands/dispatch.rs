//! From what was typed to the command.

use super::{check, conflicts, demo, parked, plan, run, sandbox, state, status, verify};
use crate::args::{Cli, Command};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Does the command.
pub(crate) async fn dispatch(cli: &Cli, ui: &Ui) -> Result<Exit, CliError> {
    let load = || Context::load(&cli.global, ui);
    // Each command is on the heap, so that the largest of them does not make all of them large.
    match &cli.command {
        Command::Demo(args) => Box::pin(demo::run(args, ui)).await,
        Command::Check(args) => Box::pin(check::run(args, &load()?)).await,
        Command::Plan(args) => Box::pin(plan::run(args, &load()?)).await,
        Command::Run(args) => Box::pin(run::run(args, &load()?)).await,
        Command::Status(args) => status::run(args, &load()?).await,
        Command::Conflicts(args) => Box::pin(conflicts::run(args, &load()?)).await,
        Command::Parked(args) => Box::pin(parked::run(args, &load()?)).await,
        Command::State(args) => Box::pin(state::run(args, &load()?)).await,
        Command::Verify(args) => Box::pin(verify::run(args, &load()?)).await,
        Command::Sandbox(args) => Box::pin(sandbox::run(args, ui)).await,
    }
}
