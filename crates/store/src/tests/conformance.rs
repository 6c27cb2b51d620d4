//! What the trait promises, on every kind of state.

use std::collections::BTreeSet;

use frappe_sync_model::{
    Batch, ConflictState, Cursor, FieldPath, IntentKind, MappingCounts, MappingState, PairId,
    RunId, RunOutcome, RunRecord, Side, SiteTime, StateStore, SyncName, TodoReason,
};
use serde_json::json;

use crate::tests::sample::{
    conflict, customer, intent, item, journal_entry, key, moment, named_pair, names, pair,
    pairs_batch, parked, site_time, stored_pairs, sync_of, temporary, todo,
};
use crate::{StateFile, SyncState};

/// Runs every check on a state in memory, in a file, and in a throw-away copy.
macro_rules! on_every_kind_of_state {
    ($($check:ident)+) => {
        mod memory {
            $(#[test]
            fn $check() {
                let file = crate::StateFile::in_memory().unwrap();
                super::$check(&file);
            })+
        }

        mod file {
            $(#[test]
            fn $check() {
                let (_folder, path) = super::temporary();
                let file = crate::StateFile::open(path).unwrap();
                super::$check(&file);
            })+
        }

        mod scratch_copy {
            $(#[test]
            fn $check() {
                let (_folder, path) = super::temporary();
                let file = crate::StateFile::open(path).unwrap().scratch_copy().unwrap();
                super::$check(&file);
            })+
        }
    };
}

on_every_kind_of_state! {
    a_new_state_is_empty
    a_mapping_is_remembered_and_replaced
    notes_are_kept_apart_by_sync
    staging_queues_and_moves_the_cursor
    a_queued_document_takes_the_newer_key
    trees_come_by_lft_and_others_by_creation
    the_queue_is_read_in_parts
    dropped_cursors_leave_the_other_mapping_alone
    pairs_are_found_from_both_sides
    a_stored_pair_is_replaced_in_its_row
    pairs_are_walked_through_by_row
    names_are_compared_byte_by_byte
    a_name_asked_for_twice_is_answered_once
    counterparts_are_seen_from_the_side_asked
    counterparts_are_found_by_creation
    the_latest_modified_is_the_greatest_moment
    changed_pairs_counts_only_paired_documents
    requeue_takes_open_pairs_and_due_documents
    requeue_keeps_a_newer_key
    intents_stay_until_they_are_resolved
    parking_keeps_the_first_time
    an_open_conflict_keeps_its_number
    a_decided_conflict_becomes_history
    done_and_again_leaves_a_document_queued
    counts_are_of_one_mapping
    a_run_is_remembered_as_started_and_as_ended
    the_journal_is_read_by_run_and_by_document
    a_journal_entry_is_added_once
    syncs_do_not_see_each_other
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
    assert_eq!(sync.counts(&customer()).unwrap(), MappingCounts::default());
    assert_eq!(sync.runs(10).unwrap(), []);
    assert_eq!(sync.journal("run-1").unwrap(), []);
    assert!(sync.mappings().unwrap().is_empty());
    assert!(file.syncs().unwrap().is_empty());
    assert_eq!(sync.state_id(), file.state_id());
}

fn a_mapping_is_remembered_and_replaced(file: &StateFile) {
    let sync = sync_of(file);
    let mut state = MappingState {
        effective: json!({"z": 1, "a": [true, null, 0.1]}),
        schema: "v1".to_owned(),
        complete: false,
    };
    sync.put_mapping(&customer(), &state).unwrap();
    state.complete = true;
    sync.put_mapping(&customer(), &state).unwrap();
    assert_eq!(sync.mapping(&customer()).unwrap(), Some(state));
    sync.stage(&item(), Side::A, &[todo("x", 1)], None).unwrap();
    assert_eq!(
        sync.mapping(&item()).unwrap(),
        None,
        "a mapping that only has work was never remembered"
    );
    assert_eq!(sync.mappings().unwrap(), [customer(), item()]);
}

fn notes_are_kept_apart_by_sync(file: &StateFile) {
    let (sync, other) = (sync_of(file), file.sync(&SyncName::from("other")));
    sync.put_note("meta", &json!({"stamp": 1})).unwrap();
    sync.put_note("meta", &json!({"stamp": 2})).unwrap();
    assert_eq!(sync.note("meta").unwrap(), Some(json!({"stamp": 2})));
    assert_eq!(other.note("meta").unwrap(), None);
}

fn staging_queues_and_moves_the_cursor(file: &StateFile) {
    let sync = sync_of(file);
    let cursor = Cursor {
        modified: site_time(7),
        name: Some("C-1".into()),
        time_zone: "Asia/Kolkata".to_owned(),
    };
    sync.stage(&customer(), Side::A, &[todo("C-1", 1)], Some(&cursor))
        .unwrap();
    assert_eq!(
        sync.cursor(&customer(), Side::A).unwrap(),
        Some(cursor.clone())
    );
    assert_eq!(sync.cursor(&customer(), Side::B).unwrap(), None);
    sync.stage(&customer(), Side::A, &[], None).unwrap();
    assert_eq!(
        sync.cursor(&customer(), Side::A).unwrap(),
        Some(cursor),
        "staging without a cursor leaves it where it is"
    );
    let moved = Cursor {
        modified: site_time(9),
        name: None,
        time_zone: "UTC".to_owned(),
    };
    sync.stage(&customer(), Side::A, &[], Some(&moved)).unwrap();
    assert_eq!(sync.cursor(&customer(), Side::A).unwrap(), Some(moved));
    assert_eq!(
        sync.todos(&customer(), Side::A, 0, 10).unwrap(),
        [todo("C-1", 1)]
    );
}

fn a_queued_document_takes_the_newer_key(file: &StateFile) {
    let sync = sync_of(file);
    let mut newer = todo("C-1", 5);
    newer.reason = TodoReason::Deferred;
    newer.key.lft = Some(3);
    newer.key.owner = "someone else".to_owned();
    sync.stage(&customer(), Side::A, &[todo("C-1", 1)], None)
        .unwrap();
    sync.stage(&customer(), Side::A, std::slice::from_ref(&newer), None)
        .unwrap();
    assert_eq!(
        sync.queued(&customer(), Side::A, &names(&["C-1", "C-2"]))
            .unwrap(),
        [newer]
    );
    assert_eq!(
        sync.queued(&customer(), Side::B, &names(&["C-1"])).unwrap(),
        []
    );
}

fn trees_come_by_lft_and_others_by_creation(file: &StateFile) {
    let sync = sync_of(file);
    let mut in_tree = [todo("leaf", 1), todo("root", 9), todo("branch", 5)];
    for (todo, lft) in in_tree.iter_mut().zip([3, 1, 2]) {
        todo.key.lft = Some(lft);
    }
    sync.stage(&item(), Side::A, &in_tree, None).unwrap();
    let mut flat = [todo("c", 3), todo("b", 2), todo("a", 3), todo("unknown", 0)];
    flat[3].key.creation = None;
    flat[3].key.modified = None;
    sync.stage(&customer(), Side::A, &flat, None).unwrap();
    let order = |mapping| -> Vec<String> {
        sync.todos(&mapping, Side::A, 0, 10)
            .unwrap()
            .iter()
            .map(|todo| todo.key.name.to_string())
            .collect()
    };
    assert_eq!(order(item()), ["root", "branch", "leaf"]);
    assert_eq!(order(customer()), ["unknown", "b", "a", "c"]);
}

fn the_queue_is_read_in_parts(file: &StateFile) {
    let sync = sync_of(file);
    let all: Vec<_> = (0..25)
        .map(|second| todo(&format!("C-{second:02}"), second))
        .collect();
    sync.stage(&customer(), Side::B, &all, None).unwrap();
    let mut read = Vec::new();
    loop {
        let part = sync.todos(&customer(), Side::B, read.len(), 10).unwrap();
        if part.is_empty() {
            break;
        }
        read.extend(part);
    }
    assert_eq!(read, all);
    assert_eq!(
        sync.todos(&customer(), Side::B, 0, usize::MAX).unwrap(),
        all
    );
}

fn dropped_cursors_leave_the_other_mapping_alone(file: &StateFile) {
    let sync = sync_of(file);
    let cursor = Cursor {
        modified: site_time(1),
        name: None,
        time_zone: "UTC".to_owned(),
    };
    for mapping in [customer(), item()] {
        for side in Side::BOTH {
            sync.stage(&mapping, side, &[todo("x", 1)], Some(&cursor))
                .unwrap();
        }
    }
    sync.drop_cursors(&customer()).unwrap();
    for side in Side::BOTH {
        assert_eq!(sync.cursor(&customer(), side).unwrap(), None);
        assert_eq!(sync.cursor(&item(), side).unwrap(), Some(cursor.clone()));
        assert_eq!(sync.todos(&customer(), side, 0, 9).unwrap().len(), 1);
    }
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
    let first = frappe_sync_model::Pair {
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
            (&found[0].modified, &found[0].creation),
            (&this.modified, &this.creation)
        );
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
    let todos = [todo("C-1", 1), todo("C-3", 3), todo("new", 4)];
    sync.stage(&customer(), Side::A, &todos, None).unwrap();
    assert_eq!(sync.changed_pairs(&customer(), Side::A).unwrap(), (2, 3));
    assert_eq!(sync.changed_pairs(&customer(), Side::B).unwrap(), (0, 3));
}

fn requeue_takes_open_pairs_and_due_documents(file: &StateFile) {
    let sync = sync_of(file);
    let mut open = pair("open", 1);
    open.open = true;
    sync.commit(&Batch {
        pairs: vec![open, pair("settled", 2)],
        park: vec![parked("due", 10), parked("later", 20)],
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(sync.requeue(&customer(), moment(10), false).unwrap(), 2);
    let a = sync.todos(&customer(), Side::A, 0, 10).unwrap();
    assert_eq!(a.len(), 1);
    assert_eq!(a[0].key, key("open", 1));
    assert_eq!(a[0].reason, TodoReason::OpenPair);
    let b = sync.todos(&customer(), Side::B, 0, 10).unwrap();
    assert_eq!(b.len(), 1);
    assert_eq!(b[0].key, key("due", 5));
    assert_eq!(b[0].reason, TodoReason::ParkedDue);
    assert_eq!(sync.requeue(&customer(), moment(0), true).unwrap(), 1);
    assert_eq!(sync.counts(&customer()).unwrap().todo, 3);
}

fn requeue_keeps_a_newer_key(file: &StateFile) {
    let sync = sync_of(file);
    let mut open = pair("C-1", 1);
    open.open = true;
    sync.commit(&pairs_batch(vec![open])).unwrap();
    sync.stage(&customer(), Side::A, &[todo("C-1", 50)], None)
        .unwrap();
    assert_eq!(sync.requeue(&customer(), moment(0), true).unwrap(), 0);
    assert_eq!(
        sync.todos(&customer(), Side::A, 0, 10).unwrap(),
        [todo("C-1", 50)]
    );
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
    let again = frappe_sync_model::Parked {
        attempts: 2,
        since: moment(500),
        retry_at: moment(600),
        cause: frappe_sync_model::ParkedCause::NotPermitted,
        message: "no".to_owned(),
        key: key("C-1", 8),
        ..parked("C-1", 10)
    };
    park(again.clone());
    let expected = frappe_sync_model::Parked {
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

fn done_and_again_leaves_a_document_queued(file: &StateFile) {
    let sync = sync_of(file);
    sync.stage(
        &customer(),
        Side::A,
        &[todo("C-1", 1), todo("C-2", 2)],
        None,
    )
    .unwrap();
    let mut deferred = todo("C-2", 2);
    deferred.reason = TodoReason::Deferred;
    sync.commit(&Batch {
        done: vec![
            (customer(), Side::A, "C-1".into()),
            (customer(), Side::A, "C-2".into()),
            (customer(), Side::B, "C-9".into()),
        ],
        again: vec![(customer(), Side::A, deferred.clone())],
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(sync.todos(&customer(), Side::A, 0, 10).unwrap(), [deferred]);
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

fn run(id: &str, second: i64) -> RunRecord {
    RunRecord {
        run: RunId::from(id),
        started: moment(second),
        finished: None,
        outcome: None,
        report: json!({}),
    }
}

fn a_run_is_remembered_as_started_and_as_ended(file: &StateFile) {
    let sync = sync_of(file);
    for (id, second) in [("r1", 1), ("r2", 2), ("r3", 3)] {
        sync.put_run(&run(id, second)).unwrap();
    }
    let ended = RunRecord {
        finished: Some(moment(9)),
        outcome: Some(RunOutcome::Partial),
        report: json!({"format": "frappe-sync/run@1", "seconds": 1.5}),
        ..run("r2", 2)
    };
    sync.put_run(&ended).unwrap();
    assert_eq!(
        sync.runs(10).unwrap(),
        [run("r3", 3), ended.clone(), run("r1", 1)]
    );
    assert_eq!(sync.runs(1).unwrap(), [run("r3", 3)]);
}

fn the_journal_is_read_by_run_and_by_document(file: &StateFile) {
    let sync = sync_of(file);
    let mut of_run_2 = journal_entry("C-1", 5);
    of_run_2.run = RunId::from("run-2");
    let entries = vec![
        journal_entry("C-2", 9),
        journal_entry("C-1", 1),
        of_run_2.clone(),
    ];
    sync.commit(&Batch {
        journal: entries.clone(),
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(sync.journal("run-1").unwrap(), entries[..2]);
    assert_eq!(sync.journal("run-2").unwrap(), [of_run_2.clone()]);
    assert_eq!(
        sync.journal_of(&"Customer".into(), &"C-1".into()).unwrap(),
        [entries[1].clone(), of_run_2]
    );
}

fn a_journal_entry_is_added_once(file: &StateFile) {
    let sync = sync_of(file);
    let batch = Batch {
        journal: vec![journal_entry("C-1", 1), journal_entry("C-1", 2)],
        ..Batch::default()
    };
    sync.commit(&batch).unwrap();
    sync.commit(&batch).unwrap();
    assert_eq!(sync.journal("run-1").unwrap(), batch.journal);
}

fn syncs_do_not_see_each_other(file: &StateFile) {
    let fill = |sync: &SyncState| {
        sync.commit(&Batch {
            pairs: vec![pair("C-1", 1)],
            again: vec![(customer(), Side::A, todo("C-1", 1))],
            park: vec![parked("C-2", 1)],
            conflicts: vec![conflict("C-1", "x")],
            journal: vec![journal_entry("C-1", 1)],
            ..Batch::default()
        })
        .unwrap();
        sync.begin(&[intent("C-3")]).unwrap();
        sync.put_run(&run("r", 1)).unwrap();
    };
    let names: BTreeSet<_> = ["one", "two"].map(SyncName::from).into();
    for name in &names {
        fill(&file.sync(name));
    }
    for name in &names {
        let sync = file.sync(name);
        assert_eq!(sync.counts(&customer()).unwrap().pairs, 1);
        assert_eq!(sync.todos(&customer(), Side::A, 0, 9).unwrap().len(), 1);
        assert_eq!(sync.parked(None).unwrap().len(), 1);
        assert_eq!(sync.open_conflicts().unwrap().len(), 1);
        assert_eq!(sync.open_intents().unwrap().len(), 1);
        assert_eq!(sync.runs(9).unwrap().len(), 1);
        assert_eq!(sync.journal("run-1").unwrap().len(), 1);
    }
    assert_eq!(file.syncs().unwrap(), names.into_iter().collect::<Vec<_>>());
}
