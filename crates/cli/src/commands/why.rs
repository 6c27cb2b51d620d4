//! `why`: everything known of one document.

use clap::Args;
use frappe_sync_engine::{EngineError, explain};
use frappe_sync_mapper::nearest;
use frappe_sync_model::{DocName, DocType, Side};
use frappe_sync_store::{OpenError, StateFile};

use crate::config::{SyncConfig, read_mappings};
use crate::context::Context;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::options::{SideArg, SyncArgs};
use crate::report::why::{NextPlan, WhyReport};
use crate::wiring::RunSettings;
use crate::work::work_on;
use crate::{failure, render};

/// Among so many names the nearest is looked for.
const MOST_NAMES: usize = 20_000;

/// Tells everything known of one document, and why it is or is not in the next plan
///
/// Both names, what both sites hold and how that lies to what was agreed on, the rule of each value, what runs
/// wrote to it, whether it is parked or in conflict, and what the next plan does. Writes nothing.
#[derive(Args, Debug)]
#[command(after_help = "Example: frappe-sync why Customer CUST-00017 --site a")]
pub struct WhyArgs {
    /// Its DocType
    #[arg(value_name = "DOCTYPE")]
    doctype: String,

    /// Its name
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    sync: SyncArgs,

    /// The site that has it under this name; without it, whichever does
    #[arg(long, value_enum, value_name = "SIDE")]
    site: Option<SideArg>,
}

/// Tells of the document, in every sync that knows it.
pub(crate) async fn run(args: &WhyArgs, context: &Context<'_>) -> Result<Exit, CliError> {
    let mut found = false;
    let mut meant = None;
    for sync in context.syncs(&args.sync)? {
        match one(args, context, sync).await? {
            Found::Here(report) => {
                found = true;
                context.ui.report(&*report, render::why::why)?;
            }
            Found::Nearest(nearest) => meant = meant.or(nearest),
        }
    }
    if found {
        return Ok(Exit::Done);
    }
    let message = format!("nothing is known of {} `{}`", args.doctype, args.name);
    let error = CliError::new(ErrorKind::Failed, message);
    Err(match meant {
        Some(meant) => error.remedy(format!("did you mean `{meant}`?")),
        None => error.remedy(
            "see whether the name is right, and whether the sync's user may read the document",
        ),
    })
}

/// Tells everything known of a document of a sync; none where nothing is.
pub(crate) async fn story(
    context: &Context<'_>,
    sync: &SyncConfig,
    doctype: &str,
    name: &str,
) -> Result<Option<Box<WhyReport>>, CliError> {
    let args = WhyArgs {
        doctype: doctype.to_owned(),
        name: name.to_owned(),
        sync: SyncArgs { sync: None },
        site: None,
    };
    Ok(match one(&args, context, sync).await? {
        Found::Here(report) => Some(report),
        Found::Nearest(_) => None,
    })
}

enum Found {
    Here(Box<WhyReport>),
    /// Not here; the nearest DocType or name that is.
    Nearest(Option<String>),
}

async fn one(args: &WhyArgs, context: &Context<'_>, sync: &SyncConfig) -> Result<Found, CliError> {
    let side = args.site.map(Side::from);
    let mappings = read_mappings(sync)?;
    let doctypes = || {
        mappings
            .iter()
            .flat_map(|file| [file.doctypes.a.as_str(), file.doctypes.b.as_str()])
    };
    if !doctypes().any(|known| known == args.doctype) {
        let meant = nearest(&args.doctype, doctypes()).map(str::to_owned);
        return Ok(Found::Nearest(meant));
    }
    let doctype = DocType::from(args.doctype.as_str());
    let name = DocName::from(args.name.as_str());
    let settings = RunSettings {
        only: [doctype.clone()].into(),
        ..RunSettings::default()
    };
    let open = context.open(sync, &settings)?;
    // All of it is decided on a copy: nothing is remembered, and a run may be at work meanwhile.
    let state = match StateFile::open_read_only(&context.state) {
        Ok(state) => state.scratch_copy(),
        Err(OpenError::NotInitialised { .. }) => StateFile::in_memory(),
        Err(error) => return Err(failure::of_open(error)),
    };
    let state = state.map_err(failure::of_state)?;
    let store = state.sync(&sync.name);
    let known = work_on(context, sync, &open, &store, async |parts| {
        match explain(parts, &doctype, &name, side).await {
            Ok(known) => Ok(Some(known)),
            Err(EngineError::Unknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    })
    .await?;
    let Some(known) = known else {
        let mut names = Vec::new();
        for mapping in &mappings {
            for side in Side::BOTH {
                if mapping.doctypes[side].as_str() == args.doctype {
                    let known = store.known_names(&mapping.name(), side, MOST_NAMES);
                    names.extend(known.map_err(failure::of_state)?);
                }
            }
        }
        let meant = nearest(&args.name, names.iter().map(|name| name.as_str()));
        return Ok(Found::Nearest(meant.map(str::to_owned)));
    };
    let plan = work_on(
        context,
        sync,
        &open,
        &store,
        async |parts| match frappe_sync_engine::plan(parts).await {
            Err(EngineError::Guard(guard)) => Ok(Err(guard)),
            other => other.map(Ok),
        },
    )
    .await?;
    let next = match plan {
        Ok(plan) => NextPlan::of(&known, plan),
        Err(guard) => NextPlan {
            because: format!(
                "the guard `{}` stops the plan: {}",
                guard.name, guard.message
            ),
            ..NextPlan::default()
        },
    };
    Ok(Found::Here(Box::new(WhyReport {
        format: "frappe-sync/why@1",
        known,
        next,
    })))
}
