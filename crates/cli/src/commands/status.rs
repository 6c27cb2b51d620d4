//! `status`: where each sync stands, from the state file alone.

use chrono::{DateTime, Utc};
use clap::Args;
use frappe_sync_model::{
    ConflictRecord, Intent, IntentKind, MappingCounts, MappingName, Parked, RunId, RunOutcome,
    RunRecord, StateError, StateStore, SyncName,
};
use frappe_sync_store::{StateFile, SyncState};
use serde::Serialize;
use serde_json::Value;

use crate::args::SyncArgs;
use crate::config::{SyncConfig, read_mappings};
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::{failure, render};

/// Tells where each sync stands, from the state file alone
///
/// Asks no site. Exit code 10: the sync never ran.
#[derive(Args, Debug)]
pub struct StatusArgs {
    #[command(flatten)]
    sync: SyncArgs,
}

/// Where a sync stands, `frappe-sync/status@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StatusReport {
    /// `frappe-sync/status@1`.
    pub(crate) format: &'static str,
    /// The sync.
    pub(crate) sync: SyncName,
    /// The state file's own id.
    pub(crate) state_id: String,
    /// The last run.
    pub(crate) last_run: LastRun,
    /// Each mapping of the configuration.
    pub(crate) mappings: Vec<MappingStatus>,
    /// Documents that could not be applied.
    pub(crate) parked: Vec<Parked>,
    /// Conflicts that wait for a person.
    pub(crate) conflicts: Vec<ConflictRecord>,
    /// Writes whose outcome is not known yet.
    pub(crate) unknown: Vec<UnknownWrite>,
}

/// The last run of a sync.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct LastRun {
    /// Its id.
    pub(crate) run_id: RunId,
    /// When it started.
    pub(crate) started: DateTime<Utc>,
    /// When it ended; none while it runs, or where it was killed.
    pub(crate) finished: Option<DateTime<Utc>>,
    /// How it ended.
    pub(crate) outcome: Option<RunOutcome>,
    /// What it did, as in its report.
    pub(crate) summary: Value,
}

/// Where a mapping stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct MappingStatus {
    /// The mapping.
    pub(crate) mapping: MappingName,
    /// How much of it stands where.
    #[serde(flatten)]
    pub(crate) counts: MappingCounts,
    /// It was read in full at least once.
    pub(crate) complete: bool,
}

/// A write whose outcome is not known yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct UnknownWrite {
    /// The mapping.
    pub(crate) mapping: MappingName,
    /// The side that was written to.
    pub(crate) site: frappe_sync_model::Side,
    /// The document that the write came from, on the other side.
    pub(crate) source_name: frappe_sync_model::DocName,
    /// `create` or `update`.
    pub(crate) action: &'static str,
    /// When it was sent.
    pub(crate) sent: DateTime<Utc>,
}

/// Tells where the syncs stand.
pub(crate) async fn run(args: &StatusArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = context.syncs(&args.sync)?;
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    let now = Utc::now();
    context
        .each(&syncs, async |sync| {
            let report = status_of(&state, sync)?;
            context
                .ui
                .report(&report, |report| render::status::status(report, now))?;
            Ok(Exit::Done)
        })
        .await
}

fn status_of(state: &StateFile, sync: &SyncConfig) -> Result<StatusReport, CliError> {
    let store = state.sync(&sync.name);
    let last_run = store
        .runs(1)
        .map_err(failure::of_state)?
        .into_iter()
        .next()
        .ok_or_else(|| {
            let message = format!("sync `{}` never ran", sync.name);
            CliError::new(ErrorKind::NotInitialised, message).remedy(format!(
                "`frappe-sync plan {}` shows what a first run would do",
                sync.name
            ))
        })?;
    let names: Vec<MappingName> = read_mappings(sync)?
        .iter()
        .map(|file| file.name())
        .collect();
    read(&store, sync, last_run, &names).map_err(failure::of_state)
}

fn read(
    store: &SyncState,
    sync: &SyncConfig,
    last_run: RunRecord,
    names: &[MappingName],
) -> Result<StatusReport, StateError> {
    let mut mappings = Vec::new();
    for name in names {
        mappings.push(MappingStatus {
            mapping: name.clone(),
            counts: store.counts(name)?,
            complete: store.mapping(name)?.is_some_and(|state| state.complete),
        });
    }
    Ok(StatusReport {
        format: "frappe-sync/status@1",
        sync: sync.name.clone(),
        state_id: store.state_id(),
        last_run: LastRun {
            run_id: last_run.run,
            started: last_run.started,
            finished: last_run.finished,
            outcome: last_run.outcome,
            summary: last_run.report.get("summary").cloned().unwrap_or_default(),
        },
        mappings,
        parked: store.parked(None)?,
        conflicts: store.open_conflicts()?,
        unknown: store.open_intents()?.into_iter().map(unknown).collect(),
    })
}

fn unknown(intent: Intent) -> UnknownWrite {
    UnknownWrite {
        mapping: intent.mapping,
        site: intent.side,
        source_name: intent.source.name,
        action: match intent.kind {
            IntentKind::Create { .. } => "create",
            IntentKind::Update { .. } => "update",
        },
        sent: intent.sent_at,
    }
}
