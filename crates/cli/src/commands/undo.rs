//! `undo`: a run taken back.

use clap::Args;
use frappe_sync_engine::{UndoMode, UndoReport, undo};
use frappe_sync_model::RunId;
use frappe_sync_store::StateFile;

use super::history::find_run;
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::wiring::RunSettings;
use crate::work::work_on;
use crate::{failure, render};

/// Takes a run back: values that it overwrote are put back, what it made is deleted, what it deleted restored
///
/// Works where the sync's configuration says `undo: { keep: 30 days }`, for runs since then. What somebody saved
/// since the run is left and listed, and so is what cannot be taken back: submitted and cancelled documents,
/// merges, and whatever the sites did of themselves (mails, ledgers, counters). All of that is shown before the
/// question.
///
/// Afterwards the sync is held: both sites and the state are as they were before the run, and so the next run
/// would do the same again. `plan` shows it; `run --allow undone` lets it go on.
///
/// Exit code 3: something is left.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync undo 0198c0de --dry-run")]
pub struct UndoArgs {
    /// The id of the run, or its beginning, as `history` prints it
    #[arg(value_name = "RUN")]
    run: String,

    #[command(flatten)]
    sync: SyncArgs,

    /// Only show what would be taken back, and what not
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    consent: ConsentArgs,
}

/// Takes the run back.
pub(crate) async fn run(args: &UndoArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let state = StateFile::open_existing(&context.state).map_err(failure::of_open)?;
    let (sync, record) = find_run(context, &state, &args.sync, &args.run)?;
    let open = context.open(sync, &RunSettings::default())?;
    let store = state.sync(&sync.name);
    let take_back = async |mode: UndoMode| {
        work_on(context, sync, &open, &store, async |parts| {
            undo(parts, &record.run, mode).await
        })
        .await
    };
    let kept_for = sync.undo_kept;
    if args.dry_run || !args.consent.yes {
        let look = take_back(UndoMode::Look).await?;
        if args.dry_run {
            context
                .ui
                .report(&look, |look| render::undo::undo(look, kept_for))?;
            return Ok(exit_of(&look));
        }
        if look.summary.taken_back() > 0 || look.held {
            context.ui.tell(&render::undo::undo(&look, kept_for));
            args.consent
                .ask(context.ui, &question(&look, &record.run))?;
        }
    }
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let report = take_back(UndoMode::Do).await?;
    context
        .ui
        .report(&report, |report| render::undo::undo(report, kept_for))?;
    Ok(exit_of(&report))
}

fn question(look: &UndoReport, run: &RunId) -> String {
    format!(
        "Take run {run} back in {}, and leave {}?",
        render::text::count(look.summary.taken_back(), "document"),
        look.summary.left + look.summary.impossible
    )
}

fn exit_of(report: &UndoReport) -> Exit {
    match report.summary.left + report.summary.impossible {
        0 => Exit::Done,
        _ => Exit::Unfinished,
    }
}
