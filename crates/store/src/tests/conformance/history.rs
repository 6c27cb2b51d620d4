//! Notes, runs and the journal.

use std::collections::BTreeSet;

use frappe_sync_model::{
    Batch, ConflictRecord, ConflictState, FieldPath, RunId, RunOutcome, RunRecord, Side,
    StateStore, SyncName,
};
use serde_json::json;

use crate::tests::sample::{
    conflict, customer, intent, item, journal_entry, moment, pair, parked, sync_of, todo,
};
use crate::{ConflictFilter, JournalFilter, StateFile, SyncState};

on_every_kind_of_state! {
    notes_are_kept_apart_by_sync
    a_run_is_remembered_as_started_and_as_ended
    the_journal_is_read_by_run_and_by_document
    the_journal_is_read_by_what_is_asked_for
    a_journal_entry_is_added_once
    conflicts_come_newest_first
    syncs_do_not_see_each_other
}

fn notes_are_kept_apart_by_sync(file: &StateFile) {
    let (sync, other) = (sync_of(file), file.sync(&SyncName::from("other")));
    sync.put_note("meta", &json!({"stamp": 1})).unwrap();
    sync.put_note("meta", &json!({"stamp": 2})).unwrap();
    assert_eq!(sync.note("meta").unwrap(), Some(json!({"stamp": 2})));
    assert_eq!(other.note("meta").unwrap(), None);
}

fn run(id: &str, second: i64) -> RunRecord {
    RunRecord {
        run: RunId::from(id),
        started: moment(second),
        finished: None,
        outcome: None,
        report: json!({}),
    }
}

fn a_run_is_remembered_as_started_and_as_ended(file: &StateFile) {
    let sync = sync_of(file);
    for (id, second) in [("r1", 1), ("r2", 2), ("r3", 3)] {
        sync.put_run(&run(id, second)).unwrap();
    }
    let ended = RunRecord {
        finished: Some(moment(9)),
        outcome: Some(RunOutcome::Partial),
        report: json!({"format": "frappe-sync/run@1", "seconds": 1.5}),
        ..run("r2", 2)
    };
    sync.put_run(&ended).unwrap();
    assert_eq!(
        sync.runs(10).unwrap(),
        [run("r3", 3), ended.clone(), run("r1", 1)]
    );
    assert_eq!(sync.runs(1).unwrap(), [run("r3", 3)]);
}

fn the_journal_is_read_by_run_and_by_document(file: &StateFile) {
    let sync = sync_of(file);
    let mut of_run_2 = journal_entry("C-1", 5);
    of_run_2.run = RunId::from("run-2");
    let entries = vec![
        journal_entry("C-2", 9),
        journal_entry("C-1", 1),
        of_run_2.clone(),
    ];
    sync.commit(&Batch {
        journal: entries.clone(),
        ..Batch::default()
    })
    .unwrap();
    assert_eq!(sync.journal("run-1").unwrap(), entries[..2]);
    assert_eq!(sync.journal("run-2").unwrap(), [of_run_2.clone()]);
    assert_eq!(
        sync.journal_of(&"Customer".into(), &"C-1".into()).unwrap(),
        [entries[1].clone(), of_run_2]
    );
}

fn the_journal_is_read_by_what_is_asked_for(file: &StateFile) {
    let sync = sync_of(file);
    let mut entries: Vec<_> = (0..5).map(|n| journal_entry("C-1", n)).collect();
    entries[1].run = RunId::from("run-2");
    entries[1].name = "C-2".into();
    entries[2].doctype = "Item".into();
    entries[3].side = Side::B;
    entries[4].path = FieldPath::RowField("accounts".into(), "r1".into(), "account".into());
    for sync in [&sync, &file.sync(&SyncName::from("other"))] {
        sync.commit(&Batch {
            journal: entries.clone(),
            ..Batch::default()
        })
        .unwrap();
    }
    let read = |filter: &JournalFilter, limit| sync.journal_entries(filter, limit).unwrap();
    let all = JournalFilter::default();
    let newest_first: Vec<_> = entries.iter().rev().cloned().collect();
    assert_eq!(read(&all, usize::MAX), newest_first);
    assert_eq!(read(&all, 2), newest_first[..2]);
    let of_run = JournalFilter {
        run: Some(RunId::from("run-2")),
        ..JournalFilter::default()
    };
    assert_eq!(read(&of_run, 9), entries[1..2]);
    let of_name = JournalFilter {
        name: Some("C-2".into()),
        ..JournalFilter::default()
    };
    assert_eq!(read(&of_name, 9), entries[1..2]);
    let of_doctype = JournalFilter {
        doctype: Some("Item".into()),
        ..JournalFilter::default()
    };
    assert_eq!(read(&of_doctype, 9), entries[2..3]);
    let of_side = JournalFilter {
        side: Some(Side::B),
        ..JournalFilter::default()
    };
    assert_eq!(read(&of_side, 9), entries[3..4]);
    let of_path = JournalFilter {
        path: Some(entries[4].path.clone()),
        ..JournalFilter::default()
    };
    assert_eq!(read(&of_path, 9), entries[4..]);
    let of_all = JournalFilter {
        run: Some(RunId::from("run-1")),
        doctype: Some("Customer".into()),
        name: Some("C-1".into()),
        side: Some(Side::A),
        path: Some(entries[0].path.clone()),
    };
    assert_eq!(read(&of_all, 9), entries[..1]);
    let of_none = JournalFilter {
        name: Some("C-2".into()),
        ..of_all
    };
    assert_eq!(read(&of_none, 9), []);
}

fn conflicts_come_newest_first(file: &StateFile) {
    let sync = sync_of(file);
    let decided = |name| ConflictRecord {
        state: ConflictState::Decided(Side::A),
        ..conflict(name, "x")
    };
    let mut of_item = decided("C-3");
    of_item.mapping = item();
    sync.commit(&Batch {
        conflicts: vec![
            conflict("C-1", "x"),
            decided("C-2"),
            of_item,
            conflict("C-4", "x"),
        ],
        ..Batch::default()
    })
    .unwrap();
    // Found again: it stays where it was.
    sync.commit(&Batch {
        conflicts: vec![conflict("C-1", "x")],
        ..Batch::default()
    })
    .unwrap();
    let other = file.sync(&SyncName::from("other"));
    let read = |sync: &SyncState, filter, limit| -> Vec<String> {
        let conflicts = sync.conflicts(filter, limit).unwrap();
        conflicts
            .into_iter()
            .map(|conflict| conflict.names.a.to_string())
            .collect()
    };
    assert_eq!(
        read(&sync, ConflictFilter::All, usize::MAX),
        ["C-4", "C-3", "C-2", "C-1"]
    );
    assert_eq!(read(&sync, ConflictFilter::All, 3), ["C-4", "C-3", "C-2"]);
    assert_eq!(read(&sync, ConflictFilter::Open, 9), ["C-4", "C-1"]);
    assert_eq!(read(&sync, ConflictFilter::Decided, 9), ["C-3", "C-2"]);
    assert!(read(&other, ConflictFilter::All, 9).is_empty());
    for conflict in sync.conflicts(ConflictFilter::All, 9).unwrap() {
        let id = conflict.id.unwrap();
        assert_eq!(other.conflict(id).unwrap(), None);
        assert_eq!(sync.conflict(id).unwrap(), Some(conflict));
    }
    assert_eq!(sync.conflict(-1).unwrap(), None);
}

fn a_journal_entry_is_added_once(file: &StateFile) {
    let sync = sync_of(file);
    let batch = Batch {
        journal: vec![journal_entry("C-1", 1), journal_entry("C-1", 2)],
        ..Batch::default()
    };
    sync.commit(&batch).unwrap();
    sync.commit(&batch).unwrap();
    assert_eq!(sync.journal("run-1").unwrap(), batch.journal);
}

fn syncs_do_not_see_each_other(file: &StateFile) {
    let fill = |sync: &SyncState| {
        sync.commit(&Batch {
            pairs: vec![pair("C-1", 1)],
            again: vec![(customer(), Side::A, todo("C-1", 1))],
            park: vec![parked("C-2", 1)],
            conflicts: vec![conflict("C-1", "x")],
            journal: vec![journal_entry("C-1", 1)],
            ..Batch::default()
        })
        .unwrap();
        sync.begin(&[intent("C-3")]).unwrap();
        sync.put_run(&run("r", 1)).unwrap();
    };
    let names: BTreeSet<_> = ["one", "two"].map(SyncName::from).into();
    for name in &names {
        fill(&file.sync(name));
    }
    for name in &names {
        let sync = file.sync(name);
        assert_eq!(sync.counts(&customer()).unwrap().pairs, 1);
        assert_eq!(sync.todos(&customer(), Side::A, 0, 9).unwrap().len(), 1);
        assert_eq!(sync.parked(None).unwrap().len(), 1);
        assert_eq!(sync.open_conflicts().unwrap().len(), 1);
        assert_eq!(sync.open_intents().unwrap().len(), 1);
        assert_eq!(sync.runs(9).unwrap().len(), 1);
        assert_eq!(sync.journal("run-1").unwrap().len(), 1);
    }
    assert_eq!(file.syncs().unwrap(), names.into_iter().collect::<Vec<_>>());
}
