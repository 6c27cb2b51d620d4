//! Intents, parked documents, conflicts and counts.

use frappe_sync_model::{
    Batch, ConflictState, FieldPath, IntentKind, MappingCounts, Parked, ParkedCause, RunId, Side,
    StateStore,
};

use crate::tests::sample::{
    conflict, customer, intent, item, key, moment, names, pair, parked, site_time, stored_pairs,
    sync_of, todo,
};
use crate::{ConflictFilter, StateFile};

on_every_kind_of_state! {
    a_new_state_is_empty
    intents_stay_until_they_are_resolved
    parking_keeps_the_first_time
    an_open_conflict_keeps_its_number
    a_decided_conflict_becomes_history
    counts_are_of_one_mapping
}

fn a_new_state_is_empty(file: &StateFile) {
    let sync = sync_of(file);
    assert_eq!(sync.mapping(&customer()).unwrap(), None);
    assert_eq!(sync.note("meta").unwrap(), None);
    assert_eq!(sync.cursor(&customer(), Side::A).unwrap(), None);
    assert_eq!(sync.todos(&customer(), Side::A, 0, 10).unwrap(), []);
    assert_eq!(
        sync.pairs(&customer(), Side::A, &names(&["x"])).unwrap(),
        []
    );
    assert_eq!(sync.changed_pairs(&customer(), Side::B).unwrap(), (0, 0));
    assert_eq!(sync.latest_modified(&customer(), Side::A).unwrap(), None);
    assert_eq!(sync.requeue(&customer(), moment(0), true).unwrap(), 0);
    assert_eq!(sync.open_intents().unwrap(), []);
    assert_eq!(sync.parked(None).unwrap(), []);
    assert_eq!(sync.open_conflicts().unwrap(), []);
    assert_eq!(sync.conflicts(ConflictFilter::All, 9).unwrap(), []);
    assert_eq!(sync.conflict(1).unwrap(), None);
    assert_eq!(sync.counts(&customer()).unwrap(), MappingCounts::default());
    assert_eq!(sync.runs(10).unwrap(), []);
    assert_eq!(sync.journal("run-1").unwrap(), []);
    assert!(sync.mappings().unwrap().is_empty());
    assert!(file.syncs().unwrap().is_empty());
    assert_eq!(sync.state_id(), file.state_id());
}

fn intents_stay_until_they_are_resolved(file: &StateFile) {
    let sync = sync_of(file);
    let stored = stored_pairs(&sync, vec![pair("C-9", 1)]).remove(0);
    let mut update = intent("C-9");
    update.kind = IntentKind::Update {
        pair: stored.id.unwrap(),
        name: "C-9-b".into(),
        base: site_time(4),
    };
    let mut intents = vec![intent("C-1"), update, intent("C-2")];
    let ids = sync.begin(&intents).unwrap();
    for (intent, id) in intents.iter_mut().zip(&ids) {
        intent.id = Some(*id);
    }
    assert_eq!(sync.open_intents().unwrap(), intents);
    let resolved = Batch {
        intents_done: vec![ids[2], ids[0]],
        ..Batch::default()
    };
    sync.commit(&resolved).unwrap();
    sync.commit(&resolved).unwrap();
    assert_eq!(sync.open_intents().unwrap(), [intents.remove(1)]);
    let later = sync.begin(&[intent("C-3")]).unwrap();
    assert!(
        later[0] > ids[2],
        "the number of a resolved intent is never given again"
    );
}

fn parking_keeps_the_first_time(file: &StateFile) {
    let sync = sync_of(file);
    let park = |document| {
        sync.commit(&Batch {
            park: vec![document],
            ..Batch::default()
        })
        .unwrap();
    };
    park(parked("C-1", 10));
    let again = Parked {
        attempts: 2,
        since: moment(500),
        retry_at: moment(600),
        cause: ParkedCause::NotPermitted,
        message: "no".to_owned(),
        key: key("C-1", 8),
        ..parked("C-1", 10)
    };
    park(again.clone());
    let expected = Parked {
        since: moment(1),
        ..again
    };
    assert_eq!(sync.parked(None).unwrap(), std::slice::from_ref(&expected));
    assert_eq!(sync.parked(Some(&customer())).unwrap(), [expected]);
    assert_eq!(sync.parked(Some(&item())).unwrap(), []);
    sync.commit(&Batch {
        unpark: vec![
            (customer(), Side::B, "C-1".into()),
            (customer(), Side::A, "C-1".into()),
        ],
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(sync.parked(None).unwrap(), []);
}

fn an_open_conflict_keeps_its_number(file: &StateFile) {
    let sync = sync_of(file);
    let found = |conflicts| {
        sync.commit(&Batch {
            conflicts,
            ..Batch::default()
        })
        .unwrap();
    };
    found(vec![conflict("C-1", "x"), conflict("C-1", "y")]);
    let first = sync.open_conflicts().unwrap();
    let mut newer = conflict("C-1", "x");
    newer.run = RunId::from("run-2");
    newer.users.b = "eve@example.com".to_owned();
    found(vec![newer.clone()]);
    newer.id = first[0].id;
    assert_eq!(
        sync.open_conflicts().unwrap(),
        [newer.clone(), first[1].clone()]
    );
    sync.commit(&Batch {
        conflicts_over: vec![
            (customer(), "C-1".into(), FieldPath::Field("y".into())),
            (customer(), "C-7".into(), FieldPath::Field("y".into())),
        ],
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(sync.open_conflicts().unwrap(), [newer]);
}

fn a_decided_conflict_becomes_history(file: &StateFile) {
    let sync = sync_of(file);
    let mut decided = conflict("C-1", "x");
    decided.state = ConflictState::Decided(Side::B);
    for conflict in [conflict("C-1", "x"), decided.clone(), decided] {
        sync.commit(&Batch {
            conflicts: vec![conflict],
            ..Batch::default()
        })
        .unwrap();
    }
    assert_eq!(sync.open_conflicts().unwrap(), []);
    let history = sync.conflict_history(&customer(), &"C-1".into()).unwrap();
    assert_eq!(history.len(), 2);
    assert!(
        history
            .iter()
            .all(|conflict| conflict.state == ConflictState::Decided(Side::B))
    );
}

fn counts_are_of_one_mapping(file: &StateFile) {
    let sync = sync_of(file);
    let mut open = pair("C-1", 1);
    open.open = true;
    let mut decided = conflict("C-2", "x");
    decided.state = ConflictState::Decided(Side::A);
    sync.commit(&Batch {
        pairs: vec![open, pair("C-2", 2)],
        again: vec![
            (customer(), Side::A, todo("C-1", 1)),
            (customer(), Side::B, todo("C-1", 1)),
            (item(), Side::A, todo("I-1", 1)),
        ],
        park: vec![parked("C-3", 1)],
        conflicts: vec![conflict("C-1", "x"), decided],
        ..Batch::default()
    })
    .unwrap();
    sync.begin(&[intent("C-4"), intent("C-5")]).unwrap();
    assert_eq!(
        sync.counts(&customer()).unwrap(),
        MappingCounts {
            pairs: 2,
            tombstones: 0,
            open: 1,
            parked: 1,
            conflicts: 1,
            todo: 2,
            intents: 2,
        }
    );
    assert_eq!(
        sync.counts(&item()).unwrap(),
        MappingCounts {
            todo: 1,
            ..MappingCounts::default()
        }
    );
}
