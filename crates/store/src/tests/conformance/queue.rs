//! The queue, and where reading stands.

use frappe_sync_model::{Batch, Cursor, MappingState, Side, StateStore, TodoReason};
use serde_json::json;

use crate::StateFile;
use crate::tests::sample::{
    customer, item, key, moment, names, pair, pairs_batch, parked, site_time, sync_of, todo,
};

on_every_kind_of_state! {
    a_mapping_is_remembered_and_replaced
    staging_queues_and_moves_the_cursor
    a_queued_document_takes_the_newer_key
    trees_come_by_lft_and_others_by_creation
    the_queue_is_read_in_parts
    what_is_queued_for_a_reason_comes_by_name
    dropped_cursors_leave_the_other_mapping_alone
    requeue_takes_open_pairs_and_due_documents
    requeue_keeps_a_newer_key
    done_and_again_leaves_a_document_queued
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

fn what_is_queued_for_a_reason_comes_by_name(file: &StateFile) {
    let sync = sync_of(file);
    let vanished = |name: &str, second| {
        let mut todo = todo(name, second);
        todo.reason = TodoReason::Vanished;
        todo
    };
    let wanted = [vanished("b", 9), vanished("d", 1), vanished("e", 5)];
    let mut all = vec![todo("a", 1), todo("c", 2), vanished("f", 3)];
    all.extend(wanted.iter().rev().cloned());
    sync.stage(&customer(), Side::A, &all, None).unwrap();
    sync.stage(&customer(), Side::B, &[vanished("b", 1)], None)
        .unwrap();
    // It was seen after all.
    sync.stage(&customer(), Side::A, &[todo("f", 3)], None)
        .unwrap();
    let read = |after: Option<&str>, limit| {
        let after = after.map(Into::into);
        sync.todos_for(
            &customer(),
            Side::A,
            TodoReason::Vanished,
            after.as_ref(),
            limit,
        )
        .unwrap()
    };
    assert_eq!(read(None, usize::MAX), wanted);
    assert_eq!(read(None, 2), wanted[..2]);
    assert_eq!(read(Some("b"), 9), wanted[1..]);
    assert_eq!(read(Some("c"), 1), wanted[1..2]);
    assert_eq!(read(Some("e"), 9), []);
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
