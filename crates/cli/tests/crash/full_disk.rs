//! A disk on which the state cannot grow.

use crate::book::Book;
use crate::content::fill;
use crate::oracle::judge;
use crate::process::with_small_files;
use crate::twins::Twins;

/// How much more room each run has than the one before, in blocks of 512 bytes.
const STEP: usize = 16;

/// More than the state needs.
const ENOUGH: u32 = 8192;

#[test]
fn a_full_disk_ends_the_run_with_its_cause_and_nothing_is_lost_or_made_twice() {
    let twins = Twins::new();
    let mut book = Book::default();
    fill(&twins, &mut book);
    let mut while_opening = 0;
    let mut after_a_write = 0;
    // From no room at all to enough, so that it is full at every place in turn.
    for blocks in (0..ENOUGH).step_by(STEP) {
        twins.reset_requests();
        let ended = with_small_files(twins.folder(), blocks, &["run", "--json"]);
        if ended.code() == Some(0) {
            break;
        }
        assert_eq!(ended.code(), Some(1), "{ended:?}");
        let told = ended.told();
        let names_the_file =
            told.contains("frappe-sync.db") || told.contains("frappe-sync.journal.db");
        assert!(names_the_file && told.contains("disk"), "{told}");
        while_opening += usize::from(twins.requests() == [0, 0]);
        after_a_write += usize::from(twins.writes() != [0, 0]);
    }
    assert!(
        while_opening > 0 && after_a_write > 3,
        "{while_opening} while opening, {after_a_write} after a write"
    );
    twins.run_to_the_end();
    judge(&twins, &book);
}

#[test]
fn a_disk_that_fills_up_while_both_sites_are_in_sync_costs_nothing_but_the_run() {
    let twins = Twins::new();
    let mut book = Book::default();
    fill(&twins, &mut book);
    twins.run_to_the_end();
    let before = std::fs::read(twins.state()).unwrap();
    let ended = with_small_files(twins.folder(), 8, &["run", "--json"]);
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    assert_eq!(std::fs::read(twins.state()).unwrap(), before);
    twins.assert_quiet();
    judge(&twins, &book);
}
