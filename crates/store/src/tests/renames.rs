//! Pairs that take each other's names in one step.

use frappe_sync_model::{Batch, Side, StateStore};
use proptest::prelude::*;

use crate::StateFile;
use crate::tests::sample::{conflict, customer, names, pair, pairs_batch, stored_pairs, sync_of};

proptest! {
    #[test]
    fn any_exchange_of_names_is_stored(
        a_names in Just(["u", "v", "w", "x", "y"]).prop_shuffle(),
        b_names in Just(["u", "v", "w", "x", "y"]).prop_shuffle(),
        order in Just([0, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let file = StateFile::in_memory().unwrap();
        let sync = sync_of(&file);
        let mut pairs = stored_pairs(
            &sync,
            ["u", "v", "w", "x", "y"].iter().map(|name| pair(name, 1)).collect(),
        );
        for (pair, (a, b)) in pairs.iter_mut().zip(a_names.into_iter().zip(b_names)) {
            pair.sides.a.name = a.into();
            pair.sides.b.name = b.into();
        }
        let shuffled = order.iter().map(|&index| pairs[index].clone()).collect();
        sync.commit(&pairs_batch(shuffled)).unwrap();
        prop_assert_eq!(sync.pairs_after(&customer(), None, 9).unwrap(), pairs);
    }
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
