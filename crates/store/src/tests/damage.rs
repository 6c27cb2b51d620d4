//! Files that are broken: each is told, with what can be done about it.

use std::fs;
use std::path::Path;

use frappe_sync_model::{Batch, Side, StateStore};
use rusqlite::Connection;

use crate::tests::sample::{
    customer, journal_entry, pair, pairs_batch, stored_pairs, sync_of, temporary,
};
use crate::{OpenError, StateFile};

/// The size of a page, as SQLite chooses it.
const PAGE: usize = 4096;

/// Makes a state with 300 pairs and 300 journal entries, all in the files themselves.
fn filled(path: &Path) {
    let file = StateFile::open(path).unwrap();
    sync_of(&file)
        .commit(&Batch {
            journal: (0..300).map(|n| journal_entry("C-1", n)).collect(),
            ..pairs_batch((0..300).map(|n| pair(&format!("C-{n}"), n)).collect())
        })
        .unwrap();
}

/// Changes the bytes of a file.
fn damage(path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, &bytes).unwrap();
    bytes
}

/// Overwrites a page in the last quarter, where rows stand and nothing that is read to open the file.
fn break_a_page(path: &Path) {
    damage(path, |bytes| {
        let start = bytes.len() / PAGE * 3 / 4 * PAGE;
        bytes[start..start + PAGE].fill(0xA5);
    });
}

/// Opens a state in every way that there is.
fn open_all(path: &Path) -> [Result<StateFile, OpenError>; 3] {
    [
        StateFile::open(path),
        StateFile::open_existing(path),
        StateFile::open_read_only(path),
    ]
}

#[test]
fn a_sound_state_passes() {
    let (_folder, path) = temporary();
    filled(&path);
    for opened in open_all(&path) {
        opened.unwrap().check_integrity().unwrap();
    }
    StateFile::in_memory().unwrap().check_integrity().unwrap();
    let file = StateFile::open(&path).unwrap();
    file.scratch_copy().unwrap().check_integrity().unwrap();
}

#[test]
fn a_file_that_is_cut_in_the_middle_names_both_remedies() {
    let (_folder, path) = temporary();
    filled(&path);
    let bytes = damage(&path, |bytes| bytes.truncate(bytes.len() / 2));
    for opened in open_all(&path) {
        let refused = opened.unwrap_err();
        assert!(
            matches!(
                refused,
                OpenError::Damaged {
                    source: Some(_),
                    ..
                }
            ),
            "{refused:?}"
        );
        assert_eq!(
            refused.to_string(),
            format!(
                "`{}` is damaged or cut short: put a backup in its place before anything is run, \
                 or make it anew with `frappe-sync state rebuild`",
                path.display()
            )
        );
    }
    assert_eq!(fs::read(&path).unwrap(), bytes, "nothing was written to it");
}

#[test]
fn a_file_whose_head_was_overwritten_names_all_remedies() {
    let (_folder, path) = temporary();
    filled(&path);
    let bytes = damage(&path, |bytes| bytes[..100].fill(b'x'));
    for opened in open_all(&path) {
        let refused = opened.unwrap_err();
        assert!(
            matches!(
                refused,
                OpenError::NotAStateFile {
                    source: Some(_),
                    ..
                }
            ),
            "{refused:?}"
        );
        assert_eq!(
            refused.to_string(),
            format!(
                "`{}` is not a state file of frappe-sync: name another file under `state`; \
                 if it was one before, put a backup in its place, or make it anew with \
                 `frappe-sync state rebuild`",
                path.display()
            )
        );
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_folder_in_its_place_is_told() {
    let (_folder, path) = temporary();
    fs::create_dir(&path).unwrap();
    for opened in open_all(&path) {
        let refused = opened.unwrap_err();
        assert!(matches!(refused, OpenError::IsFolder { .. }), "{refused:?}");
    }
    let (_folder, path) = temporary();
    fs::create_dir(path.with_extension("journal.db")).unwrap();
    let refused = StateFile::open(&path).unwrap_err();
    assert!(
        matches!(&refused, OpenError::IsFolder { path } if path.ends_with("frappe-sync.journal.db")),
        "{refused:?}"
    );
}

#[test]
fn a_broken_journal_is_told_apart() {
    for change in [
        |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2),
        |bytes: &mut Vec<u8>| bytes[..100].fill(b'x'),
    ] {
        let (_folder, path) = temporary();
        filled(&path);
        let journal = path.with_extension("journal.db");
        damage(&journal, change);
        for opened in open_all(&path) {
            let refused = opened.unwrap_err();
            assert!(
                matches!(refused, OpenError::UnusableJournal { .. }),
                "{refused:?}"
            );
            assert_eq!(
                refused.to_string(),
                format!(
                    "`{}` is no journal of frappe-sync, or a damaged one: put a backup in its place, \
                     or move it away: a new one is made, without the values that were kept to be \
                     brought back",
                    journal.display()
                )
            );
        }
        // As it says.
        fs::rename(&journal, journal.with_extension("away")).unwrap();
        let file = StateFile::open(&path).unwrap();
        assert_eq!(sync_of(&file).counts(&customer()).unwrap().pairs, 300);
    }
}

/// Nowhere can a file be made, not even by the superuser.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_file_is_told() {
    let path = Path::new("/proc/frappe-sync.db");
    let refused = StateFile::open(path).unwrap_err();
    assert!(
        matches!(refused, OpenError::NotCreated { .. }),
        "{refused:?}"
    );
    assert_eq!(
        refused.to_string(),
        "`/proc/frappe-sync.db` cannot be made: check that its folder exists and that this user may \
         write to it"
    );
}

#[test]
fn broken_pages_are_found() {
    let (_folder, path) = temporary();
    filled(&path);
    break_a_page(&path);
    let file = StateFile::open_read_only(&path).unwrap();
    let told = file.check_integrity().unwrap_err();
    let remedy = "it is damaged; put a backup in its place, or make it anew with \
                  `frappe-sync state rebuild`";
    assert_eq!(
        told.to_string(),
        format!(
            "state file `{}`: could not pass the integrity check: {remedy}",
            path.display()
        )
    );
    assert!(told.source.is_some());
    // What comes upon it tells the same.
    let told = sync_of(&file)
        .pairs_after(&customer(), None, usize::MAX)
        .map(drop)
        .and_then(|()| sync_of(&file).last_settled(Side::A, 999).map(drop))
        .unwrap_err();
    assert!(told.to_string().ends_with(remedy), "{told}");
}

#[test]
fn broken_pages_of_the_journal_are_found() {
    let (_folder, path) = temporary();
    filled(&path);
    break_a_page(&path.with_extension("journal.db"));
    let told = StateFile::open(&path)
        .unwrap()
        .check_integrity()
        .unwrap_err();
    let message = told.to_string();
    assert!(message.starts_with("journal `"), "{message}");
    assert!(
        message.ends_with("without the values that were kept to be brought back"),
        "{message}"
    );
}

#[test]
fn rows_that_refer_to_nothing_are_found() {
    let (_folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    stored_pairs(&sync_of(&file), vec![pair("C-1", 1)]);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM words;")
        .unwrap();
    let told = file.check_integrity().unwrap_err();
    assert!(
        told.to_string().contains("it is damaged; put a backup"),
        "{told}"
    );
    assert_eq!(
        told.source.unwrap().to_string(),
        "a row of `pairs` refers to one of `words` that is not there"
    );
}
