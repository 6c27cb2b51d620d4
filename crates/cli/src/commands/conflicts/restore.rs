//! `conflicts restore`: a value that lost is brought back.

use clap::Args;
use frappe_sync_engine::bring_back;
use frappe_sync_store::StateFile;

use super::find::{self, Name};
use super::resolve::{exit_of, tell};
use super::show::journal_report;
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::wiring::RunSettings;
use crate::work::work_on;
use crate::{failure, render};

/// Brings back a value that lost
///
/// It is written to the document that lost it, if that still holds what took its place; the next run carries
/// it to the other site as any edit. Exit code 3: the document holds something else by now, and nothing was
/// written.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync conflicts restore j3fa9c1d2e4b7")]
pub(super) struct RestoreArgs {
    /// The id of the kept value, or its beginning, as `conflicts list --decided` prints it
    #[arg(value_name = "JOURNAL-ID")]
    id: String,

    /// The sync; without it, whichever has it
    #[arg(value_name = "SYNC")]
    sync: Option<String>,

    #[command(flatten)]
    consent: ConsentArgs,
}

/// Brings the value back.
pub(super) async fn run(args: &RestoreArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let Name::Journal(id) = Name::parse(&args.id)? else {
        let message = format!(
            "`{}` is the number of a conflict, and no kept value",
            args.id
        );
        return Err(CliError::new(ErrorKind::Usage, message)
            .remedy("`frappe-sync conflicts list --decided` shows the ids of what is kept"));
    };
    let state = StateFile::open_existing(&context.state).map_err(failure::of_open)?;
    let (sync, entry) = find::kept(context, &state, args.sync.as_ref(), &id)?;
    let report = journal_report(sync, entry.clone());
    let question = render::conflict::question_of_kept(&report, &sync.sites);
    args.consent.ask(context.ui, &question)?;
    let open = context.open(sync, &RunSettings::default())?;
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let store = state.sync(&sync.name);
    let report = work_on(context, sync, &open, &store, async |parts| {
        bring_back(parts, &entry).await
    })
    .await?;
    tell(context, &report)?;
    Ok(exit_of(report.outcome))
}
