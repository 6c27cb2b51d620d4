//! `verify`: a deep comparison, with a certificate.

use clap::Args;
use frappe_sync_engine::VerifyReport;
use frappe_sync_store::StateFile;

use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::wiring::{OpenSync, RunSettings};
use crate::work::work_on;
use crate::{failure, render};

/// Compares both sites of a sync in full
///
/// Every mapped value of every pair is compared. Exit code 0: equal; 3: not equal. What differs and is not
/// known yet is looked at by the next run.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync verify hq-branch --json")]
pub struct VerifyArgs {
    #[command(flatten)]
    sync: SyncArgs,
}

/// Verifies the syncs, one after the other.
pub(crate) async fn run(args: &VerifyArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = context.syncs(&args.sync)?;
    context
        .each(&syncs, async |sync| {
            let report = verify_one(context, sync).await?;
            context.ui.report(&report, render::verify::verify)?;
            Ok(if report.equal {
                Exit::Done
            } else {
                Exit::Unfinished
            })
        })
        .await
}

/// Verifies one sync.
pub(crate) async fn verify_one(
    context: &Context<'_>,
    sync: &SyncConfig,
) -> Result<VerifyReport, CliError> {
    let open = OpenSync::new(context.ui, &context.config, sync, &RunSettings::default())?;
    let state = StateFile::open_existing(&context.state).map_err(failure::of_open)?;
    // A run in between would make the comparison one of two different moments.
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let store = state.sync(&sync.name);
    work_on(context, sync, &open, &store, async |parts| {
        frappe_sync_engine::verify(parts).await
    })
    .await
}
