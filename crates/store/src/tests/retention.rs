//! What goes with time.

use std::fs;

use frappe_sync_model::{Batch, ConflictState, RunId, RunOutcome, RunRecord, Side, StateStore};
use serde_json::{Value, json};

use crate::StateFile;
use crate::tests::sample::{conflict, customer, journal_entry, moment, sync_of, temporary};

#[test]
fn pruned_values_are_no_longer_on_the_disk() {
    let (_folder, path) = temporary();
    let file = StateFile::open(&path).unwrap();
    let sync = sync_of(&file);
    let entries = (0..200).map(|second| {
        let mut entry = journal_entry("C-1", second);
        entry.lost = Value::from(format!("secret {}", "x".repeat(2000)));
        entry
    });
    sync.commit(&Batch {
        journal: entries.collect(),
        ..Batch::default()
    })
    .unwrap();
    let on_disk = || -> (usize, bool) {
        let mut bytes = Vec::new();
        for extension in ["journal.db", "journal.db-wal"] {
            bytes.extend(fs::read(path.with_extension(extension)).unwrap());
        }
        let holds = bytes.windows(8).any(|window| window == b"secret x");
        (bytes.len(), holds)
    };
    assert!(on_disk().1);
    assert_eq!(file.prune_journal(moment(199)).unwrap(), 199);
    assert_eq!(sync.journal("run-1").unwrap().len(), 1);
    assert_eq!(file.prune_journal(moment(999)).unwrap(), 1);
    assert_eq!(file.prune_journal(moment(999)).unwrap(), 0);
    let (size, holds) = on_disk();
    assert!(!holds);
    assert!(size < 100_000, "{size} bytes are left");
}

#[test]
fn old_runs_go_with_the_conflicts_that_they_decided() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    for (id, second) in [("run-1", 1), ("run-2", 2), ("run-3", 3)] {
        sync.put_run(&RunRecord {
            run: RunId::from(id),
            started: moment(second),
            finished: (id != "run-2").then(|| moment(second + 10)),
            outcome: None,
            report: json!({}),
        })
        .unwrap();
    }
    let mut decided = conflict("C-1", "x");
    decided.state = ConflictState::Decided(Side::A);
    let mut later = decided.clone();
    later.run = RunId::from("run-3");
    sync.commit(&Batch {
        conflicts: vec![conflict("C-1", "y"), decided, later],
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(file.prune_runs(moment(12)).unwrap(), 2);
    assert_eq!(sync.runs(9).unwrap().len(), 1);
    let left: Vec<_> = sync
        .conflict_history(&customer(), &"C-1".into())
        .unwrap()
        .into_iter()
        .map(|conflict| (conflict.run.to_string(), conflict.state))
        .collect();
    assert_eq!(
        left,
        [
            ("run-1".to_owned(), ConflictState::Open),
            ("run-3".to_owned(), ConflictState::Decided(Side::A)),
        ]
    );
}

#[test]
fn runs_that_wrote_nothing_go_sooner_but_for_the_last_two_and_those_of_other_syncs() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let other = file.sync(&"other".into());
    let run = |second: i64, outcome| RunRecord {
        run: RunId::from(format!("run-{second}").as_str()),
        started: moment(second),
        finished: Some(moment(second)),
        outcome: Some(outcome),
        report: json!({}),
    };
    for second in 1..=6 {
        sync.put_run(&run(second, RunOutcome::Converged)).unwrap();
        other.put_run(&run(second, RunOutcome::Converged)).unwrap();
    }
    sync.put_run(&run(0, RunOutcome::Partial)).unwrap();
    let mut decided = conflict("C-1", "x");
    decided.run = RunId::from("run-2");
    sync.commit(&Batch {
        conflicts: vec![decided],
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(sync.prune_quiet_runs(moment(5)).unwrap(), 3);
    let left = |sync: &crate::SyncState| -> Vec<String> {
        let runs = sync.runs(99).unwrap();
        runs.iter().map(|record| record.run.to_string()).collect()
    };
    assert_eq!(left(&sync), ["run-6", "run-5", "run-2", "run-0"]);
    assert_eq!(left(&other).len(), 6);
    assert_eq!(sync.prune_quiet_runs(moment(99)).unwrap(), 0);
}
