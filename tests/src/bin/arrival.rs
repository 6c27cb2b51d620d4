//! Measures how long a change takes from its commit on one site to the other, while the real program serves.
//!
//! ```text
//! cargo run --release -p frappe-sync-tests --bin arrival -- [--minutes M] [--every-ms N] [--schedule TEXT] [--port P] [--program PATH]
//! ```
//!
//! Between the real sites that the environment names (as for the conformance suite), else between two sandboxes, with webhooks
//! of the sites installed by the program. People edit on either side; a site may be stopped and started meanwhile, by whoever runs
//! this. Ends with 1 where something is lost, or the sites are not equal at the end.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use frappe_sync_model::{PerSide, Side};
use frappe_sync_tests::storm::build;
use frappe_sync_tests::{Names, Serving, SitePair, install, pairs, uninstall};
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Customers that are edited in turn.
const CUSTOMERS: usize = 40;

/// How often the other side is asked whether a change is there.
const ASKED_EVERY: Duration = Duration::from_millis(40);

/// A change that is not there by then waits for a site that is away.
const LATE: Duration = Duration::from_secs(20);

struct Settings {
    minutes: u64,
    every: Duration,
    schedule: String,
    port: u16,
    program: Option<PathBuf>,
}

fn settings() -> Result<Settings, String> {
    let mut settings = Settings {
        minutes: 1,
        every: Duration::from_millis(1500),
        schedule: "@every 60s".to_owned(),
        port: 8794,
        program: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next();
        let value = value.ok_or_else(|| format!("`{word}` needs a value"))?;
        let number = || {
            let number = value.parse::<u64>();
            number.map_err(|_| format!("`{value}` is no number"))
        };
        match word.as_str() {
            "--minutes" => settings.minutes = number()?,
            "--every-ms" => settings.every = Duration::from_millis(number()?),
            "--port" => settings.port = number()?.try_into().map_err(|_| "no port")?,
            "--schedule" => settings.schedule = value,
            "--program" => settings.program = Some(value.into()),
            other => return Err(format!("`{other}` is no option")),
        }
    }
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
    let pair = pairs().await.pop().expect("there are always two sandboxes");
    let names = Names::unique("Arrival");
    install(&pair, &names).await;
    let measured = measure(&settings, &pair, &names).await;
    uninstall(&pair, &names).await;
    match measured {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(settings: &Settings, pair: &SitePair, names: &Names) -> Outcome<bool> {
    let program = match &settings.program {
        Some(program) => program.canonicalize()?,
        None => build()?,
    };
    let folder = tempfile::tempdir()?;
    configure(settings, pair, names, folder.path())?;
    let customers = (0..CUSTOMERS).map(|number| {
        json!({ "doctype": names.customer, "customer_name": format!("Customer {number:03}") })
    });
    pair.people.a.insert_many(customers.collect()).await;
    run(&program, folder.path(), &["run", "--quiet"])?;
    run(&program, folder.path(), &["webhooks", "install", "--yes"])?;
    let serving = Serving::start(&program, folder.path())?;
    println!("serves at {}", serving.address());
    let mut tally = Tally::default();
    let began = Instant::now();
    let whole = Duration::from_secs(settings.minutes * 60);
    let mut number = 0;
    while began.elapsed() < whole {
        let side = if number % 2 == 0 { Side::A } else { Side::B };
        change(pair, names, side, number, &mut tally).await;
        number += 1;
        tokio::time::sleep(settings.every).await;
    }
    let memory = serving.most_memory();
    let status = serving.end()?;
    run(&program, folder.path(), &["run", "--quiet"])?;
    run(&program, folder.path(), &["webhooks", "remove", "--yes"])?;
    let verify = Command::new(&program)
        .args(["verify", "--json"])
        .current_dir(folder.path())
        .output()?;
    let certificate = String::from_utf8_lossy(&verify.stdout);
    tally.tell(settings, pair.sandboxes.is_none());
    if let Some(memory) = memory {
        println!("memory at most {memory:.0} MB; ended with {status}");
    }
    let lost = lost(pair, names, &tally).await;
    println!("lost: {lost}; verify ended with {}", verify.status);
    if !verify.status.success() {
        println!("{certificate}");
    }
    Ok(lost == 0 && verify.status.success() && status.success())
}

fn configure(settings: &Settings, pair: &SitePair, names: &Names, folder: &Path) -> Outcome<()> {
    std::fs::write(folder.join("hooks"), "arrival-secret")?;
    let mut config = "version: 1\nsites:\n".to_owned();
    for side in Side::BOTH {
        let (key, secret) = &pair.keys[side];
        std::fs::write(folder.join(side.as_str()), secret)?;
        config.push_str(&format!(
            "  {side}:\n    url: {}\n    auth: {{ api_key: {key}, api_secret_file: {side} }}\n",
            pair.urls[side]
        ));
    }
    config.push_str(&format!(
        "syncs:\n  arrival: {{ a: a, b: b, mappings: [customer.yaml, item.yaml, group.yaml], schedule: '{}' }}\nserve:\n  listen: \
         127.0.0.1:{port}\n  public_url: http://127.0.0.1:{port}\n  webhook_secret_file: hooks\n",
        settings.schedule,
        port = settings.port
    ));
    std::fs::write(folder.join("frappe-sync.yaml"), config)?;
    let doctypes = [
        ("customer", &names.customer),
        ("item", &names.item),
        ("group", &names.group),
    ];
    for (file, doctype) in doctypes {
        let text = format!("version: 1\ndoctype: {doctype}\nconflict: newest\n");
        std::fs::write(folder.join(format!("{file}.yaml")), text)?;
    }
    Ok(())
}

fn run(program: &Path, folder: &Path, words: &[&str]) -> Outcome<()> {
    let output = Command::new(program)
        .args(words)
        .current_dir(folder)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("`{}` ended with {}: {said}", words.join(" "), output.status).into())
}

/// What was measured.
#[derive(Default)]
struct Tally {
    seconds: Vec<f64>,
    refused: usize,
    late: usize,
    last: std::collections::BTreeMap<String, String>,
}

/// Saves a change on one side and waits until it is on the other.
async fn change(pair: &SitePair, names: &Names, side: Side, number: usize, tally: &mut Tally) {
    let name = format!("Customer {:03}", number % CUSTOMERS);
    let value = format!("change {number}");
    let people = PerSide::from_fn(|side| &pair.people[side]);
    let changes = json!({ "notes": value });
    if people[side]
        .try_update(&names.customer, &name, changes)
        .await
        .is_err()
    {
        tally.refused += 1;
        return;
    }
    let committed = Instant::now();
    tally.last.insert(name.clone(), value.clone());
    loop {
        let there = people[side.other()].try_get(&names.customer, &name).await;
        if there.is_ok_and(|document| document["notes"] == value.as_str()) {
            tally.seconds.push(committed.elapsed().as_secs_f64());
            return;
        }
        if committed.elapsed() > LATE {
            tally.late += 1;
            return;
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

/// Counts the changes that one of the sites does not have at the end.
async fn lost(pair: &SitePair, names: &Names, tally: &Tally) -> usize {
    let mut lost = 0;
    for (name, value) in &tally.last {
        for side in Side::BOTH {
            let there = pair.people[side].try_get(&names.customer, name).await;
            let is_there = there.is_ok_and(|document| document["notes"] == value.as_str());
            lost += usize::from(!is_there);
        }
    }
    lost
}

impl Tally {
    fn tell(&mut self, settings: &Settings, are_real: bool) {
        self.seconds.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = (self.seconds.len().saturating_sub(1)) as f64 * share;
            self.seconds
                .get(place.round() as usize)
                .copied()
                .unwrap_or_default()
        };
        println!(
            "two {}, {} minutes, {} changes that were saved: from commit to arrival median {:.2} s, 90th {:.2} s, 99th {:.2} s, \
             longest {:.2} s; {} more were not there after {} s (a site was away), {} were not saved",
            if are_real { "real sites" } else { "sandboxes" },
            settings.minutes,
            self.seconds.len(),
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0),
            self.late,
            LATE.as_secs(),
            self.refused
        );
    }
}
