//! Pairs, and who is whose counterpart.

use frappe_sync_model::{
    Counterpart, Pair, PairId, Side, SiteTime, StateStore, SyncName, TodoReason,
};

use crate::StateFile;
use crate::tests::sample::{
    customer, item, named_pair, names, pair, pairs_batch, site_time, stored_pairs, sync_of, todo,
    tombstone,
};

on_every_kind_of_state! {
    pairs_are_found_from_both_sides
    a_stored_pair_is_replaced_in_its_row
    pairs_are_walked_through_by_row
    names_are_compared_byte_by_byte
    a_name_asked_for_twice_is_answered_once
    counterparts_are_seen_from_the_side_asked
    counterparts_are_found_by_creation
    the_latest_modified_is_the_greatest_moment
    changed_pairs_counts_only_paired_documents
    counterparts_are_walked_through_by_row
    the_documents_settled_last_come_first
    documents_without_a_moment_were_not_settled_last
}

fn pairs_are_found_from_both_sides(file: &StateFile) {
    let sync = sync_of(file);
    let mut odd = pair("odd", 3);
    odd.open = true;
    odd.sides.a.modified = None;
    odd.sides.b.creation = None;
    odd.sides.b.modified = Some(SiteTime::new("not a moment"));
    odd.sides.b.owner = String::new();
    sync.commit(&pairs_batch(vec![pair("C-1", 1), odd.clone()]))
        .unwrap();
    let found = sync
        .pairs(&customer(), Side::A, &names(&["odd", "missing", "C-1"]))
        .unwrap();
    odd.id = found[0].id;
    let first = Pair {
        id: found[1].id,
        ..pair("C-1", 1)
    };
    assert_eq!(found, [odd.clone(), first]);
    assert_eq!(
        sync.pairs(&customer(), Side::B, &names(&["odd-b"]))
            .unwrap(),
        [odd]
    );
    assert_eq!(
        sync.pairs(&item(), Side::B, &names(&["odd-b"])).unwrap(),
        []
    );
}

fn a_stored_pair_is_replaced_in_its_row(file: &StateFile) {
    let sync = sync_of(file);
    let mut stored = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    let id = stored.id;
    stored.sides.a.name = "renamed".into();
    stored.sides.b.modified = Some(site_time(99));
    stored.open = true;
    stored.baseline.fields.clear();
    sync.commit(&pairs_batch(vec![stored.clone()])).unwrap();
    assert_eq!(
        sync.pairs(&customer(), Side::A, &names(&["C-1", "renamed"]))
            .unwrap(),
        [stored.clone()]
    );
    assert_eq!(stored.id, id);
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 1);
}

fn pairs_are_walked_through_by_row(file: &StateFile) {
    let sync = sync_of(file);
    for chunk in 0..5 {
        let mut of_item = pair(&format!("I-{chunk}"), chunk);
        of_item.mapping = item();
        sync.commit(&pairs_batch(vec![
            pair(&format!("C-{chunk}"), chunk),
            of_item,
        ]))
        .unwrap();
    }
    let mut walked: Vec<PairId> = Vec::new();
    loop {
        let part = sync
            .pairs_after(&customer(), walked.last().copied(), 2)
            .unwrap();
        if part.is_empty() {
            break;
        }
        assert!(part.iter().all(|pair| pair.mapping == customer()));
        walked.extend(part.iter().filter_map(|pair| pair.id));
    }
    assert_eq!(walked.len(), 5);
    assert!(walked.is_sorted());
}

fn names_are_compared_byte_by_byte(file: &StateFile) {
    let sync = sync_of(file);
    let spellings = ["acme", "ACME", "acme ", "açme", "acme\0", "%", "'; --"];
    let pairs = spellings
        .iter()
        .zip(0..)
        .map(|(name, second)| pair(name, second))
        .collect();
    sync.commit(&pairs_batch(pairs)).unwrap();
    for name in spellings {
        let found = sync
            .counterparts(&customer(), Side::A, &names(&[name]))
            .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].other, *format!("{name}-b").as_str());
    }
}

fn a_name_asked_for_twice_is_answered_once(file: &StateFile) {
    let sync = sync_of(file);
    stored_pairs(&sync, vec![pair("C-1", 1), pair("C-2", 2)]);
    let asked = names(&["C-2", "C-1", "C-2"]);
    let found: Vec<_> = sync
        .counterparts(&customer(), Side::A, &asked)
        .unwrap()
        .into_iter()
        .map(|counterpart| counterpart.name)
        .collect();
    assert_eq!(found, names(&["C-2", "C-1"]));
    assert_eq!(sync.pairs(&customer(), Side::A, &asked).unwrap().len(), 2);
    let many: Vec<_> = (0..5000).map(|n| format!("C-{n}").into()).collect();
    assert_eq!(sync.pairs(&customer(), Side::A, &many).unwrap().len(), 2);
}

fn counterparts_are_seen_from_the_side_asked(file: &StateFile) {
    let sync = sync_of(file);
    let mut open = pair("C-1", 1);
    open.open = true;
    open.sides.b.owner = "manager@example.com".to_owned();
    let stored = stored_pairs(&sync, vec![open]).remove(0);
    for side in Side::BOTH {
        let this = &stored.sides[side];
        let other = &stored.sides[side.other()];
        let found = sync
            .counterparts(&customer(), side, std::slice::from_ref(&this.name))
            .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(Some(found[0].pair), stored.id);
        assert_eq!(
            (&found[0].name, &found[0].other, found[0].open),
            (&this.name, &other.name, true)
        );
        assert_eq!(
            (&found[0].modified, &found[0].creation, &found[0].owner),
            (&this.modified, &this.creation, &this.owner)
        );
        assert_eq!(found[0].gone, None);
    }
}

fn counterparts_are_found_by_creation(file: &StateFile) {
    let sync = sync_of(file);
    let mut odd = pair("odd", 0);
    odd.sides.a.creation = Some(SiteTime::new("2026-01-01 0:00:00"));
    stored_pairs(
        &sync,
        vec![
            pair("C-1", 1),
            named_pair("twin", "twin", 1),
            pair("C-2", 2),
            odd.clone(),
        ],
    );
    let asked = [
        site_time(1),
        site_time(1),
        site_time(77),
        odd.sides.a.creation.clone().unwrap(),
    ];
    let found: Vec<_> = sync
        .counterparts_by_creation(&customer(), Side::A, &asked)
        .unwrap()
        .into_iter()
        .map(|counterpart| counterpart.name)
        .collect();
    assert_eq!(found, names(&["C-1", "twin", "odd"]));
    let across = sync
        .counterparts_by_creation(&customer(), Side::B, &[site_time(1002)])
        .unwrap();
    assert_eq!(across.len(), 1);
    assert_eq!(across[0].other, "C-2");
}

fn the_latest_modified_is_the_greatest_moment(file: &StateFile) {
    let sync = sync_of(file);
    let with_modified = |name: &str, text: &str| {
        let mut pair = pair(name, 1);
        pair.sides.a.modified = Some(SiteTime::new(text));
        pair
    };
    let latest = || sync.latest_modified(&customer(), Side::A).unwrap();
    sync.commit(&pairs_batch(vec![with_modified("text", "zzz")]))
        .unwrap();
    assert_eq!(latest(), None, "text that is no moment is not the latest");
    sync.commit(&pairs_batch(vec![
        with_modified("older", "2026-05-01 10:00:00"),
        with_modified("newer", "2026-05-01 10:00:00.000001"),
    ]))
    .unwrap();
    assert_eq!(latest(), Some(SiteTime::new("2026-05-01 10:00:00.000001")));
    sync.commit(&pairs_batch(vec![with_modified(
        "short",
        "2026-05-01 10:00:00.5",
    )]))
    .unwrap();
    assert_eq!(latest(), Some(SiteTime::new("2026-05-01 10:00:00.5")));
}

fn changed_pairs_counts_only_paired_documents(file: &StateFile) {
    let sync = sync_of(file);
    stored_pairs(&sync, vec![pair("C-1", 1), pair("C-2", 2), pair("C-3", 3)]);
    let mut vanished = todo("C-2", 2);
    vanished.reason = TodoReason::Vanished;
    let todos = [todo("C-1", 1), vanished, todo("C-3", 3), todo("new", 4)];
    sync.stage(&customer(), Side::A, &todos, None).unwrap();
    assert_eq!(sync.changed_pairs(&customer(), Side::A).unwrap(), (2, 3));
    assert_eq!(sync.changed_pairs(&customer(), Side::B).unwrap(), (0, 3));
}

fn counterparts_are_walked_through_by_row(file: &StateFile) {
    let sync = sync_of(file);
    let mut of_item = pair("I-1", 9);
    of_item.mapping = item();
    let stored = stored_pairs(
        &sync,
        vec![
            pair("z", 1),
            of_item,
            tombstone("y", Side::A, 2),
            tombstone("x", Side::B, 3),
        ],
    );
    for side in Side::BOTH {
        let mut walked = Vec::new();
        loop {
            let last = walked.last().map(|found: &Counterpart| found.pair);
            let part = sync.counterparts_after(&customer(), side, last, 2).unwrap();
            if part.is_empty() {
                break;
            }
            walked.extend(part);
        }
        let seen: Vec<_> = walked
            .iter()
            .map(|found| (Some(found.pair), &found.name, &found.other, found.gone))
            .collect();
        let expected: Vec<_> = stored
            .iter()
            .map(|pair| {
                let (this, other) = (&pair.sides[side], &pair.sides[side.other()]);
                (pair.id, &this.name, &other.name, pair.gone)
            })
            .collect();
        assert_eq!(seen, expected);
    }
}

fn the_documents_settled_last_come_first(file: &StateFile) {
    let sync = sync_of(file);
    assert_eq!(sync.last_settled(Side::A, 9).unwrap(), []);
    let mut of_item = pair("I-1", 50);
    of_item.mapping = item();
    of_item.sides.a.owner = "keeper@example.com".to_owned();
    let mut twin = pair("twin", 2);
    twin.mapping = item();
    sync.commit(&pairs_batch(vec![
        pair("C-1", 1),
        pair("C-2", 2),
        named_pair("same moment", "x", 2),
        tombstone("buried", Side::A, 70),
        tombstone("half", Side::B, 80),
        of_item.clone(),
        twin,
    ]))
    .unwrap();
    stored_pairs(&file.sync(&SyncName::from("other")), vec![pair("C-9", 99)]);
    let last = sync.last_settled(Side::A, 9).unwrap();
    assert_eq!(last[0], (item(), of_item.sides.a));
    let order: Vec<_> = last.iter().map(|(_, side)| side.name.as_str()).collect();
    assert_eq!(order, ["I-1", "same moment", "C-2", "twin", "C-1"]);
    assert_eq!(sync.last_settled(Side::A, 2).unwrap(), last[..2]);
    let across = sync.last_settled(Side::B, 1).unwrap();
    assert_eq!(across, [(item(), of_item.sides.b)]);
}

fn documents_without_a_moment_were_not_settled_last(file: &StateFile) {
    let sync = sync_of(file);
    let with_modified = |name: &str, modified: Option<&str>| {
        let mut pair = pair(name, 1);
        pair.sides.a.modified = modified.map(SiteTime::new);
        pair
    };
    sync.commit(&pairs_batch(vec![
        with_modified("none", None),
        with_modified("text", Some("zzz")),
        with_modified("usual", Some("2026-05-01 10:00:00")),
        with_modified("short", Some("2026-05-01 10:00:00.5")),
        with_modified("later", Some("2026-05-01 10:00:01")),
    ]))
    .unwrap();
    let order: Vec<_> = sync
        .last_settled(Side::A, 9)
        .unwrap()
        .into_iter()
        .map(|(_, side)| side.name)
        .collect();
    assert_eq!(order, names(&["later", "short", "usual"]));
}
