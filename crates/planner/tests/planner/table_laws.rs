//! Laws of the merge of a child table.

use std::collections::BTreeSet;

use frappe_sync_model::{ConflictPolicy, Direction, PerSide, RowBaseline, Side};
use frappe_sync_planner::{MergeRules, MergedRow, RowConflictKind, RowDrift, TableMerge, Verdict};
use proptest::prelude::*;

use crate::values::{
    A_TO_B, decided_rules, field, one_way_rules, own, rules, swap, swap_conflict, swap_rules,
    swap_verdict,
};
use crate::world::{Edit, FIELDS, World};

fn values() -> impl Strategy<Value = [u64; FIELDS]> {
    [0..3_u64, 0..4, 0..3]
}

fn table() -> impl Strategy<Value = Vec<[u64; FIELDS]>> {
    proptest::collection::vec(values(), 0..5)
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (0..5_usize, 0..FIELDS, 0..4_u64).prop_map(|(place, number, value)| Edit::Set(place, number, value)),
        3 => (0..5_usize).prop_map(Edit::Delete),
        3 => (0..6_usize, values()).prop_map(|(place, values)| Edit::Insert(place, values)),
        3 => (0..5_usize, 0..5_usize).prop_map(|(from, to)| Edit::Move(from, to)),
        1 => Just(Edit::Rename),
    ]
}

fn edits() -> impl Strategy<Value = PerSide<Vec<Edit>>> {
    let some = || proptest::collection::vec(edit(), 0..4);
    (some(), some()).prop_map(|(a, b)| PerSide { a, b })
}

/// A table before anybody edits it: agreed, or never compared.
fn start() -> impl Strategy<Value = World> {
    prop_oneof![
        3 => table().prop_map(|rows| World::agreed(&rows)),
        1 => (table(), table()).prop_map(|(a, b)| World::strange(&a, &b)),
    ]
}

fn world() -> impl Strategy<Value = World> {
    (start(), 0..3_usize).prop_map(|(world, key_length)| world.with_key(key_length))
}

/// A table of which side `b` may store even numbers only, from the start.
fn world_that_may_round() -> impl Strategy<Value = World> {
    (world(), proptest::bool::weighted(0.3)).prop_map(|(mut world, b_rounds)| {
        if b_rounds && world.baseline.is_none() {
            for row in &mut world.rows.b {
                row.values = row.values.map(|value| value & !1);
            }
            world.b_rounds = true;
        }
        world
    })
}

/// The fields that each side does not show for one round.
fn hidden() -> impl Strategy<Value = PerSide<BTreeSet<usize>>> {
    let some = || proptest::collection::btree_set(0..FIELDS, 0..=1);
    prop_oneof![
        3 => Just(PerSide::default()),
        1 => (some(), some()).prop_map(|(a, b)| PerSide { a, b }),
    ]
}

fn edit_all(world: &mut World, edits: &PerSide<Vec<Edit>>) {
    for side in Side::BOTH {
        for edit in &edits[side] {
            world.edit(side, edit);
        }
    }
}

fn is_decided(rules: &MergeRules) -> bool {
    rules.direction == Direction::Both && rules.policy != ConflictPolicy::Manual
}

fn swap_world(world: &World) -> World {
    // Forms of value are bound to a side, so the swapped world is built of the same numbers.
    let mut swapped = world.clone();
    swapped.rows = swap(world.rows.clone());
    swapped.hidden = swap(world.hidden.clone());
    swapped.baseline = world.baseline.as_ref().map(|rows| {
        let row = |row: &RowBaseline| RowBaseline {
            names: swap(row.names.clone()),
            fields: row
                .fields
                .iter()
                .map(|(name, settled)| {
                    let turned = PerSide::from_fn(|side: Side| {
                        let number = settled[side.other()]?.to_u64() % own(Side::A, 0).to_u64();
                        Some(own(side, number))
                    });
                    (name.clone(), turned)
                })
                .collect(),
        };
        rows.iter().map(row).collect()
    });
    swapped
}

fn swap_merge(merge: TableMerge) -> TableMerge {
    let swap_row = |row: MergedRow| MergedRow {
        names: swap(row.names),
        fields: row
            .fields
            .into_iter()
            .map(|(name, verdict)| (name, swap_verdict(verdict)))
            .collect(),
        only: row.only.map(Side::other),
        baseline: row.baseline,
    };
    let swap_drift = |drift: RowDrift| RowDrift {
        row: swap(drift.row),
        kind: drift.kind,
    };
    TableMerge {
        rows: merge.rows.into_iter().map(swap_row).collect(),
        agreed_order: merge.agreed_order,
        dropped: swap(merge.dropped),
        write: swap(merge.write),
        conflicts: merge.conflicts.into_iter().map(swap_conflict).collect(),
        drift: merge.drift.into_iter().map(swap_drift).collect(),
        order_conflict: merge.order_conflict.map(Side::other),
        order_drift: merge.order_drift.map(Side::other),
        missing: merge.missing,
    }
}

/// Checks that a merge that was carried out leaves nothing to do.
fn check_quiet(world: &World, rules: &MergeRules) -> Result<(), TestCaseError> {
    let again = world.merge(rules);
    prop_assert_eq!(again.write, PerSide { a: false, b: false });
    prop_assert_eq!(&again.dropped, &PerSide::default());
    prop_assert_eq!(again.order_conflict, None);
    prop_assert!(
        again
            .conflicts
            .iter()
            .all(|conflict| conflict.winner.is_none())
    );
    for row in &again.rows {
        for verdict in row.fields.values() {
            let moves = matches!(verdict, Verdict::Settle | Verdict::Write { .. });
            prop_assert!(!moves, "{verdict:?} is left to do");
        }
    }
    Ok(())
}

/// Checks that what a person did on a side is on both sides, or told of.
fn check_nothing_lost(
    before: &World,
    merge: &TableMerge,
    rules: &MergeRules,
) -> Result<(), TestCaseError> {
    for side in Side::BOTH {
        let kept: BTreeSet<_> = merge
            .rows
            .iter()
            .filter_map(|row| row.names[side].as_ref())
            .collect();
        for row in &before.rows[side] {
            let known = before.known(side, &row.name);
            if !kept.contains(&row.name) {
                prop_assert!(merge.dropped[side].contains(&row.name), "a row vanished");
                let known = known.expect("a new row is never dropped");
                prop_assert!(
                    before
                        .row(side.other(), &known.names[side.other()])
                        .is_none()
                );
                for (number, &value) in row.values.iter().enumerate() {
                    if Side::BOTH
                        .iter()
                        .any(|&side| before.hidden[side].contains(&number))
                    {
                        continue;
                    }
                    let settled = known
                        .fields
                        .get(&field(number))
                        .and_then(|settled| settled[side]);
                    let unedited =
                        settled.map_or(value == 0, |settled| settled == own(side, value));
                    prop_assert!(unedited, "an edited row was dropped");
                }
            }
        }
        for row in merge.rows.iter().filter(|row| row.names[side].is_some()) {
            let name = row.names[side].as_ref().expect("filtered");
            let stored = before.row(side, name).expect("a merged row is stored");
            for (number, &value) in stored.values.iter().enumerate() {
                let Some(verdict) = row.fields.get(&field(number)) else {
                    continue;
                };
                let Verdict::Write { to, conflict } = *verdict else {
                    continue;
                };
                if to != side {
                    continue;
                }
                prop_assert!(rules.direction.writes_to(side));
                let settled = row
                    .baseline
                    .and_then(|index| before.baseline.as_ref()?.get(index))
                    .and_then(|known| known.fields.get(&field(number)))
                    .and_then(|settled| settled[side]);
                let told = merge.conflicts.iter().any(|conflict| {
                    conflict.row.a == row.names.a
                        && conflict.row.b == row.names.b
                        && conflict.kind == RowConflictKind::Field(field(number))
                        && conflict.winner == Some(side.other())
                });
                prop_assert_eq!(conflict, told);
                let unchanged = settled.map_or(value == 0, |settled| settled == own(side, value));
                prop_assert!(unchanged || told, "an edit was overwritten in silence");
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn an_agreed_table_is_left_alone(rows in table(), rules in rules(), key_length in 0..3_usize) {
        let world = World::agreed(&rows).with_key(key_length);
        let merge = world.merge(&rules);
        prop_assert_eq!(merge.write, PerSide { a: false, b: false });
        prop_assert_eq!(merge.rows.len(), rows.len());
        prop_assert!(merge.rows.iter().flat_map(|row| row.fields.values())
            .all(|verdict| *verdict == Verdict::Unchanged));
        prop_assert!(merge.conflicts.is_empty() && merge.drift.is_empty());
    }

    #[test]
    fn one_round_is_enough_and_nothing_is_lost(
        mut world in world_that_may_round(),
        rounds in proptest::collection::vec((edits(), hidden(), rules()), 1..4),
    ) {
        for (edits, hidden, rules) in rounds {
            edit_all(&mut world, &edits);
            world.hidden = hidden;
            let before = world.clone();
            let merge = world.merge(&rules);
            check_nothing_lost(&before, &merge, &rules)?;
            world.apply(&merge);
            if !is_decided(&rules) && (world.has_key() || world.hides_something()) {
                // Rows left on one side each can be paired by a key that only became unique when others
                // were dropped; and a side without rows only tells what it hides once it has one.
                let merge = world.merge(&rules);
                world.apply(&merge);
            }
            check_quiet(&world, &rules)?;
        }
    }

    #[test]
    fn both_ways_both_sides_end_up_equal(
        mut world in world(),
        rounds in proptest::collection::vec(edits(), 1..4),
        rules in decided_rules(),
        hidden in proptest::option::weighted(0.2, 0..FIELDS),
    ) {
        world.hidden.b = hidden.into_iter().collect();
        for edits in rounds {
            edit_all(&mut world, &edits);
            let merge = world.merge(&rules);
            world.apply(&merge);
            prop_assert_eq!(world.visible_values(Side::A), world.visible_values(Side::B));
            check_quiet(&world, &rules)?;
        }
    }

    #[test]
    fn one_way_the_source_is_never_written(
        mut world in world(),
        rounds in proptest::collection::vec(edits(), 1..4),
        rules in one_way_rules(),
    ) {
        let source = if rules.direction == Direction::AToB { Side::A } else { Side::B };
        for edits in rounds {
            edit_all(&mut world, &edits);
            let merge = world.merge(&rules);
            prop_assert!(!merge.write[source]);
            prop_assert!(merge.dropped[source].is_empty());
            world.apply(&merge);
        }
    }

    #[test]
    fn one_way_an_untouched_target_becomes_the_source(
        rows in table(),
        rounds in proptest::collection::vec(edits(), 1..4),
    ) {
        let mut world = World::agreed(&rows);
        for edits in rounds {
            for edit in &edits.a {
                world.edit(Side::A, edit);
            }
            let merge = world.merge(&A_TO_B);
            prop_assert!(merge.conflicts.is_empty() && merge.drift.is_empty());
            world.apply(&merge);
            prop_assert_eq!(world.visible_values(Side::A), world.visible_values(Side::B));
        }
    }

    #[test]
    fn edits_of_one_side_are_no_conflict(rows in table(), edits in edits(), rules in rules()) {
        for side in Side::BOTH {
            let mut world = World::agreed(&rows);
            for edit in &edits[side] {
                world.edit(side, edit);
            }
            let merge = world.merge(&rules);
            prop_assert!(merge.conflicts.is_empty());
            prop_assert_eq!(merge.order_conflict, None);
            prop_assert!(!merge.write[side]);
        }
    }

    #[test]
    fn the_sides_are_treated_alike(mut world in world(), edits in edits(), rules in rules()) {
        edit_all(&mut world, &edits);
        let merge = world.merge(&rules);
        let swapped = swap_world(&world).merge(&swap_rules(&rules));
        prop_assert_eq!(swap_merge(swapped), merge);
    }
}

proptest! {
    #[test]
    fn a_table_that_is_taken_stands_as_on_that_side_and_stays_so(
        mut world in world(),
        edits in edits(),
        from in proptest::sample::select(&Side::BOTH),
        rules in decided_rules(),
    ) {
        edit_all(&mut world, &edits);
        let before = world.rows[from].clone();
        let merge = world.take(from);
        prop_assert!(!merge.write[from]);
        prop_assert!(merge.dropped[from].is_empty());
        world.apply(&merge);
        prop_assert_eq!(&world.rows[from], &before);
        prop_assert_eq!(world.visible_values(Side::A), world.visible_values(Side::B));
        check_quiet(&world, &rules)?;
    }
}
