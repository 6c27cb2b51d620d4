//! From what was typed to the command.

use super::{
    apply, books, check, completions, conflicts, copy, demo, graph, history, import, init, login,
    logout, man, parked, plan, run, sandbox, schema, serve, state, status, undo, verify, webhooks,
    why,
};
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
        Command::Init(args) => Box::pin(init::run(args, ui)).await,
        Command::Import(args) => Box::pin(import::run(args, &cli.global, ui)).await,
        Command::Login(args) => Box::pin(login::run(args, &load()?)).await,
        Command::Logout(args) => Box::pin(logout::run(args, &load()?)).await,
        Command::Check(args) => Box::pin(check::run(args, &load()?)).await,
        Command::Plan(args) => Box::pin(plan::run(args, &load()?)).await,
        Command::Apply(args) => Box::pin(apply::run(args, &load()?)).await,
        Command::Run(args) => Box::pin(run::run(args, &load()?)).await,
        Command::Copy(args) => Box::pin(copy::run(args, &cli.global, ui)).await,
        Command::Undo(args) => Box::pin(undo::run(args, &load()?)).await,
        Command::Status(args) => status::run(args, &load()?).await,
        Command::History(args) => history::run(args, &load()?).await,
        Command::Why(args) => Box::pin(why::run(args, &load()?)).await,
        Command::Conflicts(args) => Box::pin(conflicts::run(args, &load()?)).await,
        Command::Parked(args) => Box::pin(parked::run(args, &load()?)).await,
        Command::Books(args) => Box::pin(books::run(args, &load()?)).await,
        Command::State(args) => Box::pin(state::run(args, &load()?)).await,
        Command::Verify(args) => Box::pin(verify::run(args, &load()?)).await,
        Command::Graph(args) => Box::pin(graph::run(args, &load()?)).await,
        Command::Serve(args) => Box::pin(serve::run(args, &cli.global, load()?)).await,
        Command::Webhooks(args) => Box::pin(webhooks::run(args, &load()?)).await,
        Command::Sandbox(args) => Box::pin(sandbox::run(args, ui)).await,
        Command::Schema(args) => schema::run(args, ui),
        Command::Completions(args) => completions::run(args, ui),
        Command::Man(args) => man::run(args, ui),
    }
}
