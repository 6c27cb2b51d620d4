//! `state restore`: a copy takes the place of the state file.

use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use frappe_sync_store::StateFile;
use serde::Serialize;

use super::fresh::FreshState;
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::failure;
use crate::report::rebuild::OldState;

/// Puts a copy that `state backup` wrote in the place of the state file
///
/// The copy is read in full before, and the state file that is there is set aside under a name with the time in it. No
/// run may be at work. What was synced since the copy was made is not known to it: where the next run meets such work of
/// its own user it stops with the guard `older_state`, and `state rebuild` pairs both sites anew without writing to them.
#[derive(Args, Debug)]
#[command(
    after_help = "Example: frappe-sync state restore /var/backups/frappe-sync/frappe-sync.20261130T020000Z.db"
)]
pub(super) struct RestoreArgs {
    /// The copy of the state file; its journal is found beside it
    #[arg(value_name = "FILE")]
    from: PathBuf,

    #[command(flatten)]
    consent: ConsentArgs,
}

/// What was done, `frappe-sync/restore@1`.
#[derive(Serialize)]
struct RestoreReport {
    format: &'static str,
    state: PathBuf,
    state_id: String,
    set_aside: Option<OldState>,
}

/// Puts the copy in place.
pub(super) fn run(args: &RestoreArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let copy = StateFile::open_read_only(&args.from).map_err(failure::of_open)?;
    copy.check_integrity().map_err(failure::of_state)?;
    let question = format!(
        "Put `{}` in the place of `{}`? The state file that is there is set aside.",
        args.from.display(),
        context.state.display()
    );
    args.consent.ask(context.ui, &question)?;
    let fresh = FreshState::of_copy(&context.state, &copy)?;
    let report = RestoreReport {
        format: "frappe-sync/restore@1",
        state: context.state.clone(),
        state_id: copy.state_id().to_owned(),
        set_aside: fresh.take_place(Utc::now())?,
    };
    context.ui.report(&report, |report| {
        let aside = report.set_aside.as_ref().and_then(|old| old.state.as_ref());
        let aside = aside.map(|path| format!("\nset aside: {}", path.display()));
        format!(
            "restored:  {}{}\nThe next run tells whether it is older than the sites.",
            report.state.display(),
            aside.unwrap_or_default()
        )
    })?;
    Ok(Exit::Done)
}
