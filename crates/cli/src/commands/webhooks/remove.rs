//! `webhooks remove`: the sites tell nobody any more.

use clap::Args;
use frappe_sync_connector::Permission;

use super::settle::settle;
use super::sides::{SidesArgs, decide};
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::webhooks::{Action, State, address};

/// Removes the webhooks of a sync from its sites
///
/// Only those that `webhooks install` made: they are known by their name and by where they lead, whatever the address of the
/// receiver was. Nothing else of a site is touched, and the sync goes on by its schedule. Exit code 12: a permission is
/// missing.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync webhooks remove hq-branch --dry-run")]
pub(super) struct RemoveArgs {
    #[command(flatten)]
    sides: SidesArgs,

    /// Only those that send to this address
    #[arg(long, value_name = "ADDRESS")]
    url: Option<String>,

    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    consent: ConsentArgs,
}

/// Removes the webhooks of the syncs.
pub(super) async fn run(args: &RemoveArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = args.sides.syncs(context)?;
    let only = match &args.url {
        Some(_) => address(args.url.as_deref(), &context.config)?,
        None => None,
    };
    let needed = [Permission::Read, Permission::Delete];
    context
        .each(&syncs, async |sync| {
            let mut sides = Box::pin(args.sides.look(context, sync, &needed, None, None)).await?;
            for one in &mut sides {
                one.looked
                    .retain(|looked| looked.entry.state != State::Missing);
            }
            decide(&mut sides, |looked| {
                let url = looked.entry.url.as_deref().unwrap_or_default();
                let is_meant = only.as_ref().is_none_or(|only| {
                    url.strip_prefix(only.as_str())
                        .is_some_and(|rest| rest.starts_with("/hooks/"))
                });
                if is_meant {
                    Action::Remove
                } else {
                    Action::Keep
                }
            });
            settle(
                context,
                sync,
                &sides,
                (args.dry_run, &args.consent),
                "Remove",
            )
            .await
        })
        .await
}
