//! `conflicts list`: from the state file alone.

use chrono::Utc;
use clap::Args;
use frappe_sync_model::DocType;
use frappe_sync_store::{ConflictFilter, StateFile};

use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::report::conflicts::{Wanted, read};
use crate::ui::Volume;
use crate::{failure, render};

/// Lists the conflicts that wait for a person, or those that were decided
///
/// Asks no site. Of a decided one it tells the rule, and the id under which the value that lost is kept;
/// `conflicts restore` takes that id. What a person decided has no number any more, but its loser is listed.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync conflicts list hq-branch --decided")]
pub(super) struct ListArgs {
    #[command(flatten)]
    sync: SyncArgs,

    /// Those that were decided
    #[arg(long, conflicts_with = "all")]
    decided: bool,

    /// Those that wait and those that were decided
    #[arg(long)]
    all: bool,

    /// Only those of this DocType
    #[arg(long, value_name = "DOCTYPE")]
    doctype: Option<String>,

    /// At most this many of a sync; 0 lists all
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

/// Lists the conflicts of the syncs.
pub(super) async fn run(args: &ListArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let filter = match (args.all, args.decided) {
        (true, _) => ConflictFilter::All,
        (false, true) => ConflictFilter::Decided,
        (false, false) => ConflictFilter::Open,
    };
    let wanted = Wanted {
        filter,
        doctype: args.doctype.as_deref().map(DocType::from),
        limit: match args.limit {
            0 => usize::MAX,
            limit => limit,
        },
    };
    let syncs = context.syncs(&args.sync)?;
    let state = StateFile::open_read_only(&context.state).map_err(failure::of_open)?;
    let now = Utc::now();
    context
        .each(&syncs, async |sync| {
            let report = read(&state.sync(&sync.name), &wanted).map_err(failure::of_state)?;
            if context.ui.volume() == Volume::Normal || !report.conflicts.is_empty() {
                context.ui.report(&report, |report| {
                    render::conflicts::list(report, filter, now)
                })?;
            }
            Ok(Exit::Done)
        })
        .await
}
