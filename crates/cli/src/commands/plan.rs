//! `plan`: a dry run.

use std::path::{Path, PathBuf};

use clap::Args;
use frappe_sync_engine::{PackedOperations, PlanReport};
use frappe_sync_model::DocType;
use frappe_sync_store::{OpenError, StateFile};

use crate::config::SyncConfig;
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::guard::AllowArgs;
use crate::html::write_plan;
use crate::options::SyncArgs;
use crate::output_file::write_file;
use crate::ui::{Format, Ui};
use crate::wiring::{OpenSync, RunSettings};
use crate::work::work_on;
use crate::{failure, render};

/// Shows what a run would change, and why; writes nothing
///
/// Reads both sites and decides as a run would, on a copy of the state file that is thrown away. A run may be
/// at work meanwhile.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: frappe-sync plan hq-branch --limit 0
Example: frappe-sync plan hq-branch --out plan.json
Example: frappe-sync plan hq-branch --html plan.html")]
pub struct PlanArgs {
    #[command(flatten)]
    sync: SyncArgs,

    /// End with exit code 2 where there is something to do
    #[arg(long)]
    detailed_exitcode: bool,

    /// Only the mapping of this DocType
    #[arg(long, value_name = "DOCTYPE")]
    only: Option<String>,

    #[command(flatten)]
    guards: AllowArgs,

    /// Show at most this many documents of a DocType on a site; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,

    /// Write it to this file too, for `apply`; it holds values of documents, and only its owner may read it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write it as a page of its own, with everything in it, to this file too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Plans the syncs, one after the other.
pub(crate) async fn run(args: &PlanArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let settings = RunSettings {
        allow: args.guards.allow.clone(),
        only: args
            .only
            .as_deref()
            .map(DocType::from)
            .into_iter()
            .collect(),
        ..RunSettings::default()
    };
    let syncs = context.syncs(&args.sync)?;
    for (file, what) in [(&args.html, "page"), (&args.out, "file")] {
        if file.is_some() && syncs.len() > 1 {
            let message = format!("one {what} holds the plan of one sync");
            return Err(CliError::new(ErrorKind::Usage, message).remedy("name the sync"));
        }
    }
    if args.out.is_some() {
        // A plan that is carried out later belongs to a state file, so there must be one.
        drop(StateFile::open(&context.state).map_err(failure::of_open)?);
    }
    context
        .each(&syncs, async |sync| {
            let report = plan_packed(context, sync, &settings).await?;
            let summary = report.summary;
            if let Some(file) = &args.out {
                write_file(file, |to| {
                    serde_json::to_writer(&mut *to, &report)?;
                    to.write_all(b"\n")
                })?;
                let shown = file.display();
                let hint = format!("plan: {shown}; `frappe-sync apply {shown}` carries it out");
                context.ui.tell(&hint);
            }
            show(context.ui, report, args.html.as_deref(), args.limit)?;
            Ok(if args.detailed_exitcode && summary.writes() > 0 {
                Exit::Changes
            } else {
                Exit::Done
            })
        })
        .await
}

/// Prints a plan, and writes its page where one is asked for.
pub(crate) fn show(
    ui: &Ui,
    report: PlanReport<PackedOperations>,
    html: Option<&Path>,
    limit: usize,
) -> Result<(), CliError> {
    // A plan of any size is written as it is packed; only people need its values side by side.
    if ui.format() == Format::Json {
        ui.json(&report)?;
    }
    if let Some(file) = html {
        write_page(&report, file)?;
        ui.tell(&format!("page: {}", file.display()));
    }
    if ui.format() == Format::Text {
        let report = match limit {
            0 => report.unpack(),
            most => report.unpack_first(most),
        };
        ui.text(&render::plan::plan(&report, limit))?;
    }
    Ok(())
}

/// Writes a plan as a page.
pub(crate) fn write_page(
    report: &PlanReport<PackedOperations>,
    file: &Path,
) -> Result<(), CliError> {
    write_file(file, |to| write_plan(report, to))
}

/// Plans one sync.
pub(crate) async fn plan_one(
    context: &Context<'_>,
    sync: &SyncConfig,
    settings: &RunSettings,
) -> Result<PlanReport, CliError> {
    Ok(plan_packed(context, sync, settings).await?.unpack())
}

/// Plans one sync, with its operations packed.
pub(crate) async fn plan_packed(
    context: &Context<'_>,
    sync: &SyncConfig,
    settings: &RunSettings,
) -> Result<PlanReport<PackedOperations>, CliError> {
    let open = context.open(sync, settings)?;
    plan_open(context, sync, &open).await
}

/// Plans one sync whose sites are connected.
pub(crate) async fn plan_open(
    context: &Context<'_>,
    sync: &SyncConfig,
    open: &OpenSync,
) -> Result<PlanReport<PackedOperations>, CliError> {
    let state = scratch(&context.state)?;
    let store = state.sync(&sync.name);
    work_on(context, sync, open, &store, async |parts| {
        frappe_sync_engine::plan_packed(parts).await
    })
    .await
}

/// Copies the state file, to be thrown away.
pub(crate) fn scratch(state: &Path) -> Result<StateFile, CliError> {
    // Before the first run there is nothing to copy, and the plan is that of a first run.
    let state = match StateFile::open_read_only(state) {
        Ok(state) => state.scratch_copy(),
        Err(OpenError::NotInitialised { .. }) => {
            StateFile::in_memory().and_then(|state| state.scratch_copy())
        }
        Err(error) => return Err(failure::of_open(error)),
    };
    state.map_err(failure::of_state)
}
