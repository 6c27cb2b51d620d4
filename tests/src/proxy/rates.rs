//! How often each fault hits, and how often it did.

use std::collections::BTreeMap;

use super::fault::Fault;
use crate::world::Dice;

/// How many of a thousand requests meet each fault. The rest is passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates(BTreeMap<Fault, usize>);

impl Rates {
    /// No faults at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// So many of a thousand requests for every fault.
    pub fn of_each(per_mille: usize) -> Self {
        Self(Fault::ALL.map(|fault| (fault, per_mille)).into())
    }

    /// Sets how many of a thousand requests meet this fault.
    #[must_use]
    pub fn with(mut self, fault: Fault, per_mille: usize) -> Self {
        self.0.insert(fault, per_mille);
        self
    }

    /// Throws the dice for one request.
    pub(super) fn draw(&self, dice: &mut Dice) -> Option<Fault> {
        let mut thrown = dice.below(1000);
        for (fault, per_mille) in &self.0 {
            if thrown < *per_mille {
                return Some(*fault);
            }
            thrown -= per_mille;
        }
        None
    }
}

/// What a proxy has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that arrived.
    pub requests: u64,
    /// Of them, those that met a fault, by kind.
    pub faults: BTreeMap<Fault, u64>,
    /// Requests that the site itself left without an answer.
    pub unanswered: u64,
}

impl Counts {
    /// Counts a request and what it met.
    pub(super) fn count(&mut self, fault: Option<Fault>) {
        self.requests += 1;
        if let Some(fault) = fault {
            *self.faults.entry(fault).or_default() += 1;
        }
    }

    /// Adds what another proxy did.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.unanswered += other.unanswered;
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
    }
}
