//! `check`: whether the sites, the users, the permissions and the mappings are fit for a sync.

use clap::Args;

use crate::checks::{Level, check_sync};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::render;
use crate::ui::Volume;

/// Looks whether the sites, the users, the permissions and the mappings are fit for a sync
///
/// Each line is `ok`, `warn` or `fail`, with what to do about it. Writes nothing. Exit code 12: a key or a
/// permission; 75: a site that does not answer; 78: the configuration or a mapping.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync check hq-branch")]
pub struct CheckArgs {
    #[command(flatten)]
    sync: SyncArgs,
}

/// Checks the syncs, one after the other.
pub(crate) async fn run(args: &CheckArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = context.syncs(&args.sync)?;
    context
        .each(&syncs, async |sync| {
            let report = check_sync(context.ui, &context.config, &context.state, sync).await?;
            if report.result != Level::Ok || context.ui.volume() == Volume::Normal {
                context.ui.report(&report, render::check::check)?;
            }
            Ok(report.exit())
        })
        .await
}
