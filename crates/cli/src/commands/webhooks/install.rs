//! `webhooks install`: every mapped DocType that is read tells of its changes.

use clap::Args;
use frappe_sync_connector::Permission;

use super::settle::settle;
use super::sides::SidesArgs;
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::webhooks::{address, secret};

/// What an install does: read what is there, make, write, and remove what is needed no more.
const NEEDED: [Permission; 4] = [
    Permission::Read,
    Permission::Write,
    Permission::Create,
    Permission::Delete,
];

/// Makes the webhooks of a sync on its sites, and sets right those that are there
///
/// Two for each mapped DocType, on each site that the mapping carries changes from. They send a document's DocType and name,
/// and no value of it, to `ADDRESS/hooks/SYNC/SITE`, signed with the secret that `serve` in the configuration names. What
/// no mapping needs any more is removed. Installed twice, nothing changes. The sync's user must be a System Manager while
/// this is done. Exit code 12: a permission is missing.
#[derive(Args, Debug)]
#[command(
    after_help = "Example: frappe-sync webhooks install hq-branch --url https://sync.example.com --dry-run"
)]
pub(super) struct InstallArgs {
    #[command(flatten)]
    sides: SidesArgs,

    /// Where the sites reach `frappe-sync serve`; without it, `public_url` of the configuration
    #[arg(long, value_name = "ADDRESS")]
    url: Option<String>,

    /// Only show what would be made, updated and removed
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    consent: ConsentArgs,
}

/// Installs the webhooks of the syncs.
pub(super) async fn run(args: &InstallArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = args.sides.syncs(context)?;
    let url = address(args.url.as_deref(), &context.config)?.ok_or_else(|| {
        CliError::new(ErrorKind::Usage, "nothing says where the webhooks are to send")
            .remedy("name the address under which the sites reach this program: `--url https://sync.example.com`")
            .remedy("or write it into the configuration: `serve: { public_url: https://sync.example.com }`")
    })?;
    let secret = secret(context.ui, &context.config)?;
    if url.starts_with("http://") {
        context.ui.warn(&format!(
            "`{url}` is not encrypted: names of documents can be read on the way, though not forged"
        ));
    }
    context
        .each(&syncs, async |sync| {
            let sides =
                Box::pin(
                    args.sides
                        .look(context, sync, &NEEDED, Some(&url), Some(&secret)),
                )
                .await?;
            settle(
                context,
                sync,
                &sides,
                (args.dry_run, &args.consent),
                "Change",
            )
            .await
        })
        .await
}
