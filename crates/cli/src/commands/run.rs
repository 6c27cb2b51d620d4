//! `run`: brings both sites of a sync together.

use std::path::PathBuf;

use chrono::{TimeDelta, Utc};
use clap::Args;
use frappe_sync_engine::{ConflictReport, RunReport};
use frappe_sync_model::{DocType, RunOutcome};
use frappe_sync_store::StateFile;

use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::guard::AllowArgs;
use crate::options::SyncArgs;
use crate::serve::Figures;
use crate::ui::Volume;
use crate::wiring::{OpenSync, RunSettings, Sweep};
use crate::work::work_on;
use crate::{failure, render};

/// Brings both sites of a sync together
///
/// Safe under cron: a run that finds another one of the same sync at work ends with exit code 11, and a run
/// that was killed is resolved by the next. With `--quiet` nothing is printed where all went well.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync run hq-branch --quiet")]
pub struct RunArgs {
    #[command(flatten)]
    sync: SyncArgs,

    /// Nobody works on the sites: write in larger chunks
    #[arg(long)]
    maintenance: bool,

    /// Read every key now, which finds deletes and renames, and not only when the configured time has passed
    #[arg(long)]
    sweep: bool,

    /// Write figures for Prometheus' textfile collector to this file, also where a run fails
    #[arg(long, value_name = "FILE")]
    metrics_textfile: Option<PathBuf>,

    #[command(flatten)]
    guards: AllowArgs,

    /// Only the mapping of this DocType
    #[arg(long, value_name = "DOCTYPE")]
    only: Option<String>,
}

/// Runs the syncs, one after the other.
pub(crate) async fn run(args: &RunArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let settings = RunSettings {
        allow: args.guards.allow.clone(),
        maintenance: args.maintenance,
        only: args
            .only
            .as_deref()
            .map(DocType::from)
            .into_iter()
            .collect(),
        sweep: if args.sweep {
            Sweep::Now
        } else {
            Sweep::WhenDue
        },
    };
    let syncs = context.syncs(&args.sync)?;
    let figures = args.metrics_textfile.as_ref().map(|_| Figures::default());
    let ended = context
        .each(&syncs, async |sync| {
            let began = Utc::now();
            let report = run_one(context, sync, &settings).await;
            if let Some(figures) = &figures {
                figures.count(context, sync, &report, began);
            }
            let report = report?;
            let exit = exit_of(&report);
            if exit != Exit::Done || context.ui.volume() == Volume::Normal {
                context.ui.report(&report, render::run::run)?;
            }
            Ok(exit)
        })
        .await;
    if let (Some(file), Some(figures)) = (&args.metrics_textfile, &figures) {
        figures.write(file)?;
    }
    ended
}

/// Runs one sync.
pub(crate) async fn run_one(
    context: &Context<'_>,
    sync: &SyncConfig,
    settings: &RunSettings,
) -> Result<RunReport, CliError> {
    let open = context.open(sync, settings)?;
    let state = StateFile::open(&context.state).map_err(failure::of_open)?;
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    run_locked(context, sync, &open, &state).await
}

/// Runs one sync whose lock is held.
pub(crate) async fn run_locked(
    context: &Context<'_>,
    sync: &SyncConfig,
    open: &OpenSync,
    state: &StateFile,
) -> Result<RunReport, CliError> {
    let store = state.sync(&sync.name);
    let report = work_on(context, sync, open, &store, async |parts| {
        frappe_sync_engine::run(parts).await
    })
    .await?;
    forget_old_values(state, sync);
    Ok(report)
}

/// Values that a decision overwrote are kept this long, and so is the log of operations.
const JOURNAL_KEPT: TimeDelta = TimeDelta::days(90);

/// Runs that wrote nothing are remembered this long.
const QUIET_KEPT: TimeDelta = TimeDelta::days(2);

/// Takes values out of the journal that nobody asked for in all that time, and what was kept for an undo for as
/// long as the sync says. The run is done, so that a failure here is only told.
pub(crate) fn forget_old_values(state: &StateFile, sync: &SyncConfig) {
    let now = Utc::now();
    if let Err(error) = state.prune_journal(now - JOURNAL_KEPT) {
        tracing::warn!(error = %error, "old values stay in the journal");
    }
    let images_kept = sync.undo_kept.unwrap_or_default();
    let pruned = state
        .sync(&sync.name)
        .prune_images(now - images_kept)
        .and_then(|_| state.prune_operations(now - JOURNAL_KEPT.max(images_kept)));
    let quiet = state.sync(&sync.name).prune_quiet_runs(now - QUIET_KEPT);
    if let Err(error) = pruned.and(quiet) {
        tracing::warn!(error = %error, "what is too old for an undo stays in the state");
    }
}

/// Tells whether something waits: for a person, for a site, or to be looked up.
pub(crate) fn is_open(report: &RunReport) -> bool {
    let waits = |conflict: &ConflictReport| conflict.winner.is_none();
    !report.parked.is_empty() || !report.unknown.is_empty() || report.conflicts.iter().any(waits)
}

/// Tells how a run ended.
pub(crate) fn exit_of(report: &RunReport) -> Exit {
    let outcome = match report.outcome {
        RunOutcome::Converged => Exit::Done,
        RunOutcome::Partial => Exit::Unfinished,
        RunOutcome::Stopped => Exit::Guard,
        RunOutcome::Failed => Exit::Failed,
    };
    let mut ended = vec![outcome];
    if is_open(report) {
        ended.push(Exit::Unfinished);
    }
    if report.guard.is_some() {
        ended.push(Exit::Guard);
    }
    Exit::of_all(ended)
}
