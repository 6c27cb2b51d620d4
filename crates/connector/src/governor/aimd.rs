//! The policy: a little more while it goes well, a good deal less when it does not.

use std::time::Duration;

use crate::RequestKind;

/// An answer faster than this is never called slow, in seconds.
const SLOW_FLOOR: f64 = 2.0;
/// How many times the usual time an answer takes before it is called slow.
const SLOW_FACTOR: f64 = 4.0;
/// How much of the usual time each answer makes up.
const LEARNING_RATE: f64 = 0.1;

/// What one request showed of the site's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It answered, well or ill, after this long.
    Answered(Duration),
    /// It asked to come back later (429, 503), or something in front of it did.
    Overloaded,
    /// It did not answer in time.
    TimedOut,
}

/// How many requests may be in flight: additive increase, multiplicative decrease.
///
/// A round of good answers adds one, up to the ceiling. Being turned away or not answered halves; an
/// answer much slower than its kind usually is takes a quarter off. Whatever happens to the requests that
/// were already under way when it was cut does not cut it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Aimd {
    ceiling: f64,
    level: f64,
    under_way_at_cut: u32,
    usual_read: Option<f64>,
    usual_write: Option<f64>,
}

impl Aimd {
    /// Starts at the ceiling, which is at least one.
    pub fn new(ceiling: u32) -> Self {
        let ceiling = f64::from(ceiling.max(1));
        Self {
            ceiling,
            level: ceiling,
            under_way_at_cut: 0,
            usual_read: None,
            usual_write: None,
        }
    }

    /// Returns how many requests may be in flight: from one to the ceiling.
    pub fn allowed(&self) -> usize {
        let mut whole = 1;
        while f64::from(whole + 1) <= self.level {
            whole += 1;
        }
        usize::try_from(whole).unwrap_or(1)
    }

    /// Takes in what one request showed.
    pub fn record(&mut self, kind: RequestKind, signal: Signal) {
        let cut = match signal {
            Signal::Answered(time) => self.is_slow(kind, time).then_some(0.75),
            Signal::Overloaded | Signal::TimedOut => Some(0.5),
        };
        match cut {
            _ if self.under_way_at_cut > 0 => self.under_way_at_cut -= 1,
            Some(factor) => {
                self.under_way_at_cut = u32::try_from(self.allowed() - 1).unwrap_or(0);
                self.level = (self.level * factor).max(1.0);
            }
            None => self.level = (self.level + 1.0 / self.level).min(self.ceiling),
        }
    }

    /// Compares an answer's time with the usual one, and learns from it.
    fn is_slow(&mut self, kind: RequestKind, time: Duration) -> bool {
        let seconds = time.as_secs_f64();
        let usual = match kind {
            RequestKind::Read => &mut self.usual_read,
            RequestKind::Write => &mut self.usual_write,
        };
        let before = *usual.get_or_insert(seconds);
        *usual = Some(before + LEARNING_RATE * (seconds - before));
        seconds > SLOW_FLOOR && seconds > SLOW_FACTOR * before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use RequestKind::{Read, Write};

    const QUICK: Signal = Signal::Answered(Duration::from_millis(100));

    fn after(ceiling: u32, signals: &[Signal]) -> usize {
        let mut policy = Aimd::new(ceiling);
        for signal in signals {
            policy.record(Read, *signal);
        }
        policy.allowed()
    }

    #[test]
    fn trouble_halves_and_never_stops() {
        assert_eq!(after(4, &[]), 4);
        assert_eq!(after(4, &[QUICK; 20]), 4);
        assert_eq!(after(4, &[Signal::Overloaded]), 2);
        assert_eq!(after(4, &[Signal::TimedOut]), 2);
        assert_eq!(after(4, &[Signal::Overloaded; 100]), 1);
        assert_eq!(after(1, &[Signal::Overloaded]), 1);
        assert_eq!(after(0, &[]), 1);
    }

    #[test]
    fn one_burst_of_trouble_is_one_cut() {
        assert_eq!(after(4, &[Signal::Overloaded; 4]), 2);
        assert_eq!(after(4, &[Signal::Overloaded; 5]), 1);
    }

    #[test]
    fn good_answers_bring_it_back_one_by_one() {
        let mut policy = Aimd::new(4);
        policy.record(Read, Signal::Overloaded);
        let mut seen = Vec::new();
        for _ in 0..20 {
            policy.record(Read, QUICK);
            if seen.last() != Some(&policy.allowed()) {
                seen.push(policy.allowed());
            }
        }
        assert_eq!(seen, [2, 3, 4]);
    }

    #[test]
    fn an_answer_much_slower_than_usual_takes_a_quarter_off() {
        let mut policy = Aimd::new(4);
        for _ in 0..20 {
            policy.record(Read, QUICK);
        }
        policy.record(Read, Signal::Answered(Duration::from_secs(3)));
        assert_eq!(policy.allowed(), 3);
    }

    #[test]
    fn what_always_takes_long_is_not_slow_and_kinds_are_told_apart() {
        let long = Signal::Answered(Duration::from_secs(5));
        assert_eq!(after(4, &[long; 10]), 4);
        let mut policy = Aimd::new(4);
        for _ in 0..10 {
            policy.record(Read, QUICK);
            policy.record(Write, long);
        }
        assert_eq!(policy.allowed(), 4);
    }

    #[test]
    fn a_quick_site_is_never_called_slow() {
        let mut policy = Aimd::new(4);
        policy.record(Read, Signal::Answered(Duration::from_millis(1)));
        policy.record(Read, Signal::Answered(Duration::from_millis(1900)));
        assert_eq!(policy.allowed(), 4);
    }
}
