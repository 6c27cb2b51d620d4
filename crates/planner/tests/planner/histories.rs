//! Histories that broke other tools or simpler rules, each under its own name.

use frappe_sync_model::{PerSide, RowBaseline, Side};
use frappe_sync_planner::{MergeRules, RowConflictKind, Verdict, merge_field, newer_side};

use crate::values::{A_TO_B, NEWEST, both, field, overwrite, own, settled, write};
use crate::world::{Edit, World};

const LINES: [[u64; 3]; 3] = [[1, 1, 1], [2, 1, 1], [3, 1, 1]];

/// Carries merges out until nothing is written, and returns how many wrote something.
fn rounds(world: &mut World, rules: &MergeRules) -> usize {
    for round in 0..10 {
        let merge = world.merge(rules);
        let quiet = !merge.write.a && !merge.write.b;
        world.apply(&merge);
        if quiet {
            return round;
        }
    }
    panic!("it never becomes quiet");
}

fn values(world: &World, side: Side) -> Vec<[u64; 3]> {
    world.rows[side].iter().map(|row| row.values).collect()
}

#[test]
fn a_field_cleared_on_the_source_is_cleared_on_the_target() {
    let verdict = merge_field(both(0, 1), &settled(1, 1), &A_TO_B);
    assert_eq!(verdict, write(Side::B));
}

#[test]
fn an_edit_of_the_target_alone_is_not_put_back() {
    let verdict = merge_field(both(1, 2), &settled(1, 1), &A_TO_B);
    assert_eq!(verdict, Verdict::Drift { side: Side::B });
}

#[test]
fn a_value_that_the_target_rewrites_does_not_bounce() {
    // Sent as 3, stored as 2; then again and again.
    for _ in 0..3 {
        assert_eq!(
            merge_field(both(3, 2), &settled(3, 2), &NEWEST),
            Verdict::Unchanged
        );
    }
}

#[test]
fn both_sides_editing_one_field_is_settled_in_one_round_and_told() {
    let baseline = settled(1, 1);
    let verdict = merge_field(both(2, 3), &baseline, &NEWEST);
    assert_eq!(verdict, overwrite(Side::B));
    assert_eq!(
        merge_field(both(2, 2), &settled(2, 2), &NEWEST),
        Verdict::Unchanged
    );
}

#[test]
fn a_role_taken_away_writes_no_null_over_the_other_side() {
    let values = PerSide {
        b: None,
        ..both(1, 1)
    };
    assert_eq!(
        merge_field(values, &settled(1, 1), &NEWEST),
        Verdict::Unknown
    );
    assert_eq!(
        merge_field(values, &settled(2, 1), &NEWEST),
        Verdict::Unknown
    );
}

#[test]
fn two_thousand_documents_of_one_modified_are_a_tie() {
    let moment = chrono::DateTime::from_timestamp(1_000, 0).map(|moment| (moment, moment));
    assert_eq!(newer_side(moment, moment, chrono::Duration::zero()), None);
}

#[test]
fn one_changed_row_becomes_quiet() {
    let mut world = World::agreed(&LINES);
    world.edit(Side::A, &Edit::Set(1, 1, 9));
    assert_eq!(rounds(&mut world, &NEWEST), 1);
    assert_eq!(values(&world, Side::B), [[1, 1, 1], [2, 9, 1], [3, 1, 1]]);
}

#[test]
fn edits_of_different_rows_become_quiet() {
    let mut world = World::agreed(&LINES);
    world.edit(Side::A, &Edit::Set(0, 1, 8));
    world.edit(Side::B, &Edit::Set(2, 1, 9));
    assert_eq!(rounds(&mut world, &NEWEST), 1);
    for side in Side::BOTH {
        assert_eq!(values(&world, side), [[1, 8, 1], [2, 1, 1], [3, 9, 1]]);
    }
}

#[test]
fn rows_put_in_another_order_are_put_in_order() {
    let mut world = World::agreed(&LINES);
    world.edit(Side::A, &Edit::Move(2, 0));
    assert_eq!(rounds(&mut world, &A_TO_B), 1);
    assert_eq!(values(&world, Side::B), [[3, 1, 1], [1, 1, 1], [2, 1, 1]]);
}

#[test]
fn a_row_inserted_in_the_middle_lands_in_the_middle() {
    let mut world = World::agreed(&LINES);
    world.edit(Side::A, &Edit::Insert(1, [9, 9, 9]));
    assert_eq!(rounds(&mut world, &A_TO_B), 1);
    assert_eq!(
        values(&world, Side::B),
        [[1, 1, 1], [9, 9, 9], [2, 1, 1], [3, 1, 1]]
    );
}

#[test]
fn a_row_removed_here_and_edited_there_keeps_the_edit() {
    let mut world = World::agreed(&LINES);
    world.edit(Side::A, &Edit::Delete(0));
    world.edit(Side::B, &Edit::Set(0, 1, 9));
    let conflict = &world.merge(&NEWEST).conflicts[0];
    assert_eq!(
        conflict.kind,
        RowConflictKind::EditAgainstDelete { deleted: Side::A }
    );
    assert_eq!(rounds(&mut world, &NEWEST), 1);
    assert_eq!(values(&world, Side::A), [[1, 9, 1], [2, 1, 1], [3, 1, 1]]);
}

#[test]
fn rows_written_with_a_lost_answer_are_recognised() {
    // They arrived on b under names that were never heard, and no baseline was settled.
    let mut world = World::agreed(&[]);
    let row = Edit::Insert(0, [4, 5, 6]);
    world.edit(Side::A, &row);
    world.edit(Side::B, &row);
    assert_eq!(rounds(&mut world, &NEWEST), 0);
    assert_eq!(values(&world, Side::B).len(), 1);
}

#[test]
fn a_table_that_a_hook_builds_anew_on_every_save_is_left_alone() {
    let mut world = World::agreed(&LINES);
    world.edit(Side::B, &Edit::Rename);
    assert_eq!(rounds(&mut world, &NEWEST), 0);
    // The new names are kept, so that the next edit finds its row.
    world.edit(Side::B, &Edit::Set(1, 1, 9));
    assert_eq!(rounds(&mut world, &NEWEST), 1);
    assert_eq!(values(&world, Side::A), [[1, 1, 1], [2, 9, 1], [3, 1, 1]]);
}

#[test]
fn rows_that_a_site_rewrote_and_renamed_are_still_recognised() {
    // Side b stored 2 for 3, and both sides agreed on that; then it gives the row another name.
    let mut world = World::strange(&[[3, 1, 1]], &[[2, 1, 1]]);
    let number = |number: usize, a, b| (field(number), settled(a, b));
    world.baseline = Some(vec![RowBaseline {
        names: PerSide {
            a: "a1".into(),
            b: "b2".into(),
        },
        fields: [number(0, 3, 2), number(1, 1, 1), number(2, 1, 1)].into(),
    }]);
    world.edit(Side::B, &Edit::Rename);
    assert_eq!(rounds(&mut world, &NEWEST), 0);
    assert_eq!(values(&world, Side::B), [[2, 1, 1]]);
}

#[test]
fn each_side_removing_another_of_two_like_rows_leaves_one() {
    let mut world = World::agreed(&[[1, 1, 1], [1, 1, 1]]);
    world.edit(Side::A, &Edit::Delete(0));
    world.edit(Side::B, &Edit::Delete(1));
    assert_eq!(rounds(&mut world, &NEWEST), 0);
    for side in Side::BOTH {
        assert_eq!(values(&world, side), [[1, 1, 1]]);
    }
}

#[test]
fn a_row_replaced_under_its_key_is_an_edit() {
    let mut world = World::agreed(&LINES).with_key(1);
    world.edit(Side::B, &Edit::Delete(1));
    world.edit(Side::B, &Edit::Insert(1, [2, 7, 1]));
    world.edit(Side::A, &Edit::Set(1, 2, 8));
    let merge = world.merge(&NEWEST);
    assert_eq!(merge.rows.len(), 3);
    assert!(merge.conflicts.is_empty());
    assert_eq!(rounds(&mut world, &NEWEST), 1);
    assert_eq!(values(&world, Side::A), [[1, 1, 1], [2, 7, 8], [3, 1, 1]]);
}

#[test]
fn a_new_row_like_one_that_both_sides_deleted_is_new() {
    let mut world = World::agreed(&LINES);
    world.edit(Side::A, &Edit::Delete(0));
    world.edit(Side::B, &Edit::Delete(0));
    world.edit(Side::A, &Edit::Insert(0, LINES[0]));
    let merge = world.merge(&NEWEST);
    assert!(merge.rows[0].is_made_on(Side::B));
    assert_eq!(merge.dropped, PerSide::default());
}

#[test]
fn the_state_of_one_side_is_never_compared_with_the_baseline_of_the_other() {
    assert_ne!(own(Side::A, 1), own(Side::B, 1));
    let crossed = PerSide {
        a: Some(own(Side::B, 1)),
        b: Some(own(Side::A, 1)),
    };
    assert_eq!(merge_field(both(1, 1), &crossed, &NEWEST), Verdict::Settle);
}
