//! The schema, and the way to it from every version.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::database::{self, BeforeUpgrade, IfNew, Kind};
use crate::migrations::{JOURNAL, Migration, STATE, newest, version};
use crate::tests::sample::temporary;

/// Two steps, of which the second needs what the first left.
const STEPS: &[Migration] = &[
    Migration {
        number: 1,
        name: "0001_first.sql",
        sql: "PRAGMA application_id = 77; CREATE TABLE old (value TEXT NOT NULL) STRICT;",
    },
    Migration {
        number: 2,
        name: "0002_second.sql",
        sql: "CREATE TABLE new (value TEXT NOT NULL) STRICT; INSERT INTO new SELECT value FROM old;",
    },
];

/// A step that fails in its middle.
const BROKEN: &[Migration] = &[
    Migration {
        number: 1,
        name: "0001_first.sql",
        sql: "PRAGMA application_id = 77; CREATE TABLE old (value TEXT NOT NULL) STRICT;",
    },
    Migration {
        number: 2,
        name: "0002_broken.sql",
        sql: "CREATE TABLE new (value TEXT) STRICT; INSERT INTO missing VALUES (1);",
    },
];

const fn kind(migrations: &'static [Migration]) -> Kind {
    Kind {
        application_id: 77,
        migrations,
        before_upgrade: BeforeUpgrade::KeepCopy,
    }
}

#[test]
fn numbers_are_unique_and_without_gaps() {
    for steps in [STATE, JOURNAL] {
        for (step, expected) in steps.iter().zip(1..) {
            assert_eq!(step.number, expected);
            assert!(step.name.starts_with(&format!("{expected:04}_")));
        }
        assert_eq!(newest(steps) as usize, steps.len());
    }
}

#[test]
fn every_file_is_embedded() {
    for (folder, steps) in [("state", STATE), ("journal", JOURNAL)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(folder);
        let mut files: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let embedded: Vec<_> = steps.iter().map(|step| step.name).collect();
        assert_eq!(files, embedded);
    }
}

#[test]
fn the_schema_is_as_ever() {
    let schema = |kind: &Kind| -> String {
        let connection = database::open_in_memory(kind).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
                 ORDER BY name",
            )
            .unwrap();
        let parts: Vec<String> = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        format!(
            "version {}\n\n{}",
            version(&connection).unwrap(),
            parts.join(";\n")
        )
    };
    insta::assert_snapshot!("state_schema", schema(&database::STATE));
    insta::assert_snapshot!("journal_schema", schema(&database::JOURNAL));
}

/// Makes a file as a program that knows `steps` would, with a row in it.
fn file_of(steps: &'static [Migration], path: &Path) {
    database::create_missing(path).unwrap();
    let connection = database::open_writable(path, &kind(steps), IfNew::Initialise).unwrap();
    connection
        .execute("INSERT INTO old VALUES ('kept')", [])
        .unwrap();
}

#[test]
fn an_older_file_is_upgraded_and_a_copy_of_it_kept() {
    let (_folder, path) = temporary();
    file_of(&STEPS[..1], &path);
    let connection = database::open_writable(&path, &kind(STEPS), IfNew::Refuse).unwrap();
    assert_eq!(version(&connection).unwrap(), 2);
    let value: String = connection
        .query_row("SELECT value FROM new", [], |row| row.get(0))
        .unwrap();
    assert_eq!(value, "kept");
    let copy = Connection::open(path.with_extension("db.v1.bak")).unwrap();
    assert_eq!(version(&copy).unwrap(), 1);
    let value: String = copy
        .query_row("SELECT value FROM old", [], |row| row.get(0))
        .unwrap();
    assert_eq!(value, "kept");
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was() {
    let (_folder, path) = temporary();
    file_of(&STEPS[..1], &path);
    database::open_writable(&path, &kind(BROKEN), IfNew::Refuse).unwrap_err();
    let connection = database::open_writable(&path, &kind(&STEPS[..1]), IfNew::Refuse).unwrap();
    assert_eq!(version(&connection).unwrap(), 1);
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
    drop(connection);
    // The copy of the failed attempt is no hindrance to the next one.
    drop(database::open_writable(&path, &kind(STEPS), IfNew::Refuse).unwrap());
}

#[test]
fn reading_does_not_upgrade() {
    let (_folder, path) = temporary();
    file_of(&STEPS[..1], &path);
    let refused = database::open_read_only(&path, &kind(STEPS)).unwrap_err();
    assert!(refused.to_string().contains("is of version 1"), "{refused}");
    let refused = {
        drop(database::open_writable(&path, &kind(STEPS), IfNew::Refuse).unwrap());
        database::open_writable(&path, &kind(&STEPS[..1]), IfNew::Refuse).unwrap_err()
    };
    assert!(
        refused
            .to_string()
            .contains("is of version 2, and this frappe-sync knows versions up to 1"),
        "{refused}"
    );
}
