//! Brings many large files from one site to another with the real program, which is killed on the way, and looks at every
//! byte.
//!
//! ```text
//! cargo run --release -p frappe-sync-tests --bin transfer -- [--files N] [--most-kb N] [--breaks N] [--program PATH]
//! ```
//!
//! Between the real sites that the environment names (as for the conformance suite), else between two sandboxes: 300 files of
//! up to 10 MB, half of them private, and two breaks, unless told otherwise. The program is built first, unless it is named.
//! Ends with 1 where a file is missing, is there twice, or has other bytes.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use frappe_sync_model::{PerSide, Side};
use frappe_sync_tests::scale::{Figures, Program};
use frappe_sync_tests::storm::build;
use frappe_sync_tests::{NewFile, PairOptions, Person, Sheets, SitePair, some_bytes};
use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How often the target is asked how much has arrived.
const ASKED_EVERY: Duration = Duration::from_millis(300);

/// The longest that a request may run on these sites.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// So many runs are enough for what was under way.
const MOST_RUNS: usize = 4;

/// What is asked for.
struct Settings {
    files: usize,
    most_bytes: usize,
    breaks: usize,
    program: Option<PathBuf>,
}

fn settings() -> Result<Settings, String> {
    let mut settings = Settings {
        files: 300,
        most_bytes: 10_000_000,
        breaks: 2,
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
            "--files" => settings.files = number()?,
            "--most-kb" => settings.most_bytes = number()? * 1000,
            "--breaks" => settings.breaks = number()?,
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
    match transfer(settings).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("the files could not be brought over: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn transfer(settings: Settings) -> Outcome<bool> {
    let path = match &settings.program {
        Some(path) => std::path::absolute(path)?,
        None => build()?,
    };
    let pair = match SitePair::real() {
        Some(pair) => pair,
        None => SitePair::sandbox(PairOptions::default()).await,
    };
    let sheets = Sheets::unique("Transfer");
    sheets.install(&pair).await;
    let bytes = attach_all(&pair.people.a, &sheets, &settings).await;
    println!(
        "{} files, {:.0} MB, half of them private, between {}",
        settings.files,
        bytes as f64 / 1e6,
        match pair.sandboxes {
            Some(_) => "two sandboxes",
            None => "two real sites",
        }
    );
    let folder = tempfile::tempdir()?;
    configure(folder.path(), &pair, &sheets)?;
    let program = Program::new(path, folder.path());
    for number in 1..=settings.breaks {
        let enough = settings.files * number / (settings.breaks + 1);
        let figures = run_until(&program, &pair.people.b, &sheets, enough).await?;
        let arrived = sheets.files(&pair.people.b).await.len();
        println!(
            "killed after {:.1} s, {arrived} files are there",
            figures.took.as_secs_f64()
        );
    }
    let mut first = run(&program, &["run", "--json"]).await?;
    println!(
        "the rest took {:.1} s, exit code {:?}, peak of memory {:.0} MB",
        first.took.as_secs_f64(),
        first.code,
        first.peak_kib as f64 / 1024.0
    );
    // What was under way when it was killed may still arrive for as long as a request can run.
    let mut runs = 1;
    while first.code == Some(3) && runs < MOST_RUNS {
        tokio::time::sleep(REQUEST_TIMEOUT).await;
        first = run(&program, &["run", "--json"]).await?;
        runs += 1;
    }
    println!(
        "after {runs} runs nothing is unknown: exit code {:?}",
        first.code
    );
    let right = whole(&pair, &sheets, &settings).await;
    println!(
        "{right} of {} files are there once, with every byte",
        settings.files
    );
    let second = run(&program, &["run", "--json"]).await?;
    let report: Value = serde_json::from_str(&second.head).unwrap_or_default();
    let written = &report["requests"]["b"]["write"];
    println!(
        "the next run: exit code {:?}, {written} writes",
        second.code
    );
    sheets.uninstall(&pair).await;
    let holds = first.code == Some(0) && right == settings.files && *written == 0;
    if !holds {
        println!("{}{}{}", first.head, first.stderr, second.stderr);
    }
    Ok(holds)
}

/// The bytes of a file, by its number: small ones and large ones in turn.
fn content(number: usize, settings: &Settings) -> Vec<u8> {
    let place = number * 7919 % settings.files + 1;
    let length = (settings.most_bytes / settings.files * place).max(1);
    some_bytes(number as u64 + 1, length)
}

fn title(number: usize) -> String {
    format!("Sheet {number:04}")
}

/// Makes the documents with a file each, and returns the sum of their bytes.
async fn attach_all(person: &Person, sheets: &Sheets, settings: &Settings) -> usize {
    let mut sum = 0;
    for number in 0..settings.files {
        let (title, content) = (title(number), content(number, settings));
        sheets.make(person, &title).await;
        let file = NewFile {
            name: &format!("file-{number:04}.bin"),
            document: &title,
            field: None,
            private: number % 2 == 0,
        };
        sheets.attach(person, &file, &content).await;
        sum += content.len();
    }
    sum
}

fn configure(folder: &std::path::Path, pair: &SitePair, sheets: &Sheets) -> Outcome<()> {
    let site = |side: Side| {
        format!(
            "  {side}: {{ url: '{}', request_timeout: {}s, auth: {{ api_key: '{}', api_secret_file: secret-{side} }} }}\n",
            pair.urls[side],
            REQUEST_TIMEOUT.as_secs(),
            pair.keys[side].0
        )
    };
    let sites = PerSide::from_fn(site);
    let config = format!(
        "version: 1\nsites:\n{}{}syncs:\n  files: {{ a: a, b: b, mappings: [sheet.yaml] }}\n",
        sites.a, sites.b
    );
    std::fs::write(folder.join("frappe-sync.yaml"), config)?;
    std::fs::write(folder.join("sheet.yaml"), sheets.mapping(""))?;
    for side in Side::BOTH {
        std::fs::write(folder.join(format!("secret-{side}")), &pair.keys[side].1)?;
    }
    Ok(())
}

async fn run(program: &Program, words: &'static [&'static str]) -> Outcome<Figures> {
    let program = program.clone();
    let ended = tokio::task::spawn_blocking(move || program.run(words)).await?;
    Ok(ended?)
}

/// Runs the program, and kills it once so many files have arrived.
async fn run_until(
    program: &Program,
    target: &Person,
    sheets: &Sheets,
    enough: usize,
) -> Outcome<Figures> {
    let program = program.clone();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let running = tokio::task::spawn_blocking(move || {
        program.run_until(&["run", "--json"], |_| stopped.try_recv().is_ok())
    });
    let mut asked = tokio::time::interval(ASKED_EVERY);
    while !running.is_finished() && sheets.files(target).await.len() < enough {
        asked.tick().await;
    }
    // One that has ended by itself hears nothing, which is as good.
    let _heard = stop.send(());
    Ok(running.await??)
}

/// Counts the files that are on the target once, as private as they were and with every byte.
async fn whole(pair: &SitePair, sheets: &Sheets, settings: &Settings) -> usize {
    let target = &pair.people.b;
    let found = sheets.files(target).await;
    let mut right = 0;
    for number in 0..settings.files {
        let title = title(number);
        let own: Vec<&Value> = found
            .iter()
            .filter(|file| file["attached_to_name"] == title.as_str())
            .collect();
        let [file] = own[..] else {
            println!("`{title}` has {} files", own.len());
            continue;
        };
        let address = file["file_url"].as_str().unwrap_or_default();
        let is_private = file["is_private"] == i32::from(number % 2 == 0);
        match target.download(address).await {
            Ok(bytes) if bytes == content(number, settings) && is_private => right += 1,
            Ok(bytes) => println!("`{title}` has {} other bytes: {file}", bytes.len()),
            Err(error) => println!("`{title}` cannot be read: {error}"),
        }
    }
    right
}
