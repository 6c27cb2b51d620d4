//! `plan`: a dry run.

use clap::Args;
use frappe_sync_engine::PlanReport;
use frappe_sync_model::DocType;
use frappe_sync_store::{OpenError, StateFile};

use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::guard::AllowArgs;
use crate::options::SyncArgs;
use crate::wiring::{OpenSync, RunSettings};
use crate::work::work_on;
use crate::{failure, render};

/// Shows what a run would change, and why; writes nothing
///
/// Reads both sites and decides as a run would, on a copy of the state file that is thrown away. A run may be
/// at work meanwhile.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync plan hq-branch --limit 0")]
pub struct PlanArgs {
    #[command(flatten)]
    sync: SyncArgs,

    /// End with exit code 2 where there is something to do
    #[arg(long)]
    detailed_exitcode: bool,

    /// Only the mapping of this DocType
    #[arg(long, value_name = "DOCTYPE")]
    only: Option<String>,

    #[command(flatten)]
    guards: AllowArgs,

    /// Show at most this many documents of a DocType on a site; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

/// Plans the syncs, one after the other.
pub(crate) async fn run(args: &PlanArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let settings = RunSettings {
        allow: args.guards.allow.clone(),
        only: args.only.as_deref().map(DocType::from),
        ..RunSettings::default()
    };
    let syncs = context.syncs(&args.sync)?;
    context
        .each(&syncs, async |sync| {
            let report = plan_one(context, sync, &settings).await?;
            context
                .ui
                .report(&report, |report| render::plan::plan(report, args.limit))?;
            Ok(if args.detailed_exitcode && report.summary.writes() > 0 {
                Exit::Changes
            } else {
                Exit::Done
            })
        })
        .await
}

/// Plans one sync.
pub(crate) async fn plan_one(
    context: &Context<'_>,
    sync: &SyncConfig,
    settings: &RunSettings,
) -> Result<PlanReport, CliError> {
    let open = OpenSync::new(context.ui, &context.config, sync, settings)?;
    // Before the first run there is nothing to copy, and the plan is that of a first run.
    let state = match StateFile::open_read_only(&context.state) {
        Ok(state) => state.scratch_copy(),
        Err(OpenError::NotInitialised { .. }) => StateFile::in_memory(),
        Err(error) => return Err(failure::of_open(error)),
    };
    let state = state.map_err(failure::of_state)?;
    let store = state.sync(&sync.name);
    work_on(context, sync, &open, &store, async |parts| {
        frappe_sync_engine::plan(parts).await
    })
    .await
}
