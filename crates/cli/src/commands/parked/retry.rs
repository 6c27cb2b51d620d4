//! `parked retry`: documents are made due, and the sync is run.

use clap::Args;
use frappe_sync_engine::RunReport;
use frappe_sync_model::{DocType, Parked, StateError, StateStore as _, Todo, TodoReason};
use frappe_sync_store::{StateFile, SyncState};

use super::show::not_parked;
use crate::commands::run::{exit_of, run_locked};
use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::SyncArgs;
use crate::report::parked::{ParkedEntry, read};
use crate::ui::Volume;
use crate::wiring::RunSettings;
use crate::{failure, render};

/// Tries parked documents again now
///
/// Runs the sync as `run` does: for the DocType of the one document, or with `--all` for all. Its report and
/// its exit code are those of `run`.
#[derive(Args, Debug)]
#[command(
    override_usage = "frappe-sync parked retry [SYNC] <DOCTYPE> <NAME> [OPTIONS]\n       \
                      frappe-sync parked retry [SYNC] --all [OPTIONS]",
    after_help = "Example: frappe-sync parked retry Customer CUST-00017"
)]
pub(super) struct RetryArgs {
    /// The sync, which may be left out, and the DocType and the name of one document
    #[arg(value_names = ["SYNC", "DOCTYPE", "NAME"], num_args = 0..=3)]
    words: Vec<String>,

    /// All that is parked
    #[arg(long)]
    all: bool,
}

/// What is tried again.
#[derive(Debug, PartialEq, Eq)]
enum Target<'a> {
    One { doctype: &'a str, name: &'a str },
    All,
}

/// Tries again.
pub(super) async fn run(args: &RetryArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let (sync, target) = target(args)?;
    let syncs = context.syncs(&SyncArgs { sync })?;
    let state = StateFile::open_existing(&context.state).map_err(failure::of_open)?;
    match target {
        Target::All => {
            context
                .each(&syncs, async |sync| all(context, sync, &state).await)
                .await
        }
        Target::One { doctype, name } => {
            let mut others: Vec<ParkedEntry> = Vec::new();
            for sync in syncs {
                let parked = read(&state.sync(&sync.name)).map_err(failure::of_state)?;
                if parked.parked.iter().any(|parked| parked.is(doctype, name)) {
                    return one(context, sync, &state, doctype, name).await;
                }
                others.extend(parked.parked);
            }
            Err(not_parked(doctype, name, &others))
        }
    }
}

/// Sorts the words: the sync, if any, and what is tried again.
fn target(args: &RetryArgs) -> Result<(Option<String>, Target<'_>), CliError> {
    match (args.all, &args.words[..]) {
        (true, []) => Ok((None, Target::All)),
        (true, [sync]) => Ok((Some(sync.clone()), Target::All)),
        (false, [doctype, name]) => Ok((None, Target::One { doctype, name })),
        (false, [sync, doctype, name]) => Ok((Some(sync.clone()), Target::One { doctype, name })),
        (true, _) => Err(CliError::new(
            ErrorKind::Usage,
            "either one document or `--all`",
        )),
        (false, _) => Err(
            CliError::new(ErrorKind::Usage, "say which document").remedy(
                "its DocType and its name, as `frappe-sync parked list` shows them, or `--all`",
            ),
        ),
    }
}

async fn all(
    context: &Context<'_>,
    sync: &SyncConfig,
    state: &StateFile,
) -> Result<Exit, CliError> {
    let store = state.sync(&sync.name);
    let parked = read(&store).map_err(failure::of_state)?;
    if parked.parked.is_empty() {
        if context.ui.volume() == Volume::Normal {
            context.ui.report(&parked, |parked| {
                render::parked::list(parked, chrono::Utc::now())
            })?;
        }
        return Ok(Exit::Done);
    }
    let open = context.open(sync, &RunSettings::default())?;
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    make_due(&store, |_| true).map_err(failure::of_state)?;
    let report = run_locked(context, sync, &open, state).await?;
    tell(context, &report)
}

async fn one(
    context: &Context<'_>,
    sync: &SyncConfig,
    state: &StateFile,
    doctype: &str,
    name: &str,
) -> Result<Exit, CliError> {
    let settings = RunSettings {
        only: [DocType::from(doctype)].into(),
        ..RunSettings::default()
    };
    let open = context.open(sync, &settings)?;
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let store = state.sync(&sync.name);
    make_due(&store, |parked| {
        ParkedEntry::from(parked.clone()).is(doctype, name)
    })
    .map_err(failure::of_state)?;
    let report = run_locked(context, sync, &open, state).await?;
    let exit = tell(context, &report)?;
    if context.ui.volume() == Volume::Normal {
        context
            .ui
            .text(&render::parked::retried(doctype, name, &report))?;
    }
    Ok(exit)
}

/// Queues the parked documents that are `meant`, unless they are queued with a newer key already.
pub(crate) fn make_due(
    store: &SyncState,
    meant: impl Fn(&Parked) -> bool,
) -> Result<(), StateError> {
    for parked in store.parked(None)?.into_iter().filter(|one| meant(one)) {
        let names = std::slice::from_ref(&parked.key.name);
        if store
            .queued(&parked.mapping, parked.side, names)?
            .is_empty()
        {
            let todo = Todo {
                key: parked.key,
                reason: TodoReason::ParkedDue,
            };
            store.stage(&parked.mapping, parked.side, &[todo], None)?;
        }
    }
    Ok(())
}

fn tell(context: &Context<'_>, report: &RunReport) -> Result<Exit, CliError> {
    let exit = exit_of(report);
    if exit != Exit::Done || context.ui.volume() == Volume::Normal {
        context.ui.report(report, render::run::run)?;
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(all: bool, words: &[&str]) -> Option<(Option<String>, bool)> {
        let args = RetryArgs {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            all,
        };
        let (sync, target) = target(&args).ok()?;
        Some((sync, target == Target::All))
    }

    #[test]
    fn a_sync_may_stand_before_what_is_tried_again() {
        let sync = || Some("hq-branch".to_owned());
        assert_eq!(sorted(true, &[]), Some((None, true)));
        assert_eq!(sorted(true, &["hq-branch"]), Some((sync(), true)));
        assert_eq!(sorted(false, &["Item", "BOLT"]), Some((None, false)));
        assert_eq!(
            sorted(false, &["hq-branch", "Item", "BOLT"]),
            Some((sync(), false))
        );
        for (all, words) in [
            (true, &["Item", "BOLT"][..]),
            (false, &["Item"]),
            (false, &[]),
        ] {
            assert_eq!(sorted(all, words), None, "{words:?}");
        }
    }
}
