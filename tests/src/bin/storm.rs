//! Plays a storm over two sites with the real program, and judges what is left.
//!
//! ```text
//! cargo run --release -p frappe-sync-tests --bin storm -- [--edits N] [--kills N] [--seed S] [--rounds N] \
//!     [--faults PER_MILLE] [--program PATH]
//! ```
//!
//! Between the real sites that the environment names (as for the conformance suite), else between two
//! sandboxes. `--faults` is how many of a thousand requests meet each of the nine kinds of fault. The program is
//! built first, unless it is named. Ends with 1 where something does not hold; the state is then kept.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::process::ExitCode;

use frappe_sync_tests::storm::{Settings, storm};

fn settings() -> Result<Settings, String> {
    let mut settings = Settings {
        edits: 500,
        kills: 6,
        seed: 1,
        rounds: 12,
        per_mille: 8,
        program: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or_else(|| format!("`{word}` needs a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("`{value}` is no number"))
        };
        let count = || number().map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        match word.as_str() {
            "--edits" => settings.edits = count()?,
            "--kills" => settings.kills = number()?,
            "--seed" => settings.seed = number()?,
            "--rounds" => settings.rounds = count()?,
            "--faults" => settings.per_mille = count()?,
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
    match storm(settings).await {
        Ok(outcome) => {
            println!("{outcome}");
            if outcome.holds() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            println!("the storm could not be played: {error}");
            ExitCode::FAILURE
        }
    }
}
