//! `serve`: every sync on its schedule, and a place to look at them.

use std::net::SocketAddr;

use clap::Args;

use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::options::GlobalArgs;
use crate::serve::{Start, serve};

/// Runs every sync on its schedule, and shows a page to look at them
///
/// Goes on until it is asked to end (`SIGTERM`, Ctrl-C): writes that are under way end, and the exit code is 0. On
/// `SIGHUP` the configuration is read again; a bad one is told, and the old one goes on. The page is on this machine
/// alone unless told otherwise, and only who has the token changes anything.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync serve --listen 127.0.0.1:8790")]
pub struct ServeArgs {
    /// Where the page is served, in place of `serve: listen` of the configuration
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Serves.
pub(crate) async fn run(
    args: &ServeArgs,
    global: &GlobalArgs,
    context: Context<'_>,
) -> Result<Exit, CliError> {
    let start = Start {
        file: global.config.clone(),
        config: context.config,
        state: context.state,
        listen: args.listen,
    };
    serve(context.ui, start).await
}
