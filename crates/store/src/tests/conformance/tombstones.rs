//! Pairs of which one document is gone.

use frappe_sync_model::{Batch, MappingCounts, Side, StateStore};

use crate::StateFile;
use crate::tests::sample::{
    customer, moment, named_pair, names, pair, pairs_batch, site_time, stored_pairs, sync_of, todo,
    tombstone,
};

on_every_kind_of_state! {
    a_tombstone_is_found_by_the_name_that_it_holds
    another_document_may_take_the_name_that_is_given_up
    a_name_that_is_held_cannot_be_taken
    a_live_pair_takes_the_name_of_what_a_tombstone_spoke_of
    a_document_that_comes_back_takes_its_name_again
    two_documents_may_be_gone_under_one_name
    tombstones_are_counted_apart
    an_open_tombstone_is_never_queued
    the_latest_modified_is_of_a_document_that_is_there
}

fn a_tombstone_is_found_by_the_name_that_it_holds(file: &StateFile) {
    let sync = sync_of(file);
    let stored = stored_pairs(&sync, vec![tombstone("C-1", Side::A, 1)]).remove(0);
    assert_eq!(stored.gone, Some(Side::A));
    let (a, b) = (names(&["C-1"]), names(&["C-1-b"]));
    assert_eq!(sync.pairs(&customer(), Side::A, &a).unwrap(), []);
    assert_eq!(sync.counterparts(&customer(), Side::A, &a).unwrap(), []);
    assert_eq!(
        sync.pairs(&customer(), Side::B, &b).unwrap(),
        std::slice::from_ref(&stored)
    );
    let found = sync.counterparts(&customer(), Side::B, &b).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].gone, Some(Side::A));
    let by_creation = sync
        .counterparts_by_creation(&customer(), Side::A, &[site_time(1)])
        .unwrap();
    assert_eq!(by_creation.len(), 1);
    assert_eq!(Some(by_creation[0].pair), stored.id);
    assert_eq!(by_creation[0].name, "C-1");
    assert_eq!(by_creation[0].gone, Some(Side::A));
}

fn another_document_may_take_the_name_that_is_given_up(file: &StateFile) {
    let sync = sync_of(file);
    let mut buried = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    buried.gone = Some(Side::A);
    // In one step, whichever of the two comes first.
    let follower = named_pair("C-1", "another", 7);
    sync.commit(&pairs_batch(vec![follower.clone(), buried.clone()]))
        .unwrap();
    let found = sync
        .pairs(&customer(), Side::A, &names(&["C-1"]))
        .unwrap()
        .remove(0);
    assert_eq!(found.sides, follower.sides);
    let found = sync
        .counterparts(&customer(), Side::B, &names(&["C-1-b", "another"]))
        .unwrap();
    assert_eq!(Some(found[0].pair), buried.id);
    assert_eq!(
        (&found[0].other, &found[1].other),
        (&"C-1".into(), &"C-1".into())
    );
}

fn a_name_that_is_held_cannot_be_taken(file: &StateFile) {
    let sync = sync_of(file);
    stored_pairs(&sync, vec![tombstone("C-1", Side::A, 1)]);
    // The holder is named, and not the tombstone that has the other name.
    sync.commit(&pairs_batch(vec![named_pair("C-1", "x", 3)]))
        .unwrap();
    let refused = sync
        .commit(&pairs_batch(vec![named_pair("C-1", "y", 4)]))
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("because it pairs `C-1` with `x` already"),
        "{refused}"
    );
}

fn a_live_pair_takes_the_name_of_what_a_tombstone_spoke_of(file: &StateFile) {
    let sync = sync_of(file);
    stored_pairs(&sync, vec![tombstone("C-1", Side::A, 1)]);
    // The site has one document of a name: what the tombstone kept there is another by now.
    sync.commit(&pairs_batch(vec![named_pair("other", "C-1-b", 2)]))
        .unwrap();
    let found = sync
        .pairs(&customer(), Side::B, &names(&["C-1-b"]))
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0].sides.a.name, found[0].gone),
        (&"other".into(), None)
    );
    assert_eq!(sync.counts(&customer()).unwrap().tombstones, 0);
}

fn a_document_that_comes_back_takes_its_name_again(file: &StateFile) {
    let sync = sync_of(file);
    let mut buried = stored_pairs(&sync, vec![tombstone("C-1", Side::A, 1)]).remove(0);
    let mut follower = stored_pairs(&sync, vec![named_pair("C-1", "another", 7)]).remove(1);
    buried.gone = None;
    let refused = sync.commit(&pairs_batch(vec![buried.clone()])).unwrap_err();
    assert!(
        refused.to_string().contains("with `another` already"),
        "{refused}"
    );
    follower.sides.a.name = "C-2".into();
    sync.commit(&pairs_batch(vec![buried.clone(), follower.clone()]))
        .unwrap();
    assert_eq!(
        sync.pairs(&customer(), Side::A, &names(&["C-1", "C-2"]))
            .unwrap(),
        [buried, follower]
    );
}

fn two_documents_may_be_gone_under_one_name(file: &StateFile) {
    let sync = sync_of(file);
    for (other, second) in [("x", 1), ("y", 2), ("z", 3)] {
        let mut pair = named_pair("C-1", other, second);
        pair.gone = (second < 3).then_some(Side::A);
        sync.commit(&pairs_batch(vec![pair])).unwrap();
    }
    let found = sync
        .counterparts(&customer(), Side::A, &names(&["C-1"]))
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].other, "z");
}

fn tombstones_are_counted_apart(file: &StateFile) {
    let sync = sync_of(file);
    let mut open = pair("open", 1);
    open.open = true;
    let mut open_tombstone = tombstone("buried", Side::A, 2);
    open_tombstone.open = true;
    sync.commit(&Batch {
        pairs: vec![
            open,
            open_tombstone,
            tombstone("half", Side::B, 3),
            pair("settled", 4),
        ],
        again: vec![
            (customer(), Side::A, todo("half", 3)),
            (customer(), Side::A, todo("buried", 2)),
            (customer(), Side::A, todo("open", 1)),
        ],
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(
        sync.counts(&customer()).unwrap(),
        MappingCounts {
            pairs: 2,
            tombstones: 2,
            open: 1,
            todo: 3,
            ..MappingCounts::default()
        }
    );
    assert_eq!(sync.changed_pairs(&customer(), Side::A).unwrap(), (1, 2));
}

fn an_open_tombstone_is_never_queued(file: &StateFile) {
    let sync = sync_of(file);
    let mut pairs = vec![
        tombstone("a", Side::A, 1),
        tombstone("b", Side::B, 2),
        pair("c", 3),
    ];
    for pair in &mut pairs {
        pair.open = true;
    }
    sync.commit(&pairs_batch(pairs)).unwrap();
    assert_eq!(sync.requeue(&customer(), moment(0), true).unwrap(), 1);
    let queued = sync.todos(&customer(), Side::A, 0, 9).unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0].key.name, "c");
}

fn the_latest_modified_is_of_a_document_that_is_there(file: &StateFile) {
    let sync = sync_of(file);
    stored_pairs(&sync, vec![pair("C-1", 1), tombstone("C-2", Side::A, 2)]);
    assert_eq!(
        sync.latest_modified(&customer(), Side::A).unwrap(),
        Some(site_time(2))
    );
}
