//! The storm itself, from the first document to the verdict.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use frappe_sync_model::{PerSide, Side};

use super::judge::{Told, Verdict, judge};
use super::kind::DocTypes;
use super::make::first_documents;
use super::people::People;
use super::program::{Ended, Process, Program, build};
use super::snapshot::Snapshot;
use super::tally::Tally;
use crate::proxy::{Moment, Proxy, Rates, Waits};
use crate::world::Dice;
use crate::{Names, PairOptions, Sales, SitePair, install, uninstall};

/// What a storm may do to requests that takes time.
const WAITS: Waits = Waits {
    answer: Duration::from_millis(700),
    write: Duration::from_secs(2),
};

/// How long the program is told that a request can run on a site: a held write comes well within it.
const REQUEST_TIMEOUT_SECONDS: u64 = 6;

/// The most runs until it is quiet. A run waits for nothing, so that some of them only find that a lost request
/// may still be running.
const MOST_LAST_RUNS: usize = 200;

/// How a storm is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How much people do.
    pub edits: usize,
    /// How often the program is killed.
    pub kills: u64,
    /// Decides what people do and what is spoilt.
    pub seed: u64,
    /// How many runs people work before and during.
    pub rounds: usize,
    /// How many of a thousand requests meet each fault.
    pub per_mille: usize,
    /// The program; built first where it is left out.
    pub program: Option<PathBuf>,
}

/// How a storm ended.
#[derive(Debug)]
pub struct Outcome {
    settings: Settings,
    kind: &'static str,
    tally: Tally,
    verdict: Verdict,
    /// What the program itself told as not in order.
    told: usize,
    /// Where configuration and state are kept, if something is wrong.
    folder: Option<PathBuf>,
}

impl Outcome {
    /// Tells whether everything holds.
    pub fn holds(&self) -> bool {
        self.verdict.violations.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "storm over {} sites, seed {}",
            self.kind, self.settings.seed
        )?;
        writeln!(f, "{}", self.tally)?;
        writeln!(f, "told as parked, refused or in conflict: {}", self.told)?;
        for remark in &self.verdict.remarks {
            writeln!(f, "remark: {remark}")?;
        }
        for violation in &self.verdict.violations {
            writeln!(f, "VIOLATION: {violation}")?;
        }
        if let Some(folder) = &self.folder {
            writeln!(f, "kept: {}", folder.display())?;
        }
        let verdict = if self.holds() {
            "everything holds".to_owned()
        } else {
            format!("{} violations", self.verdict.violations.len())
        };
        write!(f, "verdict: {verdict}")
    }
}

/// Plays a storm.
///
/// # Errors
///
/// Where it cannot be played at all: the program cannot be built or started, or no port is free.
pub async fn storm(settings: Settings) -> Result<Outcome, Box<dyn std::error::Error>> {
    let path = match &settings.program {
        Some(path) => std::path::absolute(path)?,
        None => build()?,
    };
    let began = Instant::now();
    let pair = match SitePair::real() {
        Some(pair) => pair,
        None => SitePair::sandbox(PairOptions::default()).await,
    };
    let names = Names::unique("Storm");
    install(&pair, &names).await;
    let sales = Sales::install(&pair, "Storm").await;
    let doctypes = DocTypes { names, sales };
    let proxies = PerSide {
        a: Proxy::before(&pair.urls.a, settings.seed * 2, WAITS).await?,
        b: Proxy::before(&pair.urls.b, settings.seed * 2 + 1, WAITS).await?,
    };
    let program = Program::configure(
        path,
        PerSide::from_fn(|side| proxies[side].url()),
        &pair.keys,
        &doctypes,
        REQUEST_TIMEOUT_SECONDS,
    )?;
    let mut storm = Storm {
        people: People::new(&pair, &doctypes, settings.seed),
        dice: Dice::of(settings.seed.wrapping_add(1)),
        proxies,
        program,
        tally: Tally::default(),
        verdict: Verdict::default(),
    };
    first_documents(&mut storm.people).await;
    storm.rage(&settings).await?;
    let last = storm.calm().await?;
    let told = Told::by(&last.report);
    let snapshot = Snapshot::read(&pair, &doctypes).await;
    let kept = storm.program.kept()?;
    let judged = judge(&snapshot, &doctypes, &storm.people.book, &told, &kept);
    let Storm {
        mut tally,
        mut verdict,
        proxies,
        program,
        ..
    } = storm;
    verdict.violations.extend(judged.violations);
    verdict.remarks.extend(judged.remarks);
    tally.requests = PerSide::from_fn(|side| proxies[side].counts());
    tally.seconds = began.elapsed().as_secs_f64();
    let folder = (!verdict.violations.is_empty()).then(|| program.keep());
    if folder.is_none() {
        doctypes.sales.uninstall(&pair).await;
        uninstall(&pair, &doctypes.names).await;
    }
    Ok(Outcome {
        kind: if pair.sandboxes.is_some() {
            "sandbox"
        } else {
            "real"
        },
        settings,
        tally,
        verdict,
        told: told.len(),
        folder,
    })
}

struct Storm<'s> {
    people: People<'s>,
    dice: Dice,
    proxies: PerSide<Proxy>,
    program: Program,
    tally: Tally,
    verdict: Verdict,
}

impl Storm<'_> {
    /// Runs in bad weather, with people at work before and during every run.
    async fn rage(&mut self, settings: &Settings) -> Result<(), Box<dyn std::error::Error>> {
        for side in Side::BOTH {
            self.proxies[side].set_rates(Rates::of_each(settings.per_mille));
        }
        let share = settings.edits.div_ceil(settings.rounds.max(1));
        // A run may end before the request at which it was to be killed, so there may be more rounds.
        for round in 0..settings.rounds * 4 {
            let done = usize::try_from(self.tally.edits()).unwrap_or(usize::MAX);
            let left = settings.edits.saturating_sub(done);
            let is_enough = round >= settings.rounds && left == 0;
            if is_enough && self.tally.kills() >= settings.kills {
                break;
            }
            let share = share.min(left);
            self.people.work(share / 2, &mut self.tally).await;
            let process = Process::default();
            if self.tally.kills() < settings.kills {
                self.set_trap(&process);
            }
            let words = ["run", "--json"];
            let (ended, ()) = tokio::join!(
                self.program.run(&process, &words),
                self.people.work(share - share / 2, &mut self.tally)
            );
            let ended = ended?;
            for side in Side::BOTH {
                self.proxies[side].disarm();
            }
            self.tally.end(ended.code);
            // Killed, done, not all done, or a site that could not be reached: anything else is an error.
            if !matches!(ended.code, None | Some(0 | 3 | 75)) {
                self.verdict.violations.push(told(&ended));
            }
        }
        Ok(())
    }

    /// Has the next run killed at one of its requests.
    fn set_trap(&mut self, process: &Process) {
        let side = *self.dice.pick(&Side::BOTH).unwrap_or(&Side::A);
        let moment = if self.dice.percent(50) {
            Moment::Before
        } else {
            Moment::After
        };
        let nth = 1 + self.dice.below(40);
        let victim = process.clone();
        self.proxies[side].trap(u64::try_from(nth).unwrap_or(1), moment, move || {
            victim.kill();
        });
    }

    /// Runs in good weather until nothing is written any more, and returns the last run.
    async fn calm(&mut self) -> Result<Ended, Box<dyn std::error::Error>> {
        for side in Side::BOTH {
            self.proxies[side].set_rates(Rates::none());
        }
        for side in Side::BOTH {
            while self.proxies[side].held() > 0 {
                tokio::time::sleep(WAITS.write / 10).await;
            }
        }
        let mut is_swept = false;
        for _ in 0..MOST_LAST_RUNS {
            let words: &[&str] = if is_swept {
                &["run", "--json"]
            } else {
                &["run", "--json", "--sweep"]
            };
            let ended = self.program.run(&Process::default(), words).await?;
            self.tally.end(ended.code);
            if !matches!(ended.code, Some(0 | 3)) {
                self.verdict.violations.push(told(&ended));
                return Ok(ended);
            }
            let unknown = ended.report["unknown"].as_array().map_or(0, Vec::len);
            if ended.report["applied"] == 0 && unknown == 0 {
                if is_swept {
                    return Ok(ended);
                }
                is_swept = true;
            }
        }
        let message = format!("it does not become quiet within {MOST_LAST_RUNS} runs");
        self.verdict.violations.push(message);
        let process = Process::default();
        Ok(self.program.run(&process, &["run", "--json"]).await?)
    }
}

fn told(ended: &Ended) -> String {
    format!(
        "a run ended with {:?}: {} {}",
        ended.code, ended.report, ended.stderr
    )
}
