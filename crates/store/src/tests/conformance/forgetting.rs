//! Pairs that are forgotten, and what goes with them.

use frappe_sync_model::{Batch, ConflictState, PairId, Side, StateStore, SyncName};

use crate::tests::sample::{
    conflict, customer, names, pair, pairs_batch, parked, stored_pairs, sync_of, todo, tombstone,
};
use crate::{ConflictFilter, StateFile, SyncState};

on_every_kind_of_state! {
    a_forgotten_pair_takes_its_work_with_it
    a_new_pair_may_take_the_names_in_the_same_step
    what_belongs_to_another_document_of_the_name_stays
    a_tombstone_lets_go_only_of_the_name_that_it_holds
    decided_conflicts_stay_as_history
    forgetting_twice_is_no_error
    another_sync_keeps_its_pairs
}

fn forget(sync: &SyncState, pair: Option<PairId>) {
    sync.commit(&Batch {
        forget: pair.into_iter().collect(),
        ..Batch::default()
    })
    .unwrap();
}

/// Names in the queue of a side.
fn queued(sync: &SyncState, side: Side) -> Vec<String> {
    let todos = sync.todos(&customer(), side, 0, 99).unwrap();
    todos.iter().map(|todo| todo.key.name.to_string()).collect()
}

fn a_forgotten_pair_takes_its_work_with_it(file: &StateFile) {
    let sync = sync_of(file);
    let stored = stored_pairs(&sync, vec![pair("C-1", 5), pair("C-2", 5)]);
    sync.commit(&Batch {
        again: ["C-1", "C-2"]
            .into_iter()
            .flat_map(|name| {
                [
                    (customer(), Side::A, todo(name, 5)),
                    (customer(), Side::B, todo(&format!("{name}-b"), 1005)),
                ]
            })
            .collect(),
        park: vec![parked("C-1-b", 1), parked("C-2-b", 1)]
            .into_iter()
            .map(|mut parked| {
                parked.key.creation = stored[0].sides.b.creation.clone();
                parked
            })
            .collect(),
        conflicts: vec![conflict("C-1", "x"), conflict("C-2", "x")],
        ..Batch::default()
    })
    .unwrap();
    forget(&sync, stored[0].id);
    assert_eq!(sync.pairs_after(&customer(), None, 9).unwrap(), stored[1..]);
    assert_eq!(queued(&sync, Side::A), ["C-2"]);
    assert_eq!(queued(&sync, Side::B), ["C-2-b"]);
    let left = sync.parked(None).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].key.name, "C-2-b");
    let left = sync.open_conflicts().unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].names.a, "C-2");
}

fn a_new_pair_may_take_the_names_in_the_same_step(file: &StateFile) {
    let sync = sync_of(file);
    let stored = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    sync.commit(&Batch {
        forget: stored.id.into_iter().collect(),
        ..pairs_batch(vec![pair("C-1", 9)])
    })
    .unwrap();
    let found = sync
        .pairs(&customer(), Side::A, &names(&["C-1"]))
        .unwrap()
        .remove(0);
    assert_eq!(found.sides, pair("C-1", 9).sides);
    assert!(
        found.id > stored.id,
        "the number of a pair is never given again"
    );
    let refused = sync.commit(&pairs_batch(vec![stored])).unwrap_err();
    assert!(refused.to_string().contains("has no pair"), "{refused}");
}

fn what_belongs_to_another_document_of_the_name_stays(file: &StateFile) {
    let sync = sync_of(file);
    let stored = stored_pairs(&sync, vec![pair("C-1", 1), pair("C-2", 2)]);
    let mut unknown = todo("C-2", 2);
    unknown.key.creation = None;
    sync.stage(&customer(), Side::A, &[todo("C-1", 77), unknown], None)
        .unwrap();
    forget(&sync, stored[0].id);
    forget(&sync, stored[1].id);
    assert_eq!(queued(&sync, Side::A), ["C-1"]);
}

fn a_tombstone_lets_go_only_of_the_name_that_it_holds(file: &StateFile) {
    let sync = sync_of(file);
    let stored = stored_pairs(&sync, vec![tombstone("C-1", Side::A, 1)]).remove(0);
    let mut of_another = conflict("C-1", "x");
    of_another.names.b = "another".into();
    sync.commit(&Batch {
        again: vec![
            (customer(), Side::A, todo("C-1", 1)),
            (customer(), Side::B, todo("C-1-b", 1001)),
        ],
        conflicts: vec![of_another, conflict("C-1", "y")],
        ..Batch::default()
    })
    .unwrap();
    forget(&sync, stored.id);
    assert_eq!(queued(&sync, Side::A), ["C-1"]);
    assert!(queued(&sync, Side::B).is_empty());
    let left = sync.open_conflicts().unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].names.b, "another");
}

fn decided_conflicts_stay_as_history(file: &StateFile) {
    let sync = sync_of(file);
    let stored = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    let mut decided = conflict("C-1", "x");
    decided.state = ConflictState::Decided(Side::B);
    sync.commit(&Batch {
        conflicts: vec![decided, conflict("C-1", "y")],
        ..Batch::default()
    })
    .unwrap();
    let history = || sync.conflicts(ConflictFilter::Decided, 9).unwrap();
    let before = history();
    forget(&sync, stored.id);
    assert_eq!(history(), before);
    assert_eq!(sync.conflicts(ConflictFilter::All, 9).unwrap(), before);
    assert_eq!(
        sync.conflict(before[0].id.unwrap()).unwrap(),
        Some(before[0].clone())
    );
    // A later pair of the same names has nothing to do with them.
    let mut later = stored_pairs(&sync, vec![pair("C-1", 9)]).remove(0);
    later.sides.a.name = "C-9".into();
    sync.commit(&pairs_batch(vec![later])).unwrap();
    assert_eq!(history(), before);
    assert_eq!(
        sync.conflict_history(&customer(), &"C-1".into()).unwrap(),
        before
    );
}

fn forgetting_twice_is_no_error(file: &StateFile) {
    let sync = sync_of(file);
    forget(&sync, Some(PairId(7)));
    let stored = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    forget(&sync, stored.id);
    forget(&sync, stored.id);
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 0);
}

fn another_sync_keeps_its_pairs(file: &StateFile) {
    let sync = sync_of(file);
    let stored = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    let other = file.sync(&SyncName::from("other"));
    stored_pairs(&other, vec![pair("C-1", 1)]);
    forget(&other, stored.id);
    assert_eq!(sync.pairs_after(&customer(), None, 9).unwrap(), [stored]);
}
