//! States that are moved out of the way.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeZone, Utc};
use frappe_sync_model::{Batch, StateStore, SyncName};
use rusqlite::Connection;

use crate::tests::sample::{
    customer, journal_entry, pair, pairs_batch, stored_pairs, sync_of, temporary,
};
use crate::{LockError, OpenError, SetAsideError, StateFile};

fn at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 31, 23, 59, 58).unwrap()
}

/// Makes a state with a pair and a journal entry, and a lock file of a run that is over.
fn filled(path: &Path) -> String {
    let file = StateFile::open(path).unwrap();
    drop(file.lock(&SyncName::from("hq-branch")).unwrap());
    sync_of(&file)
        .commit(&Batch {
            journal: vec![journal_entry("C-1", 1)],
            ..pairs_batch(vec![pair("C-1", 1)])
        })
        .unwrap();
    file.state_id().to_owned()
}

/// The names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_state_that_is_set_aside_is_whole_and_makes_room_for_a_new_one() {
    let (folder, path) = temporary();
    let id = filled(&path);
    let aside = StateFile::set_aside(&path, at()).unwrap();
    assert_eq!(
        aside.state,
        Some(path.with_file_name("frappe-sync.20260131T235958Z.db"))
    );
    assert_eq!(
        aside.journal,
        Some(path.with_file_name("frappe-sync.20260131T235958Z.journal.db"))
    );
    assert_eq!(
        files(folder.path()),
        [
            "frappe-sync.20260131T235958Z.db",
            "frappe-sync.20260131T235958Z.journal.db",
            "frappe-sync.db.hq-branch.lock",
        ]
    );
    let new = StateFile::open(&path).unwrap();
    assert_ne!(new.state_id(), id);
    assert_eq!(sync_of(&new).counts(&customer()).unwrap().pairs, 0);
    assert_eq!(sync_of(&new).journal("run-1").unwrap(), []);
    let old = StateFile::open_read_only(aside.state.unwrap()).unwrap();
    assert_eq!(old.state_id(), id);
    assert_eq!(sync_of(&old).counts(&customer()).unwrap().pairs, 1);
    assert_eq!(sync_of(&old).journal("run-1").unwrap().len(), 1);
}

#[test]
fn what_a_killed_run_committed_goes_with_it() {
    let (_folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    stored_pairs(&sync_of(&file), vec![pair("C-1", 1)]);
    let (_other_folder, other) = temporary();
    for extension in ["db", "db-wal", "journal.db", "journal.db-wal"] {
        fs::copy(
            path.with_extension(extension),
            other.with_extension(extension),
        )
        .unwrap();
    }
    let aside = StateFile::set_aside(&other, at()).unwrap().state.unwrap();
    let old = StateFile::open(aside).unwrap();
    assert_eq!(sync_of(&old).counts(&customer()).unwrap().pairs, 1);
    let new = StateFile::open(&other).unwrap();
    assert_eq!(sync_of(&new).counts(&customer()).unwrap().pairs, 0);
}

#[test]
fn a_damaged_state_is_set_aside_as_it_is() {
    for length in [0, 100, 3 * 4096 + 7] {
        let (_folder, path) = temporary();
        filled(&path);
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(length);
        bytes.iter_mut().take(50).for_each(|byte| *byte = b'x');
        fs::write(&path, &bytes).unwrap();
        StateFile::open(&path).unwrap_err();
        let aside = StateFile::set_aside(&path, at()).unwrap();
        assert_eq!(fs::read(aside.state.unwrap()).unwrap(), bytes);
        drop(StateFile::open(&path).unwrap());
    }
}

#[test]
fn a_state_in_use_stays() {
    let (folder, path) = temporary();
    filled(&path);
    let file = StateFile::open(&path).unwrap();
    let before = files(folder.path());
    let refused = StateFile::set_aside(&path, at()).unwrap_err();
    assert!(
        matches!(refused, SetAsideError::Refused(OpenError::Busy { .. })),
        "{refused:?}"
    );
    assert_eq!(files(folder.path()), before);
    // It was not harmed.
    stored_pairs(&sync_of(&file), vec![pair("C-2", 2)]);
    let lock = file.lock(&SyncName::from("a/b %")).unwrap();
    let refused = StateFile::set_aside(&path, at()).unwrap_err();
    match &refused {
        SetAsideError::Locked(LockError::Held { sync, .. }) => assert_eq!(*sync, "a/b %"),
        other => panic!("{other:?}"),
    }
    drop((lock, file));
    StateFile::set_aside(&path, at()).unwrap();
}

#[test]
fn what_is_there_already_is_not_overwritten() {
    let (folder, path) = temporary();
    filled(&path);
    let taken = path.with_file_name("frappe-sync.20260131T235958Z.journal.db");
    fs::write(&taken, b"something").unwrap();
    let before = files(folder.path());
    let refused = StateFile::set_aside(&path, at()).unwrap_err();
    assert!(
        matches!(&refused, SetAsideError::Exists { path } if *path == taken),
        "{refused:?}"
    );
    assert_eq!(files(folder.path()), before);
}

#[test]
fn files_of_others_and_what_is_not_there_are_left_alone() {
    let (folder, path) = temporary();
    let refused = StateFile::set_aside(&path, at()).unwrap_err();
    assert!(
        matches!(
            refused,
            SetAsideError::Refused(OpenError::NotInitialised { .. })
        ),
        "{refused:?}"
    );
    let foreign = Connection::open(&path).unwrap();
    foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(foreign);
    let refused = StateFile::set_aside(&path, at()).unwrap_err();
    assert!(
        matches!(
            refused,
            SetAsideError::Refused(OpenError::NotAStateFile { .. })
        ),
        "{refused:?}"
    );
    assert_eq!(files(folder.path()), ["frappe-sync.db"]);
}

#[test]
fn a_journal_without_a_state_is_set_aside_too() {
    let (_folder, path) = temporary();
    filled(&path);
    fs::remove_file(&path).unwrap();
    let aside = StateFile::set_aside(&path, at()).unwrap();
    assert_eq!(aside.state, None);
    assert!(aside.journal.unwrap().exists());
}

#[test]
fn a_state_without_an_extension_keeps_its_journal() {
    let (folder, _) = temporary();
    let path: PathBuf = folder.path().join("state");
    filled(&path);
    let aside = StateFile::set_aside(&path, at()).unwrap().state.unwrap();
    assert_eq!(aside, path.with_file_name("state.20260131T235958Z.db"));
    let old = StateFile::open_read_only(aside).unwrap();
    assert_eq!(sync_of(&old).journal("run-1").unwrap().len(), 1);
}

/// As when the process ends after the state file was moved, and before its log was.
#[test]
fn a_log_that_stays_behind_is_not_taken_for_a_part_of_the_new_state() {
    let (_folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    stored_pairs(&sync_of(&file), vec![pair("C-1", 1)]);
    let (_other_folder, other) = temporary();
    fs::copy(
        path.with_extension("db-wal"),
        other.with_extension("db-wal"),
    )
    .unwrap();
    let new = StateFile::open(&other).unwrap();
    assert_ne!(new.state_id(), file.state_id());
    assert_eq!(sync_of(&new).counts(&customer()).unwrap().pairs, 0);
    new.check_integrity().unwrap();
}
