//! `demo`: serves a Frappe-compatible site for rehearsals.

use clap::Args;

use crate::error::CliError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Serves a Frappe-compatible site for rehearsals
#[derive(Args, Debug)]
pub struct DemoArgs {}

/// Serves until it is asked to stop.
pub(crate) async fn run(_args: &DemoArgs, _ui: &Ui) -> Result<Exit, CliError> {
    Ok(Exit::Done)
}
