//! What happened in a storm, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use frappe_sync_model::PerSide;

use crate::proxy::Counts;

/// What happened in a storm, in numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// What people did, by kind of deed.
    pub(super) deeds: BTreeMap<&'static str, u64>,
    /// How runs ended: exit code, or killed.
    pub(super) ends: BTreeMap<String, u64>,
    /// What the proxies did to requests.
    pub(super) requests: PerSide<Counts>,
    /// Seconds, all in all.
    pub(super) seconds: f64,
}

impl Tally {
    /// Counts something that a person did.
    pub(super) fn deed(&mut self, deed: &'static str) {
        *self.deeds.entry(deed).or_default() += 1;
    }

    /// Counts a run.
    pub(super) fn end(&mut self, code: Option<i32>) {
        let end = code.map_or_else(|| "killed".to_owned(), |code| format!("exit {code}"));
        *self.ends.entry(end).or_default() += 1;
    }

    /// How many runs were killed.
    pub(super) fn kills(&self) -> u64 {
        self.ends.get("killed").copied().unwrap_or_default()
    }

    /// How many edits people made.
    pub(super) fn edits(&self) -> u64 {
        self.deeds.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut both = self.requests.a.clone();
        both.merge(&self.requests.b);
        let runs: u64 = self.ends.values().sum();
        writeln!(f, "edits: {} ({})", self.edits(), listed(&self.deeds))?;
        writeln!(
            f,
            "runs: {runs} ({}), kills: {}",
            listed(&self.ends),
            self.kills()
        )?;
        let faults: u64 = both.faults.values().sum();
        writeln!(
            f,
            "requests: {} ({} to a, {} to b), {faults} of them spoilt ({}), {} left unanswered by a site",
            both.requests,
            self.requests.a.requests,
            self.requests.b.requests,
            listed(&both.faults),
            both.unanswered
        )?;
        write!(f, "seconds: {:.1}", self.seconds)
    }
}

fn listed<K: fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    let counts: Vec<String> = counts
        .iter()
        .map(|(what, count)| format!("{what} {count}"))
        .collect();
    counts.join(", ")
}
