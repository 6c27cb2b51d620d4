//! Laws of the merge of one value.

use frappe_sync_model::{ConflictPolicy, Direction, FieldBaseline, PerSide, Side};
use frappe_sync_planner::{SideValue, Verdict, merge_field};
use proptest::prelude::*;

use crate::values::{both, inexpressible, own, rules, side_value, swap, swap_rules, swap_verdict};

fn value(side: Side) -> impl Strategy<Value = Option<SideValue>> {
    prop_oneof![
        6 => (0..4_u64).prop_map(move |value| Some(side_value(side, value))),
        1 => (4..6_u64).prop_map(move |value| Some(inexpressible(side, value))),
        1 => Just(None),
    ]
}

fn baseline() -> impl Strategy<Value = FieldBaseline> {
    let settled =
        |side| proptest::option::weighted(0.8, (0..6_u64).prop_map(move |n| own(side, n)));
    (settled(Side::A), settled(Side::B)).prop_map(|(a, b)| PerSide { a, b })
}

proptest! {
    #[test]
    fn the_sides_are_treated_alike(
        a in value(Side::A),
        b in value(Side::B),
        baseline in baseline(),
        rules in rules(),
    ) {
        let values = PerSide { a, b };
        prop_assert_eq!(
            merge_field(swap(values), &swap(baseline), &swap_rules(&rules)),
            swap_verdict(merge_field(values, &baseline, &rules))
        );
    }

    #[test]
    fn what_is_written_can_be_expressed_and_is_allowed(
        a in value(Side::A),
        b in value(Side::B),
        baseline in baseline(),
        rules in rules(),
    ) {
        let values = PerSide { a, b };
        if let Verdict::Write { to, .. } = merge_field(values, &baseline, &rules) {
            prop_assert!(rules.direction.writes_to(to));
            prop_assert!(values[to.other()].is_some_and(|value| value.across));
        }
    }

    #[test]
    fn a_value_that_changed_is_never_overwritten_without_a_conflict(
        a in value(Side::A),
        b in value(Side::B),
        baseline in baseline(),
        rules in rules(),
    ) {
        let values = PerSide { a, b };
        if let Verdict::Write { to, conflict: false } = merge_field(values, &baseline, &rules) {
            let lost = values[to].expect("what is written was visible");
            prop_assert!(baseline[to].map_or(lost.empty, |settled| settled == lost.own));
        }
    }

    #[test]
    fn one_round_is_enough(
        a in 0..4_u64,
        b in 0..4_u64,
        baseline in baseline(),
        rules in rules(),
        b_rounds in any::<bool>(),
    ) {
        let mut held = PerSide { a, b };
        let verdict = merge_field(both(a, b), &baseline, &rules);
        if let Verdict::Write { to, .. } = verdict {
            let sent = held[to.other()];
            held[to] = if to == Side::B && b_rounds { sent & !1 } else { sent };
        }
        let after = if verdict.settles() && verdict != Verdict::Unchanged {
            PerSide::from_fn(|side| Some(own(side, held[side])))
        } else {
            baseline
        };
        let again = merge_field(both(held.a, held.b), &after, &rules);
        if verdict.settles() {
            prop_assert_eq!(again, Verdict::Unchanged);
        } else {
            prop_assert_eq!(again, verdict);
        }
        let decided = rules.direction == Direction::Both && rules.policy != ConflictPolicy::Manual;
        if decided && !b_rounds && verdict != Verdict::Unchanged {
            prop_assert_eq!(held.a, held.b);
        }
    }
}
