//! One sync of the roster: when it is due, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Ended, Plan, Wish, Work};
use crate::Schedule;

/// How long a sync rests after its first failure; it doubles with each that follows.
const FIRST_REST: TimeDelta = TimeDelta::seconds(10);

/// The longest that a sync rests after a failure.
const LONGEST_REST: TimeDelta = TimeDelta::minutes(5);

/// What the roster keeps of a sync.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) plan: Plan,
    pub(super) due: Option<DateTime<Utc>>,
    pub(super) sweep_due: Option<DateTime<Utc>>,
    pub(super) verify_due: Option<DateTime<Utc>>,
    pub(super) running: Option<(Work, DateTime<Utc>)>,
    pub(super) paused: bool,
    pub(super) failures: u32,
    pub(super) hinted: BTreeMap<String, DateTime<Utc>>,
    pub(super) wished: Option<(Wish, DateTime<Utc>)>,
    pub(super) gone: bool,
}

/// How urgent something is: wishes of persons, then the rest, by how long it has been due.
pub(super) type Urgency = (bool, DateTime<Utc>);

impl Entry {
    /// Tells how urgent this sync is; `None` where nothing of it may begin.
    pub(super) fn urgency(&self, now: DateTime<Utc>) -> Option<Urgency> {
        if self.running.is_some() || self.gone {
            return None;
        }
        if let Some((_, since)) = &self.wished {
            return Some((false, *since));
        }
        if self.paused || !self.plan.hours.are_open(now) {
            return None;
        }
        let due = [self.due, self.verify_due, self.sweep_due];
        let by_itself = due.into_iter().flatten().filter(|due| *due <= now).min();
        let hinted = self.hinted.values().copied().min();
        // After a failure a hint waits, too: it would fail like what was tried before.
        let hinted = hinted.filter(|_| self.failures == 0);
        [by_itself, hinted]
            .into_iter()
            .flatten()
            .min()
            .map(|since| (true, since))
    }

    pub(super) fn begin(&mut self, now: DateTime<Utc>) -> Work {
        let is_due = |due: Option<DateTime<Utc>>| due.is_some_and(|due| due <= now);
        let work = if let Some((wish, _)) = self.wished.take() {
            wish
        } else if is_due(self.sweep_due) {
            Work::Run {
                only: BTreeSet::new(),
                sweep: true,
            }
        } else if is_due(self.due) {
            Work::Run {
                only: BTreeSet::new(),
                sweep: false,
            }
        } else if is_due(self.verify_due) && self.hinted.is_empty() {
            Work::Verify
        } else {
            Work::Run {
                only: self.hinted.keys().cloned().collect(),
                sweep: false,
            }
        };
        if let Work::Run { only, .. } = &work {
            self.hinted
                .retain(|doctype, _| !only.is_empty() && !only.contains(doctype));
        }
        self.running = Some((work.clone(), now));
        work
    }

    pub(super) fn end(
        &mut self,
        name: &str,
        work: &Work,
        began: DateTime<Utc>,
        ended: Ended,
        now: DateTime<Utc>,
    ) {
        self.failures = match ended {
            Ended::Done => 0,
            Ended::TryAgain | Ended::Failed => self.failures.saturating_add(1),
        };
        let rest = rest(self.failures);
        let is_whole = matches!(work, Work::Run { only, .. } if only.is_empty());
        if *work == Work::Verify {
            self.verify_due = match ended {
                Ended::TryAgain => Some(now + rest),
                _ => due_after(name, self.plan.verify.as_ref(), now),
            };
            return;
        }
        if matches!(work, Work::Run { sweep: true, .. }) {
            self.sweep_due = match ended {
                Ended::TryAgain => Some(now + rest),
                _ => due_after(name, self.plan.sweep.as_ref(), now),
            };
        }
        let Some(schedule) = &self.plan.schedule else {
            // Nothing brings what a hint asked for back but a run.
            if ended == Ended::TryAgain {
                self.due = Some(now + rest);
            } else if is_whole {
                self.due = None;
            }
            return;
        };
        let counted_from = if schedule.counts_from_the_end() {
            now
        } else {
            began
        };
        let regular = || {
            let next = due_after(name, Some(schedule), counted_from);
            // What fell due while it ran is made up for once.
            next.map(|next| if next < now { now } else { next })
        };
        self.due = match ended {
            Ended::Done if is_whole => regular(),
            // The run was for some DocTypes: the others stay due when they were.
            Ended::Done => self.due,
            Ended::TryAgain => Some(now + rest),
            Ended::Failed => regular().map(|due| due.max(now + rest)),
        };
    }

    /// Returns when something of this sync may be due.
    pub(super) fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.running.is_some() || self.gone || self.paused {
            return None;
        }
        let due = [self.due, self.verify_due, self.sweep_due];
        let due = due.into_iter().flatten().min()?;
        let due = self.plan.hours.next_open(due.max(now));
        // What is due already waits for a place, and is woken by the end of a run.
        (due > now).then_some(due)
    }
}

fn rest(failures: u32) -> TimeDelta {
    let doublings = failures.saturating_sub(1).min(10);
    (FIRST_REST * 2_i32.pow(doublings)).min(LONGEST_REST)
}

/// Returns when a schedule is due first: at once where it was due since the last run. What never ran waits for its time
/// of the calendar, where it has one.
pub(super) fn first_due(
    name: &str,
    schedule: Option<&Schedule>,
    last: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let schedule = schedule?;
    let Some(last) = last.filter(|last| *last <= now) else {
        return match schedule.is_of_the_calendar() {
            true => due_after(name, Some(schedule), now),
            false => Some(now + moved_by(name, schedule, now)),
        };
    };
    let missed = schedule.next_after(last)?;
    if missed <= now {
        // All of them were missed by one stop; they are made up for side by side, and not in one instant.
        return Some(now + moved_by(name, schedule, now));
    }
    due_after(name, Some(schedule), last)
}

fn due_after(
    name: &str,
    schedule: Option<&Schedule>,
    after: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let schedule = schedule?;
    // A run that began a little after its time is not late for the next.
    let moved = moved_by(name, schedule, after);
    let next = schedule.next_after(after - moved)?;
    Some(next + moved)
}

/// Moves the syncs of one schedule apart, each always by the same.
fn moved_by(name: &str, schedule: &Schedule, now: DateTime<Utc>) -> TimeDelta {
    let most = schedule.most_jitter(now).num_milliseconds();
    let hash = blake3::hash(name.as_bytes());
    let [first, second, ..] = *hash.as_bytes();
    let share = i64::from(u16::from_be_bytes([first, second]));
    TimeDelta::milliseconds(most * share / i64::from(u16::MAX))
}
