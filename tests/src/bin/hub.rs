//! One hub and many branches, kept in step by one process of the real program.
//!
//! ```text
//! cargo run --release -p frappe-sync-tests --bin hub -- [--branches N] [--edits N] [--every SECONDS] [--program PATH]
//! ```
//!
//! All sites are sandboxes of this process; one branch is down from the beginning, and one answers slowly. Tells how long the
//! first runs take, how long until what people edit on branches is everywhere, how often each sync ran, and how much memory
//! the program took. Ends with 1 where an edit is not everywhere, or something comes back.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use frappe_sync_model::{StateStore as _, SyncName};
use frappe_sync_sandbox::fixture::{self, Size};
use frappe_sync_sandbox::{Action, Fault, Matcher, Sandbox, Server, SiteOptions, UserOptions};
use frappe_sync_store::StateFile;
use frappe_sync_tests::Serving;
use frappe_sync_tests::storm::build;
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Customers of the hub.
const CUSTOMERS: usize = 40;

/// How long each request of the slow branch takes.
const SLOW: Duration = Duration::from_secs(5);

/// More requests than it is asked in the whole time.
const SLOW_REQUESTS: usize = 2000;

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(600);

struct Settings {
    branches: usize,
    edits: usize,
    every: u64,
    program: Option<PathBuf>,
}

fn settings() -> Result<Settings, String> {
    let mut settings = Settings {
        branches: 200,
        edits: 20,
        every: 15,
        program: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next();
        let value = value.ok_or_else(|| format!("`{word}` needs a value"))?;
        let number = || {
            let number = value.parse::<usize>();
            number.map_err(|_| format!("`{value}` is no number"))
        };
        match word.as_str() {
            "--branches" => settings.branches = number()?.max(4),
            "--edits" => settings.edits = number()?,
            "--every" => settings.every = number()? as u64,
            "--program" => settings.program = Some(value.into()),
            other => return Err(format!("`{other}` is no option")),
        }
    }
    settings.edits = settings.edits.min(settings.branches - 2).min(CUSTOMERS);
    Ok(settings)
}

#[tokio::main]
async fn main() -> ExitCode {
    let settings = match settings() {
        Ok(settings) => settings,
        Err(message) => {
            println!("{message}");
            return ExitCode::from(64);
        }
    };
    match measure(&settings).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A site and what serves it.
struct Place {
    site: Sandbox,
    url: String,
    _server: Option<Server>,
}

async fn place(seed: u64, customers: usize, is_up: bool) -> Outcome<Place> {
    let site = Sandbox::new(SiteOptions {
        seed,
        ..SiteOptions::default()
    });
    fixture::install_doctypes(&site)?;
    let size = Size {
        customers,
        addresses: 0,
        items: 0,
        employees: 0,
        orders: 0,
        ..Size::default()
    };
    fixture::load(&site, 1, size)?;
    site.add_user(UserOptions {
        email: "sync@example.com".to_owned(),
        roles: vec!["System Manager".to_owned()],
        api_key: "key".to_owned(),
        api_secret: "secret".to_owned(),
    })?;
    let server = site.serve("127.0.0.1:0".parse()?).await?;
    let url = server.url();
    Ok(Place {
        site,
        url,
        _server: is_up.then_some(server),
    })
}

async fn measure(settings: &Settings) -> Outcome<bool> {
    let program = match &settings.program {
        Some(program) => program.canonicalize()?,
        None => build()?,
    };
    let hub = place(1, CUSTOMERS, true).await?;
    let mut branches = Vec::new();
    for number in 0..settings.branches {
        // The first is down, the second is slow.
        branches.push(place(number as u64 + 2, 0, number != 0).await?);
    }
    for _ in 0..SLOW_REQUESTS {
        let fault = Fault {
            matcher: Matcher::any(),
            action: Action::Slow {
                millis: SLOW.as_millis() as u64,
            },
        };
        // It holds nothing that could be released.
        drop(branches[1].site.faults().push(fault));
    }
    let folder = tempfile::tempdir()?;
    configure(settings, &hub, &branches, folder.path())?;
    let began = Instant::now();
    let serving = Serving::start(&program, folder.path())?;
    let sound = &branches[2..];
    until("every branch has everything", || {
        sound
            .iter()
            .all(|branch| branch.site.len_of("Customer") >= CUSTOMERS)
    })
    .await?;
    println!(
        "{} branches, {CUSTOMERS} customers each: the first runs took {:.1} s",
        settings.branches,
        began.elapsed().as_secs_f64()
    );

    let names = customers(&hub)?;
    let edits = || sound.iter().zip(&names).take(settings.edits).enumerate();
    let value = |number: usize| format!("edited on branch {number}");
    for (number, (branch, name)) in edits() {
        let person = branch.site.as_user("Administrator");
        person.update(
            "Customer",
            name,
            json!({ "customer_details": value(number) }),
        )?;
    }
    let began = Instant::now();
    let holds = |place: &Place, number: usize, name: &str| {
        let person = place.site.as_user("Administrator");
        let held = person
            .get("Customer", name)
            .map(|it| it["customer_details"].clone());
        held.is_ok_and(|held| held == value(number))
    };
    until("what was edited is on the hub", || {
        edits().all(|(number, (_, name))| holds(&hub, number, name))
    })
    .await?;
    let on_hub = began.elapsed();
    until("what was edited is everywhere", || {
        edits().all(|(number, (_, name))| sound.iter().all(|branch| holds(branch, number, name)))
    })
    .await?;
    println!(
        "{} edits on as many branches: on the hub after {:.1} s, on every branch after {:.1} s (each sync is due every {} s)",
        settings.edits,
        on_hub.as_secs_f64(),
        began.elapsed().as_secs_f64(),
        settings.every
    );

    // Two rounds in which nobody works: nothing comes back.
    let writes = |places: &[Place]| -> usize {
        places
            .iter()
            .map(|place| place.site.request_counts().writes)
            .sum()
    };
    tokio::time::sleep(Duration::from_secs(settings.every * 2)).await;
    let before = writes(&branches) + hub.site.request_counts().writes;
    tokio::time::sleep(Duration::from_secs(settings.every * 3)).await;
    let came_back = writes(&branches) + hub.site.request_counts().writes - before;
    let memory = serving.most_memory();
    let status = serving.end()?;
    let state = StateFile::open_read_only(folder.path().join("state/frappe-sync.db"))?;
    let mut runs = Vec::new();
    for number in 2..settings.branches {
        let sync = SyncName::from(format!("branch-{number:03}").as_str());
        runs.push(state.sync(&sync).runs(10_000)?.len());
    }
    let (least, most) = (runs.iter().min(), runs.iter().max());
    println!(
        "writes while nobody worked: {came_back}; runs of a sync: {} to {}; memory at most {:.0} MB; ended with {status}",
        least.copied().unwrap_or_default(),
        most.copied().unwrap_or_default(),
        memory.unwrap_or_default(),
    );
    Ok(came_back == 0 && status.success())
}

fn customers(hub: &Place) -> Outcome<Vec<String>> {
    let person = hub.site.as_user("Administrator");
    let rows = person.list("Customer", &["name"], json!([]))?;
    let names = rows.iter().filter_map(|row| row["name"].as_str());
    Ok(names.map(str::to_owned).collect())
}

fn configure(settings: &Settings, hub: &Place, branches: &[Place], folder: &Path) -> Outcome<()> {
    std::fs::write(folder.join("secret"), "secret")?;
    let site = |name: &str, url: &str| {
        format!(
            "  {name}: {{ url: '{url}', auth: {{ api_key: key, api_secret_file: secret }}, request_timeout: 30s }}\n"
        )
    };
    let mut sites = site("hub", &hub.url);
    let mut syncs = String::new();
    for (number, branch) in branches.iter().enumerate() {
        sites.push_str(&site(&format!("branch-{number:03}"), &branch.url));
        syncs.push_str(&format!(
            "  branch-{number:03}: {{ a: hub, b: branch-{number:03}, mappings: [customer.yaml], schedule: '@every {}s' }}\n",
            settings.every
        ));
    }
    let config =
        format!("version: 1\nsites:\n{sites}syncs:\n{syncs}serve:\n  listen: 127.0.0.1:0\n");
    std::fs::write(folder.join("frappe-sync.yaml"), config)?;
    let mapping = "version: 1\ndoctype: Customer\nfields:\n  only: [customer_name, customer_group, territory, customer_details]\n";
    std::fs::write(folder.join("customer.yaml"), mapping)?;
    Ok(())
}

async fn until(what: &str, is_so: impl Fn() -> bool) -> Outcome<()> {
    let began = Instant::now();
    while !is_so() {
        if began.elapsed() > PATIENCE {
            return Err(format!("never: {what}").into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}
