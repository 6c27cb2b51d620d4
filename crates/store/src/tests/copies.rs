//! Copies of a state, kept or thrown away.

use std::fs;

use frappe_sync_model::{Batch, StateStore};

use crate::StateFile;
use crate::tests::sample::{
    customer, journal_entry, pair, pairs_batch, stored_pairs, sync_of, temporary,
};

fn batch() -> Batch {
    Batch {
        pairs: vec![pair("C-1", 1)],
        journal: vec![journal_entry("C-1", 1)],
        ..Batch::default()
    }
}

#[test]
fn a_copy_is_a_whole_state() {
    let (_folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    sync_of(&file).commit(&batch()).unwrap();
    let copy_path = path.with_file_name("copy.db");
    file.copy_to(&copy_path).unwrap();
    sync_of(&file)
        .commit(&pairs_batch(vec![pair("later", 2)]))
        .unwrap();
    let copy = StateFile::open_existing(&copy_path).unwrap();
    assert_eq!(copy.state_id(), file.state_id());
    let sync = sync_of(&copy);
    assert_eq!(sync.fingerprint_key(), sync_of(&file).fingerprint_key());
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 1);
    assert_eq!(sync.journal("run-1").unwrap(), batch().journal);
    #[cfg(unix)]
    for path in [&copy_path, &copy_path.with_extension("journal.db")] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_copy_overwrites_nothing() {
    let (_folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    let target = path.with_file_name("taken.db");
    fs::write(&target, b"something").unwrap();
    let refused = file.copy_to(&target).unwrap_err();
    assert!(refused.to_string().contains("taken.db"), "{refused}");
    assert_eq!(fs::read(&target).unwrap(), b"something");
}

#[test]
fn a_state_in_memory_can_be_kept() {
    let (_folder, path) = temporary();
    let file = StateFile::in_memory().unwrap();
    sync_of(&file).commit(&batch()).unwrap();
    file.copy_to(&path).unwrap();
    let kept = StateFile::open(&path).unwrap();
    assert_eq!(kept.state_id(), file.state_id());
    assert_eq!(sync_of(&kept).journal("run-1").unwrap(), batch().journal);
}

#[test]
fn what_is_decided_on_a_throw_away_copy_is_forgotten() {
    let (folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    let before = stored_pairs(&sync_of(&file), vec![pair("C-1", 1)]);
    let files = || fs::read_dir(folder.path()).unwrap().count();
    let files_before = files();
    let scratch = file.scratch_copy().unwrap();
    assert_eq!(files(), files_before);
    assert_eq!(scratch.path(), None);
    assert_eq!(scratch.state_id(), file.state_id());
    let sync = sync_of(&scratch);
    assert_eq!(sync.pairs_after(&customer(), None, 9).unwrap(), before);
    sync.commit(&pairs_batch(vec![pair("C-2", 2), pair("C-2", 3)]))
        .unwrap_err();
    sync.commit(&Batch {
        pairs: vec![pair("C-2", 2)],
        ..batch()
    })
    .unwrap();
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 2);
    assert_eq!(sync.journal("run-1").unwrap().len(), 1);
    let original = sync_of(&file);
    assert_eq!(original.pairs_after(&customer(), None, 9).unwrap(), before);
    assert_eq!(original.journal("run-1").unwrap(), []);
    // The original goes on while the copy is in use, and the copy after the original is closed.
    sync_of(&file)
        .commit(&pairs_batch(vec![pair("C-3", 3)]))
        .unwrap();
    drop((file, original));
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 2);
}
