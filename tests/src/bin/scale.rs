//! Measures `plan` and `verify` of many documents: how long they take, and how much memory the program holds.
//!
//! ```text
//! cargo run --release -p frappe-sync-tests --bin scale -- [DOCUMENTS] [PROGRAM]
//! ```
//!
//! Between two sandboxes in this process, with 100,000 documents on each unless told otherwise. The program is built
//! first, unless it is named, and runs as a process of its own. Ends with 1 where a command does not come to what it must, or holds 300 MB
//! or more.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::io;
use std::process::ExitCode;

use frappe_sync_tests::scale::{FRESH, Figures, HELD, Program, ScaleSites};
use frappe_sync_tests::storm::build;

/// What the program may hold, in KiB.
const MOST_KIB: u64 = 300 * 1024;

/// A command, what its exit code must be, and what must stand in what it prints first.
struct Step {
    what: &'static str,
    words: Vec<&'static str>,
    code: i32,
    says: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let documents = words.first().map_or(Ok(100_000), |word| word.parse());
    let (Ok(documents), 0..=2) = (documents, words.len()) else {
        println!("say how many documents, or nothing");
        return ExitCode::from(64);
    };
    match measure(documents, words.get(1)).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(documents: usize, program: Option<&String>) -> io::Result<bool> {
    let path = match program {
        Some(path) => std::path::absolute(path)?,
        None => build()?,
    };
    let sites = ScaleSites::serve(documents).await;
    let folder = tempfile::tempdir()?;
    sites.configure(folder.path())?;
    let program = Program::new(path, folder.path());
    println!("two sandboxes, {documents} documents of 10 fields on each");
    println!(
        "{:44} {:>9} {:>12} {:>12}",
        "", "seconds", "peak MB", "printed MB"
    );
    let mut held = true;
    for step in first(documents) {
        held &= one(&program, step).await?;
    }
    sites.edit_all();
    for step in second(documents) {
        held &= one(&program, step).await?;
    }
    Ok(held)
}

/// While both sites hold the same.
fn first(documents: usize) -> Vec<Step> {
    let step = |what, words: &[&'static str], code, says| Step {
        what,
        words: words.to_vec(),
        code,
        says,
    };
    vec![
        step(
            "plan, all to be created",
            &["plan", FRESH, "--json"],
            0,
            format!("\"create\":{documents},"),
        ),
        step(
            "the same, as text",
            &["plan", FRESH],
            0,
            "Sync fresh".to_owned(),
        ),
        step(
            "the same, as a page",
            &["plan", FRESH, "--html", "plan.html", "--limit", "1"],
            0,
            "Sync fresh".to_owned(),
        ),
        step(
            "run, all to be paired",
            &["run", HELD, "--json"],
            0,
            format!("\"link\":{documents},"),
        ),
        step(
            "plan, nothing to do",
            &["plan", HELD, "--json"],
            0,
            "\"operations\":[]".to_owned(),
        ),
        step(
            "verify, all equal",
            &["verify", HELD, "--json"],
            0,
            format!("\"equal\":{documents},"),
        ),
        step(
            "verify, all on one side only",
            &["verify", FRESH, "--json"],
            3,
            "\"outcome\":\"different\"".to_owned(),
        ),
    ]
}

/// Once every document of one side was edited.
fn second(documents: usize) -> Vec<Step> {
    let plan = |words: &[&'static str], what| Step {
        what,
        words: words.to_vec(),
        code: 0,
        says: format!("\"update\":{documents},"),
    };
    vec![
        plan(&["plan", HELD, "--json"], "plan, all to be updated"),
        Step {
            says: "Sync held".to_owned(),
            ..plan(&["plan", HELD], "the same, as text")
        },
        Step {
            what: "verify, all different",
            words: vec!["verify", HELD, "--json", "--out", "certificate.json"],
            code: 3,
            says: "\"outcome\":\"different\"".to_owned(),
        },
    ]
}

/// Runs one command, prints its figures, and tells whether they are what they must be.
async fn one(program: &Program, step: Step) -> io::Result<bool> {
    let program = program.clone();
    let words = step.words;
    let run = tokio::task::spawn_blocking(move || program.run(&words));
    let Figures {
        code,
        took,
        peak_kib,
        printed_bytes,
        head,
        stderr,
    } = run.await.map_err(io::Error::other)??;
    println!(
        "{:44} {:>9.1} {:>12.0} {:>12.1}",
        step.what,
        took.as_secs_f64(),
        peak_kib as f64 / 1024.0,
        printed_bytes as f64 / 1e6
    );
    if code != Some(step.code) || !head.contains(&step.says) {
        let head: String = head.chars().take(600).collect();
        println!("  ended with {code:?}, and is not what it must be: {head}{stderr}");
        return Ok(false);
    }
    if peak_kib >= MOST_KIB {
        println!("  that is too much");
        return Ok(false);
    }
    Ok(true)
}
