//! `copy`: some documents from one site to another, without a configuration.

use std::path::PathBuf;

use clap::Args;
use frappe_sync_engine::{PlanReport, RunReport};
use frappe_sync_model::{DocName, DocType, Identity, ParkedCause, PerSide, Site as _, SyncName};
use frappe_sync_store::{OpenError, StateFile};

use super::plan::{plan_open, show};
use super::run::{exit_of, run_locked};
use crate::checks::{Level, check_same_site};
use crate::config::{
    self, Config, GuardConfig, ServeConfig, SiteConfig, SyncConfig, read_mappings, same_address,
};
use crate::consent::ConsentArgs;
use crate::context::Context;
use crate::copy::{CopySet, Endpoint, Wish, endpoints, filters_of, gather, memory_of};
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::guard::AllowArgs;
use crate::options::GlobalArgs;
use crate::render::text::{count, listed};
use crate::ui::{Ui, Volume};
use crate::wiring::{OpenSync, RunSettings};
use crate::{failure, render};

/// Copies some documents from one site to another, without a configuration
///
/// Documents that are asked for are made on the other site, or updated where their counterpart is there; the
/// source wins, and what loses is kept in the journal. What they link to is never overwritten: a linked document that
/// the other site has is left as it is. With `--with-links` those that it lacks are made too, and what these
/// link to; without it, a document that links to one is parked and told. Companies, accounts, warehouses, users and
/// the like are set up on each site, and expected there under the same name.
///
/// What makes two documents the same one is decided as `init` proposes it: names where people choose them, else a
/// natural key or a unique field, else nothing, and every document gets a twin of its own. Which twin belongs to which
/// document is remembered in a state file of these two sites, `copy-FROM-to-TO.db` beside the state file of the
/// configuration or in `state`, unless `--state` names another. So the same copy again copies nothing twice, and
/// one that was killed goes on where it was. Guards, report and exit codes are those of `run`.
///
/// A site is one of `frappe-sync.yaml`, where there is one, or an address; the API key and secret of an address come
/// from the environment, never from the command line.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: frappe-sync copy --from hq --to branch --doctype Project --name PROJ-0001 --with-links
Example: frappe-sync copy --from https://hq.example.com --to branch --doctype Item --dry-run
Example: frappe-sync copy --from hq --to branch --doctype Task --filters '[[\"status\",\"=\",\"Open\"]]' --yes")]
pub struct CopyArgs {
    /// The site to copy from: a name of the configuration, or an address
    #[arg(long, value_name = "SITE")]
    from: String,

    /// The site to copy to
    #[arg(long, value_name = "SITE")]
    to: String,

    /// The DocType, such as `Sales Order`; may be given more than once
    #[arg(long, value_name = "DOCTYPE", required = true)]
    doctype: Vec<String>,

    /// Only documents that pass these filters, in Frappe's syntax
    #[arg(long, value_name = "JSON", conflicts_with = "name")]
    filters: Option<String>,

    /// Only the document of this name; may be given more than once
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,

    /// Make what they link to as well, where the other site lacks it
    #[arg(long)]
    with_links: bool,

    /// Show what would change, as `plan` does, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// With `--dry-run`: write it as a page of its own to this file too
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    html: Option<PathBuf>,

    /// Show at most this many documents of a DocType; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,

    /// Nobody works on the sites: write in larger chunks
    #[arg(long)]
    maintenance: bool,

    #[command(flatten)]
    guards: AllowArgs,

    #[command(flatten)]
    consent: ConsentArgs,

    #[command(flatten)]
    credentials: CredentialArgs,
}

/// Where the credentials of addresses are.
#[derive(Args, Debug)]
#[command(next_help_heading = "Credentials of an address")]
struct CredentialArgs {
    /// The environment variable that holds the API key of `--from`
    #[arg(long, value_name = "VARIABLE", default_value = "FRAPPE_SYNC_FROM_KEY")]
    from_key_env: String,
    /// The environment variable that holds the API secret of `--from`
    #[arg(
        long,
        value_name = "VARIABLE",
        default_value = "FRAPPE_SYNC_FROM_SECRET"
    )]
    from_secret_env: String,
    /// The file that holds the API secret of `--from`, in place of the variable
    #[arg(long, value_name = "FILE")]
    from_secret_file: Option<PathBuf>,
    /// The environment variable that holds the API key of `--to`
    #[arg(long, value_name = "VARIABLE", default_value = "FRAPPE_SYNC_TO_KEY")]
    to_key_env: String,
    /// The environment variable that holds the API secret of `--to`
    #[arg(long, value_name = "VARIABLE", default_value = "FRAPPE_SYNC_TO_SECRET")]
    to_secret_env: String,
    /// The file that holds the API secret of `--to`, in place of the variable
    #[arg(long, value_name = "FILE")]
    to_secret_file: Option<PathBuf>,
}

impl CopyArgs {
    fn endpoints(&self) -> PerSide<Endpoint<'_>> {
        let given = &self.credentials;
        PerSide {
            a: Endpoint {
                word: &self.from,
                key_env: &given.from_key_env,
                secret_env: &given.from_secret_env,
                secret_file: given.from_secret_file.as_deref(),
            },
            b: Endpoint {
                word: &self.to,
                key_env: &given.to_key_env,
                secret_env: &given.to_secret_env,
                secret_file: given.to_secret_file.as_deref(),
            },
        }
    }

    fn wish(&self) -> Result<Wish, CliError> {
        let filters = match &self.filters {
            Some(text) => filters_of(text)?,
            None => Vec::new(),
        };
        let flag = if self.filters.is_some() {
            "filters"
        } else {
            "name"
        };
        if self.doctype.len() > 1 && (self.filters.is_some() || !self.name.is_empty()) {
            let message = format!("`--{flag}` says which documents of one DocType are meant");
            return Err(CliError::new(ErrorKind::Usage, message)
                .at(format!("--{flag}"))
                .remedy(
                    "copy each DocType with a command of its own: what was copied is remembered",
                ));
        }
        Ok(Wish {
            doctypes: self
                .doctype
                .iter()
                .map(|word| DocType::from(word.as_str()))
                .collect(),
            filters,
            names: self
                .name
                .iter()
                .map(|name| DocName::from(name.as_str()))
                .collect(),
            with_links: self.with_links,
        })
    }
}

/// Copies.
pub(crate) async fn run(args: &CopyArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let wish = args.wish()?;
    let configured = config::load_if_any(global.config.as_deref())?;
    let sites = endpoints(&args.endpoints(), configured.as_ref())?;
    let (name, file) = memory_of(&sites, configured.as_ref());
    let sync = sync_of(name, &sites);
    let context = Context {
        ui,
        state: global.state.clone().unwrap_or(file),
        config: Config {
            state: PathBuf::new(),
            sites: [&sites.a, &sites.b]
                .map(|site| (site.name.clone(), site.clone()))
                .into(),
            syncs: vec![sync.clone()],
            serve: ServeConfig::default(),
        },
    };
    let settings = RunSettings {
        allow: args.guards.allow.clone(),
        maintenance: args.maintenance,
        ..RunSettings::default()
    };
    let mut open = OpenSync::with_mappings(ui, &context.config, &sync, &settings, Vec::new())?;
    let set = select(&context, &wish, &open, &sites).await?;
    refuse_doubles(&set, &sites, configured.as_ref())?;
    tell_left(ui, &set, &sites.a);
    open.choose(set.mappings, set.chosen);

    if args.dry_run {
        let report = plan_open(&context, &sync, &open).await?;
        show(ui, report, args.html.as_deref(), args.limit)?;
        return Ok(Exit::Done);
    }
    if !args.consent.yes {
        let report = plan_open(&context, &sync, &open)
            .await?
            .unpack_first(args.limit);
        ask(args, ui, &report, &sites.b)?;
    }
    let state = StateFile::open(&context.state).map_err(failure::of_open)?;
    let _lock = state.lock(&sync.name).map_err(failure::of_lock)?;
    let report = run_locked(&context, &sync, &open, &state).await?;
    let exit = exit_of(&report);
    if exit != Exit::Done || ui.volume() == Volume::Normal {
        ui.report(&report, render::run::run)?;
    }
    if !args.with_links && misses_links(&report) {
        ui.tell("`--with-links` brings along what is missing on the other site");
    }
    Ok(exit)
}

fn sync_of(name: SyncName, sites: &PerSide<SiteConfig>) -> SyncConfig {
    SyncConfig {
        name,
        sites: sites.as_ref().map(|site| site.name.clone()),
        mappings: Vec::new(),
        schedule: None,
        guard: GuardConfig::default(),
        lag: None,
        sweep: None,
        undo_kept: None,
    }
}

/// Looks at both sites, and finds what is to be copied.
async fn select(
    context: &Context<'_>,
    wish: &Wish,
    open: &OpenSync,
    sites: &PerSide<SiteConfig>,
) -> Result<CopySet, CliError> {
    let (a, b) = tokio::join!(open.sites.a.probe(), open.sites.b.probe());
    let facts = PerSide {
        a: a.map_err(|error| failure::of_site(error, &sites.a))?,
        b: b.map_err(|error| failure::of_site(error, &sites.b))?,
    };
    let remembered = match StateFile::open_read_only(&context.state) {
        Ok(state) => Some(state),
        Err(OpenError::NotInitialised { .. }) => None,
        Err(error) => return Err(failure::of_open(error)),
    };
    let store = remembered.as_ref().map(|state| state.sync(&open.name));
    let set = gather(wish, &open.sites, sites, store.as_ref()).await?;
    let place = format!("{} and {}", sites.a.url, sites.b.url);
    let same = check_same_site(&open.sites, &facts, &set.mappings, &place).await;
    match same {
        Some(finding) if finding.level == Level::Fail => Err(finding.into_error()),
        _ => Ok(set),
    }
}

/// Refuses what a sync of the configuration would take for new on the other site, and bring back.
fn refuse_doubles(
    set: &CopySet,
    sites: &PerSide<SiteConfig>,
    config: Option<&Config>,
) -> Result<(), CliError> {
    let Some(config) = config else { return Ok(()) };
    for sync in &config.syncs {
        let ends = PerSide {
            a: &config.site(&sync.sites.a).url,
            b: &config.site(&sync.sites.b).url,
        };
        let is = |a, b| same_address(a, &sites.a.url) && same_address(b, &sites.b.url);
        if !is(ends.a, ends.b) && !is(ends.b, ends.a) {
            continue;
        }
        // What is wrong with the mappings of a sync is for its own commands to tell.
        let mapped = read_mappings(sync).unwrap_or_default();
        for file in &set.mappings {
            let doctype = &file.doctypes.a;
            let asked = set.asked.get(doctype).is_some_and(|number| *number > 0);
            let is_mapped = mapped.iter().any(|other| other.doctypes.a == *doctype);
            if asked && is_mapped && file.identity == Identity::Create {
                let message = format!(
                    "sync `{}` keeps `{doctype}` of these sites in sync, and would bring copies back as new ones",
                    sync.name
                );
                return Err(CliError::new(ErrorKind::Usage, message)
                    .at("--doctype")
                    .remedy(format!("`frappe-sync run {}` brings them over", sync.name)));
            }
        }
    }
    Ok(())
}

fn tell_left(ui: &Ui, set: &CopySet, from: &SiteConfig) {
    for (doctype, number) in &set.asked {
        if *number == 0 {
            ui.warn(&format!("site `{}` has no {doctype} to copy", from.name));
        }
    }
    for (doctype, why) in &set.left {
        ui.tell(&format!(
            "linked documents of `{doctype}` do not come along: {why}"
        ));
    }
}

/// Shows what would be done, and asks.
fn ask(args: &CopyArgs, ui: &Ui, report: &PlanReport, to: &SiteConfig) -> Result<(), CliError> {
    let summary = &report.summary;
    if summary.writes() == 0 {
        return Ok(());
    }
    ui.tell(&render::plan::plan(report, args.limit));
    let mut parts = Vec::new();
    for (number, word) in [
        (summary.create, "make"),
        (summary.update, "update"),
        (summary.submit, "submit"),
        (summary.cancel, "cancel"),
    ] {
        if number > 0 {
            parts.push(format!("{word} {}", count(number, "document")));
        }
    }
    let question = format!("On {}: {}?", to.url, listed(&parts));
    args.consent.ask(ui, &question)
}

fn misses_links(report: &RunReport) -> bool {
    report
        .parked
        .iter()
        .any(|parked| matches!(parked.cause, ParkedCause::MissingTarget { .. }))
}
