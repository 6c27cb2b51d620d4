//! `conflicts resolve`: a person decides.

use clap::Args;
use frappe_sync_engine::{ResolveOutcome, ResolveReport, resolve};
use frappe_sync_model::{ConflictRecord, ConflictState, DocType, Side, StateStore as _};
use frappe_sync_store::{StateFile, SyncState};

use super::find::{self, Name};
use super::show::shown;
use crate::config::SyncConfig;
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::{SideArg, SyncArgs};
use crate::render::text::count;
use crate::report::losers::doctypes_of;
use crate::ui::Volume;
use crate::wiring::{OpenSync, RunSettings};
use crate::work::work_on;
use crate::{failure, render};

/// Decides a conflict, or all that wait, for a site
///
/// The value of that site is written to the other one, and what it replaces is kept in the journal. On a
/// terminal it shows what would be written and asks; scripts say `--yes`.
///
/// Exit code 0: it is settled. 3: the next run carries it out, or somebody saved one of the documents
/// meanwhile, so that it still waits.
#[derive(Args, Debug)]
#[command(
    override_usage = "frappe-sync conflicts resolve <ID> --take <SIDE> [SYNC] [OPTIONS]\n       \
                      frappe-sync conflicts resolve --all --take <SIDE> [--doctype <DOCTYPE>] [SYNC] [OPTIONS]",
    after_help = "Example: frappe-sync conflicts resolve 7 --take a"
)]
pub(super) struct ResolveArgs {
    /// The number of the conflict, as `conflicts list` prints it; left out with `--all`
    #[arg(value_name = "ID")]
    first: Option<String>,

    /// The sync; without it, whichever has the conflict, or with `--all` every sync
    #[arg(value_name = "SYNC")]
    second: Option<String>,

    /// The site whose value stands
    #[arg(long, value_enum, value_name = "SIDE")]
    take: SideArg,

    /// All conflicts that wait
    #[arg(long)]
    all: bool,

    /// With `--all`, only those of this DocType
    #[arg(long, value_name = "DOCTYPE", requires = "all")]
    doctype: Option<String>,

    #[command(flatten)]
    consent: ConsentArgs,
}

/// What is to be decided.
#[derive(Debug, PartialEq, Eq)]
enum Target<'a> {
    One {
        number: i64,
        sync: Option<&'a String>,
    },
    All {
        sync: Option<&'a String>,
    },
}

/// Decides.
pub(super) async fn run(args: &ResolveArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    match target(args)? {
        Target::One { number, sync } => one(args, context, number, sync).await,
        Target::All { sync } => {
            let syncs = context.syncs(&SyncArgs {
                sync: sync.cloned(),
            })?;
            context
                .each(&syncs, async |sync| all(args, context, sync).await)
                .await
        }
    }
}

fn target(args: &ResolveArgs) -> Result<Target<'_>, CliError> {
    match (args.all, &args.first, &args.second) {
        (true, sync, None) => Ok(Target::All {
            sync: sync.as_ref(),
        }),
        (true, Some(number), Some(_)) => {
            let message = format!("either conflict {number} or `--all`");
            Err(CliError::new(ErrorKind::Usage, message))
        }
        (false, Some(first), second) => match Name::parse(first)? {
            Name::Conflict(number) => Ok(Target::One {
                number,
                sync: second.as_ref(),
            }),
            Name::Journal(id) => Err(CliError::new(
                ErrorKind::Usage,
                format!("`{id}` is a value that was kept, and no conflict"),
            )
            .remedy(format!(
                "`frappe-sync conflicts restore {id}` brings it back"
            ))),
        },
        (_, None, _) => Err(CliError::new(ErrorKind::Usage, "say which conflict")
            .remedy("`frappe-sync conflicts list` shows their numbers; `--all` means all of them")),
    }
}

async fn one(
    args: &ResolveArgs,
    context: &Context<'_>,
    number: i64,
    sync: Option<&String>,
) -> Result<Exit, CliError> {
    let winner = Side::from(args.take);
    let state = StateFile::open_existing(&context.state).map_err(failure::of_open)?;
    let (sync, record) = find::conflict(context, &state, sync, number)?;
    let waits = record.state == ConflictState::Open;
    if waits && !args.consent.yes {
        let shown = shown(context, sync, &state, &record).await?;
        let question = render::conflict::question(&shown, &sync.sites, winner);
        args.consent.ask(context.ui, &question)?;
    }
    let open = context.open(sync, &RunSettings::default())?;
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let report = decide(
        context,
        sync,
        &open,
        &state.sync(&sync.name),
        number,
        winner,
    )
    .await?;
    tell(context, &report)?;
    if !waits {
        context.ui.tell(&format!(
            "It was decided before: `frappe-sync conflicts show {number}` tells what lost, and how to bring it back."
        ));
    }
    Ok(exit_of(report.outcome))
}

async fn all(
    args: &ResolveArgs,
    context: &Context<'_>,
    sync: &SyncConfig,
) -> Result<Exit, CliError> {
    let winner = Side::from(args.take);
    let state = StateFile::open_existing(&context.state).map_err(failure::of_open)?;
    let store = state.sync(&sync.name);
    let waiting = waiting(&store, args.doctype.as_deref())?;
    let number = count(waiting.len() as u64, "conflict");
    if waiting.is_empty() {
        context
            .ui
            .tell(&format!("{}: no conflict waits", sync.name));
        return Ok(Exit::Done);
    }
    let question = format!(
        "Decide {number} of {} for {winner} ({}), and keep what {} ({}) holds in the journal?",
        sync.name,
        sync.sites[winner],
        winner.other(),
        sync.sites[winner.other()],
    );
    args.consent.ask(context.ui, &question)?;
    let open = context.open(sync, &RunSettings::default())?;
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let mut ended = Exit::Done;
    for number in waiting.iter().filter_map(|record| record.id) {
        match decide(context, sync, &open, &store, number, winner).await {
            Ok(report) => {
                tell(context, &report)?;
                ended = ended.and(exit_of(report.outcome));
            }
            // One that cannot be decided does not hold up the others.
            Err(error) if error.kind() == ErrorKind::Failed => {
                context.ui.error(&error);
                ended = ended.and(error.exit());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(ended)
}

/// Returns the conflicts that wait, those found first first.
fn waiting(store: &SyncState, doctype: Option<&str>) -> Result<Vec<ConflictRecord>, CliError> {
    let doctype = doctype.map(DocType::from);
    let mut waiting = store.open_conflicts().map_err(failure::of_state)?;
    if let Some(doctype) = doctype {
        waiting.retain(|record| {
            let doctypes = doctypes_of(&record.mapping);
            Side::BOTH.iter().any(|side| doctypes[*side] == doctype)
        });
    }
    Ok(waiting)
}

async fn decide(
    context: &Context<'_>,
    sync: &SyncConfig,
    open: &OpenSync,
    store: &SyncState,
    number: i64,
    winner: Side,
) -> Result<ResolveReport, CliError> {
    work_on(context, sync, open, store, async |parts| {
        resolve(parts, number, winner).await
    })
    .await
}

/// Prints what came of a decision.
pub(super) fn tell(context: &Context<'_>, report: &ResolveReport) -> Result<(), CliError> {
    if exit_of(report.outcome) == Exit::Done && context.ui.volume() == Volume::Quiet {
        return Ok(());
    }
    context.ui.report(report, render::conflict::resolved)
}

/// Tells how what came of a decision ends the program.
pub(super) fn exit_of(outcome: ResolveOutcome) -> Exit {
    match outcome {
        ResolveOutcome::Done | ResolveOutcome::Over => Exit::Done,
        ResolveOutcome::Queued | ResolveOutcome::Changed => Exit::Unfinished,
    }
}
