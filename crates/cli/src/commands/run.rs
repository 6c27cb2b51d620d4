//! `run`: brings both sites of a sync together.

use chrono::{TimeDelta, Utc};
use clap::Args;
use frappe_sync_engine::{Cancel, RunReport};
use frappe_sync_model::{DocType, RunOutcome};
use frappe_sync_store::StateFile;

use crate::args::SyncArgs;
use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::progress::Bars;
use crate::ui::Volume;
use crate::wiring::{OpenSync, RunSettings};
use crate::{failure, interrupt, render};

/// Brings both sites of a sync together
///
/// Safe under cron: a run that finds another one of the same sync at work ends with exit code 11, and a run
/// that was killed is resolved by the next. With `--quiet` nothing is printed where all went well.
#[derive(Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    sync: SyncArgs,

    /// Nobody works on the sites: write in larger chunks
    #[arg(long)]
    maintenance: bool,

    /// Let this guard pass once; may be given more than once
    #[arg(long, value_name = "GUARD")]
    allow: Vec<String>,

    /// Only the mapping of this DocType
    #[arg(long, value_name = "DOCTYPE")]
    only: Option<String>,
}

/// Runs the syncs, one after the other.
pub(crate) async fn run(args: &RunArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let settings = RunSettings {
        allow: args.allow.iter().cloned().collect(),
        maintenance: args.maintenance,
        only: args.only.as_deref().map(DocType::from),
    };
    let syncs = context.syncs(&args.sync)?;
    context
        .each(&syncs, async |sync| {
            let report = run_one(context, sync, &settings).await?;
            let exit = exit_of(&report);
            if exit != Exit::Done || context.ui.volume() == Volume::Normal {
                context.ui.report(&report, render::run::run)?;
            }
            Ok(exit)
        })
        .await
}

/// Runs one sync.
pub(crate) async fn run_one(
    context: &Context<'_>,
    sync: &SyncConfig,
    settings: &RunSettings,
) -> Result<RunReport, CliError> {
    let open = OpenSync::new(context.ui, &context.config, sync, settings)?;
    let state = StateFile::open(&context.state).map_err(failure::of_open)?;
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let store = state.sync(&sync.name);
    let cancel = Cancel::default();
    let bars = Bars::new(context.ui, sync.name.as_str());
    let parts = open.parts(&store, &bars, &cancel);
    let work = async {
        frappe_sync_engine::run(&parts)
            .await
            .map_err(|error| failure::of_engine(error, sync, &context.config))
    };
    let report = interrupt::listen(context.ui, &cancel, Box::pin(work)).await?;
    forget_old_values(&state);
    Ok(report)
}

/// Values that a decision overwrote are kept this long.
const JOURNAL_KEPT: TimeDelta = TimeDelta::days(90);

/// Takes values out of the journal that nobody asked for in all that time. The run is done, so that a
/// failure here is only told.
fn forget_old_values(state: &StateFile) {
    if let Err(error) = state.prune_journal(Utc::now() - JOURNAL_KEPT) {
        tracing::warn!(error = %error, "old values stay in the journal");
    }
}

/// Tells how a run ended.
pub(crate) fn exit_of(report: &RunReport) -> Exit {
    let is_open = !report.parked.is_empty()
        || !report.unknown.is_empty()
        || report
            .conflicts
            .iter()
            .any(|conflict| conflict.winner.is_none());
    let outcome = match report.outcome {
        RunOutcome::Converged => Exit::Done,
        RunOutcome::Partial => Exit::Unfinished,
        RunOutcome::Stopped => Exit::Guard,
        RunOutcome::Failed => Exit::Failed,
    };
    let mut ended = vec![outcome];
    if is_open {
        ended.push(Exit::Unfinished);
    }
    if report.guard.is_some() {
        ended.push(Exit::Guard);
    }
    Exit::of_all(ended)
}
