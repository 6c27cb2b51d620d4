//! `import event-streaming`: what Frappe's own app was told, as mapping files.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use frappe_sync_connector::{SecretSource, SiteUrl};
use frappe_sync_model::{DocType, PerSide};
use serde_json::Value;

use crate::config::{self, AuthKind, Config, KeySource, SiteConfig};
use crate::error::{CliError, ErrorKind};
use crate::event_streaming::{
    ConfigSite, Documents, Import, ImportReport, ImportSite, MappingReport, SyncEntry, SyncReport,
    config_file, convert, entries, from_site, in_text,
};
use crate::exit::Exit;
use crate::init::{Existing, GITIGNORE, Readers, Staging, file_name, scalar};
use crate::options::GlobalArgs;
use crate::ui::{Ui, Volume};
use crate::wiring::connect;
use crate::{failure, render};

const CONFIG: &str = "frappe-sync.yaml";
const IGNORED: &str = ".gitignore";
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// Makes mapping files of what event_streaming was told
///
/// Reads the Event Producer, Document Type Mapping, Event Consumer and Event Producer Last Update documents of the
/// consumer (the site that takes documents) from files of JSON or from the site, and writes a commented mapping file for
/// each DocType. Writes `frappe-sync.yaml` where there is none, else tells what to add to it. Writes to no site, and
/// overwrites nothing. Ends with 3 where a mapping waits for a decision.
#[derive(Args, Debug)]
#[command(after_help = "\
Example: frappe-sync import event-streaming sync --file event_producer.json --file document_type_mapping.json
Example: frappe-sync import event-streaming sync --url https://branch.example.com --key-env KEY --secret-env SECRET
Example: frappe-sync import event-streaming --site branch")]
pub(super) struct EventStreamingArgs {
    /// The folder that the files are for
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    /// A file of JSON with whole documents, as Frappe exports them; may be given several times
    #[arg(long, value_name = "FILE", required_unless_present_any = ["site", "url"], conflicts_with_all = ["site"])]
    file: Vec<PathBuf>,

    /// The consumer, as `frappe-sync.yaml` names it
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    site: Option<String>,

    /// The address of the consumer
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// The API key of a user there who may read these documents, such as a System Manager
    #[arg(long, value_name = "KEY", conflicts_with_all = ["key_env", "file", "site"])]
    key: Option<String>,

    /// The environment variable that holds the API key
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["file", "site"])]
    key_env: Option<String>,

    /// The environment variable that holds the API secret
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["file", "site"])]
    secret_env: Option<String>,

    /// The file that holds the API secret
    #[arg(long, value_name = "FILE", conflicts_with_all = ["secret_env", "file", "site"])]
    secret_file: Option<PathBuf>,

    /// Give files that are there already another name
    #[arg(long)]
    force: bool,
}

/// What was read, and from where.
struct Found {
    documents: Documents,
    read_from: Vec<String>,
    /// The consumer, as far as it is known.
    consumer: ConfigSite,
    /// The configuration, where one was used.
    config: Option<Config>,
}

/// Makes the files.
pub(crate) async fn run(
    args: &EventStreamingArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let found = if args.file.is_empty() {
        Box::pin(of_site(args, global, ui)).await?
    } else {
        of_files(args)?
    };
    let import =
        convert(&found.documents).map_err(|error| error.into_error(&found.read_from.join(", ")))?;
    let mut staging = Staging::for_folder(&args.folder)?;
    let (syncs, planned) = lay_out(&import, &found, &mut staging)?;
    let config = if staging.stands(CONFIG) {
        Some(entries(&planned))
    } else {
        if !staging.stands(IGNORED) {
            staging.write(IGNORED, GITIGNORE, Readers::Any)?;
        }
        // Last, so that whoever finds it finds all the others.
        staging.write(CONFIG, &config_file(&planned), Readers::Any)?;
        None
    };
    let existing = if args.force {
        Existing::SetAside
    } else {
        Existing::Refuse
    };
    let aside = staging.put_in_place(existing)?;
    let report = ImportReport {
        format: "frappe-sync/import@1",
        source: "event_streaming",
        read_from: found.read_from,
        folder: staging.folder().display().to_string(),
        files: staging.files(),
        set_aside: aside
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        config,
        syncs,
        unused: import.unused,
        differences: import.differences,
    };
    let mut mappings = report.syncs.iter().flat_map(|sync| &sync.mappings);
    let waits = mappings.any(|mapping| mapping.waits);
    if waits || ui.volume() == Volume::Normal {
        ui.report(&report, render::import::import)?;
    }
    Ok(if waits { Exit::Unfinished } else { Exit::Done })
}

fn of_files(args: &EventStreamingArgs) -> Result<Found, CliError> {
    let mut values: Vec<Value> = Vec::new();
    let mut read_from = Vec::new();
    for file in &args.file {
        let place = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| {
            CliError::new(ErrorKind::Usage, "a file cannot be read")
                .at(&place)
                .because(error)
        })?;
        let found = in_text(&text).map_err(|error| error.into_error(&place))?;
        // Each by itself, so that a mistake is told with its file.
        Documents::read(&found).map_err(|error| error.into_error(&place))?;
        values.extend(found);
        read_from.push(place);
    }
    let documents =
        Documents::read(&values).map_err(|error| error.into_error(&read_from.join(", ")))?;
    let (url, note) = match &args.url {
        Some(url) => (site_url(url)?.as_str().to_owned(), None),
        None => {
            let note =
                "The consumer, whose Event Producer documents these were: write its address here.";
            (
                "https://consumer.example.com".to_owned(),
                Some(note.to_owned()),
            )
        }
    };
    let name = site_name(&url, "consumer", &BTreeSet::new());
    let consumer = ConfigSite {
        auth: from_environment(&name),
        name,
        url,
        note,
        is_there: false,
    };
    Ok(Found {
        documents,
        read_from,
        consumer,
        config: None,
    })
}

async fn of_site(
    args: &EventStreamingArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Found, CliError> {
    let (site, auth, config) = match &args.site {
        Some(name) => {
            let config = config::load(global.config.as_deref())?;
            let site = configured(&config, name)?;
            (site, String::new(), Some(config))
        }
        None => {
            let (site, auth) = given(args)?;
            (site, auth, None)
        }
    };
    let client = connect(ui, &site)?;
    let values = from_site(&client)
        .await
        .map_err(|error| failure::of_site(error, &site))?;
    let url = site.url.as_str().to_owned();
    if values.is_empty() {
        return Err(CliError::new(
            ErrorKind::Config,
            "this site shows no document of event_streaming",
        )
        .at(&url)
        .remedy("name the consumer: the site that takes documents, which has the Event Producer documents")
        .remedy("let the user read them, as a System Manager may"));
    }
    let documents = Documents::read(&values).map_err(|error| error.into_error(&url))?;
    let consumer = ConfigSite {
        name: site.name,
        url: url.clone(),
        auth,
        note: None,
        is_there: config.is_some(),
    };
    Ok(Found {
        documents,
        read_from: vec![url],
        consumer,
        config,
    })
}

fn configured(config: &Config, name: &str) -> Result<SiteConfig, CliError> {
    if let Some(site) = config.sites.get(name) {
        return Ok(site.clone());
    }
    let known = || config.sites.keys().map(String::as_str);
    let help = match frappe_sync_mapper::nearest(name, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("sites are: {}", known().collect::<Vec<_>>().join(", ")),
    };
    Err(CliError::new(ErrorKind::Usage, format!("there is no site `{name}`")).remedy(help))
}

/// Makes a site of the flags, with the value of `auth`.
fn given(args: &EventStreamingArgs) -> Result<(SiteConfig, String), CliError> {
    let url = site_url(args.url.as_deref().unwrap_or_default())?;
    let (api_key, key_line) = match (&args.key_env, &args.key) {
        (Some(variable), _) => (
            KeySource::Kept(SecretSource::Env(variable.clone())),
            format!("api_key_env: {}", scalar(variable)),
        ),
        (None, Some(key)) => (
            KeySource::Inline(key.clone()),
            format!("api_key: {}", scalar(key)),
        ),
        (None, None) => return Err(lacking("key", "--key-env KEY")),
    };
    let (api_secret, secret_line) = match (&args.secret_env, &args.secret_file) {
        (Some(variable), _) => (
            SecretSource::Env(variable.clone()),
            format!("api_secret_env: {}", scalar(variable)),
        ),
        (None, Some(file)) => {
            let path = std::path::absolute(file).map_err(|error| {
                CliError::new(ErrorKind::Usage, "the file of a secret cannot be found")
                    .because(error)
            })?;
            let line = format!("api_secret_file: {}", scalar(&path.display().to_string()));
            (SecretSource::File(path), line)
        }
        (None, None) => return Err(lacking("secret", "--secret-env SECRET")),
    };
    let name = site_name(url.as_str(), "consumer", &BTreeSet::new());
    let site = SiteConfig {
        name,
        url,
        auth: AuthKind::Token,
        api_key,
        api_secret,
        time_zone: None,
        request_timeout: REQUEST_TIMEOUT,
        ca_file: None,
        max_in_flight: None,
    };
    Ok((
        site,
        format!("{{ kind: token, {key_line}, {secret_line} }}"),
    ))
}

fn lacking(what: &str, flag: &str) -> CliError {
    CliError::new(ErrorKind::Usage, format!("nothing names the API {what}"))
        .remedy(format!("name the variable that holds it: `{flag}`"))
}

fn site_url(url: &str) -> Result<SiteUrl, CliError> {
    SiteUrl::new(url.trim()).map_err(|error| {
        CliError::new(ErrorKind::Usage, error.to_string())
            .remedy("`--url https://branch.example.com`")
    })
}

/// Makes all mapping files, and says what belongs into the configuration.
fn lay_out(
    import: &Import,
    found: &Found,
    staging: &mut Staging,
) -> Result<(Vec<SyncReport>, Vec<SyncEntry>), CliError> {
    let mut names: BTreeSet<String> = BTreeSet::from([found.consumer.name.clone()]);
    let mut reports = Vec::new();
    let mut planned = Vec::new();
    for (index, sync) in import.syncs.iter().enumerate() {
        let a = producer(&sync.producer, found, &names)?;
        names.insert(a.name.clone());
        let b = if index == 0 {
            found.consumer.clone()
        } else {
            once_more(&found.consumer, &a.name)
        };
        let folder = match import.syncs.len() {
            1 => "mappings".to_owned(),
            _ => format!("mappings/{}", a.name),
        };
        let mut taken = BTreeSet::new();
        let mut mappings = Vec::new();
        for mapping in &sync.mappings {
            let doctype = DocType::from(mapping.doctypes.b.as_str());
            let file = file_name(&folder, &doctype, &mut taken);
            staging.write(&file, &mapping.text, Readers::Any)?;
            mappings.push(MappingReport {
                doctypes: mapping.doctypes.clone(),
                file,
                mapping: mapping.mapping.clone(),
                identity: mapping.identity,
                waits: mapping.waits,
                differences: mapping.differences.clone(),
            });
        }
        let name = format!("{}-{}", a.name, found.consumer.name);
        let skipped = sync.skipped.iter().map(|skipped| {
            format!(
                "Not taken: {} ({}): {}.",
                skipped.doctype, skipped.place, skipped.reason
            )
        });
        let differs = sync.differences.iter().map(|difference| {
            let remedy = difference
                .remedy
                .as_deref()
                .map_or_else(String::new, |it| format!(" What to do: {it}."));
            format!("DIFFERS: {}.{remedy}", difference.message)
        });
        let url = |site: &ConfigSite| site.note.is_none().then(|| site.url.clone());
        reports.push(SyncReport {
            sync: name.clone(),
            sites: PerSide {
                a: ImportSite {
                    name: a.name.clone(),
                    url: Some(a.url.clone()),
                },
                b: ImportSite {
                    name: b.name.clone(),
                    url: url(&found.consumer),
                },
            },
            skipped: sync.skipped.clone(),
            differences: sync.differences.clone(),
            mappings,
        });
        let files = reports
            .last()
            .into_iter()
            .flat_map(|report| &report.mappings);
        planned.push(SyncEntry {
            name,
            mappings: files
                .map(|mapping| (mapping.file.clone(), mapping.waits))
                .collect(),
            notes: differs.chain(skipped).collect(),
            a,
            b,
        });
    }
    Ok((reports, planned))
}

/// Returns the producer as the configuration has it or is to have it.
fn producer(url: &str, found: &Found, taken: &BTreeSet<String>) -> Result<ConfigSite, CliError> {
    let checked = SiteUrl::new(url).map_err(|error| {
        CliError::new(ErrorKind::Config, error.to_string())
            .at(format!(
                "{}: Event Producer `{url}`",
                found.read_from.join(", ")
            ))
            .remedy("write the address of the site there, such as `https://hq.example.com`")
    })?;
    let known = found.config.iter().flat_map(|config| config.sites.values());
    let mut known = known.filter(|site| site.url.as_str() == checked.as_str());
    if let Some(site) = known.next() {
        return Ok(ConfigSite {
            name: site.name.clone(),
            url: url.to_owned(),
            auth: String::new(),
            note: None,
            is_there: true,
        });
    }
    let mut taken = taken.clone();
    taken.extend(
        found
            .config
            .iter()
            .flat_map(|config| config.sites.keys().cloned()),
    );
    let name = site_name(checked.as_str(), "producer", &taken);
    let note =
        "A user of the sync alone, on each site: the keys of event_streaming are not taken along.";
    Ok(ConfigSite {
        auth: from_environment(&name),
        name,
        url: checked.as_str().to_owned(),
        note: Some(note.to_owned()),
        is_there: false,
    })
}

/// Returns the consumer under another name and user: what a sync writes is told by its user.
fn once_more(consumer: &ConfigSite, producer: &str) -> ConfigSite {
    let name = format!("{}-for-{producer}", consumer.name);
    ConfigSite {
        auth: from_environment(&name),
        name,
        url: consumer.url.clone(),
        note: Some("The same site once more: each sync has a user of its own there.".to_owned()),
        is_there: false,
    }
}

fn from_environment(name: &str) -> String {
    let kept = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(kept).collect();
    format!("{{ kind: token, api_key_env: {name}_KEY, api_secret_env: {name}_SECRET }}")
}

/// Names a site by the first part of its host, where that tells something.
fn site_name(url: &str, otherwise: &str, taken: &BTreeSet<String>) -> String {
    let host = url.split("://").nth(1).unwrap_or_default();
    let host = host.split([':', '/']).next().unwrap_or_default();
    let first = host.split('.').next().unwrap_or_default();
    let tells = host.contains('.') && first.starts_with(char::is_alphabetic) && first != "www";
    let name = if tells { first } else { otherwise };
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names
        .find(|name| !taken.contains(name))
        .expect("numbers do not run out")
}
