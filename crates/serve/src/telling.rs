//! Whether somebody is to be told.

use std::collections::BTreeMap;

use serde::Serialize;

/// Where a sync stands after a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Why the run failed, if it did.
    pub failure: Option<String>,
    /// Which guard stopped it, and why, if one did.
    pub guard: Option<String>,
    /// Conflicts that wait for a person.
    pub conflicts: u64,
    /// Documents that are parked.
    pub parked: u64,
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tale {
    /// `frappe-sync/tale@1`.
    pub format: &'static str,
    /// The sync.
    pub sync: String,
    /// What happened.
    pub topic: Topic,
    /// The same for people.
    pub message: String,
    /// Conflicts that wait for a person.
    pub conflicts: u64,
    /// Documents that are parked.
    pub parked: u64,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Runs fail.
    Failed,
    /// A guard stopped a run.
    Guard,
    /// There are more conflicts that wait for a person.
    Conflicts,
    /// There are more documents that are parked.
    Parked,
    /// A comparison in full found that the sites differ.
    Different,
    /// It works again.
    Recovered,
}

/// So many runs fail in a row before it is told: one that fails for a restart of a site is nobody's concern.
const PATIENCE: u32 = 3;

/// Remembers what was told, so that the same is not told run by run.
#[derive(Debug, Default)]
pub struct Telling {
    syncs: BTreeMap<String, Told>,
}

#[derive(Debug, Default)]
struct Told {
    failures: u32,
    failure: bool,
    guard: Option<String>,
    conflicts: u64,
    parked: u64,
}

impl Telling {
    /// Takes note of what is known of a sync before anything is told: it is not news.
    pub fn begin(&mut self, sync: &str, standing: &Standing) {
        let told = self.syncs.entry(sync.to_owned()).or_default();
        told.conflicts = standing.conflicts;
        told.parked = standing.parked;
    }

    /// Takes note of the end of a run, and returns what is to be told.
    pub fn tell(&mut self, sync: &str, now: &Standing) -> Vec<Tale> {
        let told = self.syncs.entry(sync.to_owned()).or_default();
        let mut news: Vec<(Topic, String)> = Vec::new();
        if let Some(failure) = &now.failure {
            told.failures += 1;
            if told.failures >= PATIENCE && !told.failure {
                told.failure = true;
                news.push((
                    Topic::Failed,
                    format!("{sync}: {} runs in a row failed: {failure}", told.failures),
                ));
            }
        } else if let Some(guard) = &now.guard {
            if told.guard.as_ref() != Some(guard) {
                news.push((
                    Topic::Guard,
                    format!("{sync}: a guard stopped the run: {guard}"),
                ));
            }
            told.guard = Some(guard.clone());
        } else {
            told.failures = 0;
            let was_told = std::mem::take(&mut told.failure) | told.guard.take().is_some();
            if was_told {
                news.push((Topic::Recovered, format!("{sync}: it works again")));
            }
        }
        if now.failure.is_none() && now.guard.is_none() {
            if now.conflicts > told.conflicts {
                let message = format!(
                    "{sync}: {} wait for a person",
                    many(now.conflicts, "conflict")
                );
                news.push((Topic::Conflicts, message));
            }
            if now.parked > told.parked {
                let message = format!("{sync}: {} parked", many(now.parked, "document"));
                news.push((Topic::Parked, message));
            }
            told.conflicts = now.conflicts;
            told.parked = now.parked;
        }
        news.into_iter()
            .map(|(topic, message)| Tale {
                format: "frappe-sync/tale@1",
                sync: sync.to_owned(),
                topic,
                message,
                conflicts: now.conflicts,
                parked: now.parked,
            })
            .collect()
    }
}

fn many(number: u64, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(telling: &mut Telling, standing: &Standing) -> Vec<Topic> {
        let tales = telling.tell("hq", standing);
        tales.into_iter().map(|tale| tale.topic).collect()
    }

    fn failed() -> Standing {
        Standing {
            failure: Some("site `hq` cannot be reached".to_owned()),
            ..Standing::default()
        }
    }

    #[test]
    fn a_failure_is_told_once_when_it_lasts_and_its_end_once() {
        let mut telling = Telling::default();
        let told: Vec<_> = (0..6).map(|_| topics(&mut telling, &failed())).collect();
        assert_eq!(told.concat(), [Topic::Failed]);
        assert_eq!(
            topics(&mut telling, &Standing::default()),
            [Topic::Recovered]
        );
        assert_eq!(topics(&mut telling, &Standing::default()), []);
    }

    #[test]
    fn a_restart_of_a_site_is_nobodys_concern() {
        let mut telling = Telling::default();
        assert_eq!(topics(&mut telling, &failed()), []);
        assert_eq!(topics(&mut telling, &failed()), []);
        assert_eq!(topics(&mut telling, &Standing::default()), []);
    }

    #[test]
    fn a_guard_is_told_at_once_and_again_when_it_is_another_one() {
        let guard = |name: &str| Standing {
            guard: Some(name.to_owned()),
            ..Standing::default()
        };
        let mut telling = Telling::default();
        assert_eq!(topics(&mut telling, &guard("max_deletes")), [Topic::Guard]);
        assert_eq!(topics(&mut telling, &guard("max_deletes")), []);
        assert_eq!(topics(&mut telling, &guard("other_site")), [Topic::Guard]);
    }

    #[test]
    fn new_conflicts_are_told_and_old_ones_are_not() {
        let waiting = |conflicts, parked| Standing {
            conflicts,
            parked,
            ..Standing::default()
        };
        let mut telling = Telling::default();
        telling.begin("hq", &waiting(2, 0));
        assert_eq!(topics(&mut telling, &waiting(2, 0)), []);
        assert_eq!(
            topics(&mut telling, &waiting(3, 1)),
            [Topic::Conflicts, Topic::Parked]
        );
        assert_eq!(topics(&mut telling, &waiting(1, 1)), []);
        assert_eq!(topics(&mut telling, &waiting(2, 1)), [Topic::Conflicts]);
    }
}
