//! `apply`: carries out a plan, and no more.

use std::path::{Path, PathBuf};

use clap::Args;
use frappe_sync_engine::{ApplyReport, PlanReport};
use frappe_sync_model::{PerSide, Side};
use frappe_sync_store::StateFile;
use serde_json::Value;

use crate::commands::run::{forget_old_values, is_open};
use crate::config::SyncConfig;
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::guard::AllowArgs;
use crate::options::SyncArgs;
use crate::ui::Volume;
use crate::wiring::RunSettings;
use crate::work::work_on;
use crate::{failure, render};

/// Carries out a plan that `plan --out` wrote, and nothing else
///
/// Every operation is done whose documents are as they were when the plan was made. What was saved since is
/// skipped and named, and so is what needs it; it stays queued for the next plan or run, as does all that the
/// plan does not have. Guards hold as in a run.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync apply plan.json --yes")]
pub struct ApplyArgs {
    /// The plan, a file of the form `frappe-sync/plan@1`
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Nobody works on the sites: write in larger chunks
    #[arg(long)]
    maintenance: bool,

    #[command(flatten)]
    guards: AllowArgs,

    #[command(flatten)]
    consent: ConsentArgs,
}

/// Carries out a plan.
pub(crate) async fn run(args: &ApplyArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let plan = read(&args.file)?;
    let sync = SyncArgs {
        sync: Some(plan.sync.to_string()),
    };
    let known = context.syncs(&sync).map_err(|_| {
        let message = format!(
            "it is a plan of the sync `{}`, which is not in the configuration",
            plan.sync
        );
        no_plan(&args.file, message)
    })?;
    let Some(sync) = known.first().copied() else {
        return Ok(Exit::Done);
    };
    if !plan.operations.is_empty() {
        args.consent.ask(context.ui, &question(&plan, sync))?;
    }
    let settings = RunSettings {
        allow: args.guards.allow.clone(),
        maintenance: args.maintenance,
        ..RunSettings::default()
    };
    let open = context.open(sync, &settings)?;
    // A plan knows its state file, so one that is not there is not made.
    drop(StateFile::open_read_only(&context.state).map_err(failure::of_open)?);
    let state = StateFile::open(&context.state).map_err(failure::of_open)?;
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let store = state.sync(&sync.name);
    let report = work_on(context, sync, &open, &store, async |parts| {
        frappe_sync_engine::apply(parts, plan).await
    })
    .await?;
    forget_old_values(&state, sync);
    let exit = exit_of(&report);
    if exit != Exit::Done || context.ui.volume() == Volume::Normal {
        context.ui.report(&report, render::apply::apply)?;
    }
    Ok(exit)
}

fn question(plan: &PlanReport, sync: &SyncConfig) -> String {
    // Only the operations are known to be those that were planned.
    let to = |side: Side| plan.operations.iter().filter(|it| it.site == side).count();
    let writes = PerSide::from_fn(to);
    format!(
        "Carry out {} of plan {}: {} on {}, {} on {}?",
        render::text::count(plan.operations.len() as u64, "operation"),
        plan.plan_id,
        writes.a,
        sync.sites.a,
        writes.b,
        sync.sites.b,
    )
}

/// Reads a plan; what is not wholly one is refused.
fn read(file: &Path) -> Result<PlanReport, CliError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        CliError::new(ErrorKind::Failed, "the plan cannot be read")
            .at(file.display().to_string())
            .because(error)
    })?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| no_plan(file, "it is not JSON, or only a part of it").because(error))?;
    let format = &value["format"];
    if format != "frappe-sync/plan@1" {
        let found = format.as_str().unwrap_or("none");
        let message = format!("its format is `{found}`, and not `frappe-sync/plan@1`");
        return Err(no_plan(file, message));
    }
    let plan: PlanReport = serde_json::from_value(value.clone())
        .map_err(|error| no_plan(file, "it is not the plan of this version").because(error))?;
    // A key that is not known could say what is not done.
    if serde_json::to_value(&plan).ok().as_ref() != Some(&value) {
        return Err(no_plan(
            file,
            "it holds keys that this version does not know",
        ));
    }
    Ok(plan)
}

fn no_plan(file: &Path, message: impl std::fmt::Display) -> CliError {
    CliError::new(
        ErrorKind::Config,
        format!("the plan cannot be carried out: {message}"),
    )
    .at(file.display().to_string())
    .remedy("`frappe-sync plan SYNC --out FILE` makes a new one")
}

/// Tells how it ended.
fn exit_of(report: &ApplyReport) -> Exit {
    let mut ended = vec![Exit::Done];
    if is_open(&report.run) || !report.skipped.is_empty() {
        ended.push(Exit::Unfinished);
    }
    if report.run.guard.is_some() {
        ended.push(Exit::Guard);
    }
    Exit::of_all(ended)
}
