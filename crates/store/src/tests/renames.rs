//! Pairs that take each other's names in one step, and what follows them.

use std::collections::BTreeSet;

use frappe_sync_model::{
    Batch, ConflictState, DocName, Pair, Parked, Side, StateStore, Todo, TodoReason,
};
use proptest::prelude::*;

use crate::tests::sample::{
    conflict, customer, named_pair, names, pair, pairs_batch, parked, site_time, stored_pairs,
    sync_of, todo, tombstone,
};
use crate::{ConflictFilter, StateFile, SyncState};

/// The documents of five pairs, and what tells their work apart: `creation` in the queue and among what is
/// parked, the field of a conflict.
const DOCUMENTS: [&str; 5] = ["u", "v", "w", "x", "y"];

/// Queues and parks both documents of a pair, with a conflict of its own that waits and one that does not.
fn work_of(pair: &Pair) -> Batch {
    let mut batch = Batch::default();
    for side in Side::BOTH {
        let mut todo = todo(pair.sides[side].name.as_str(), 0);
        todo.key.creation = pair.sides[side].creation.clone();
        batch.park.push(Parked {
            side,
            key: todo.key.clone(),
            ..parked("any", 1)
        });
        batch.again.push((customer(), side, todo));
    }
    for state in [ConflictState::Open, ConflictState::Decided(Side::B)] {
        let mut conflict = conflict("any", &format!("field_{:?}", pair.sides.a.creation));
        conflict.names = pair.sides.as_ref().map(|side| side.name.clone());
        conflict.state = state;
        batch.conflicts.push(conflict);
    }
    // The decided one ends an open one of the same value.
    batch.conflicts.reverse();
    batch
}

/// Which document has which work, by name.
fn work(sync: &SyncState) -> BTreeSet<String> {
    let mut work = BTreeSet::new();
    for side in Side::BOTH {
        for Todo { key, .. } in sync.todos(&customer(), side, 0, 99).unwrap() {
            work.insert(format!("queued {side} {} {:?}", key.name, key.creation));
        }
    }
    for Parked { side, key, .. } in sync.parked(None).unwrap() {
        work.insert(format!("parked {side} {} {:?}", key.name, key.creation));
    }
    for found in sync.conflicts(ConflictFilter::All, 99).unwrap() {
        work.insert(format!(
            "conflict {} {} {} {:?}",
            found.names.a, found.names.b, found.path, found.state
        ));
    }
    work
}

proptest! {
    #[test]
    fn all_work_follows_any_exchange_of_names(
        a_names in Just(DOCUMENTS).prop_shuffle(),
        b_names in Just(DOCUMENTS).prop_shuffle(),
        order in Just([0, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let new_pairs = || DOCUMENTS.iter().zip(0..).map(|(name, second)| named_pair(name, name, second));
        let renamed = |pairs: Vec<Pair>| -> Vec<Pair> {
            pairs.into_iter().zip(a_names.into_iter().zip(b_names)).map(|(mut pair, (a, b))| {
                pair.sides.a.name = a.into();
                pair.sides.b.name = b.into();
                pair
            }).collect()
        };
        let file = StateFile::in_memory().unwrap();
        let sync = sync_of(&file);
        let pairs = stored_pairs(&sync, new_pairs().collect());
        for pair in &pairs {
            sync.commit(&work_of(pair)).unwrap();
        }
        let pairs = renamed(pairs);
        sync.commit(&pairs_batch(order.iter().map(|&at| pairs[at].clone()).collect())).unwrap();

        let expected = StateFile::in_memory().unwrap();
        let expected = sync_of(&expected);
        for pair in renamed(new_pairs().collect()) {
            expected.commit(&work_of(&pair)).unwrap();
        }
        prop_assert_eq!(work(&sync), work(&expected));
        prop_assert_eq!(work(&sync).len(), 5 * 6);
    }

    /// Names are exchanged and given up and taken again, all in one step.
    #[test]
    fn any_exchange_of_names_is_stored(
        a_names in Just(DOCUMENTS).prop_shuffle(),
        b_names in Just(DOCUMENTS).prop_shuffle(),
        order in Just([0, 1, 2, 3, 4]).prop_shuffle(),
        before in prop::array::uniform5(gone()),
        after in prop::array::uniform5(gone()),
    ) {
        let file = StateFile::in_memory().unwrap();
        let sync = sync_of(&file);
        let mut pairs = stored_pairs(
            &sync,
            DOCUMENTS.iter().zip(before).map(|(name, gone)| Pair { gone, ..pair(name, 1) }).collect(),
        );
        for (pair, gone) in pairs.iter_mut().zip(after) {
            pair.gone = gone;
        }
        for (pair, (a, b)) in pairs.iter_mut().zip(a_names.into_iter().zip(b_names)) {
            pair.sides.a.name = a.into();
            pair.sides.b.name = b.into();
        }
        let shuffled = order.iter().map(|&index| pairs[index].clone()).collect();
        sync.commit(&pairs_batch(shuffled)).unwrap();
        prop_assert_eq!(sync.pairs_after(&customer(), None, 9).unwrap(), pairs);
    }
}

fn gone() -> impl Strategy<Value = Option<Side>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Side::A)),
        1 => Just(Some(Side::B)),
    ]
}

#[test]
fn a_new_document_may_take_the_name_that_another_gives_up() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let mut renamed = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    renamed.sides.a.name = "C-2".into();
    renamed.sides.b.name = "C-2-b".into();
    sync.commit(&pairs_batch(vec![pair("C-1", 5), renamed.clone()]))
        .unwrap();
    let found = sync
        .pairs(&customer(), Side::A, &names(&["C-2", "C-1"]))
        .unwrap();
    assert_eq!(found[0], renamed);
    assert_eq!(found[1].sides, pair("C-1", 5).sides);
}

#[test]
fn a_conflict_follows_its_document() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let mut renamed = stored_pairs(&sync, vec![pair("C-1", 1), pair("C-2", 2)]).remove(0);
    sync.commit(&Batch {
        conflicts: vec![conflict("C-1", "x"), conflict("C-2", "x")],
        ..Batch::default()
    })
    .unwrap();
    renamed.sides.a.name = "C-9".into();
    sync.commit(&pairs_batch(vec![renamed])).unwrap();
    let found: Vec<_> = sync
        .open_conflicts()
        .unwrap()
        .into_iter()
        .map(|conflict| conflict.names)
        .collect();
    assert_eq!(found[0].a, "C-9");
    assert_eq!(found[0].b, "C-1-b");
    assert_eq!(found[1].a, "C-2");
}

/// Names in the queue of `a`, and since when what is parked on `b` is.
fn queue(sync: &SyncState) -> (Vec<Todo>, Vec<DocName>) {
    (
        sync.todos(&customer(), Side::A, 0, 9).unwrap(),
        sync.parked(None)
            .unwrap()
            .into_iter()
            .map(|parked| parked.key.name)
            .collect(),
    )
}

#[test]
fn a_row_under_the_new_name_is_the_one_that_counts() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let mut renamed = stored_pairs(&sync, vec![pair("old", 1)]).remove(0);
    let mut vanished = todo("old", 1);
    vanished.reason = TodoReason::Vanished;
    let mut newer = todo("new", 1);
    newer.key.modified = Some(site_time(500));
    let mut parked_old = parked("old-b", 1);
    parked_old.key.creation = renamed.sides.b.creation.clone();
    let parked_new = Parked {
        message: "newer".to_owned(),
        ..parked("new-b", 1)
    };
    sync.commit(&Batch {
        again: vec![
            (customer(), Side::A, vanished),
            (customer(), Side::A, newer.clone()),
        ],
        park: vec![parked_old, parked_new.clone()],
        ..Batch::default()
    })
    .unwrap();
    renamed.sides.a.name = "new".into();
    renamed.sides.b.name = "new-b".into();
    sync.commit(&pairs_batch(vec![renamed])).unwrap();
    assert_eq!(queue(&sync).0, [newer]);
    assert_eq!(sync.parked(None).unwrap(), [parked_new]);
}

#[test]
fn a_new_document_under_the_old_name_keeps_its_place_in_the_queue() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let mut renamed = stored_pairs(&sync, vec![pair("old", 1)]).remove(0);
    let of_new_document = todo("old", 77);
    sync.stage(
        &customer(),
        Side::A,
        std::slice::from_ref(&of_new_document),
        None,
    )
    .unwrap();
    renamed.sides.a.name = "new".into();
    sync.commit(&pairs_batch(vec![renamed])).unwrap();
    assert_eq!(queue(&sync).0, [of_new_document]);
}

#[test]
fn what_is_done_with_a_renamed_document_goes_by_its_old_name() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let mut renamed = stored_pairs(&sync, vec![pair("old", 1)]).remove(0);
    let mut parked_old = parked("old-b", 1);
    parked_old.key.creation = renamed.sides.b.creation.clone();
    sync.commit(&Batch {
        again: vec![(customer(), Side::A, todo("old", 1))],
        park: vec![parked_old],
        ..Batch::default()
    })
    .unwrap();
    renamed.sides.a.name = "new".into();
    renamed.sides.b.name = "new-b".into();
    sync.commit(&Batch {
        done: vec![(customer(), Side::A, "old".into())],
        unpark: vec![(customer(), Side::B, "old-b".into())],
        ..pairs_batch(vec![renamed])
    })
    .unwrap();
    assert_eq!(queue(&sync), (vec![], vec![]));
}

#[test]
fn a_tombstone_leaves_the_work_of_who_has_its_name() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let mut buried = stored_pairs(&sync, vec![tombstone("C-1", Side::A, 1)]).remove(0);
    let mut of_follower = conflict("C-1", "x");
    of_follower.names.b = "another".into();
    sync.commit(&Batch {
        again: vec![(customer(), Side::A, todo("C-1", 1))],
        conflicts: vec![of_follower],
        ..pairs_batch(vec![named_pair("C-1", "another", 1)])
    })
    .unwrap();
    let before = work(&sync);
    buried.sides.a.name = "C-2".into();
    buried.sides.b.name = "C-2-b".into();
    sync.commit(&pairs_batch(vec![buried])).unwrap();
    assert_eq!(work(&sync), before);
}

#[test]
fn a_pair_that_is_stored_twice_ends_under_the_last_name() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let first = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    sync.stage(&customer(), Side::A, &[todo("C-1", 1)], None)
        .unwrap();
    let renamed = |name: &str| {
        let mut pair = first.clone();
        pair.sides.a.name = name.into();
        pair
    };
    sync.commit(&pairs_batch(vec![renamed("C-2"), renamed("C-3")]))
        .unwrap();
    assert_eq!(queue(&sync).0, [todo("C-3", 1)]);
}
