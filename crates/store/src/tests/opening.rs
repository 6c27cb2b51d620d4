//! What is opened, what is made, and what is refused.

use std::fs;
use std::path::Path;
use std::thread;

use frappe_sync_model::{FingerprintKey, Side, StateStore};
use rusqlite::Connection;

use crate::tests::sample::{
    customer, names, pair, pairs_batch, stored_pairs, sync_of, temporary, todo,
};
use crate::{OpenError, StateFile, SyncState};

/// Makes a state file with 300 pairs in it and nothing in its write-ahead log.
fn filled(path: &Path) -> String {
    let file = StateFile::open(path).unwrap();
    let pairs = (0..300).map(|n| pair(&format!("C-{n}"), n)).collect();
    sync_of(&file).commit(&pairs_batch(pairs)).unwrap();
    file.state_id().to_owned()
}

#[test]
fn a_state_survives_being_closed() {
    let (_folder, path) = temporary();
    let (id, key, stored) = {
        let file = StateFile::open(&path).unwrap();
        let sync = sync_of(&file);
        let stored = stored_pairs(&sync, vec![pair("C-1", 1)]);
        (sync.state_id(), sync.fingerprint_key(), stored)
    };
    let file = StateFile::open(&path).unwrap();
    let sync = sync_of(&file);
    assert_eq!(sync.state_id(), id);
    assert_eq!(sync.fingerprint_key(), key);
    assert_eq!(sync.pairs_after(&customer(), None, 9).unwrap(), stored);
}

#[test]
fn every_state_has_an_identity_of_its_own() {
    let (one, two) = (
        StateFile::in_memory().unwrap(),
        StateFile::in_memory().unwrap(),
    );
    assert_ne!(one.state_id(), two.state_id());
    assert_ne!(
        sync_of(&one).fingerprint_key(),
        sync_of(&two).fingerprint_key()
    );
    let given = StateFile::in_memory_with("seed-1", FingerprintKey::new([7; 32])).unwrap();
    assert_eq!(given.state_id(), "seed-1");
    assert_eq!(
        sync_of(&given).fingerprint_key(),
        FingerprintKey::new([7; 32])
    );
}

#[test]
fn handles_may_be_shared_between_threads() {
    fn assert_shared<T: Send + Sync + 'static>() {}
    assert_shared::<StateFile>();
    assert_shared::<SyncState>();
}

#[test]
fn folders_are_made_and_files_are_private() {
    let (folder, _) = temporary();
    let path = folder.path().join("deep/er/state.db");
    let file = StateFile::open(&path).unwrap();
    sync_of(&file)
        .commit(&pairs_batch(vec![pair("C-1", 1)]))
        .unwrap();
    assert_eq!(file.path(), Some(path.as_path()));
    assert_eq!(
        file.journal_path(),
        Some(path.with_file_name("state.journal.db").as_path())
    );
    let lock = file.lock(&"s".into()).unwrap();
    #[cfg(unix)]
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
    }
    drop(lock);
}

#[test]
fn reading_makes_no_file() {
    let (folder, path) = temporary();
    for opened in [
        StateFile::open_existing(&path),
        StateFile::open_read_only(&path),
    ] {
        assert!(matches!(opened, Err(OpenError::NotInitialised { .. })));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_state_that_is_only_read_cannot_be_written() {
    let (_folder, path) = temporary();
    let id = filled(&path);
    let file = StateFile::open_read_only(&path).unwrap();
    let sync = sync_of(&file);
    assert_eq!(file.state_id(), id);
    assert_eq!(sync.counts(&customer()).unwrap().pairs, 300);
    assert_eq!(sync.journal("run-1").unwrap(), []);
    let refused = sync
        .stage(&customer(), Side::A, &[todo("x", 1)], None)
        .unwrap_err();
    let expected = format!(
        "state file `{}`: could not queue documents: it cannot be written; \
         give this user the right to write it and its folder",
        path.display()
    );
    assert_eq!(refused.to_string(), expected);
}

#[test]
fn a_reader_sees_what_a_run_has_committed() {
    let (_folder, path) = temporary();
    let running = StateFile::open(&path).unwrap();
    let status = StateFile::open_read_only(&path).unwrap();
    for n in 1..4 {
        sync_of(&running)
            .commit(&pairs_batch(vec![pair(&format!("C-{n}"), n)]))
            .unwrap();
        let pairs = sync_of(&status).pairs_after(&customer(), None, 9).unwrap();
        assert_eq!(pairs.len(), usize::try_from(n).unwrap());
    }
}

#[test]
fn handles_on_one_file_learn_each_others_words() {
    let (_folder, path) = temporary();
    let handles = [
        StateFile::open(&path).unwrap(),
        StateFile::open(&path).unwrap(),
    ];
    for (n, handle) in handles.iter().cycle().take(6).enumerate() {
        let mut pair = pair(&format!("C-{n}"), 1);
        pair.sides.a.owner = format!("user-{n}");
        sync_of(handle).commit(&pairs_batch(vec![pair])).unwrap();
    }
    for handle in &handles {
        let found = sync_of(handle)
            .pairs(&customer(), Side::A, &names(&["C-4", "C-5"]))
            .unwrap();
        let owners: Vec<_> = found.iter().map(|pair| &*pair.sides.a.owner).collect();
        assert_eq!(owners, ["user-4", "user-5"]);
    }
}

#[test]
fn several_may_make_a_state_at_the_same_time() {
    // Who comes second to the change to WAL is turned away at once; many rounds, since few of them collide.
    for _ in 0..40 {
        let (_folder, path) = temporary();
        let ids: Vec<String> = thread::scope(|scope| {
            let makers: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| StateFile::open(&path).unwrap().state_id().to_owned()))
                .collect();
            makers
                .into_iter()
                .map(|maker| maker.join().unwrap())
                .collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]));
    }
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let (_folder, path) = temporary();
    filled(&path);
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 9).unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();
    for opened in [
        StateFile::open(&path),
        StateFile::open_existing(&path),
        StateFile::open_read_only(&path),
    ] {
        let refused = opened.unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                "`{}` is of version 9, and this frappe-sync knows versions up to 3: \
                 upgrade frappe-sync",
                path.display()
            )
        );
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_journal_is_refused() {
    let (_folder, path) = temporary();
    filled(&path);
    let journal = path.with_extension("journal.db");
    let connection = Connection::open(&journal).unwrap();
    connection.pragma_update(None, "user_version", 9).unwrap();
    drop(connection);
    let refused = StateFile::open(&path).unwrap_err();
    assert!(matches!(refused, OpenError::Newer { path, .. } if path == journal));
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    let (_folder, path) = temporary();
    filled(&path);
    let whole = fs::read(&path).unwrap();
    for length in [whole.len() - 4096, whole.len() / 2, 4096 + 100] {
        fs::write(&path, &whole[..length]).unwrap();
        for opened in [StateFile::open(&path), StateFile::open_read_only(&path)] {
            let refused = opened.unwrap_err();
            assert!(
                matches!(refused, OpenError::Damaged { .. }),
                "{length}: {refused:?}"
            );
        }
        assert_eq!(fs::read(&path).unwrap(), &whole[..length], "{length}");
    }
    fs::write(&path, &whole[..50]).unwrap();
    StateFile::open(&path).unwrap_err();
}

#[test]
fn an_emptied_file_is_not_taken_for_a_new_one() {
    let (_folder, path) = temporary();
    filled(&path);
    fs::write(&path, b"").unwrap();
    for opened in [
        StateFile::open(&path),
        StateFile::open_existing(&path),
        StateFile::open_read_only(&path),
    ] {
        assert!(matches!(opened, Err(OpenError::Damaged { .. })));
    }
    fs::remove_file(path.with_extension("journal.db")).unwrap();
    assert!(matches!(
        StateFile::open_existing(&path),
        Err(OpenError::NotInitialised { .. })
    ));
    drop(StateFile::open(&path).unwrap());
}

#[test]
fn files_of_others_are_refused_and_left_alone() {
    let (_folder, path) = temporary();
    let foreign = Connection::open(&path).unwrap();
    foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(foreign);
    let database = fs::read(&path).unwrap();
    let text = b"version: 1\nsites: these are not the bytes of a database\n".repeat(100);
    for content in [database, text] {
        fs::write(&path, &content).unwrap();
        for opened in [StateFile::open(&path), StateFile::open_read_only(&path)] {
            assert!(matches!(opened, Err(OpenError::NotAStateFile { .. })));
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    let journal = {
        let (other_folder, other) = temporary();
        filled(&other);
        (other.with_extension("journal.db"), other_folder)
    };
    assert!(matches!(
        StateFile::open(&journal.0),
        Err(OpenError::NotAStateFile { .. })
    ));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let (folder, _) = temporary();
    let in_the_way = folder.path().join("state");
    fs::write(&in_the_way, b"a file").unwrap();
    let refused = StateFile::open(in_the_way.join("frappe-sync.db")).unwrap_err();
    assert!(refused.to_string().contains("state"), "{refused}");
    let refused = StateFile::open(folder.path()).unwrap_err();
    assert!(matches!(refused, OpenError::IsFolder { .. }), "{refused:?}");
    assert_eq!(
        refused.to_string(),
        format!(
            "`{}` is a folder: name a file under `state`",
            folder.path().display()
        )
    );
}

/// Where the user may write everywhere, as the superuser may, there is nothing to refuse.
#[cfg(unix)]
#[test]
fn a_read_only_folder_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = temporary();
    filled(&path);
    let set_mode = |mode| {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(0o500);
    let may_write_everywhere = fs::write(folder.path().join("probe"), b"").is_ok();
    let existing = StateFile::open(&path);
    let new = StateFile::open(folder.path().join("new.db"));
    set_mode(0o700);
    if may_write_everywhere {
        return;
    }
    assert!(
        matches!(existing, Err(OpenError::NoAccess { .. })),
        "{existing:?}"
    );
    assert!(matches!(new, Err(OpenError::NotCreated { .. })), "{new:?}");
}
