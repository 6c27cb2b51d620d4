//! Forms that stand in files which are out there: a change of one needs a migration.

use frappe_sync_model::{Batch, IntentKind, PairId, Parked, ParkedCause, StateStore};

use crate::StateFile;
use crate::tests::sample::{intent, parked, site_time, sync_of};

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
    sync_of(&file).begin(&[intent("C-1"), update]).unwrap();
    insta::assert_snapshot!(column(&file, "SELECT kind FROM intents ORDER BY id"), @r#"
    {"create":{"expected_name":null,"place":7,"chunk":"chunk-1"}}
    {"update":{"pair":5,"name":"C-2-b","base":"2026-01-01 00:00:04"}}
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
    {"kind":"keeps_changing"}
    {"kind":"mapping"}
    "#);
}
