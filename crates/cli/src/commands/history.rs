//! `history`: past runs, from the state file alone.

use chrono::Utc;
use clap::{Args, Subcommand};
use frappe_sync_mapper::nearest;
use frappe_sync_model::{RunRecord, StateStore as _};
use frappe_sync_store::StateFile;

use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::report::history::{Detail, HistoryReport, past_run};
use crate::{failure, render};

/// Lists past runs: when, how long, how they ended, what they wrote and what they left
///
/// Asks no site. Exit code 10: the sync never ran.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: frappe-sync history --limit 5"
)]
pub struct HistoryArgs {
    #[command(subcommand)]
    command: Option<HistoryCommand>,

    #[command(flatten)]
    sync: SyncArgs,

    /// Show at most this many runs of a sync, the last ones; 0 shows all that are remembered
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, Subcommand)]
enum HistoryCommand {
    Show(ShowArgs),
}

/// Shows one run in full, with every document that it wrote
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync history show 0198c0de")]
struct ShowArgs {
    /// The id of the run, or its beginning, as `history` prints it
    #[arg(value_name = "RUN")]
    run: String,

    #[command(flatten)]
    sync: SyncArgs,
}

/// Tells of past runs.
pub(crate) async fn run(args: &HistoryArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    if let Some(HistoryCommand::Show(args)) = &args.command {
        return show(args, context);
    }
    let syncs = context.syncs(&args.sync)?;
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    let limit = match args.limit {
        0 => usize::MAX,
        limit => limit,
    };
    let now = Utc::now();
    context
        .each(&syncs, async |sync| {
            let report = list(&state, sync, limit)?;
            context
                .ui
                .report(&report, |report| render::history::list(report, now))?;
            Ok(Exit::Done)
        })
        .await
}

/// Reads the last runs of a sync.
///
/// # Errors
///
/// [`ErrorKind::NotInitialised`] where it never ran.
pub(crate) fn list(
    state: &StateFile,
    sync: &SyncConfig,
    limit: usize,
) -> Result<HistoryReport, CliError> {
    let store = state.sync(&sync.name);
    let runs = store.runs(limit).map_err(failure::of_state)?;
    if runs.is_empty() {
        let message = format!("sync `{}` never ran", sync.name);
        let remedy = format!(
            "`frappe-sync plan {}` shows what a first run would do",
            sync.name
        );
        return Err(CliError::new(ErrorKind::NotInitialised, message).remedy(remedy));
    }
    let runs = runs
        .into_iter()
        .map(|record| past_run(&store, record, Detail::Counts))
        .collect::<Result<_, _>>()
        .map_err(failure::of_state)?;
    Ok(HistoryReport {
        format: "frappe-sync/history@1",
        sync: sync.name.clone(),
        runs,
    })
}

fn show(args: &ShowArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    let (sync, record) = find_run(context, &state, &args.sync, &args.run)?;
    let report = in_full(&state, sync, record)?;
    let now = Utc::now();
    context
        .ui
        .report(&report, |report| render::history::show(report, now))?;
    Ok(Exit::Done)
}

/// Reads one run in full.
fn in_full(
    state: &StateFile,
    sync: &SyncConfig,
    record: RunRecord,
) -> Result<HistoryReport, CliError> {
    let run = past_run(&state.sync(&sync.name), record, Detail::Full);
    Ok(HistoryReport {
        format: "frappe-sync/history@1",
        sync: sync.name.clone(),
        runs: vec![run.map_err(failure::of_state)?],
    })
}

/// Reads the run of a sync with this id in full.
///
/// # Errors
///
/// There is none.
pub(crate) fn run_of(
    state: &StateFile,
    sync: &SyncConfig,
    id: &str,
) -> Result<HistoryReport, CliError> {
    let runs = state.sync(&sync.name).runs(usize::MAX);
    let mut runs = runs.map_err(failure::of_state)?.into_iter();
    let record = runs.find(|record| record.run == *id).ok_or_else(|| {
        CliError::new(
            ErrorKind::NotInitialised,
            format!("no run `{id}` is remembered"),
        )
    })?;
    in_full(state, sync, record)
}

/// Returns the run with this id, or the one whose id begins so, and its sync.
///
/// # Errors
///
/// There is none, or there are several; the nearest id is offered.
pub(crate) fn find_run<'c>(
    context: &'c Context<'_>,
    state: &StateFile,
    sync: &SyncArgs,
    id: &str,
) -> Result<(&'c SyncConfig, RunRecord), CliError> {
    let mut known = Vec::new();
    let mut found = Vec::new();
    for sync in context.syncs(sync)? {
        let runs = state.sync(&sync.name).runs(usize::MAX);
        for record in runs.map_err(failure::of_state)? {
            known.push(record.run.to_string());
            if record.run == id {
                return Ok((sync, record));
            }
            if record.run.as_str().starts_with(id) {
                found.push((sync, record));
            }
        }
    }
    let several = found.len();
    match found.pop() {
        Some(one) if several == 1 => Ok(one),
        Some(_) => Err(CliError::new(
            ErrorKind::Usage,
            format!("{several} runs have an id that begins with `{id}`"),
        )
        .remedy("give more of it")),
        None => {
            let error = CliError::new(ErrorKind::Failed, format!("no run `{id}` is remembered"));
            let names = known.iter().map(String::as_str);
            Err(match nearest(id, names) {
                Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
                None => error.remedy("`frappe-sync history` lists the runs"),
            })
        }
    }
}
