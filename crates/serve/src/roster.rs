//! Which run begins now.

mod entry;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use self::entry::{Entry, Urgency, first_due};
use crate::{Hours, Schedule};

/// A run that takes longer gives its place up, so that slow sites do not hold up the others.
const LONG: TimeDelta = TimeDelta::seconds(60);

/// So many times the places may be given up.
const MOST_GIVEN_UP: usize = 3;

/// When a sync runs by itself.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// When it runs; without one only where it is asked to.
    pub schedule: Option<Schedule>,
    /// When it also reads every key; without one as often as the engine takes to be due.
    pub sweep: Option<Schedule>,
    /// When both sites are compared in full.
    pub verify: Option<Schedule>,
    /// The hours in which all this may happen.
    pub hours: Hours,
}

/// What is to be done with a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// A run.
    Run {
        /// The DocTypes that it looks at; none stands for all.
        only: BTreeSet<String>,
        /// Whether it reads every key.
        sweep: bool,
    },
    /// A comparison in full.
    Verify,
}

/// What a person asks for: at once, whatever schedule, hours or pause say.
pub type Wish = Work;

/// How a run ended, as far as it says when the next one is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It did what there was to do, with or without documents that wait.
    Done,
    /// A site could not be reached, or another program runs the sync: it is tried again soon.
    TryAgain,
    /// It failed, or a guard stopped it; trying again changes nothing by itself.
    Failed,
}

/// What is to be seen of a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Glance {
    /// The sync.
    pub sync: String,
    /// What is being done, if anything is.
    pub running: Option<Work>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// Whether it waits for a place among the runs.
    pub waiting: bool,
    /// When it is due next by itself.
    pub due: Option<DateTime<Utc>>,
    /// Whether a person paused it.
    pub paused: bool,
    /// How often it failed since it last did not.
    pub failures: u32,
    /// Its schedule as it was written.
    pub schedule: Option<String>,
    /// Its schedule in words.
    pub described: Option<String>,
}

/// The syncs, when each is due, and what is being done.
///
/// Never two runs of one sync at a time, and no more runs at a time than there are places; who has been due longest
/// begins first, and what a person asks for before that.
#[derive(Debug)]
pub struct Roster {
    places: usize,
    syncs: BTreeMap<String, Entry>,
}

impl Roster {
    /// Makes a roster without syncs; so many runs may be under way at a time.
    pub fn new(places: usize) -> Self {
        Self {
            places: places.max(1),
            syncs: BTreeMap::new(),
        }
    }

    /// Takes over a configuration: syncs that are new, changed or gone. One that runs just now goes on to its end.
    /// `last` tells when a sync last ran: what was missed meanwhile is made up for by one run.
    pub fn plan(
        &mut self,
        plans: BTreeMap<String, Plan>,
        now: DateTime<Utc>,
        last: impl Fn(&str) -> Option<DateTime<Utc>>,
    ) {
        for (name, entry) in &mut self.syncs {
            entry.gone = !plans.contains_key(name);
        }
        self.syncs
            .retain(|_, entry| !entry.gone || entry.running.is_some());
        for (name, plan) in plans {
            let entry = self.syncs.entry(name.clone()).or_default();
            entry.gone = false;
            let last = last(&name);
            entry.due = first_due(&name, plan.schedule.as_ref(), last, now);
            entry.sweep_due = first_due(&name, plan.sweep.as_ref(), Some(now), now);
            entry.verify_due = first_due(&name, plan.verify.as_ref(), Some(now), now);
            entry.plan = plan;
        }
    }

    /// Tells whether there is such a sync.
    pub fn has(&self, sync: &str) -> bool {
        self.syncs.get(sync).is_some_and(|entry| !entry.gone)
    }

    /// Says that something of a DocType changed on one of the sites.
    pub fn hint(&mut self, sync: &str, doctype: &str, now: DateTime<Utc>) {
        if let Some(entry) = self.syncs.get_mut(sync) {
            entry.hinted.entry(doctype.to_owned()).or_insert(now);
        }
    }

    /// Takes a wish of a person. One that was there before is widened, never narrowed.
    pub fn wish(&mut self, sync: &str, wish: Wish, now: DateTime<Utc>) {
        let Some(entry) = self.syncs.get_mut(sync) else {
            return;
        };
        entry.wished = Some(match entry.wished.take() {
            Some((before, since)) => (both(before, wish), since),
            None => (wish, now),
        });
    }

    /// Holds a sync back, or lets it go on. What a person asks for is done all the same.
    pub fn pause(&mut self, sync: &str, paused: bool) {
        if let Some(entry) = self.syncs.get_mut(sync) {
            entry.paused = paused;
        }
    }

    /// Returns the names of the syncs that are paused.
    pub fn paused(&self) -> BTreeSet<String> {
        let paused = self.syncs.iter().filter(|(_, entry)| entry.paused);
        paused.map(|(name, _)| name.clone()).collect()
    }

    /// Begins what is due as far as there are places, and returns it.
    pub fn begin(&mut self, now: DateTime<Utc>) -> Vec<(String, Work)> {
        let mut ready: Vec<(Urgency, String)> = self
            .syncs
            .iter()
            .filter_map(|(name, entry)| Some((entry.urgency(now)?, name.clone())))
            .collect();
        ready.sort();
        let mut begun = Vec::new();
        for (_, name) in ready {
            if !self.has_place(now) {
                break;
            }
            if let Some(entry) = self.syncs.get_mut(&name) {
                begun.push((name, entry.begin(now)));
            }
        }
        begun
    }

    /// Takes note of the end of what was begun.
    pub fn ended(&mut self, sync: &str, ended: Ended, now: DateTime<Utc>) {
        let Some(entry) = self.syncs.get_mut(sync) else {
            return;
        };
        let Some((work, began)) = entry.running.take() else {
            return;
        };
        if entry.gone {
            self.syncs.remove(sync);
            return;
        }
        entry.end(sync, &work, began, ended, now);
    }

    /// Returns when to look again, as long as nothing is asked for before.
    pub fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let due = self.syncs.values().filter_map(|entry| entry.next(now));
        let places = self.syncs.values().filter_map(|entry| {
            let (_, began) = entry.running.as_ref()?;
            Some(*began + LONG).filter(|given_up| *given_up > now)
        });
        due.chain(places).min()
    }

    /// Tells whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.syncs.values().all(|entry| entry.running.is_none())
    }

    /// Returns what is to be seen of each sync.
    pub fn glances(&self, now: DateTime<Utc>) -> Vec<Glance> {
        let syncs = self.syncs.iter().filter(|(_, entry)| !entry.gone);
        syncs
            .map(|(name, entry)| Glance {
                sync: name.clone(),
                running: entry.running.as_ref().map(|(work, _)| work.clone()),
                since: entry.running.as_ref().map(|(_, began)| *began),
                waiting: entry.urgency(now).is_some(),
                due: entry
                    .due
                    .map(|due| entry.plan.hours.next_open(due.max(now))),
                paused: entry.paused,
                failures: entry.failures,
                schedule: entry
                    .plan
                    .schedule
                    .as_ref()
                    .map(|it| it.as_str().to_owned()),
                described: entry.plan.schedule.as_ref().map(Schedule::describe),
            })
            .collect()
    }

    fn has_place(&self, now: DateTime<Utc>) -> bool {
        let running = self
            .syncs
            .values()
            .filter_map(|entry| entry.running.as_ref());
        let (all, short) = running.fold((0, 0), |(all, short), (_, began)| {
            (all + 1, short + usize::from(*began + LONG > now))
        });
        short < self.places && all < self.places * (1 + MOST_GIVEN_UP)
    }
}

/// Puts two wishes together.
fn both(before: Wish, wish: Wish) -> Wish {
    match (before, wish) {
        (
            Work::Run { only: first, sweep },
            Work::Run {
                only: second,
                sweep: also,
            },
        ) => Work::Run {
            only: if first.is_empty() || second.is_empty() {
                BTreeSet::new()
            } else {
                first.into_iter().chain(second).collect()
            },
            sweep: sweep || also,
        },
        (run @ Work::Run { .. }, Work::Verify) | (Work::Verify, run @ Work::Run { .. }) => run,
        (Work::Verify, Work::Verify) => Work::Verify,
    }
}

#[cfg(test)]
mod tests;
