//! `webhooks list`: what there is beside what there is to be.

use clap::Args;
use frappe_sync_connector::Permission;

use super::sides::{SidesArgs, decide, report};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render;
use crate::webhooks::{Action, address};

/// Lists the webhooks of a sync on its sites, and what is missing or not as it is to be
///
/// Writes nothing. Secrets are not compared; `webhooks install --dry-run` does.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync webhooks list hq-branch --site hq")]
pub(super) struct ListArgs {
    #[command(flatten)]
    sides: SidesArgs,

    /// Where they are to send; without it, `public_url` of the configuration, or wherever they do
    #[arg(long, value_name = "ADDRESS")]
    url: Option<String>,
}

/// Lists the webhooks of the syncs.
pub(super) async fn run(args: &ListArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = args.sides.syncs(context)?;
    let url = address(args.url.as_deref(), &context.config)?;
    context
        .each(&syncs, async |sync| {
            let looking = args
                .sides
                .look(context, sync, &[Permission::Read], url.as_deref(), None);
            let mut sides = Box::pin(looking).await?;
            decide(&mut sides, |_| Action::Keep);
            let told = report(sync, true, &sides);
            context.ui.report(&told, render::webhooks::list)?;
            Ok(Exit::Done)
        })
        .await
}
