//! State files that are cut short, of a newer version, of another program, or gone.

use std::fs;
use std::path::Path;

use crate::book::Book;
use crate::content::fill;
use crate::oracle::judge;
use crate::process::Ended;
use crate::twins::Twins;

/// Two sites in sync, and what is there.
fn synced() -> (Twins, Book) {
    let twins = Twins::new();
    let mut book = Book::default();
    fill(&twins, &mut book);
    twins.run_to_the_end();
    (twins, book)
}

/// Runs, and the run asks neither site anything and leaves the state file as it is.
fn refused(twins: &Twins) -> Ended {
    let before = fs::read(twins.state()).ok();
    twins.reset_requests();
    let ended = twins.line("run --json");
    assert_eq!(twins.requests(), [0, 0], "{ended:?}");
    assert_eq!(fs::read(twins.state()).ok(), before);
    ended
}

/// Makes the state anew without a write to either site, after which everything is as it was.
fn rebuild(twins: &Twins, book: &Book) {
    twins.reset_requests();
    let rebuilt = twins.line("state rebuild twins --yes --json");
    assert_eq!(rebuilt.code(), Some(0), "{rebuilt:?}");
    assert_eq!(twins.writes(), [0, 0]);
    assert!(twins.requests().iter().all(|requests| *requests > 0));
    twins.assert_quiet();
    judge(twins, book);
}

#[test]
fn a_state_file_that_is_cut_short_is_told_and_made_anew() {
    let (twins, book) = synced();
    let whole = fs::read(twins.state()).unwrap();
    for length in [whole.len() - 4096, whole.len() / 2, 4096, 100] {
        fs::write(twins.state(), &whole[..length]).unwrap();
        let ended = refused(&twins);
        assert_eq!(ended.code(), Some(1), "{length}: {ended:?}");
        let told = ended.told();
        assert!(told.contains("frappe-sync.db` is"), "{length}: {told}");
        assert!(
            told.contains("`frappe-sync state rebuild`"),
            "{length}: {told}"
        );
    }
    rebuild(&twins, &book);
}

#[test]
fn an_emptied_state_file_is_not_taken_for_a_new_one() {
    let (twins, book) = synced();
    fs::write(twins.state(), "").unwrap();
    let ended = refused(&twins);
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    let told = ended.told();
    assert!(told.contains("is damaged or cut short"), "{told}");
    rebuild(&twins, &book);
}

#[test]
fn a_newer_state_file_is_told_and_left_as_it_is() {
    let (twins, book) = synced();
    let mut newer = fs::read(twins.state()).unwrap();
    // The version is the `user_version` in the head of the file.
    newer[60..64].copy_from_slice(&999_u32.to_be_bytes());
    fs::write(twins.state(), newer).unwrap();
    let ended = refused(&twins);
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    let told = ended.told();
    assert!(told.contains("is of version 999"), "{told}");
    assert!(told.contains("upgrade frappe-sync"), "{told}");
    rebuild(&twins, &book);
}

#[test]
fn a_file_of_another_program_is_told_and_left_as_it_is() {
    let (twins, book) = synced();
    let mut of_another = fs::read(twins.state()).unwrap();
    // The `application_id` in the head of the file.
    of_another[68..72].copy_from_slice(&0x4750_4B47_u32.to_be_bytes());
    for content in [of_another, b"dear diary".repeat(1000)] {
        fs::write(twins.state(), content).unwrap();
        let ended = refused(&twins);
        assert_eq!(ended.code(), Some(1), "{ended:?}");
        let told = ended.told();
        assert!(
            told.contains("is not a state file of frappe-sync"),
            "{told}"
        );
    }
    rebuild(&twins, &book);
}

#[test]
fn a_journal_that_is_gone_is_begun_anew() {
    let (twins, book) = synced();
    fs::remove_file(twins.journal()).unwrap();
    judge(&twins, &book);
    assert!(twins.journal().exists());
}

#[test]
fn a_journal_that_is_cut_short_or_of_another_program_is_told_and_can_be_moved_away() {
    let (twins, book) = synced();
    let whole = fs::read(twins.journal()).unwrap();
    for content in [&whole[..whole.len() / 2], b"dear diary"] {
        fs::write(twins.journal(), content).unwrap();
        let ended = refused(&twins);
        assert_eq!(ended.code(), Some(1), "{ended:?}");
        let told = ended.told();
        assert!(
            told.contains("frappe-sync.journal.db` is no journal"),
            "{told}"
        );
        assert!(told.contains("move it away"), "{told}");
        assert_eq!(fs::read(twins.journal()).unwrap(), content);
    }
    fs::rename(twins.journal(), aside(&twins.journal())).unwrap();
    judge(&twins, &book);
}

#[test]
fn a_state_that_is_lost_is_made_anew() {
    let (twins, book) = synced();
    fs::remove_dir_all(twins.state().parent().unwrap()).unwrap();
    rebuild(&twins, &book);
}

fn aside(path: &Path) -> std::path::PathBuf {
    path.with_extension("aside")
}
