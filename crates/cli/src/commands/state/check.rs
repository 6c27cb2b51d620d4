//! `state check`: whether the files are whole.

use clap::Args;
use frappe_sync_store::StateFile;

use super::info::tell;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::failure;
use crate::report::state::Checked;

/// Reads both files in full, and tells whether they are whole
///
/// A run may be at work meanwhile. Exit code 1: one of them is damaged, with what can be done about it.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync state check")]
pub(super) struct CheckArgs {}

/// Checks the files.
pub(super) fn run(_args: &CheckArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    state.check_integrity().map_err(failure::of_state)?;
    tell(context, &state, Checked::Whole)
}
