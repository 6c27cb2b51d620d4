//! How much of what happened.

use std::collections::BTreeMap;

/// Counts by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<(&'static str, String), u64>);

impl Tally {
    /// Counts one more.
    pub(crate) fn add(&mut self, group: &'static str, kind: impl Into<String>) {
        *self.0.entry((group, kind.into())).or_default() += 1;
    }

    /// Adds all counts of another one.
    pub fn merge(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            *self.0.entry(key.clone()).or_default() += count;
        }
    }

    /// The groups, each with its kinds and their counts.
    pub fn groups(&self) -> BTreeMap<&'static str, Vec<(&str, u64)>> {
        let mut groups: BTreeMap<&'static str, Vec<(&str, u64)>> = BTreeMap::new();
        for ((group, kind), count) in &self.0 {
            groups.entry(group).or_default().push((kind, *count));
        }
        groups
    }
}
