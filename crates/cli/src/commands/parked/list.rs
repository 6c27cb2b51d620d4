//! `parked list`: from the state file alone.

use chrono::Utc;
use clap::Args;
use frappe_sync_store::StateFile;

use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::report::parked::read;
use crate::ui::Volume;
use crate::{failure, render};

/// Lists what is parked, with the site's own words
///
/// Asks no site.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync parked list hq-branch")]
pub(super) struct ListArgs {
    #[command(flatten)]
    sync: SyncArgs,
}

/// Lists what is parked in the syncs.
pub(super) async fn run(args: &ListArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = context.syncs(&args.sync)?;
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    let now = Utc::now();
    context
        .each(&syncs, async |sync| {
            let report = read(&state.sync(&sync.name)).map_err(failure::of_state)?;
            if context.ui.volume() == Volume::Normal || !report.parked.is_empty() {
                context
                    .ui
                    .report(&report, |report| render::parked::list(report, now))?;
            }
            Ok(Exit::Done)
        })
        .await
}
