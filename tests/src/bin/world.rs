//! Plays the two-site world seed after seed.
//!
//! ```text
//! cargo run --release -p frappe-sync-tests --bin world -- [--seeds N] [--from S] [--minutes M] [--jobs J] [--scope SCOPE]
//! cargo run --release -p frappe-sync-tests --bin world -- --seed S [--trace] [--no-shrink]
//! cargo run --release -p frappe-sync-tests --bin world -- --history FILE [--trace]
//! cargo run --release -p frappe-sync-tests --bin world -- --planted [--seeds N] [--bug BUG] [--keep DIR]
//! ```
//!
//! With `--planted`, the engine gets one bug after the other, and it is told how many seeds each takes to be found. With
//! `--keep`, the shortest history found of each is left in a folder.
//!
//! Every failing seed is printed with what it broke, and the shortest history found that breaks the same.

#![expect(clippy::print_stdout, reason = "the figures are what it is run for")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use frappe_sync_tests::world::{
    History, Planted, Played, Scope, Tally, play, play_with, shrink, shrink_with,
};

struct Arguments {
    seeds: u64,
    from: u64,
    seed: Option<u64>,
    history: Option<String>,
    minutes: Option<u64>,
    jobs: usize,
    scope: Scope,
    trace: bool,
    shrink: bool,
    twice: u64,
    failures: usize,
    planted: bool,
    bug: Option<String>,
    keep: Option<PathBuf>,
}

impl Arguments {
    fn read() -> Result<Self, String> {
        let mut arguments = Self {
            seeds: 1000,
            from: 0,
            seed: None,
            history: None,
            minutes: None,
            jobs: 2,
            scope: Scope::All,
            trace: false,
            shrink: true,
            twice: 50,
            failures: 10,
            planted: false,
            bug: None,
            keep: None,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .ok_or_else(|| format!("`{word}` needs a value"))
            };
            match word.as_str() {
                "--seeds" => arguments.seeds = number(&value()?)?,
                "--from" => arguments.from = number(&value()?)?,
                "--seed" => arguments.seed = Some(number(&value()?)?),
                "--history" => arguments.history = Some(value()?),
                "--minutes" => {
                    arguments.minutes = Some(number(&value()?)?);
                    arguments.seeds = u64::MAX;
                }
                "--jobs" => arguments.jobs = usize::try_from(number(&value()?)?).unwrap_or(1),
                "--scope" => arguments.scope = value()?.parse()?,
                "--twice" => arguments.twice = number(&value()?)?,
                "--failures" => {
                    arguments.failures = usize::try_from(number(&value()?)?).unwrap_or(1);
                }
                "--planted" => arguments.planted = true,
                "--bug" => arguments.bug = Some(value()?),
                "--keep" => arguments.keep = Some(PathBuf::from(value()?)),
                "--trace" => arguments.trace = true,
                "--no-shrink" => arguments.shrink = false,
                other => return Err(format!("`{other}` is no option")),
            }
        }
        Ok(arguments)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(message) => {
            println!("{message}");
            return ExitCode::from(64);
        }
    };
    // A panic of the engine is a finding like any other; it is told with its history.
    std::panic::set_hook(Box::new(|_| {}));
    if arguments.planted {
        return planted(&arguments);
    }
    match one(&arguments) {
        Some(history) => replay(&history, &arguments),
        None => explore(&arguments),
    }
}

/// The one history that is asked for, if it is.
fn one(arguments: &Arguments) -> Option<History> {
    if let Some(path) = &arguments.history {
        let text = std::fs::read_to_string(path).expect("the file can be read");
        return Some(text.parse().expect("the file holds a history"));
    }
    arguments
        .seed
        .map(|seed| History::of_seed(seed, arguments.scope))
}

fn replay(history: &History, arguments: &Arguments) -> ExitCode {
    let played = play(history);
    let (history, played) = match &played.violation {
        Some(violation) if arguments.shrink => {
            let (history, _) = shrink(history, violation);
            let played = play(&history);
            (history, played)
        }
        _ => (history.clone(), played),
    };
    println!("{history}");
    if arguments.trace {
        played.log.iter().for_each(|line| println!("{line}"));
    }
    match played.violation {
        Some(violation) => {
            println!("{violation}");
            ExitCode::FAILURE
        }
        None => {
            println!("nothing is wrong with it");
            ExitCode::SUCCESS
        }
    }
}

/// Tells of every planted bug how many seeds it takes to be found, from several starts.
fn planted(arguments: &Arguments) -> ExitCode {
    const STARTS: u64 = 5;
    let mut all_found = true;
    println!(
        "{:<18} {:>8} {:>6}  what it broke",
        "planted", "seeds", "found"
    );
    let is_meant = |bug: &Planted| {
        let asked = arguments.bug.as_ref();
        asked.is_none_or(|name| *name == bug.to_string())
    };
    for bug in Planted::ALL.into_iter().filter(is_meant) {
        let mut taken = 0;
        let mut broken: Vec<String> = Vec::new();
        let mut shortest: Option<History> = None;
        for start in 0..STARTS {
            for seed in 0..arguments.seeds {
                let history = History::of_seed(start * 1_000_000 + seed, arguments.scope);
                taken += 1;
                let Some(violation) = play_with(&history, Some(bug)).violation else {
                    continue;
                };
                // Only the planted bug counts.
                if play(&history).violation.is_none() {
                    broken.push(format!("{:?}", violation.invariant));
                    if arguments.keep.is_some() {
                        let (shrunk, _) = shrink_with(&history, &violation, Some(bug));
                        let is_shorter = |known: &History| shrunk.steps.len() < known.steps.len();
                        if shortest.as_ref().is_none_or(is_shorter) {
                            shortest = Some(shrunk);
                        }
                    }
                    break;
                }
            }
        }
        let found = broken.len();
        broken.sort();
        broken.dedup();
        let average = f64::from(taken) / STARTS as f64;
        println!(
            "{bug:<18} {average:>8.1} {found:>4}/{STARTS}  {}",
            broken.join(", ")
        );
        all_found &= u64::try_from(found) == Ok(STARTS);
        if let (Some(folder), Some(history)) = (&arguments.keep, shortest) {
            let path = folder.join(bug.file());
            std::fs::write(path, history.to_string()).expect("the folder can be written to");
        }
    }
    if all_found {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What a worker tells.
struct Told {
    seed: u64,
    played: Played,
    repeats: bool,
}

fn explore(arguments: &Arguments) -> ExitCode {
    let next = AtomicU64::new(arguments.from);
    let stop = AtomicBool::new(false);
    let began = Instant::now();
    let limit = arguments
        .minutes
        .map(|minutes| Duration::from_secs(minutes * 60));
    let end = arguments.from.saturating_add(arguments.seeds);
    let mut tally = Tally::default();
    let mut failed: Vec<(u64, Played)> = Vec::new();
    let mut done: u64 = 0;
    std::thread::scope(|scope| {
        let (teller, told) = mpsc::channel::<Told>();
        for _ in 0..arguments.jobs {
            let teller = teller.clone();
            let (next, stop) = (&next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= end || limit.is_some_and(|limit| began.elapsed() > limit) {
                        break;
                    }
                    if teller.send(work(seed, arguments)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(teller);
        for told in told {
            done += 1;
            tally.merge(&told.played.tally);
            if !told.repeats {
                println!(
                    "seed {}: Repeatable: it does not go the same way twice",
                    told.seed
                );
                failed.push((told.seed, told.played));
            } else if let Some(violation) = &told.played.violation {
                println!("seed {}: {violation}", told.seed);
                failed.push((told.seed, told.played));
            }
            if failed.len() >= arguments.failures {
                stop.store(true, Ordering::SeqCst);
            }
        }
    });
    tell(&tally, done, began.elapsed());
    for (seed, played) in &failed {
        if let (Some(violation), true) = (&played.violation, arguments.shrink) {
            let history = History::of_seed(*seed, arguments.scope);
            let (history, violation) = shrink(&history, violation);
            println!("\nworld --seed {seed}\n{violation}\n{history}");
        }
    }
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn work(seed: u64, arguments: &Arguments) -> Told {
    let history = History::of_seed(seed, arguments.scope);
    let played = play(&history);
    let repeats = !seed.is_multiple_of(arguments.twice) || play(&history).log == played.log;
    Told {
        seed,
        played,
        repeats,
    }
}

fn tell(tally: &Tally, done: u64, passed: Duration) {
    let seconds = passed.as_secs_f64();
    println!(
        "{done} seeds in {seconds:.1} s, {:.1} ms each",
        seconds * 1000.0 / done.max(1) as f64
    );
    for (group, counts) in tally.groups() {
        let total: u64 = counts.iter().map(|(_, count)| count).sum();
        println!("{group}: {total}");
        for (kind, count) in counts {
            println!("    {count:>9}  {kind}");
        }
    }
}
