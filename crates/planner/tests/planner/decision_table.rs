//! The decision table on one value, cell by cell.

use frappe_sync_model::{ConflictPolicy, Direction, FieldBaseline, PerSide, Side};
use frappe_sync_planner::{MergeRules, SideValue, Verdict, merge_field};

use crate::values::{
    A_TO_B, MANUAL, NEWEST, both, inexpressible, overwrite, own, settled, side_value, write,
};

/// Fails with the row of the table that is wrong.
fn check(rows: &[(&str, u64, u64, FieldBaseline, MergeRules, Verdict)]) {
    for (what, a, b, baseline, rules, expected) in rows {
        assert_eq!(
            merge_field(both(*a, *b), baseline, rules),
            *expected,
            "{what}"
        );
    }
}

const NONE: FieldBaseline = PerSide { a: None, b: None };

fn only_a(value: u64) -> FieldBaseline {
    PerSide {
        a: Some(own(Side::A, value)),
        b: None,
    }
}

fn only_b(value: u64) -> FieldBaseline {
    PerSide {
        a: None,
        b: Some(own(Side::B, value)),
    }
}

#[test]
fn with_a_baseline_both_ways() {
    let base = settled(1, 1);
    check(&[
        ("neither changed", 1, 1, base, NEWEST, Verdict::Unchanged),
        ("a changed", 2, 1, base, NEWEST, write(Side::B)),
        ("b changed", 1, 2, base, NEWEST, write(Side::A)),
        ("a cleared", 0, 1, base, NEWEST, write(Side::B)),
        ("b cleared", 1, 0, base, NEWEST, write(Side::A)),
        ("both to the same", 2, 2, base, NEWEST, Verdict::Settle),
        ("both cleared", 0, 0, base, NEWEST, Verdict::Settle),
        ("both to others", 2, 3, base, NEWEST, overwrite(Side::B)),
        (
            "both to others, open",
            2,
            3,
            base,
            MANUAL,
            Verdict::Conflict,
        ),
        (
            "cleared and changed, open",
            0,
            3,
            base,
            MANUAL,
            Verdict::Conflict,
        ),
    ]);
}

#[test]
fn change_is_judged_against_the_own_side_only() {
    // Side b rounds 3 to 2: they differ for good, and that is agreed.
    let rounded = settled(3, 2);
    check(&[
        (
            "rewritten, and left",
            3,
            2,
            rounded,
            NEWEST,
            Verdict::Unchanged,
        ),
        (
            "rewritten, then a changed",
            4,
            2,
            rounded,
            NEWEST,
            write(Side::B),
        ),
        (
            "a takes what b made of it",
            2,
            2,
            rounded,
            NEWEST,
            Verdict::Settle,
        ),
        ("b takes what a has", 3, 3, rounded, NEWEST, Verdict::Settle),
        (
            "b goes back in a's terms",
            3,
            5,
            rounded,
            NEWEST,
            write(Side::A),
        ),
    ]);
}

#[test]
fn without_a_baseline() {
    check(&[
        ("equal", 1, 1, NONE, NEWEST, Verdict::Settle),
        ("both empty", 0, 0, NONE, NEWEST, Verdict::Settle),
        ("set on a, empty on b", 1, 0, NONE, NEWEST, write(Side::B)),
        ("empty on a, set on b", 0, 1, NONE, NEWEST, write(Side::A)),
        ("set on a, nobody asked", 1, 0, NONE, MANUAL, write(Side::B)),
        ("different", 1, 2, NONE, NEWEST, overwrite(Side::B)),
        ("different, open", 1, 2, NONE, MANUAL, Verdict::Conflict),
    ]);
}

#[test]
fn half_settled() {
    check(&[
        ("equal", 1, 1, only_a(1), NEWEST, Verdict::Settle),
        ("equal again", 2, 2, only_a(1), NEWEST, Verdict::Settle),
        (
            "b counts as changed",
            1,
            2,
            only_a(1),
            NEWEST,
            write(Side::A),
        ),
        (
            "a counts as changed",
            2,
            1,
            only_b(1),
            NEWEST,
            write(Side::B),
        ),
        ("both changed", 3, 2, only_a(1), NEWEST, overwrite(Side::B)),
        (
            "an empty side says nothing",
            1,
            0,
            only_a(1),
            NEWEST,
            write(Side::B),
        ),
        (
            "nor against an edit",
            2,
            0,
            only_a(1),
            NEWEST,
            write(Side::B),
        ),
        (
            "a cleared what b has",
            0,
            2,
            only_a(1),
            MANUAL,
            Verdict::Conflict,
        ),
    ]);
}

#[test]
fn one_way() {
    let base = settled(1, 1);
    check(&[
        ("neither changed", 1, 1, base, A_TO_B, Verdict::Unchanged),
        ("source changed", 2, 1, base, A_TO_B, write(Side::B)),
        ("source cleared", 0, 1, base, A_TO_B, write(Side::B)),
        (
            "target changed",
            1,
            2,
            base,
            A_TO_B,
            Verdict::Drift { side: Side::B },
        ),
        (
            "target cleared",
            1,
            0,
            base,
            A_TO_B,
            Verdict::Drift { side: Side::B },
        ),
        ("both to the same", 2, 2, base, A_TO_B, Verdict::Settle),
        (
            "both: the source wins",
            2,
            3,
            base,
            A_TO_B,
            overwrite(Side::B),
        ),
        ("first run, equal", 1, 1, NONE, A_TO_B, Verdict::Settle),
        (
            "first run, target empty",
            1,
            0,
            NONE,
            A_TO_B,
            write(Side::B),
        ),
        (
            "first run, different",
            1,
            2,
            NONE,
            A_TO_B,
            overwrite(Side::B),
        ),
        (
            "first run, source empty",
            0,
            2,
            NONE,
            A_TO_B,
            Verdict::Drift { side: Side::B },
        ),
    ]);
    let back = MergeRules {
        direction: Direction::BToA,
        policy: ConflictPolicy::Manual,
        ..NEWEST
    };
    check(&[
        ("source changed", 1, 2, base, back, write(Side::A)),
        (
            "target changed",
            2,
            1,
            base,
            back,
            Verdict::Drift { side: Side::A },
        ),
        (
            "both: no policy is asked",
            2,
            3,
            base,
            back,
            overwrite(Side::A),
        ),
    ]);
}

#[test]
fn a_policy_decides_who_wins() {
    let base = settled(1, 1);
    let rules = |policy, prefer, newer| MergeRules {
        direction: Direction::Both,
        policy,
        prefer,
        newer,
    };
    let newest = |prefer, newer| rules(ConflictPolicy::Newest, prefer, newer);
    check(&[
        (
            "a newer",
            2,
            3,
            base,
            newest(Side::B, Some(Side::A)),
            overwrite(Side::B),
        ),
        (
            "b newer",
            2,
            3,
            base,
            newest(Side::A, Some(Side::B)),
            overwrite(Side::A),
        ),
        (
            "tie, a preferred",
            2,
            3,
            base,
            newest(Side::A, None),
            overwrite(Side::B),
        ),
        (
            "tie, b preferred",
            2,
            3,
            base,
            newest(Side::B, None),
            overwrite(Side::A),
        ),
    ]);
    for newer in [None, Some(Side::A), Some(Side::B)] {
        for prefer in Side::BOTH {
            check(&[
                (
                    "always a",
                    2,
                    3,
                    base,
                    rules(ConflictPolicy::A, prefer, newer),
                    overwrite(Side::B),
                ),
                (
                    "always b",
                    2,
                    3,
                    base,
                    rules(ConflictPolicy::B, prefer, newer),
                    overwrite(Side::A),
                ),
                (
                    "nobody",
                    2,
                    3,
                    base,
                    rules(ConflictPolicy::Manual, prefer, newer),
                    Verdict::Conflict,
                ),
            ]);
        }
    }
}

#[test]
fn a_value_that_is_not_visible_is_no_change() {
    for baseline in [NONE, settled(1, 1), only_a(1)] {
        for rules in [NEWEST, MANUAL, A_TO_B] {
            for seen in Side::BOTH {
                let values = PerSide::from_fn(|side| (side == seen).then(|| side_value(side, 2)));
                assert_eq!(merge_field(values, &baseline, &rules), Verdict::Unknown);
            }
            assert_eq!(
                merge_field(PerSide::default(), &baseline, &rules),
                Verdict::Unknown
            );
        }
    }
}

#[test]
fn a_link_without_counterpart_waits_only_where_it_would_be_written() {
    for side in Side::BOTH {
        let values = PerSide::from_fn(|other| {
            Some(if other == side {
                inexpressible(side, 7)
            } else {
                side_value(other, 1)
            })
        });
        let missing = Verdict::MissingTarget { from: side };
        let theirs = own(side.other(), 1);
        let base =
            |mine, theirs| PerSide::from_fn(|at| Some(if at == side { mine } else { theirs }));

        let changed = base(own(side, 1), theirs);
        assert_eq!(merge_field(values, &changed, &NEWEST), missing);

        let unchanged = base(own(side, 7), theirs);
        assert_eq!(merge_field(values, &unchanged, &NEWEST), Verdict::Unchanged);

        let other_changed = base(own(side, 7), own(side.other(), 2));
        assert_eq!(merge_field(values, &other_changed, &NEWEST), write(side));

        let both_changed = base(own(side, 1), own(side.other(), 2));
        let wins = MergeRules {
            prefer: side,
            ..NEWEST
        };
        let loses = MergeRules {
            prefer: side.other(),
            ..NEWEST
        };
        assert_eq!(merge_field(values, &both_changed, &wins), missing);
        assert_eq!(merge_field(values, &both_changed, &loses), overwrite(side));
        assert_eq!(
            merge_field(values, &both_changed, &MANUAL),
            Verdict::Conflict
        );
        assert_eq!(merge_field(values, &NONE, &MANUAL), missing);
    }
}

#[test]
fn drift_that_cannot_go_across_is_still_only_drift() {
    let values = PerSide {
        a: Some(side_value(Side::A, 1)),
        b: Some(inexpressible(Side::B, 7)),
    };
    assert_eq!(
        merge_field(values, &settled(1, 1), &A_TO_B),
        Verdict::Drift { side: Side::B }
    );
}

#[test]
fn nothing_is_nothing_in_whatever_form() {
    // One side stores null and the other an empty text.
    let values = PerSide {
        a: Some(SideValue {
            common: None,
            ..side_value(Side::A, 0)
        }),
        b: Some(side_value(Side::B, 0)),
    };
    for baseline in [NONE, settled(1, 1), only_a(1)] {
        assert_eq!(merge_field(values, &baseline, &MANUAL), Verdict::Settle);
    }
}

#[test]
fn a_value_that_the_other_side_would_make_of_ours_says_the_same() {
    // Of `b` the mapping makes 5, and of 5 something else than `b` holds: several values of `b` are one of `a`.
    let values = PerSide {
        a: Some(side_value(Side::A, 5)),
        b: Some(SideValue {
            back: Some(own(Side::A, 5)),
            ..side_value(Side::B, 9)
        }),
    };
    for baseline in [NONE, settled(1, 1), settled(5, 1)] {
        assert_eq!(merge_field(values, &baseline, &MANUAL), Verdict::Settle);
    }
}
