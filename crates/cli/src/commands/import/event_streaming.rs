//! `import event-streaming`: what Frappe's own app was told, as mapping files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use frappe_sync_model::{DocType, PerSide};
use serde_json::Value;

use super::sites::{configured, from_environment, given, once_more, producer, site_name, site_url};
use crate::config::{self, Config};
use crate::error::{CliError, ErrorKind};
use crate::event_streaming::{
    ConfigSite, Documents, Import, ImportReport, ImportSite, MappingReport, SyncEntry, SyncReport,
    config_file, convert, entries, from_site, in_text,
};
use crate::exit::Exit;
use crate::init::{Existing, GITIGNORE, Readers, Staging, file_name};
use crate::options::GlobalArgs;
use crate::ui::{Ui, Volume};
use crate::wiring::connect;
use crate::{failure, render};

const CONFIG: &str = "frappe-sync.yaml";
const IGNORED: &str = ".gitignore";

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
    pub(super) url: Option<String>,

    /// The API key of a user there who may read these documents, such as a System Manager
    #[arg(long, value_name = "KEY", conflicts_with_all = ["key_env", "file", "site"])]
    pub(super) key: Option<String>,

    /// The environment variable that holds the API key
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["file", "site"])]
    pub(super) key_env: Option<String>,

    /// The environment variable that holds the API secret
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["file", "site"])]
    pub(super) secret_env: Option<String>,

    /// The file that holds the API secret
    #[arg(long, value_name = "FILE", conflicts_with_all = ["secret_env", "file", "site"])]
    pub(super) secret_file: Option<PathBuf>,

    /// Give files that are there already another name
    #[arg(long)]
    force: bool,
}

/// What was read, and from where.
pub(super) struct Found {
    documents: Documents,
    pub(super) read_from: Vec<String>,
    /// The consumer, as far as it is known.
    pub(super) consumer: ConfigSite,
    /// The configuration, where one was used.
    pub(super) config: Option<Config>,
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
