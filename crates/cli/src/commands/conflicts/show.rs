//! `conflicts show`: one conflict with what both sites hold now, or one kept value.

use chrono::Utc;
use clap::Args;
use frappe_sync_engine::conflict_detail;
use frappe_sync_model::{ConflictRecord, JournalEntry};
use frappe_sync_store::StateFile;

use super::find::{self, Name};
use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::conflict::ShownConflict;
use crate::report::conflicts::loser_of;
use crate::report::journal::JournalReport;
use crate::wiring::RunSettings;
use crate::work::work_on;
use crate::{failure, render};

/// Shows one conflict with what both sites hold now, or one kept value
///
/// Both sites are read. Of a decided conflict the value that lost is shown too.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync conflicts show 7")]
pub(super) struct ShowArgs {
    /// The number of a conflict, or the id of a kept value, as `conflicts list` prints them
    #[arg(value_name = "ID")]
    id: String,

    /// The sync; without it, whichever has it
    #[arg(value_name = "SYNC")]
    sync: Option<String>,
}

/// Shows what is named.
pub(super) async fn run(args: &ShowArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let name = Name::parse(&args.id)?;
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    let now = Utc::now();
    match name {
        Name::Conflict(number) => {
            let (sync, record) = find::conflict(context, &state, args.sync.as_ref(), number)?;
            let shown = shown(context, sync, &state, &record).await?;
            context.ui.report(&shown, |shown| {
                render::conflict::conflict(shown, &sync.sites, now)
            })?;
        }
        Name::Journal(id) => {
            let (sync, entry) = find::kept(context, &state, args.sync.as_ref(), &id)?;
            let report = journal_report(sync, entry);
            context.ui.report(&report, |report| {
                render::conflict::kept_value(report, &sync.sites, now)
            })?;
        }
    }
    Ok(Exit::Done)
}

/// Reads both documents of a conflict.
pub(crate) async fn shown(
    context: &Context<'_>,
    sync: &SyncConfig,
    state: &StateFile,
    record: &ConflictRecord,
) -> Result<ShownConflict, CliError> {
    let store = state.sync(&sync.name);
    let journal = loser_of(&store, record).map_err(failure::of_state)?;
    let open = context.open(sync, &RunSettings::default())?;
    // What the sites tell of themselves is noted in the state, and this one is only read.
    let scratch = state.scratch_copy().map_err(failure::of_state)?;
    let store = scratch.sync(&sync.name);
    let number = record.id.unwrap_or_default();
    let detail = work_on(context, sync, &open, &store, async |parts| {
        conflict_detail(parts, number).await
    })
    .await?;
    Ok(ShownConflict {
        detail,
        journal: journal.map(Into::into),
    })
}

pub(super) fn journal_report(sync: &SyncConfig, entry: JournalEntry) -> JournalReport {
    JournalReport {
        format: "frappe-sync/journal@1",
        sync: sync.name.clone(),
        entry: entry.into(),
    }
}
