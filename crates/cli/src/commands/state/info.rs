//! `state info`: what is stored, and where.

use chrono::Utc;
use clap::Args;
use frappe_sync_model::SyncName;
use frappe_sync_store::StateFile;

use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::state::{Checked, read};
use crate::{failure, render};

/// Tells what is stored, and where
///
/// Asks no site.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync state info")]
pub(super) struct InfoArgs {}

/// Tells what the state file holds.
pub(super) fn run(_args: &InfoArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    tell(context, &state, Checked::No)
}

/// Prints what a state file holds.
pub(super) fn tell(
    context: &Context<'_>,
    state: &StateFile,
    checked: Checked,
) -> Result<Exit, CliError> {
    let configured: Vec<&SyncName> = context.config.syncs.iter().map(|sync| &sync.name).collect();
    let report = read(state, &context.state, &configured, checked).map_err(failure::of_state)?;
    let now = Utc::now();
    context
        .ui
        .report(&report, |report| render::state::state(report, now))?;
    Ok(Exit::Done)
}
