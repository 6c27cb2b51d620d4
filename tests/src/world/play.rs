//! Plays a history to its end.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Offset as _, TimeDelta, Utc};
use frappe_sync_engine::{EngineError, GuardReport, PlanReport};
use frappe_sync_model::{Side, SiteErrorKind};
use serde_json::json;

use super::history::{Doing, History, Step};
use super::judge::{Invariant, Violation, judge};
use super::people;
use super::planted::Planted;
use super::site::{PERSON, World};
use super::sync::{Ended, Orders, REQUEST_TIMEOUT, Sync};
use super::tally::Tally;

/// The most runs until it is quiet, once nobody works any more.
const MOST_RUNS: usize = 12;

/// What came of a history.
#[derive(Clone, Debug)]
pub struct Played {
    /// What is wrong with it, if anything.
    pub violation: Option<Violation>,
    /// How much of what happened.
    pub tally: Tally,
    /// What happened, line by line.
    pub log: Vec<String>,
}

/// Plays a history.
///
/// # Panics
///
/// Where the world itself is broken, as against the engine in it.
pub fn play(history: &History) -> Played {
    play_with(history, None)
}

/// Plays a history with an engine that has a bug, if one is planted.
///
/// # Panics
///
/// As [`play`].
pub fn play_with(history: &History, planted: Option<Planted>) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without IO can be made");
    runtime.block_on(async {
        let world = Arc::new(World::new(history.setting.clone()));
        let sync = Sync::new(&world, planted);
        let mut stage = Stage {
            world,
            sync,
            log: Vec::new(),
            allow: BTreeSet::new(),
            is_stopped: false,
            clocks_changed: false,
            refused: 0,
            has_new_refusals: false,
        };
        let violation = Box::pin(stage.play(history)).await.err();
        let tally = std::mem::take(&mut stage.world.book().tally);
        Played {
            violation,
            tally,
            log: stage.log,
        }
    })
}

struct Stage {
    world: Arc<World>,
    sync: Sync,
    log: Vec<String>,
    /// The guards that stopped the last runs: a person lets them pass once.
    allow: BTreeSet<String>,
    is_stopped: bool,
    clocks_changed: bool,
    /// How many writes the sites refused in the last run.
    refused: usize,
    /// They were more than in the run before.
    has_new_refusals: bool,
}

impl Stage {
    async fn play(&mut self, history: &History) -> Result<(), Violation> {
        for step in &history.steps {
            self.log.push(format!("# {step:?}"));
            Box::pin(self.step(step)).await?;
        }
        self.rest().await?;
        let judged = judge(&self.world, &self.sync);
        if judged.is_err() {
            self.log_documents();
        }
        judged
    }

    /// Notes what is on both sites.
    fn log_documents(&mut self) {
        for kind in self.world.setting.kinds() {
            for side in Side::BOTH {
                for (name, _) in self.world.names(side, kind) {
                    let document = self.world.read(side, kind, &name).unwrap_or_default();
                    let document = serde_json::Value::Object(document);
                    self.log
                        .push(format!("{side} {} `{name}` {document}", kind.doctype()));
                }
            }
        }
    }

    async fn step(&mut self, step: &Step) -> Result<(), Violation> {
        match step {
            Step::Act { side, act, seed } => {
                self.world.time.pass(TimeDelta::seconds(3));
                people::act(&self.world, *side, *act, *seed);
            }
            Step::Hook { side, kind, hook } => {
                let known = (*side, *kind, hook.clone());
                let is_known = self.world.book().hooks.contains(&known);
                if self.world.setting.mapping(*kind).is_some() && !is_known {
                    self.world.install(*side, *kind, hook);
                }
            }
            Step::Wait { seconds } => self.world.time.pass(TimeDelta::seconds(*seconds)),
            Step::ClockStep { side, seconds } => {
                let site = &self.world.sites[*side];
                let skew = site.now() - site.clock().now();
                site.set_skew(skew + TimeDelta::seconds(*seconds));
                self.clocks_changed = true;
                self.world.book().tally.add("clocks", "a step");
            }
            Step::Zone { side, zone } => {
                let administrator = self.world.sites[*side].as_user("Administrator");
                let settings = "System Settings";
                let moved = administrator.update(settings, settings, json!({ "time_zone": zone }));
                moved.map_err(|error| Violation::new(Invariant::NoError, error.to_string()))?;
                self.clocks_changed = true;
                self.world.book().tally.add("clocks", "another zone");
            }
            Step::Run {
                seed,
                sweep,
                meddling,
                planned,
            } => {
                let allow = self.allow.clone();
                let mut orders = Orders {
                    seed: *seed,
                    sweep: *sweep,
                    allow: &allow,
                    meddling,
                    plan: None,
                };
                if let Some(doings) = planned {
                    orders.plan = self.plan(&orders).await?;
                    for Doing { side, act, seed } in doings {
                        self.world.time.pass(TimeDelta::seconds(3));
                        people::act(&self.world, *side, *act, *seed);
                    }
                }
                self.run(orders).await?;
            }
        }
        Ok(())
    }

    /// Plans a run, which writes to neither site. None where a guard stops it already.
    async fn plan(&mut self, orders: &Orders<'_>) -> Result<Option<PlanReport>, Violation> {
        let planned = self.sync.plan(orders).await;
        let written = self.take_requests();
        if written > 0 {
            let message = format!("a plan sent {written} writes");
            return Err(Violation::new(Invariant::PlansOnly, message));
        }
        match planned {
            Ok(plan) => {
                self.log
                    .push(format!("= planned {} operations", plan.operations.len()));
                self.world.book().tally.add("runs", "planned");
                Ok(Some(plan))
            }
            Err(EngineError::Guard(_)) => Ok(None),
            Err(error) => Err(Violation::new(Invariant::NoError, format!("{error:?}"))),
        }
    }

    /// Runs once. Returns how many requests wrote something, or may have.
    async fn run(&mut self, orders: Orders<'_>) -> Result<usize, Violation> {
        self.world.book().is_unsettled = true;
        let allowed = orders.allow;
        let ended = self.sync.run(orders).await;
        self.world.book().is_unsettled = self.sync.has_open_intents();
        let written = self.take_requests();
        let outcome = match &ended {
            Ended::Done(report) => format!("{:?}", report.outcome),
            Ended::Failed { error, .. } => short(error),
            Ended::Killed => "killed".to_owned(),
            Ended::Panicked(_) => "panicked".to_owned(),
        };
        self.world.book().tally.add("runs", outcome);
        self.is_stopped = false;
        match ended {
            Ended::Done(report) => {
                self.log
                    .push(format!("= {:?} {:?}", report.outcome, report.summary));
                if let Some(guard) = &report.guard {
                    self.stopped(guard, allowed)?;
                }
                for parked in &report.parked {
                    self.log.push(format!("= {parked:?}"));
                }
                for unknown in &report.unknown {
                    self.log.push(format!("= {unknown:?}"));
                }
                for conflict in &report.conflicts {
                    self.log.push(format!("= {conflict:?}"));
                }
                for note in &report.notes {
                    self.log.push(format!("= {note:?}"));
                }
            }
            Ended::Killed => self.log.push("= killed".to_owned()),
            Ended::Failed { error, disturbed } => {
                self.log.push(format!("= {error:?}"));
                if let EngineError::Guard(guard) = &error {
                    self.stopped(guard, allowed)?;
                } else if !may_fail(&error, disturbed) {
                    return Err(Violation::new(Invariant::NoError, format!("{error:?}")));
                }
            }
            Ended::Panicked(text) => return Err(Violation::new(Invariant::NoPanic, text)),
        }
        if !self.is_stopped {
            self.allow.clear();
        }
        Ok(written)
    }

    /// A guard stopped the run: it must have had a reason, and then a person lets it pass once.
    fn stopped(
        &mut self,
        guard: &GuardReport,
        allowed: &BTreeSet<String>,
    ) -> Result<(), Violation> {
        self.world.book().tally.add("guards", guard.name.as_str());
        self.log
            .push(format!("= {guard:?}, allowed were {allowed:?}"));
        let has_reason = match guard.name.as_str() {
            // The trace of a rename goes with the document.
            "same_site" => {
                self.clocks_changed
                    || self.crossed_a_clock_change()
                    || self.world.book().renamed_and_deleted()
            }
            "older_state" => self.clocks_changed,
            "empty_side" | "max_deletes" => !self.world.book().deleted.is_empty(),
            _ => false,
        };
        if !has_reason || allowed.contains(&guard.name) {
            return Err(Violation::new(Invariant::NoError, format!("{guard:?}")));
        }
        self.allow.insert(guard.name.clone());
        self.is_stopped = true;
        Ok(())
    }

    /// Whether the clocks of a site were changed for summer or winter since the beginning.
    fn crossed_a_clock_change(&self) -> bool {
        let setting = &self.world.setting;
        Side::BOTH.into_iter().any(|side| {
            let zone = setting.sites[side].zone();
            let offset = |moment: DateTime<Utc>| moment.with_timezone(&zone).offset().fix();
            offset(setting.start) != offset(self.world.time.now())
        })
    }

    /// Nobody works any more, nothing fails any more, and time passes; until it is quiet.
    async fn rest(&mut self) -> Result<(), Violation> {
        self.log.push("# at rest".to_owned());
        people::commit_all(&self.world);
        self.pass(TimeDelta::from_std(REQUEST_TIMEOUT).unwrap_or_default());
        self.touch_silent();
        let mut carried_out = 0;
        for seed in 0..MOST_RUNS {
            self.pass(TimeDelta::hours(7));
            let written = self.quiet_run(seed).await?;
            carried_out += usize::from(!self.is_stopped);
            // What one run finds out of a document, the next may have to decide on another; and what a site has just
            // refused may be a reason to go another way at the next look.
            if written == 0 && !self.is_stopped && !self.has_new_refusals && carried_out > 1 {
                return match self.quiet_run(seed).await? {
                    0 => Ok(()),
                    count => {
                        let message = format!("{count} writes after a run without any");
                        Err(Violation::new(Invariant::StaysQuiet, message))
                    }
                };
            }
        }
        let message = format!("still writing after {MOST_RUNS} runs");
        Err(Violation::new(Invariant::BecomesQuiet, message))
    }

    async fn quiet_run(&mut self, seed: usize) -> Result<usize, Violation> {
        let orders = Orders {
            seed: u64::try_from(seed).unwrap_or_default(),
            sweep: true,
            allow: &self.allow.clone(),
            meddling: &[],
            plan: None,
        };
        self.run(orders).await
    }

    fn pass(&self, by: TimeDelta) {
        self.world.time.pass(by + TimeDelta::seconds(1));
    }

    /// What was written without a trace is only seen when the document is looked at again.
    fn touch_silent(&self) {
        let silent = self.world.book().silent.clone();
        for (side, (kind, marker)) in silent {
            let filters = json!([["marker", "=", marker]]);
            let touched = self.world.sites[side].bulk_touch(kind.doctype(), &filters, &json!({}));
            drop(touched);
        }
    }

    /// Takes the requests of the sync out of both sites' logs. Returns how many wrote something, or may have.
    fn take_requests(&mut self) -> usize {
        let mut written = 0;
        let mut refused = 0;
        for side in Side::BOTH {
            let site = &self.world.sites[side];
            for record in site.requests() {
                if record.user == PERSON {
                    continue;
                }
                let is_write = record.kind == frappe_sync_sandbox::RequestKind::Write;
                let is_refused = record.status.is_some_and(|status| status >= 400);
                written += usize::from(is_write && !is_refused);
                refused += usize::from(is_write && is_refused);
                self.log.push(format!(
                    "{side} {} {} {} {:?}",
                    record.method.as_str(),
                    record.path,
                    record.detail,
                    record.status
                ));
            }
            site.reset_requests();
        }
        self.has_new_refusals = refused > self.refused;
        self.refused = refused;
        written
    }
}

/// Whether a run may end so.
fn may_fail(error: &EngineError, disturbed: bool) -> bool {
    match error {
        EngineError::Site { source, .. } => {
            disturbed
                && matches!(
                    source.kind,
                    SiteErrorKind::Unreachable
                        | SiteErrorKind::OutcomeUnknown
                        | SiteErrorKind::NotFrappe
                        | SiteErrorKind::Busy { .. }
                )
        }
        _ => false,
    }
}

fn short(error: &EngineError) -> String {
    match error {
        EngineError::Site { source, .. } => {
            let kind = format!("{:?}", source.kind);
            format!(
                "failed: {}",
                kind.split([' ', '{']).next().unwrap_or_default()
            )
        }
        EngineError::Guard(guard) => format!("stopped by {}", guard.name),
        _ => "failed".to_owned(),
    }
}
