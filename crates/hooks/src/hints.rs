//! Hints, gathered until there is a moment of quiet.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Hint;

/// How long hints are gathered, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long nothing more must be heard of a document before it is looked at.
    pub quiet: Duration,
    /// How long after the first hint it is looked at all the same.
    pub longest: Duration,
    /// The most documents of a DocType that are kept by name. Beyond that the whole DocType is to be looked at, which
    /// costs a poll less than as many names would.
    pub most_names: usize,
}

impl Default for Pace {
    /// 300 ms of quiet, 1 s at the longest, 500 names.
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(300),
            longest: Duration::from_secs(1),
            most_names: 500,
        }
    }
}

/// What to look at now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// Something happened to so many documents of a DocType that all of it is to be looked at.
    DocType {
        /// The site, as the configuration names it.
        site: String,
        /// The DocType, as that site names it.
        doctype: String,
    },
    /// Something happened to this document.
    Document(Hint),
}

/// Hints that wait: one for each document, however often it was named.
///
/// The names of a DocType are bounded by the [`Pace`], the DocTypes by whoever pushes: only those of the sync are to be pushed.
///
/// Time is how long the process has been running, or any other clock that does not go back; it is handed in.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    pace: Pace,
    waiting: BTreeMap<(String, String), Group>,
}

/// What waits of one DocType of a site.
#[derive(Clone, Debug)]
enum Group {
    Names(BTreeMap<String, (Times, Option<String>)>),
    Whole(Times),
}

/// When a hint came first, and when last.
#[derive(Clone, Copy, Debug)]
struct Times {
    first: Duration,
    last: Duration,
}

impl Times {
    fn at(now: Duration) -> Self {
        Self {
            first: now,
            last: now,
        }
    }

    fn heard(&mut self, now: Duration) {
        self.last = self.last.max(now);
    }

    fn due(self, pace: Pace) -> Duration {
        let quiet = self.last.saturating_add(pace.quiet);
        quiet.min(self.first.saturating_add(pace.longest))
    }
}

impl Hints {
    /// Gathers at a pace.
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            waiting: BTreeMap::new(),
        }
    }

    /// Takes a hint that came now.
    pub fn push(&mut self, hint: Hint, now: Duration) {
        let most = self.pace.most_names;
        let group = self
            .waiting
            .entry((hint.site, hint.doctype))
            .or_insert_with(|| Group::Names(BTreeMap::new()));
        match group {
            Group::Whole(times) => times.heard(now),
            Group::Names(names) => {
                if let Some((times, event)) = names.get_mut(&hint.name) {
                    times.heard(now);
                    *event = hint.event;
                } else if names.len() < most {
                    names.insert(hint.name, (Times::at(now), hint.event));
                } else {
                    // The whole of it is due when the first of the names would have been due at the latest.
                    let first = names.values().map(|(times, _)| times.first).min();
                    *group = Group::Whole(Times {
                        first: first.unwrap_or(now),
                        last: now,
                    });
                }
            }
        }
    }

    /// Returns when something is due next; `None` where nothing waits.
    pub fn next_due(&self) -> Option<Duration> {
        let due = |times: &Times| times.due(self.pace);
        self.waiting
            .values()
            .filter_map(|group| match group {
                Group::Whole(times) => Some(due(times)),
                Group::Names(names) => names.values().map(|(times, _)| due(times)).min(),
            })
            .min()
    }

    /// Takes out what is due, in the order of site, DocType and name.
    pub fn take_due(&mut self, now: Duration) -> Vec<Due> {
        let pace = self.pace;
        let mut due = Vec::new();
        self.waiting.retain(|(site, doctype), group| match group {
            Group::Whole(times) if times.due(pace) <= now => {
                due.push(Due::DocType {
                    site: site.clone(),
                    doctype: doctype.clone(),
                });
                false
            }
            Group::Whole(_) => true,
            Group::Names(names) => {
                names.retain(|name, (times, event)| {
                    let waits = times.due(pace) > now;
                    if !waits {
                        due.push(Due::Document(Hint {
                            site: site.clone(),
                            doctype: doctype.clone(),
                            name: name.clone(),
                            event: event.take(),
                        }));
                    }
                    waits
                });
                !names.is_empty()
            }
        });
        due
    }

    /// Tells whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn hint(doctype: &str, name: &str) -> Hint {
        Hint {
            site: "hq".to_owned(),
            doctype: doctype.to_owned(),
            name: name.to_owned(),
            event: None,
        }
    }

    fn named(due: &[Due]) -> Vec<&str> {
        due.iter()
            .map(|due| match due {
                Due::Document(hint) => hint.name.as_str(),
                Due::DocType { doctype, .. } => doctype.as_str(),
            })
            .collect()
    }

    #[test]
    fn a_document_is_looked_at_once_it_has_been_quiet() {
        let mut hints = Hints::default();
        hints.push(hint("Item", "chair"), ms(0));
        hints.push(hint("Item", "chair"), ms(200));
        assert_eq!(hints.next_due(), Some(ms(500)));
        assert_eq!(hints.take_due(ms(499)), []);
        assert_eq!(named(&hints.take_due(ms(500))), ["chair"]);
        assert!(hints.is_empty());
        assert_eq!(hints.next_due(), None);
    }

    #[test]
    fn a_document_that_never_rests_is_looked_at_all_the_same() {
        let mut hints = Hints::default();
        for tenth in 0..10 {
            hints.push(hint("Item", "chair"), ms(tenth * 100));
            assert_eq!(hints.take_due(ms(tenth * 100)), []);
        }
        assert_eq!(named(&hints.take_due(ms(1000))), ["chair"]);
    }

    #[test]
    fn each_document_waits_for_its_own_quiet_and_the_last_event_is_told() {
        let mut hints = Hints::default();
        let with_event = |event: &str| Hint {
            event: Some(event.to_owned()),
            ..hint("Item", "chair")
        };
        hints.push(with_event("after_insert"), ms(0));
        hints.push(with_event("on_change"), ms(10));
        hints.push(hint("Item", "table"), ms(250));
        let due = hints.take_due(ms(310));
        assert_eq!(due, [Due::Document(with_event("on_change"))]);
        assert_eq!(named(&hints.take_due(ms(550))), ["table"]);
    }

    #[test]
    fn the_same_name_on_another_site_or_of_another_doctype_is_another_document() {
        let mut hints = Hints::default();
        hints.push(hint("Item", "x"), ms(0));
        hints.push(hint("Brand", "x"), ms(0));
        let elsewhere = Hint {
            site: "branch".to_owned(),
            ..hint("Item", "x")
        };
        hints.push(elsewhere, ms(0));
        assert_eq!(hints.take_due(ms(300)).len(), 3);
    }

    #[test]
    fn too_many_names_become_the_whole_doctype_and_others_stay_as_they_are() {
        let mut hints = Hints::new(Pace {
            most_names: 3,
            ..Pace::default()
        });
        hints.push(hint("Brand", "x"), ms(0));
        for name in ["a", "b", "c", "a", "b"] {
            hints.push(hint("Item", name), ms(0));
        }
        let mut with_three = hints.clone();
        assert_eq!(named(&with_three.take_due(ms(300))), ["x", "a", "b", "c"]);

        hints.push(hint("Item", "d"), ms(100));
        hints.push(hint("Item", "a"), ms(200));
        assert_eq!(named(&hints.take_due(ms(300))), ["x"]);
        let due = hints.take_due(ms(500));
        let whole = Due::DocType {
            site: "hq".to_owned(),
            doctype: "Item".to_owned(),
        };
        assert_eq!(due, [whole]);
        hints.push(hint("Item", "e"), ms(600));
        assert_eq!(named(&hints.take_due(ms(900))), ["e"]);
    }

    #[test]
    fn a_clock_that_steps_back_delays_nothing() {
        let mut hints = Hints::default();
        hints.push(hint("Item", "chair"), ms(1000));
        hints.push(hint("Item", "chair"), ms(10));
        assert_eq!(hints.next_due(), Some(ms(1300)));
    }

    proptest! {
        /// Whatever comes when, and whenever is looked: nothing is lost, nothing is told twice without a new hint, and
        /// nothing waits longer than it may.
        #[test]
        fn every_hint_is_told_in_time(
            steps in proptest::collection::vec((0_u64..400, 0_usize..3, 0_usize..6), 1..80),
            most_names in 0_usize..5,
        ) {
            let pace = Pace { most_names, ..Pace::default() };
            let mut hints = Hints::new(pace);
            let mut open: BTreeMap<(String, String), Duration> = BTreeMap::new();
            let mut now = Duration::ZERO;
            for (wait, doctype, name) in steps {
                now += ms(wait);
                let (doctype, name) = (format!("D{doctype}"), format!("n{name}"));
                hints.push(hint(&doctype, &name), now);
                open.entry((doctype, name)).or_insert(now);
                let due = hints.take_due(now);
                let told: BTreeSet<(String, Option<String>)> = due
                    .iter()
                    .map(|due| match due {
                        Due::Document(hint) => (hint.doctype.clone(), Some(hint.name.clone())),
                        Due::DocType { doctype, .. } => (doctype.clone(), None),
                    })
                    .collect();
                prop_assert_eq!(told.len(), due.len(), "nothing is told twice at once");
                for (doctype, name) in &told {
                    let meant = open.keys().any(|(d, n)| {
                        d == doctype && name.as_ref().is_none_or(|name| n == name)
                    });
                    prop_assert!(meant, "{doctype} {name:?} was told without a hint");
                }
                open.retain(|(doctype, name), _| {
                    !told.contains(&(doctype.clone(), None))
                        && !told.contains(&(doctype.clone(), Some(name.clone())))
                });
                for (key, first) in &open {
                    prop_assert!(*first + pace.longest > now, "{key:?} waits too long");
                }
                prop_assert_eq!(open.is_empty(), hints.is_empty());
                prop_assert!(hints.next_due().is_none_or(|due| due > now));
            }
        }
    }
}
