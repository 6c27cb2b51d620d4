//! What is left when a write fails in its middle, or the process ends between two.

use frappe_sync_model::{Batch, Side, StateError, StateStore};
use rusqlite::TransactionBehavior;

use crate::session::Session;
use crate::shared::Databases;
use crate::tests::sample::{
    conflict, customer, intent, journal_entry, key, named_pair, names, pair, pairs_batch, parked,
    stored_pairs, sync_of, temporary, todo,
};
use crate::{StateFile, SyncState, commit};

/// A batch that does everything, and in the middle of its pairs something that cannot be.
fn batch_with_collision() -> Batch {
    Batch {
        pairs: vec![
            pair("before", 5),
            named_pair("C-1", "someone else", 6),
            pair("after", 7),
        ],
        done: vec![(customer(), Side::A, "queued".into())],
        again: vec![(customer(), Side::A, todo("again", 1))],
        park: vec![parked("parked", 1)],
        conflicts: vec![conflict("C-1", "x")],
        journal: vec![journal_entry("C-1", 1)],
        ..Batch::default()
    }
}

/// Everything that a state shows, to be compared.
fn seen(sync: &SyncState) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        sync.pairs_after(&customer(), None, usize::MAX).unwrap(),
        sync.todos(&customer(), Side::A, 0, usize::MAX).unwrap(),
        sync.counts(&customer()).unwrap(),
        sync.parked(None).unwrap(),
        sync.open_conflicts().unwrap(),
        sync.journal("run-1").unwrap(),
    )
}

#[test]
fn a_batch_with_a_second_pair_of_a_document_leaves_nothing() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    stored_pairs(&sync, vec![pair("C-1", 1)]);
    sync.stage(&customer(), Side::A, &[todo("queued", 1)], None)
        .unwrap();
    let before = seen(&sync);
    let refused = sync.commit(&batch_with_collision()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "state in memory: could not commit a step: mapping `Customer` cannot pair `C-1` on a with \
         `someone else` on b, because it pairs `C-1` with `C-1-b` already"
    );
    assert_eq!(seen(&sync), before);
    let mut batch = batch_with_collision();
    batch.pairs.remove(1);
    sync.commit(&batch).unwrap();
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 3);
}

#[test]
fn a_document_of_b_is_in_one_pair_too() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let refused = sync
        .commit(&pairs_batch(vec![
            named_pair("x", "same", 1),
            named_pair("y", "same", 2),
        ]))
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("cannot pair `y` on a with `same` on b, because it pairs `x` with `same`"),
        "{refused}"
    );
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 0);
}

#[test]
fn a_pair_without_a_row_is_told() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let mut stored = stored_pairs(&sync, vec![pair("C-1", 1)]).remove(0);
    stored.mapping = "Item".into();
    let refused = sync.commit(&pairs_batch(vec![stored])).unwrap_err();
    assert!(
        refused.to_string().contains("mapping `Item` has no pair 1"),
        "{refused}"
    );
}

#[test]
fn a_killed_process_leaves_what_was_committed() {
    let (_folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    let sync = sync_of(&file);
    stored_pairs(&sync, vec![pair("C-1", 1)]);
    sync.begin(&[intent("C-2")]).unwrap();
    // A copy of the files while they are open is what a killed process leaves.
    let (_other_folder, other) = temporary();
    for extension in ["db", "db-wal", "journal.db", "journal.db-wal"] {
        std::fs::copy(
            path.with_extension(extension),
            other.with_extension(extension),
        )
        .unwrap();
    }
    let survived = StateFile::open(&other).unwrap();
    assert_eq!(seen(&sync_of(&survived)), seen(&sync));
    assert_eq!(sync_of(&survived).open_intents().unwrap().len(), 1);
}

#[test]
fn a_crash_between_journal_and_commit_leaves_an_entry_too_many() {
    let (_folder, path) = temporary();
    let batch = Batch {
        pairs: vec![pair("C-1", 1)],
        journal: vec![journal_entry("C-1", 1)],
        ..Batch::default()
    };
    {
        let file = StateFile::open(&path).unwrap();
        let mut databases = file.shared().databases();
        let Databases {
            state,
            journal,
            names,
        } = &mut *databases;
        let transaction = state
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .unwrap();
        let sync = "hq-branch".into();
        commit::write(
            &mut Session::new(&transaction, journal, names, &sync),
            &batch,
        )
        .unwrap();
        // Dropped without a commit, as when the process ends here.
    }
    let file = StateFile::open(&path).unwrap();
    let sync = sync_of(&file);
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 0);
    assert_eq!(sync.journal("run-1").unwrap(), batch.journal);
    sync.commit(&batch).unwrap();
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 1);
    assert_eq!(sync.journal("run-1").unwrap(), batch.journal);
}

/// Forbids one of the two databases to grow beyond `more` pages.
fn fill_disk(file: &StateFile, journal: bool, more: i64) {
    let databases = file.shared().databases();
    let database = if journal {
        &databases.journal
    } else {
        &databases.state
    };
    let pages: i64 = database
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    database
        .query_row(
            &format!("PRAGMA max_page_count = {}", pages + more),
            [],
            |_| Ok(()),
        )
        .unwrap();
}

fn assert_disk_full(error: &StateError, file: &str) {
    let message = error.to_string();
    assert!(message.starts_with(file), "{message}");
    assert!(
        message.ends_with(
            "the disk is full, and nothing of this step was kept; free some space and run again"
        ),
        "{message}"
    );
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let (_folder, path) = temporary();
    for more in 0..8 {
        let file = StateFile::open(&path).unwrap();
        let sync = sync_of(&file);
        let before = seen(&sync);
        fill_disk(&file, false, more);
        let batch = Batch {
            pairs: (0..200)
                .map(|n| pair(&format!("C-{more}-{n}"), n))
                .collect(),
            journal: vec![journal_entry("C-1", more)],
            park: vec![parked("P-1", 1)],
            ..Batch::default()
        };
        let refused = sync.commit(&batch).unwrap_err();
        assert_disk_full(&refused, "state file `");
        assert_eq!(seen(&sync), before);
        let todos: Vec<_> = (0..2000).map(|n| todo(&format!("T-{n}"), n)).collect();
        let refused = sync.stage(&customer(), Side::A, &todos, None).unwrap_err();
        assert_disk_full(&refused, "state file `");
        assert_eq!(seen(&sync), before);
        fill_disk(&file, false, 10_000);
        sync.commit(&batch).unwrap();
        assert_eq!(
            sync.counts(&customer()).unwrap().pairs,
            200 * (more.unsigned_abs() + 1)
        );
    }
}

#[test]
fn a_full_disk_under_the_journal_keeps_the_step_from_being_committed() {
    let (_folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    let sync = sync_of(&file);
    let before = seen(&sync);
    fill_disk(&file, true, 0);
    let mut entry = journal_entry("C-1", 1);
    entry.lost = serde_json::Value::from("long ".repeat(10_000));
    let batch = Batch {
        pairs: vec![pair("C-1", 1)],
        journal: vec![entry],
        ..Batch::default()
    };
    let refused = sync.commit(&batch).unwrap_err();
    assert_disk_full(&refused, "journal `");
    assert_eq!(seen(&sync), before);
    fill_disk(&file, true, 10_000);
    sync.commit(&batch).unwrap();
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 1);
    assert_eq!(sync.journal("run-1").unwrap(), batch.journal);
    file.check_integrity().unwrap();
}

/// Whatever the page at which there is no room, and whatever the batch does then.
#[test]
fn a_full_disk_leaves_what_is_forgotten_and_renamed_as_it_was() {
    let (_folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    let sync = sync_of(&file);
    let mut stored = stored_pairs(&sync, (0..50).map(|n| pair(&format!("C-{n}"), n)).collect());
    let forgotten = stored.split_off(40);
    for pair in &mut stored {
        pair.sides.a.name = format!("renamed {}", "long ".repeat(40)).into();
        pair.sides.a.name = format!("{} {}", pair.sides.a.name, pair.sides.b.name).into();
    }
    let queue: Vec<_> = (0..50).map(|n| todo(&format!("C-{n}"), n)).collect();
    sync.stage(&customer(), Side::A, &queue, None).unwrap();
    let before = seen(&sync);
    let batch = Batch {
        forget: forgotten.iter().filter_map(|pair| pair.id).collect(),
        ..pairs_batch(stored)
    };
    for more in 0..3 {
        fill_disk(&file, false, more);
        assert_disk_full(&sync.commit(&batch).unwrap_err(), "state file `");
        assert_eq!(seen(&sync), before);
    }
    fill_disk(&file, false, 10_000);
    sync.commit(&batch).unwrap();
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 40);
    assert_eq!(sync.counts(&customer()).unwrap().todo, 40);
    file.check_integrity().unwrap();
}

#[test]
fn names_first_met_in_a_failed_step_can_be_used_later() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    sync.commit(&pairs_batch(vec![pair("same", 1), pair("same", 2)]))
        .unwrap_err();
    assert!(file.syncs().unwrap().is_empty());
    let stored = stored_pairs(&sync, vec![pair("C-1", 1)]);
    assert_eq!(
        sync.pairs(&customer(), Side::A, &names(&["C-1"])).unwrap(),
        stored
    );
    assert_eq!(stored[0].sides.a.owner, key("C-1", 1).owner);
}
