//! Child tables: pairing, rows, order, ways.

use std::collections::BTreeMap;

use frappe_sync_model::{DocName, PerSide, RowBaseline, Side};
use frappe_sync_planner::{
    MergeRules, RowConflictKind, RowDriftKind, RowInput, TableInput, TableMerge, Verdict,
    merge_table,
};

use crate::values::{
    A_TO_B, MANUAL, NEWEST, field, inexpressible, overwrite, settled, side_value, write,
};
use crate::world::{Edit, FIELDS, World};

const ROWS: [[u64; FIELDS]; 3] = [[1, 1, 1], [2, 1, 1], [3, 1, 1]];

fn edited(start: World, a: &[Edit], b: &[Edit]) -> World {
    let mut world = start;
    for edit in a {
        world.edit(Side::A, edit);
    }
    for edit in b {
        world.edit(Side::B, edit);
    }
    world
}

fn after(world: &World, rules: &MergeRules) -> PerSide<Vec<[u64; FIELDS]>> {
    let mut world = world.clone();
    let merge = world.merge(rules);
    world.apply(&merge);
    assert_eq!(world.merge(rules).write, PerSide { a: false, b: false });
    world
        .rows
        .map(|rows| rows.into_iter().map(|row| row.values).collect())
}

fn same<T: Clone>(value: T) -> PerSide<T> {
    PerSide {
        a: value.clone(),
        b: value,
    }
}

fn name_on(merge: &TableMerge, row: usize, side: Side) -> Option<&str> {
    merge.rows[row].names[side].as_ref().map(DocName::as_str)
}

#[test]
fn a_first_run_unites_rows() {
    let world = World::strange(&[[1, 1, 1], [2, 2, 2]], &[[2, 2, 2], [3, 3, 3]]);
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.write, PerSide { a: true, b: true });
    assert_eq!(merge.dropped, PerSide::default());
    assert!(merge.conflicts.is_empty());
    assert_eq!(
        after(&world, &NEWEST),
        same(vec![[1, 1, 1], [2, 2, 2], [3, 3, 3]])
    );
}

#[test]
fn a_first_run_of_equal_tables_writes_nothing() {
    let world = World::strange(&ROWS, &ROWS);
    let merge = world.merge(&MANUAL);
    assert_eq!(merge.write, PerSide { a: false, b: false });
    for row in &merge.rows {
        assert!(row.names.a.is_some() && row.names.b.is_some());
        assert!(
            row.fields
                .values()
                .all(|verdict| *verdict == Verdict::Settle)
        );
    }
}

#[test]
fn like_rows_are_paired_first_with_first() {
    let world = World::strange(&[[1, 1, 1], [1, 1, 1]], &[[1, 1, 1]]);
    let merge = world.merge(&NEWEST);
    assert_eq!(name_on(&merge, 0, Side::A), Some("a1"));
    assert_eq!(name_on(&merge, 0, Side::B), Some("b3"));
    assert!(merge.rows[1].is_made_on(Side::B));
    assert_eq!(merge.write, PerSide { a: false, b: true });
}

#[test]
fn a_key_pairs_rows_that_differ() {
    let world = World::strange(&[[1, 5, 0]], &[[1, 7, 0]]).with_key(1);
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.rows.len(), 1);
    assert_eq!(merge.rows[0].fields[&field(1)], overwrite(Side::B));
    assert_eq!(merge.conflicts.len(), 1);
    assert_eq!(merge.conflicts[0].kind, RowConflictKind::Field(field(1)));
    assert_eq!(merge.conflicts[0].winner, Some(Side::A));
}

#[test]
fn a_key_that_is_not_unique_pairs_nothing() {
    let world = World::strange(&[[1, 5, 0], [1, 6, 0]], &[[1, 7, 0]]).with_key(1);
    assert_eq!(world.merge(&NEWEST).rows.len(), 3);
}

#[test]
fn a_key_without_a_value_pairs_nothing() {
    let world = World::strange(&[[0, 5, 0]], &[[0, 7, 0]]).with_key(1);
    assert_eq!(world.merge(&NEWEST).rows.len(), 2);
}

#[test]
fn different_fields_of_one_row_are_merged() {
    let world = edited(
        World::agreed(&ROWS),
        &[Edit::Set(0, 1, 8)],
        &[Edit::Set(0, 2, 9)],
    );
    assert!(world.merge(&NEWEST).conflicts.is_empty());
    assert_eq!(
        after(&world, &NEWEST),
        same(vec![[1, 8, 9], [2, 1, 1], [3, 1, 1]])
    );
}

#[test]
fn new_rows_of_both_sides_stand_behind_their_predecessors() {
    let world = edited(
        World::agreed(&ROWS),
        &[Edit::Insert(1, [7, 7, 7]), Edit::Insert(0, [6, 6, 6])],
        &[Edit::Insert(1, [8, 8, 8]), Edit::Insert(4, [9, 9, 9])],
    );
    let merged = vec![
        [6, 6, 6],
        [1, 1, 1],
        [7, 7, 7],
        [8, 8, 8],
        [2, 1, 1],
        [3, 1, 1],
        [9, 9, 9],
    ];
    assert_eq!(after(&world, &NEWEST), same(merged));
}

#[test]
fn the_preferred_sides_new_row_stands_first() {
    let world = edited(
        World::agreed(&ROWS[..1]),
        &[Edit::Insert(1, [7, 7, 7])],
        &[Edit::Insert(1, [8, 8, 8])],
    );
    let b = MergeRules {
        prefer: Side::B,
        ..NEWEST
    };
    assert_eq!(
        after(&world, &b),
        same(vec![[1, 1, 1], [8, 8, 8], [7, 7, 7]])
    );
}

#[test]
fn both_sides_adding_the_same_row_add_one() {
    let new = [Edit::Insert(3, [9, 9, 9])];
    let world = edited(World::agreed(&ROWS), &new, &new);
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.rows.len(), 4);
    assert_eq!(merge.write, PerSide { a: false, b: false });
}

#[test]
fn a_removed_row_is_dropped_where_nobody_edited_it() {
    let world = edited(
        World::agreed(&ROWS),
        &[Edit::Delete(1)],
        &[Edit::Set(0, 1, 5)],
    );
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.dropped.b, ["b5"]);
    assert!(merge.conflicts.is_empty());
    assert_eq!(after(&world, &NEWEST), same(vec![[1, 5, 1], [3, 1, 1]]));
}

#[test]
fn a_row_gone_from_both_sides_is_forgotten() {
    let world = edited(World::agreed(&ROWS), &[Edit::Delete(1)], &[Edit::Delete(1)]);
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.rows.len(), 2);
    assert_eq!(merge.write, PerSide { a: false, b: false });
    assert_eq!(merge.dropped, PerSide::default());
}

#[test]
fn an_edit_goes_before_a_delete_and_is_told() {
    let world = edited(
        World::agreed(&ROWS),
        &[Edit::Delete(1)],
        &[Edit::Set(1, 1, 5)],
    );
    let merge = world.merge(&NEWEST);
    assert!(merge.rows[1].is_made_on(Side::A));
    assert_eq!(merge.rows[1].baseline, Some(1));
    assert_eq!(merge.conflicts.len(), 1);
    assert_eq!(
        merge.conflicts[0].kind,
        RowConflictKind::EditAgainstDelete { deleted: Side::A }
    );
    assert_eq!(merge.conflicts[0].winner, Some(Side::B));
    assert_eq!(
        after(&world, &NEWEST),
        same(vec![[1, 1, 1], [2, 5, 1], [3, 1, 1]])
    );
}

#[test]
fn an_edit_against_a_delete_waits_where_a_person_decides() {
    let world = edited(
        World::agreed(&ROWS),
        &[Edit::Delete(1)],
        &[Edit::Set(1, 1, 5)],
    );
    let merge = world.merge(&MANUAL);
    assert_eq!(merge.rows[1].only, Some(Side::B));
    assert_eq!(merge.rows[1].fields[&field(1)], Verdict::Conflict);
    assert_eq!(merge.conflicts[0].winner, None);
    assert_eq!(merge.write, PerSide { a: false, b: false });
    // Other rows are not held up by it.
    let world = edited(world, &[Edit::Set(1, 1, 6)], &[]);
    let expected = PerSide {
        a: vec![[1, 1, 1], [3, 6, 1]],
        b: vec![[1, 1, 1], [2, 5, 1], [3, 6, 1]],
    };
    assert_eq!(after(&world, &MANUAL), expected);
}

#[test]
fn an_order_that_one_side_changed_goes_across() {
    let world = edited(World::agreed(&ROWS), &[], &[Edit::Move(2, 0)]);
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.write, PerSide { a: true, b: false });
    assert_eq!(merge.order_conflict, None);
    assert_eq!(
        after(&world, &NEWEST),
        same(vec![[3, 1, 1], [1, 1, 1], [2, 1, 1]])
    );
}

#[test]
fn an_order_that_both_changed_is_decided() {
    let world = edited(
        World::agreed(&ROWS),
        &[Edit::Move(0, 2)],
        &[Edit::Move(2, 0)],
    );
    let b_newer = MergeRules {
        newer: Some(Side::B),
        ..NEWEST
    };
    assert_eq!(world.merge(&b_newer).order_conflict, Some(Side::B));
    assert_eq!(
        after(&world, &b_newer),
        same(vec![[3, 1, 1], [1, 1, 1], [2, 1, 1]])
    );
    assert_eq!(world.merge(&MANUAL).order_conflict, Some(Side::A));
}

#[test]
fn a_row_moved_on_one_side_and_edited_on_the_other_is_both() {
    let world = edited(
        World::agreed(&ROWS),
        &[Edit::Move(0, 2)],
        &[Edit::Set(0, 1, 5)],
    );
    assert_eq!(
        after(&world, &NEWEST),
        same(vec![[2, 1, 1], [3, 1, 1], [1, 5, 1]])
    );
}

#[test]
fn one_way_what_the_target_does_is_left_and_told() {
    let target = [
        Edit::Delete(1),
        Edit::Set(0, 1, 5),
        Edit::Insert(2, [9, 9, 9]),
        Edit::Move(0, 1),
    ];
    let world = edited(World::agreed(&ROWS), &[], &target);
    let merge = world.merge(&A_TO_B);
    assert_eq!(merge.write, PerSide { a: false, b: false });
    assert_eq!(merge.order_drift, Some(Side::B));
    let kinds: Vec<_> = merge.drift.iter().map(|drift| drift.kind).collect();
    assert!(kinds.contains(&RowDriftKind::Added) && kinds.contains(&RowDriftKind::Removed));
    assert!(merge.conflicts.is_empty());
}

#[test]
fn one_way_a_removed_row_comes_back_once_the_source_edits_it() {
    let mut world = edited(World::agreed(&ROWS), &[], &[Edit::Delete(1)]);
    let merge = world.merge(&A_TO_B);
    assert_eq!(merge.rows[1].only, Some(Side::A));
    world.apply(&merge);

    world.edit(Side::A, &Edit::Set(1, 1, 5));
    let merge = world.merge(&A_TO_B);
    assert!(merge.rows[1].is_made_on(Side::B));
    assert_eq!(merge.conflicts[0].winner, Some(Side::A));
    assert_eq!(
        after(&world, &A_TO_B),
        same(vec![[1, 1, 1], [2, 5, 1], [3, 1, 1]])
    );
}

#[test]
fn one_way_a_row_that_the_target_edited_outlives_its_source() {
    let world = edited(
        World::agreed(&ROWS),
        &[Edit::Delete(1)],
        &[Edit::Set(1, 1, 5)],
    );
    let merge = world.merge(&A_TO_B);
    assert_eq!(merge.rows[1].only, Some(Side::B));
    assert_eq!(merge.drift[0].kind, RowDriftKind::Added);
    assert_eq!(merge.write, PerSide { a: false, b: false });
}

#[test]
fn one_way_the_order_of_the_target_yields_to_the_sources() {
    let mut world = edited(World::agreed(&ROWS), &[], &[Edit::Move(2, 0)]);
    let merge = world.merge(&A_TO_B);
    assert_eq!(merge.order_drift, Some(Side::B));
    assert_eq!(merge.agreed_order, [1, 2, 0]);
    world.apply(&merge);
    world.edit(Side::A, &Edit::Move(0, 1));
    assert_eq!(
        after(&world, &A_TO_B),
        same(vec![[2, 1, 1], [1, 1, 1], [3, 1, 1]])
    );
}

#[test]
fn one_way_a_first_run_leaves_the_targets_own_rows() {
    let world = World::strange(&[[1, 1, 1]], &[[2, 2, 2]]);
    let merge = world.merge(&A_TO_B);
    assert_eq!(merge.write, PerSide { a: false, b: true });
    assert_eq!(merge.drift.len(), 1);
    let expected = PerSide {
        a: vec![[1, 1, 1]],
        b: vec![[1, 1, 1], [2, 2, 2]],
    };
    assert_eq!(after(&world, &A_TO_B), expected);
}

#[test]
fn a_new_row_with_a_link_without_counterpart_waits() {
    let row = RowInput {
        name: "a1".into(),
        fields: [
            (field(0), inexpressible(Side::A, 7)),
            (field(1), side_value(Side::A, 1)),
        ]
        .into(),
    };
    let input = TableInput {
        rows: PerSide {
            a: vec![row],
            b: Vec::new(),
        },
        baseline: Some(&[]),
        key: &[],
        own_rules: &BTreeMap::new(),
    };
    let merge = merge_table(&input, &NEWEST);
    assert!(merge.missing);
    assert_eq!(
        merge.rows[0].fields[&field(0)],
        Verdict::MissingTarget { from: Side::A }
    );
    assert_eq!(merge.rows[0].fields[&field(1)], write(Side::B));
}

#[test]
fn a_field_that_the_other_side_does_not_show_is_not_written_into_a_new_row() {
    let mut world = edited(World::agreed(&ROWS), &[Edit::Insert(3, [9, 9, 9])], &[]);
    world.hidden.b = [2].into();
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.rows[3].fields[&field(1)], write(Side::B));
    assert_eq!(merge.rows[3].fields[&field(2)], Verdict::Unknown);
}

#[test]
fn a_newly_mapped_field_is_compared_for_the_first_time() {
    let mut world = edited(World::agreed(&ROWS), &[], &[Edit::Set(0, 2, 0)]);
    for row in world.baseline.iter_mut().flatten() {
        row.fields.remove(&field(2));
    }
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.rows[0].fields[&field(2)], write(Side::B));
    assert_eq!(merge.rows[1].fields[&field(2)], Verdict::Settle);
    assert_eq!(merge.rows[1].fields[&field(1)], Verdict::Unchanged);
}

#[test]
fn a_value_that_was_never_settled_outlives_a_delete() {
    let mut world = edited(World::agreed(&ROWS), &[], &[Edit::Delete(1)]);
    for row in world.baseline.iter_mut().flatten() {
        row.fields.remove(&field(2));
    }
    let merge = world.merge(&NEWEST);
    assert!(merge.rows[1].is_made_on(Side::B));
    assert_eq!(merge.conflicts[0].winner, Some(Side::A));
}

#[test]
fn a_field_that_one_side_never_shows_does_not_keep_its_rows_from_being_deleted() {
    let mut world = edited(World::agreed(&ROWS), &[], &[Edit::Delete(1)]);
    for row in world.baseline.iter_mut().flatten() {
        row.fields.remove(&field(2));
    }
    world.hidden.b = [2].into();
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.dropped.a, ["a2"]);
    assert!(merge.conflicts.is_empty());
}

/// One row on each side, as they were agreed on: 1 and 2.
fn agreed_row(side: Side, values: [u64; 2]) -> RowInput {
    let name = match side {
        Side::A => "a1",
        Side::B => "b1",
    };
    RowInput {
        name: name.into(),
        fields: [
            (field(0), side_value(side, values[0])),
            (field(1), side_value(side, values[1])),
        ]
        .into(),
    }
}

fn baseline_of_one_row() -> Vec<RowBaseline> {
    vec![RowBaseline {
        names: PerSide {
            a: "a1".into(),
            b: "b1".into(),
        },
        fields: [(field(0), settled(1, 1)), (field(1), settled(2, 2))].into(),
    }]
}

#[test]
fn a_field_of_a_row_follows_rules_of_its_own() {
    let baseline = baseline_of_one_row();
    let merge = |a: [u64; 2], b: [u64; 2], rules: MergeRules| {
        let own_rules = BTreeMap::from([(field(1), rules)]);
        let input = TableInput {
            rows: PerSide {
                a: vec![agreed_row(Side::A, a)],
                b: vec![agreed_row(Side::B, b)],
            },
            baseline: Some(&baseline),
            key: &[],
            own_rules: &own_rules,
        };
        merge_table(&input, &MANUAL)
    };
    // It goes one way: an edit against it stays, while the row's other fields go both ways.
    let one_way = merge([1, 2], [8, 9], A_TO_B);
    assert_eq!(one_way.rows[0].fields[&field(0)], write(Side::A));
    assert_eq!(
        one_way.rows[0].fields[&field(1)],
        Verdict::Drift { side: Side::B }
    );
    assert!(one_way.write.a && !one_way.write.b);
    // It has a winner, where the table has none.
    let decided = merge([7, 7], [8, 8], NEWEST);
    assert_eq!(decided.rows[0].fields[&field(0)], Verdict::Conflict);
    assert!(matches!(
        decided.rows[0].fields[&field(1)],
        Verdict::Write { conflict: true, .. }
    ));
}

#[test]
fn a_row_that_one_side_removed_is_not_kept_by_an_edit_that_does_not_go_that_way() {
    let baseline = baseline_of_one_row();
    let own_rules = BTreeMap::from([(field(1), A_TO_B)]);
    let merge = |held: [u64; 2]| {
        let input = TableInput {
            rows: PerSide {
                a: Vec::new(),
                b: vec![agreed_row(Side::B, held)],
            },
            baseline: Some(&baseline),
            key: &[],
            own_rules: &own_rules,
        };
        merge_table(&input, &NEWEST)
    };
    assert_eq!(merge([1, 9]).dropped.b, ["b1"]);
    let kept = merge([9, 9]);
    assert!(kept.dropped.b.is_empty());
    assert_eq!(kept.rows[0].fields[&field(0)], write(Side::A));
    assert_eq!(
        kept.rows[0].fields[&field(1)],
        Verdict::Drift { side: Side::B }
    );
}
