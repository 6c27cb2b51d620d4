//! `init`: a first configuration, from what two sites say of themselves.

use std::collections::BTreeSet;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use frappe_sync_connector::FrappeSite;
use frappe_sync_model::{DocType, PerSide, Side, SiteFacts, SyncName};

use crate::checks::{CheckReport, Finding, Level, check_site, check_sync};
use crate::config::{self, SiteConfig};
use crate::consent::ConsentArgs;
use crate::error::{CliError, ErrorKind};
use crate::exit::Exit;
use crate::init::{
    ConfigText, Existing, GITIGNORE, InitReport, ProposeError, Readers, SiteAnswers, SiteEntry,
    SiteReport, Staging, Wish, config_text, doctypes_of_module, enter, present, propose,
    ready_doctypes,
};
use crate::render::text::listed;
use crate::ui::{Ui, Volume};
use crate::wiring::connect;
use crate::{failure, render};

const CONFIG: &str = "frappe-sync.yaml";
const IGNORED: &str = ".gitignore";
const STATE: &str = "state/frappe-sync.db";

/// Makes a first configuration, from what two sites say of themselves
///
/// Asks for two sites and tests them, reads what they know of the chosen DocTypes and of what those cannot do
/// without, and writes `frappe-sync.yaml` and a commented mapping file for each DocType, which pass `check`.
/// Every question has a flag. Writes to no site, and overwrites nothing. Exit codes as of `check`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example: frappe-sync init erp --a-url https://hq.example.com --a-key-env HQ_KEY \
                  --a-secret-env HQ_SECRET --b-url https://branch.example.com --b-key-env BRANCH_KEY \
                  --b-secret-env BRANCH_SECRET --doctypes Customer,Item --yes"
)]
pub struct InitArgs {
    /// The folder that the files are for
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    #[command(flatten)]
    a: SiteAArgs,

    #[command(flatten)]
    b: SiteBArgs,

    /// Read the secrets that no other flag names from standard input: a line for each, that of `a` first
    #[arg(long)]
    secrets_stdin: bool,

    /// The DocTypes to keep in sync
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    doctypes: Vec<String>,

    /// All DocTypes of a module, such as `Selling`
    #[arg(long, value_name = "MODULE", conflicts_with = "doctypes")]
    module: Option<String>,

    /// What to do about DocTypes that the chosen ones cannot do without
    #[arg(long, value_enum, value_name = "WHAT")]
    required: Option<Required>,

    /// What the sync is called
    #[arg(long, value_name = "NAME")]
    sync: Option<String>,

    /// Give files that are there already another name
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    consent: ConsentArgs,
}

/// What becomes of DocTypes that the chosen ones cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Required {
    /// They are mapped too.
    Map,
    /// They are left to each site.
    Leave,
}

/// Makes the flags of one site, which clap cannot repeat under another prefix.
macro_rules! site_args {
    ($name:ident, $url:ident, $site:ident, $key:ident, $key_env:ident, $secret_env:ident,
     $secret_file:ident, $zone:ident, $heading:literal) => {
        #[derive(Args, Debug)]
        #[command(next_help_heading = $heading)]
        struct $name {
            /// Its address
            #[arg(long, value_name = "URL")]
            $url: Option<String>,
            /// What it is called in the configuration; else by its host
            #[arg(long, value_name = "NAME")]
            $site: Option<String>,
            /// The API key of our user, written into the configuration
            #[arg(long, value_name = "KEY", conflicts_with = stringify!($key_env))]
            $key: Option<String>,
            /// The environment variable that holds the API key
            #[arg(long, value_name = "VARIABLE")]
            $key_env: Option<String>,
            /// The environment variable that holds the API secret
            #[arg(long, value_name = "VARIABLE")]
            $secret_env: Option<String>,
            /// The file that holds the API secret
            #[arg(long, value_name = "FILE", conflicts_with = stringify!($secret_env))]
            $secret_file: Option<PathBuf>,
            /// Its time zone, where our user may not read System Settings
            #[arg(long, value_name = "ZONE")]
            $zone: Option<Tz>,
        }

        impl $name {
            fn answers(&self) -> SiteAnswers {
                SiteAnswers {
                    url: self.$url.clone(),
                    name: self.$site.clone(),
                    key: self.$key.clone(),
                    key_env: self.$key_env.clone(),
                    secret_env: self.$secret_env.clone(),
                    secret_file: self.$secret_file.clone(),
                    secret_line: None,
                    time_zone: self.$zone,
                }
            }
        }
    };
}

site_args!(
    SiteAArgs,
    a_url,
    a_name,
    a_key,
    a_key_env,
    a_secret_env,
    a_secret_file,
    a_time_zone,
    "Site a"
);
site_args!(
    SiteBArgs,
    b_url,
    b_name,
    b_key,
    b_key_env,
    b_secret_env,
    b_secret_file,
    b_time_zone,
    "Site b"
);

/// Makes the files.
pub(crate) async fn run(args: &InitArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut staging = Staging::for_folder(&args.folder)?;
    let existing = if args.force {
        Existing::SetAside
    } else {
        Existing::Refuse
    };
    if existing == Existing::Refuse {
        staging.refuse_standing(CONFIG)?;
    }
    let entries = enter_both(args, ui, &mut staging)?;
    let clients = PerSide {
        a: connect(ui, &entries.a.config)?,
        b: connect(ui, &entries.b.config)?,
    };
    let facts = match look(&entries, &clients).await {
        Ok(facts) => facts,
        Err(findings) => return unfit(ui, findings),
    };
    tell_sites(ui, &entries, &facts);

    let names = PerSide::from_fn(|side| entries[side].config.name.clone());
    let doctypes = chosen(args, ui, &clients, &entries).await?;
    let wish = Wish { doctypes, names };
    let proposal = propose(&clients, &wish, |required| offer(args, ui, required))
        .await
        .map_err(|error| match error {
            ProposeError::Site(side, error) => failure::of_site(error, &entries[side].config),
            ProposeError::Cli(error) => error,
        })?;

    let sync = sync_name(args, &wish.names);
    for (file, text) in &proposal.files {
        staging.write(file, text, Readers::Any)?;
    }
    let mappings: Vec<&str> = proposal
        .files
        .iter()
        .map(|(file, _)| file.as_str())
        .collect();
    let text = config_text(&ConfigText {
        sync: &sync,
        sites: entries.as_ref(),
        facts: &facts,
        mappings: &mappings,
    });
    if !staging.stands(IGNORED) {
        staging.write(IGNORED, GITIGNORE, Readers::Any)?;
    }
    // Last, so that whoever finds it finds all the others.
    staging.write(CONFIG, &text, Readers::Any)?;
    let checked = check(ui, &staging).await?;
    if checked.result == Level::Fail {
        return unfit(ui, checked.findings);
    }

    let mut report = InitReport {
        format: "frappe-sync/init@1",
        folder: staging.folder().display().to_string(),
        sync,
        sites: PerSide::from_fn(|side| site_report(&entries[side], &facts[side])),
        files: staging.files(),
        set_aside: Vec::new(),
        mappings: proposal.mappings,
        skipped: proposal.skipped,
        result: checked.result,
        findings: checked.findings.clone(),
    };
    if !args.consent.yes {
        ui.tell(&render::init::proposal(&report));
    }
    args.consent
        .ask(ui, &format!("Write these files to {}?", report.folder))?;
    let aside = staging.put_in_place(existing)?;
    report.set_aside = aside
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    if report.result != Level::Ok || ui.volume() == Volume::Normal {
        ui.report(&report, render::init::init)?;
    }
    Ok(checked.exit())
}

/// Enters both sites, with the secrets from standard input where that is said.
fn enter_both(
    args: &InitArgs,
    ui: &Ui,
    staging: &mut Staging,
) -> Result<PerSide<SiteEntry>, CliError> {
    let mut answers = PerSide {
        a: args.a.answers(),
        b: args.b.answers(),
    };
    if args.secrets_stdin {
        let mut lines = std::io::stdin().lock().lines();
        for side in Side::BOTH {
            let answers = &mut answers[side];
            if answers.secret_env.is_none() && answers.secret_file.is_none() {
                answers.secret_line = Some(secret_line(lines.next(), side)?);
            }
        }
    }
    let a = enter(ui, Side::A, &answers.a, None, staging)?;
    let b = enter(ui, Side::B, &answers.b, Some(&a.config.name), staging)?;
    if a.config.url.as_str() == b.config.url.as_str() {
        let message = format!("both sites are at {}", a.config.url);
        return Err(CliError::new(ErrorKind::Usage, message)
            .remedy("a sync is between two different sites"));
    }
    Ok(PerSide { a, b })
}

fn secret_line(line: Option<std::io::Result<String>>, side: Side) -> Result<String, CliError> {
    match line.transpose()? {
        Some(line) if !line.trim().is_empty() => Ok(line),
        _ => Err(CliError::new(
            ErrorKind::Usage,
            format!("standard input has no line for the secret of site `{side}`"),
        )
        .remedy("write a line for each secret, that of `a` first")),
    }
}

/// Asks both sites who we are and what they are; what is wrong with one comes back as findings.
async fn look(
    entries: &PerSide<SiteEntry>,
    clients: &PerSide<FrappeSite>,
) -> Result<PerSide<SiteFacts>, Vec<Finding>> {
    let (a, b) = tokio::join!(
        check_site(&entries.a.config, &clients.a),
        check_site(&entries.b.config, &clients.b),
    );
    let findings: Vec<Finding> = a.0.into_iter().chain(b.0).collect();
    let is_bad = findings.iter().any(|finding| finding.level == Level::Fail);
    match (a.1, b.1) {
        (Some(a), Some(b)) if !is_bad => Ok(PerSide { a, b }),
        _ => Err(findings),
    }
}

/// Tells why nothing can be made of these sites.
fn unfit(ui: &Ui, findings: Vec<Finding>) -> Result<Exit, CliError> {
    let is_bad = |finding: &Finding| finding.level == Level::Fail;
    let errors = findings.into_iter().filter(is_bad).map(Finding::into_error);
    let error = CliError::of_all(errors)
        .unwrap_or_else(|| CliError::new(ErrorKind::Failed, "the sites could not be looked at"));
    ui.error(&error);
    Ok(error.exit())
}

fn tell_sites(ui: &Ui, entries: &PerSide<SiteEntry>, facts: &PerSide<SiteFacts>) {
    for side in Side::BOTH {
        let report = site_report(&entries[side], &facts[side]);
        ui.tell(&render::init::site(side, &report));
    }
}

fn site_report(entry: &SiteEntry, facts: &SiteFacts) -> SiteReport {
    SiteReport {
        name: entry.config.name.clone(),
        url: entry.config.url.to_string(),
        user: facts.user.clone(),
        frappe_version: facts.frappe_version.clone(),
        time_zone: facts.clock.time_zone.name().to_owned(),
    }
}

/// Returns the DocTypes that are to be mapped: those that were named, those of a module, or those that a person
/// chooses.
async fn chosen(
    args: &InitArgs,
    ui: &Ui,
    clients: &PerSide<FrappeSite>,
    entries: &PerSide<SiteEntry>,
) -> Result<BTreeSet<DocType>, CliError> {
    let of_site = |side: Side| {
        let site: &SiteConfig = &entries[side].config;
        move |error| failure::of_site(error, site)
    };
    if let Some(module) = &args.module {
        let (a, b) = tokio::join!(
            doctypes_of_module(&clients.a, module),
            doctypes_of_module(&clients.b, module),
        );
        let mut doctypes = a.map_err(of_site(Side::A))?;
        doctypes.extend(b.map_err(of_site(Side::B))?);
        if doctypes.is_empty() {
            let message = format!("neither site has a DocType in a module `{module}`");
            return Err(
                CliError::new(ErrorKind::Usage, message).remedy("name DocTypes with `--doctypes`")
            );
        }
        return Ok(doctypes);
    }
    let mut named: Vec<String> = args.doctypes.clone();
    if named.is_empty() {
        let known: Vec<&str> = ready_doctypes().collect();
        let (a, b) = tokio::join!(present(&clients.a, &known), present(&clients.b, &known));
        let (a, b) = (a.map_err(of_site(Side::A))?, b.map_err(of_site(Side::B))?);
        let on_both: Vec<&str> = known
            .into_iter()
            .filter(|doctype| a.contains(*doctype) && b.contains(*doctype))
            .collect();
        let default = on_both.join(", ");
        let default = (!on_both.is_empty()).then_some(default.as_str());
        let answer = ui.prompt("DocTypes to keep in sync", default, "--doctypes")?;
        named.extend(answer.split(',').map(str::to_owned));
    }
    let names = named
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty());
    Ok(names.map(DocType::from).collect())
}

/// Asks whether what the chosen DocTypes cannot do without is mapped too.
fn offer(args: &InitArgs, ui: &Ui, required: &[DocType]) -> Result<bool, CliError> {
    if let Some(answer) = args.required {
        return Ok(answer == Required::Map);
    }
    if args.consent.yes {
        return Ok(true);
    }
    let names: Vec<String> = required.iter().map(ToString::to_string).collect();
    let question = format!(
        "They cannot do without {}. Map these too? (yes/no)",
        listed(&names)
    );
    let answer = ui.prompt(&question, Some("yes"), "--required map")?;
    Ok(answer.to_lowercase().starts_with('y'))
}

fn sync_name(args: &InitArgs, names: &PerSide<String>) -> SyncName {
    match &args.sync {
        Some(name) => SyncName::from(name.as_str()),
        None => SyncName::from(format!("{}-{}", names.a, names.b).as_str()),
    }
}

/// Checks what was made as `check` will once it is in place.
async fn check(ui: &Ui, staging: &Staging) -> Result<CheckReport, CliError> {
    let path = staging.made(CONFIG);
    let config = config::load(Some(&path))?;
    let state = staging.folder().join(Path::new(STATE));
    let sync = config
        .syncs
        .first()
        .expect("the configuration was made with a sync");
    let mut report = check_sync(ui, &config, &state, sync).await?;
    for finding in &mut report.findings {
        finding.place = staging.with_final_places(&finding.place);
        finding.message = staging.with_final_places(&finding.message);
    }
    Ok(report)
}
