//! `status`: where each sync stands, from the state file alone.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use frappe_sync_engine::hold_of;
use frappe_sync_model::{
    MappingName, PerSide, RunOutcome, RunRecord, Side, SiteClock, SiteTime, StateError, StateStore,
};
use frappe_sync_store::{StateFile, SyncState};

use crate::config::{SyncConfig, read_mappings};
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::report::status::{Lag, LastRun, MappingStatus, ReadUpTo, StatusReport};
use crate::{failure, render};

/// Tells where each sync stands, from the state file alone
///
/// The last run and the last one that brought both sides together, how much waits and since when, what needs a
/// person, and how far each site was read. Asks no site. Exit code 10: the sync never ran.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync status")]
pub struct StatusArgs {
    #[command(flatten)]
    sync: SyncArgs,
}

/// Tells where the syncs stand.
pub(crate) async fn run(args: &StatusArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = context.syncs(&args.sync)?;
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    let now = Utc::now();
    context
        .each(&syncs, async |sync| {
            let report = status_of(&state, sync, now)?;
            context
                .ui
                .report(&report, |report| render::status::status(report, now))?;
            Ok(Exit::Done)
        })
        .await
}

/// Among so many runs the last one that brought both sides together is looked for.
const RUNS_LOOKED_AT: usize = 1000;

/// Reads where a sync stands.
///
/// # Errors
///
/// [`ErrorKind::NotInitialised`] where it never ran.
pub(crate) fn status_of(
    state: &StateFile,
    sync: &SyncConfig,
    now: DateTime<Utc>,
) -> Result<StatusReport, CliError> {
    let store = state.sync(&sync.name);
    let runs = store.runs(RUNS_LOOKED_AT).map_err(failure::of_state)?;
    if runs.is_empty() {
        let message = format!("sync `{}` never ran", sync.name);
        let remedy = format!(
            "`frappe-sync plan {}` shows what a first run would do",
            sync.name
        );
        return Err(CliError::new(ErrorKind::NotInitialised, message).remedy(remedy));
    }
    let names: Vec<MappingName> = read_mappings(sync)?
        .iter()
        .map(|file| file.name())
        .collect();
    read(&store, sync, runs, &names, now).map_err(failure::of_state)
}

/// Reads where a sync stands; `runs` are its last ones, newest first, at least one.
fn read(
    store: &SyncState,
    sync: &SyncConfig,
    runs: Vec<RunRecord>,
    names: &[MappingName],
    now: DateTime<Utc>,
) -> Result<StatusReport, StateError> {
    let mut mappings = Vec::new();
    let mut lag = Lag::default();
    for name in names {
        let counts = store.counts(name)?;
        let mut cursors = PerSide::<Option<ReadUpTo>>::default();
        for side in Side::BOTH {
            let Some(cursor) = store.cursor(name, side)? else {
                continue;
            };
            let oldest = store.oldest_queued(name, side)?;
            let instant = oldest.and_then(|time| instant_of(&time, &cursor.time_zone));
            lag.oldest_change = [lag.oldest_change, instant].into_iter().flatten().min();
            cursors[side] = Some(ReadUpTo {
                modified: cursor.modified,
                time_zone: cursor.time_zone,
            });
        }
        lag.queued += counts.todo;
        mappings.push(MappingStatus {
            mapping: name.clone(),
            complete: store.mapping(name)?.is_some_and(|state| state.complete),
            pairs: counts.pairs,
            open: counts.open,
            parked: counts.parked,
            conflicts: counts.conflicts,
            unknown: counts.intents,
            todo: counts.todo,
            cursors,
        });
    }
    let is_success = |run: &&RunRecord| run.outcome == Some(RunOutcome::Converged);
    let last_success: Option<LastRun> = runs.iter().find(is_success).cloned().map(Into::into);
    let since = |then: DateTime<Utc>| (now - then).as_seconds_f64().max(0.0);
    lag.behind_seconds = lag.oldest_change.map(since);
    lag.since_success_seconds = last_success.as_ref().map(|run| since(run.started));
    let last_run = runs.into_iter().next().map(LastRun::from);
    Ok(StatusReport {
        format: "frappe-sync/status@1",
        sync: sync.name.clone(),
        state_id: store.state_id(),
        last_run: last_run.expect("a sync without a run was told before"),
        last_success,
        lag,
        hold: hold_of(store)?,
        mappings,
        parked: store.parked(None)?.into_iter().map(Into::into).collect(),
        conflicts: store
            .open_conflicts()?
            .into_iter()
            .map(Into::into)
            .collect(),
        unknown: store.open_intents()?.into_iter().map(Into::into).collect(),
    })
}

/// Returns when a site's time was, at the earliest; `None` where zone or time are none that we know.
fn instant_of(time: &SiteTime, time_zone: &str) -> Option<DateTime<Utc>> {
    let clock = SiteClock {
        time_zone: time_zone.parse().ok()?,
        skew: TimeDelta::zero(),
    };
    clock.instant_of(time).map(|(earliest, _)| earliest)
}
