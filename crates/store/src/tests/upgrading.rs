//! Files of released versions.

use std::path::Path;

use frappe_sync_model::{
    Baseline, ConflictState, MappingCounts, Pair, PairId, Side, StateStore, Todo, TodoReason,
};
use rusqlite::Connection;

use crate::database::{self, IfNew, Kind, STATE};
use crate::migrations;
use crate::tests::sample::{
    customer, named_pair, names, pair, pairs_batch, stored_pairs, sync_of, temporary, todo,
};
use crate::{ConflictFilter, OpenError, StateFile};

/// The state file as version 1 knows it.
const VERSION_1: Kind = Kind {
    migrations: migrations::STATE.split_at(1).0,
    ..STATE
};

/// Work as version 1 leaves it: pairs, of which one is open, a queue, something parked, an open and a
/// decided conflict. A baseline of the bytes `01 00 00 00 00` has nothing in it.
const WORK: &str = "
    INSERT INTO identity VALUES (1, 'kept', zeroblob(32));
    INSERT INTO syncs VALUES (1, 'hq-branch');
    INSERT INTO mappings (id, sync, name) VALUES (1, 1, 'Customer');
    INSERT INTO words VALUES (1, 'clerk@example.com');
    INSERT INTO pairs VALUES
        (3, 1, 'C-1', 'C-1-b', 1767225601000000, 1767226601000000, 1, 1, 1767225602000000,
            1767226602000000, 0, x'0100000000'),
        (5, 1, 'C-2', 'C-2-b', 1767225602000000, 1767226602000000, 1, 1, 1767225603000000,
            1767226603000000, 1, x'0100000000');
    INSERT INTO todos VALUES
        (1, 'a', 'C-9', 1767225610000000, 1767225609000000, 1, NULL, 'seen'),
        (1, 'b', 'C-2-b', 1767226603000000, 1767226602000000, 1, 4, 'deferred');
    INSERT INTO parked VALUES
        (1, 'b', 'C-3', NULL, NULL, 1, NULL, '{\"kind\":\"collision\"}', 'no', 1, 0, 0);
    INSERT INTO conflicts VALUES
        (7, 1, 'run-1', 'C-1', 'C-1-b', 'x', 'b', NULL, NULL, '', ''),
        (8, 1, 'run-1', 'C-2', 'C-2-b', 'x', NULL, NULL, NULL, '', '');";

fn make_version_1(path: &Path) {
    database::create_missing(path).unwrap();
    let connection = database::open_writable(path, &VERSION_1, IfNew::Initialise).unwrap();
    assert_eq!(migrations::version(&connection).unwrap(), 1);
    connection.execute_batch(WORK).unwrap();
}

/// What version 1 left of a pair.
fn expected(id: i64, name: &str, second: i64) -> Pair {
    Pair {
        id: Some(PairId(id)),
        baseline: Baseline::default(),
        ..pair(name, second)
    }
}

#[test]
fn nothing_of_version_1_is_lost() {
    let (_folder, path) = temporary();
    make_version_1(&path);
    let file = StateFile::open(&path).unwrap();
    file.check_integrity().unwrap();
    assert_eq!(file.state_id(), "kept");
    let sync = sync_of(&file);
    let mut open = expected(5, "C-2", 2);
    open.open = true;
    assert_eq!(
        sync.pairs_after(&customer(), None, 9).unwrap(),
        [expected(3, "C-1", 1), open]
    );
    let mut deferred = todo("C-2-b", 1002);
    deferred.key.lft = Some(4);
    deferred.reason = TodoReason::Deferred;
    let queue = |side| sync.todos(&customer(), side, 0, 9).unwrap();
    assert_eq!(queue(Side::A), [todo("C-9", 9)]);
    assert_eq!(queue(Side::B), [deferred]);
    assert_eq!(
        sync.counts(&customer()).unwrap(),
        MappingCounts {
            pairs: 2,
            tombstones: 0,
            open: 1,
            parked: 1,
            conflicts: 1,
            todo: 2,
            intents: 0,
        }
    );
    let states: Vec<_> = sync
        .conflicts(ConflictFilter::All, 9)
        .unwrap()
        .into_iter()
        .map(|conflict| (conflict.id, conflict.state))
        .collect();
    assert_eq!(
        states,
        [
            (Some(8), ConflictState::Open),
            (Some(7), ConflictState::Decided(Side::B))
        ]
    );
}

#[test]
fn a_file_of_version_1_takes_what_is_new() {
    let (_folder, path) = temporary();
    make_version_1(&path);
    let file = StateFile::open(&path).unwrap();
    let sync = sync_of(&file);
    let vanished = Todo {
        reason: TodoReason::Vanished,
        ..todo("C-1", 1)
    };
    sync.stage(&customer(), Side::A, std::slice::from_ref(&vanished), None)
        .unwrap();
    assert_eq!(
        sync.todos_for(&customer(), Side::A, TodoReason::Vanished, None, 9)
            .unwrap(),
        [vanished]
    );
    let mut buried = sync
        .pairs(&customer(), Side::A, &names(&["C-1"]))
        .unwrap()
        .remove(0);
    buried.gone = Some(Side::A);
    sync.commit(&pairs_batch(vec![buried])).unwrap();
    let stored = stored_pairs(&sync, vec![named_pair("C-1", "another", 9)]);
    assert_eq!(stored.len(), 3);
    assert!(
        stored[2].id > Some(PairId(5)),
        "numbers go on from those of version 1"
    );
}

#[test]
fn version_1_can_go_on_with_the_copy() {
    let (_folder, path) = temporary();
    make_version_1(&path);
    drop(StateFile::open(&path).unwrap());
    let copy = path.with_extension("db.v1.bak");
    let connection = database::open_writable(&copy, &VERSION_1, IfNew::Refuse).unwrap();
    let pairs: i64 = connection
        .query_row("SELECT count(*) FROM pairs", [], |row| row.get(0))
        .unwrap();
    assert_eq!(pairs, 2);
}

#[test]
fn version_1_is_not_upgraded_by_a_reader() {
    let (_folder, path) = temporary();
    make_version_1(&path);
    let refused = StateFile::open_read_only(&path).unwrap_err();
    assert!(
        matches!(refused, OpenError::Outdated { found: 1, .. }),
        "{refused:?}"
    );
    let connection = Connection::open(&path).unwrap();
    assert_eq!(migrations::version(&connection).unwrap(), 1);
}

#[test]
fn several_may_upgrade_a_file_at_the_same_time() {
    for _ in 0..10 {
        let (_folder, path) = temporary();
        make_version_1(&path);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let file = StateFile::open(&path).unwrap();
                    assert_eq!(sync_of(&file).counts(&customer()).unwrap().pairs, 2);
                });
            }
        });
        let copy = Connection::open(path.with_extension("db.v1.bak")).unwrap();
        assert_eq!(migrations::version(&copy).unwrap(), 1);
    }
}
