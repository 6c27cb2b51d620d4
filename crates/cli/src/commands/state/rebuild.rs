//! `state rebuild`: a state made anew from what both sites hold.

use chrono::Utc;
use clap::Args;
use frappe_sync_engine::rebuild;
use frappe_sync_store::{OpenError, RunLock, StateFile};

use super::fresh::FreshState;
use crate::config::SyncConfig;
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::report::rebuild::RebuiltSync;
use crate::wiring::RunSettings;
use crate::work::work_on;
use crate::{failure, render};

/// Makes the state anew from what both sites hold; writes to neither
///
/// For a state file that is lost, damaged, an older copy or of a newer version, and for a site that was restored
/// from a backup. Both sites are read and paired as on a first run; what is equal settles, what differs and
/// what stands alone waits for the next run, which decides on it as on a first one. Conflicts that waited are
/// found again.
///
/// The old files are set aside under a name with the time in it, once the new ones are ready; whatever fails
/// before leaves them where they are. One file holds all syncs, so all of them are made anew.
///
/// Exit code 3: some documents could not be paired for certain, and are parked.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync state rebuild hq-branch")]
pub(super) struct RebuildArgs {
    #[command(flatten)]
    sync: SyncArgs,

    #[command(flatten)]
    consent: ConsentArgs,
}

/// Makes the state anew.
pub(super) async fn run(args: &RebuildArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let syncs = context.syncs(&args.sync)?;
    refuse_others(context, &syncs)?;
    // Before anybody is asked: what cannot begin.
    let mut open = Vec::new();
    for sync in &syncs {
        open.push(context.open(sync, &RunSettings::default())?);
    }
    let names: Vec<&str> = syncs.iter().map(|sync| sync.name.as_str()).collect();
    let question = format!(
        "Read both sites of {}, and put a new state in the place of `{}`? The old one is set aside.",
        names.join(", "),
        context.state.display()
    );
    args.consent.ask(context.ui, &question)?;
    let locks = lock(context, &syncs)?;
    let fresh = FreshState::new(&context.state)?;
    let mut reports = Vec::new();
    for (sync, open) in syncs.iter().zip(&open) {
        let store = fresh.state().sync(&sync.name);
        let report = work_on(context, sync, open, &store, async |parts| {
            rebuild(parts).await
        });
        reports.push(report.await.inspect_err(|_| {
            context
                .ui
                .tell("Nothing was changed: the old state is still in its place.");
        })?);
    }
    // Setting aside takes them itself.
    drop(locks);
    let set_aside = fresh.take_place(Utc::now())?;
    let mut ended = Exit::Done;
    for report in reports {
        if !report.parked.is_empty() {
            ended = Exit::Unfinished;
        }
        let rebuilt = RebuiltSync {
            report,
            set_aside: set_aside.clone(),
        };
        context.ui.report(&rebuilt, render::rebuild::rebuilt)?;
    }
    Ok(ended)
}

/// Refuses to forget a sync that nobody named: the file goes as a whole.
fn refuse_others(context: &Context<'_>, syncs: &[&SyncConfig]) -> Result<(), CliError> {
    let others = context
        .config
        .syncs
        .iter()
        .filter(|sync| syncs.iter().all(|named| named.name != sync.name));
    let others: Vec<&SyncConfig> = match StateFile::open_read_only(&context.state) {
        Ok(state) => {
            let stored = state.syncs().unwrap_or_default();
            let is_unreadable = stored.is_empty();
            others
                .filter(|sync| is_unreadable || stored.contains(&sync.name))
                .collect()
        }
        Err(OpenError::NotInitialised { .. }) => Vec::new(),
        // Nobody can tell what is in it.
        Err(_) => others.collect(),
    };
    if others.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = others
        .iter()
        .map(|sync| format!("`{}`", sync.name))
        .collect();
    Err(CliError::new(
        ErrorKind::Usage,
        format!(
            "the state file holds {} too, and is made anew as a whole",
            names.join(", ")
        ),
    )
    .remedy("`frappe-sync state rebuild` without a name makes it anew for all syncs"))
}

/// Keeps runs away, as far as the old state can be run at all.
fn lock(context: &Context<'_>, syncs: &[&SyncConfig]) -> Result<Vec<RunLock>, CliError> {
    let Ok(state) = StateFile::open_existing(&context.state) else {
        return Ok(Vec::new());
    };
    syncs
        .iter()
        .map(|sync| state.lock(&sync.name).map_err(failure::of_lock))
        .collect()
}
