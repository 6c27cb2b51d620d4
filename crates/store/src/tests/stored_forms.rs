//! Forms that stand in files which are out there: a change of one needs a migration.

use frappe_sync_model::{
    Batch, IntentKind, PairId, Parked, ParkedCause, Side, StateStore, TodoReason,
};

use crate::StateFile;
use crate::tests::sample::{
    customer, intent, pair, parked, site_time, stored_pairs, sync_of, todo, tombstone,
};

/// Returns a column of all rows, a row to a line.
fn column(file: &StateFile, sql: &str) -> String {
    let databases = file.shared().databases();
    let mut statement = databases.state.prepare(sql).unwrap();
    let texts: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    texts.join("\n")
}

#[test]
fn kinds_of_intents_are_written_as_ever() {
    let file = StateFile::in_memory().unwrap();
    let mut update = intent("C-2");
    update.kind = IntentKind::Update {
        pair: PairId(5),
        name: "C-2-b".into(),
        base: site_time(4),
    };
    let mut delete = intent("C-3");
    delete.kind = IntentKind::Delete {
        pair: PairId(6),
        name: "C-3-b".into(),
        base: None,
    };
    let mut rename = intent("C-4");
    rename.kind = IntentKind::Rename {
        pair: PairId(7),
        from: "C-4-b".into(),
        to: "C-5-b".into(),
        merge: true,
    };
    let mut intents = vec![intent("C-1"), update, delete, rename];
    let sync = sync_of(&file);
    let ids = sync.begin(&intents).unwrap();
    for (intent, id) in intents.iter_mut().zip(ids) {
        intent.id = Some(id);
    }
    assert_eq!(sync.open_intents().unwrap(), intents);
    insta::assert_snapshot!(column(&file, "SELECT kind FROM intents ORDER BY id"), @r#"
    {"create":{"expected_name":null,"place":7,"chunk":"chunk-1"}}
    {"update":{"pair":5,"name":"C-2-b","base":"2026-01-01 00:00:04"}}
    {"delete":{"pair":6,"name":"C-3-b","base":null}}
    {"rename":{"pair":7,"from":"C-4-b","to":"C-5-b","merge":true}}
    "#);
}

#[test]
fn causes_of_parking_are_written_as_ever() {
    let file = StateFile::in_memory().unwrap();
    let causes = [
        ParkedCause::Refused {
            exc_type: "MandatoryError".to_owned(),
        },
        parked("C-1", 1).cause,
        ParkedCause::NotPermitted,
        ParkedCause::MandatoryCycle,
        ParkedCause::AmbiguousIdentity,
        ParkedCause::Collision,
        ParkedCause::Docstatus,
        ParkedCause::CounterpartGone,
        ParkedCause::IndependentAmendments,
        ParkedCause::KeepsChanging,
        ParkedCause::Mapping,
    ];
    let park = causes
        .into_iter()
        .zip('a'..)
        .map(|(cause, name)| Parked {
            cause,
            ..parked(&name.to_string(), 1)
        })
        .collect();
    sync_of(&file)
        .commit(&Batch {
            park,
            ..Batch::default()
        })
        .unwrap();
    insta::assert_snapshot!(column(&file, "SELECT cause FROM parked ORDER BY name"), @r#"
    {"kind":"refused","exc_type":"MandatoryError"}
    {"kind":"missing_target","field":"territory","doctype":"Territory","name":"North"}
    {"kind":"not_permitted"}
    {"kind":"mandatory_cycle"}
    {"kind":"ambiguous_identity"}
    {"kind":"collision"}
    {"kind":"docstatus"}
    {"kind":"counterpart_gone"}
    {"kind":"independent_amendments"}
    {"kind":"keeps_changing"}
    {"kind":"mapping"}
    "#);
}

#[test]
fn reasons_to_look_are_written_as_ever() {
    let file = StateFile::in_memory().unwrap();
    let sync = sync_of(&file);
    let reasons = [
        TodoReason::Seen,
        TodoReason::OpenPair,
        TodoReason::ParkedDue,
        TodoReason::Deferred,
        TodoReason::Vanished,
    ];
    let mut todos = Vec::new();
    for (reason, second) in reasons.into_iter().zip(0..) {
        let mut todo = todo(&second.to_string(), second);
        todo.reason = reason;
        todos.push(todo);
    }
    sync.stage(&customer(), Side::A, &todos, None).unwrap();
    assert_eq!(sync.todos(&customer(), Side::A, 0, 9).unwrap(), todos);
    insta::assert_snapshot!(column(&file, "SELECT reason FROM todos ORDER BY name"), @r"
    seen
    open_pair
    parked_due
    deferred
    vanished
    ");
}

#[test]
fn what_is_gone_is_written_as_ever() {
    let file = StateFile::in_memory().unwrap();
    let pairs = vec![
        pair("C-1", 1),
        tombstone("C-2", Side::A, 2),
        tombstone("C-3", Side::B, 3),
    ];
    stored_pairs(&sync_of(&file), pairs);
    let gone = column(
        &file,
        "SELECT coalesce(gone, 'NULL') FROM pairs ORDER BY id",
    );
    insta::assert_snapshot!(gone, @r"
    NULL
    a
    b
    ");
}
