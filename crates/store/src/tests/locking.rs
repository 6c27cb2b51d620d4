//! One run of a sync at a time.

use frappe_sync_model::SyncName;

use crate::tests::sample::temporary;
use crate::{LockError, StateFile};

fn refuses_a_second_run(file: &StateFile, other_handle: &StateFile) -> String {
    let sync = SyncName::from("hq-branch");
    let lock = file.lock(&sync).unwrap();
    let refused = other_handle.lock(&sync).unwrap_err();
    let other = file.lock(&SyncName::from("another sync")).unwrap();
    drop((lock, other));
    drop(other_handle.lock(&sync).unwrap());
    assert!(matches!(refused, LockError::Held { .. }));
    refused.to_string()
}

#[test]
fn a_sync_in_a_file_runs_once_at_a_time() {
    let (_folder, path) = temporary();
    let (file, other) = (
        StateFile::open(&path).unwrap(),
        StateFile::open(&path).unwrap(),
    );
    let message = refuses_a_second_run(&file, &other);
    let start = format!(
        "sync `hq-branch` is being run by process {} on ",
        std::process::id()
    );
    assert!(message.starts_with(&start), "{message}");
    assert!(message.contains(" since 20"), "{message}");
}

#[test]
fn a_sync_in_memory_runs_once_at_a_time() {
    let file = StateFile::in_memory().unwrap();
    refuses_a_second_run(&file, &file.clone());
    let elsewhere = StateFile::in_memory().unwrap();
    let sync = SyncName::from("hq-branch");
    let lock = file.lock(&sync).unwrap();
    drop(elsewhere.lock(&sync).unwrap());
    drop(lock);
}

#[test]
fn the_name_of_a_sync_stays_inside_the_folder() {
    let (folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    let lock = file.lock(&SyncName::from("../a/b")).unwrap();
    let locks: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".lock"))
        .collect();
    assert_eq!(locks, ["frappe-sync.db.%2E%2E%2Fa%2Fb.lock"]);
    drop(lock);
}
