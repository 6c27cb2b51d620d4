//! The guards that count.

use frappe_sync_model::{MappingName, Side};

use super::Limit;

/// A guard that stops its mapping, and what depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardHit {
    /// Which guard, as in the configuration and in reports.
    pub name: &'static str,
    /// What it lets pass, as it was configured.
    pub limit: String,
    /// What it saw.
    pub seen: String,
    /// What happened.
    pub message: String,
    /// What a person can do.
    pub remedy: String,
}

/// Judges how many of a mapping's paired documents have changed on one side. Creates are no changes.
pub fn judge_changes(
    mapping: &MappingName,
    side: Side,
    changed: usize,
    pairs: usize,
    limit: Limit,
) -> Option<GuardHit> {
    let guard = CountGuard {
        name: "max_changes",
        done: "changed",
        likely: "a bulk update or a migration",
    };
    guard.judge(mapping, side, changed, pairs, limit)
}

/// Judges how many of a mapping's paired documents are gone from one side.
pub fn judge_deletes(
    mapping: &MappingName,
    side: Side,
    deleted: usize,
    pairs: usize,
    limit: Limit,
) -> Option<GuardHit> {
    let guard = CountGuard {
        name: "max_deletes",
        done: "are gone",
        likely: "a clean-up or a lost permission",
    };
    guard.judge(mapping, side, deleted, pairs, limit)
}

/// Judges whether a side that had documents shows none at all.
///
/// `count` is what the side shows now; without pairs, an empty side is just the beginning.
pub fn empty_side(
    mapping: &MappingName,
    side: Side,
    count: usize,
    pairs: usize,
) -> Option<GuardHit> {
    (count == 0 && pairs > 0).then(|| GuardHit {
        name: "empty_side",
        limit: "at least 1 document".to_owned(),
        seen: "0".to_owned(),
        message: format!(
            "`{mapping}` has {} but side {side} shows no document",
            counted(pairs, "pair")
        ),
        remedy: format!(
            "check that side {side} is the right site and that its sync user may read the DocType; \
             if all of them were really deleted, let this guard pass once"
        ),
    })
}

/// A guard on a number of documents.
struct CountGuard {
    name: &'static str,
    done: &'static str,
    likely: &'static str,
}

impl CountGuard {
    fn judge(
        &self,
        mapping: &MappingName,
        side: Side,
        seen: usize,
        pairs: usize,
        limit: Limit,
    ) -> Option<GuardHit> {
        let Self { name, done, likely } = self;
        limit.is_exceeded(seen, pairs).then(|| GuardHit {
            name,
            limit: limit.to_string(),
            seen: seen.to_string(),
            message: format!(
                "{seen} of {} of `{mapping}` {done} on side {side}, more than `{name}` of {limit}",
                counted(pairs, "pair")
            ),
            remedy: format!(
                "look whether {likely} on side {side} explains it; then let this guard pass once, or raise \
                 `{name}`"
            ),
        })
    }
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_says_what_it_saw_and_what_to_do() {
        let mapping = MappingName::new("Customer");
        let hit = judge_changes(&mapping, Side::A, 60, 100, Limit::Percent(50)).unwrap();
        assert_eq!(
            (hit.name, &*hit.limit, &*hit.seen),
            ("max_changes", "50%", "60")
        );
        assert_eq!(
            hit.message,
            "60 of 100 pairs of `Customer` changed on side a, more than `max_changes` of 50%"
        );
        assert!(hit.remedy.contains("`max_changes`"));
        assert_eq!(
            judge_changes(&mapping, Side::A, 50, 100, Limit::Percent(50)),
            None
        );
    }

    #[test]
    fn deletes_have_a_limit_of_their_own() {
        let mapping = MappingName::new("Item");
        let hit = judge_deletes(&mapping, Side::B, 11, 100, Limit::Percent(10)).unwrap();
        assert_eq!(hit.name, "max_deletes");
        assert_eq!(
            judge_deletes(&mapping, Side::B, 1, 3, Limit::Percent(10)),
            None
        );
    }

    #[test]
    fn an_empty_side_counts_only_if_pairs_exist() {
        let mapping = MappingName::new("Item");
        assert!(empty_side(&mapping, Side::B, 0, 1).is_some());
        assert_eq!(empty_side(&mapping, Side::B, 0, 0), None);
        assert_eq!(empty_side(&mapping, Side::B, 1, 1), None);
    }
}
