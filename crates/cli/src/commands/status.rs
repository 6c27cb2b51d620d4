//! `status`: where each sync stands, from the state file alone.

use chrono::Utc;
use clap::Args;
use frappe_sync_model::{MappingName, RunRecord, StateError, StateStore};
use frappe_sync_store::{StateFile, SyncState};

use crate::config::{SyncConfig, read_mappings};
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::report::status::{MappingStatus, StatusReport};
use crate::{failure, render};

/// Tells where each sync stands, from the state file alone
///
/// Asks no site. Exit code 10: the sync never ran.
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
        let counts = store.counts(name)?;
        mappings.push(MappingStatus {
            mapping: name.clone(),
            complete: store.mapping(name)?.is_some_and(|state| state.complete),
            pairs: counts.pairs,
            open: counts.open,
            parked: counts.parked,
            conflicts: counts.conflicts,
            unknown: counts.intents,
            todo: counts.todo,
        });
    }
    Ok(StatusReport {
        format: "frappe-sync/status@1",
        sync: sync.name.clone(),
        state_id: store.state_id(),
        last_run: last_run.into(),
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
