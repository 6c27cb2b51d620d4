//! Site times and moments read back from columns as they were written.

use chrono::{DateTime, Utc};
use frappe_sync_model::SiteTime;
use proptest::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};

use crate::columns::{Moment, SiteTimeColumn};

/// Sends a value through SQLite, into a column as the tables have it.
fn stored<T: ToSql>(value: T) -> Value {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch("CREATE TABLE one (value ANY) STRICT")
        .unwrap();
    connection
        .execute("INSERT INTO one VALUES (?1)", [value])
        .unwrap();
    connection
        .query_row("SELECT value FROM one", [], |row| row.get(0))
        .unwrap()
}

fn read_back(text: &str) -> SiteTime {
    let value = stored(SiteTimeColumn(SiteTime::new(text)));
    <SiteTimeColumn as rusqlite::types::FromSql>::column_result((&value).into())
        .unwrap()
        .0
}

#[test]
fn usual_times_are_numbers_in_their_order() {
    let times = [
        "0000-01-01 00:00:00",
        "1969-12-31 23:59:59.999999",
        "1970-01-01 00:00:00",
        "2026-02-28 23:59:59",
        "2026-02-28 23:59:59.000001",
        "2028-02-29 00:00:00.100000",
        "9999-12-31 23:59:59.999999",
    ];
    let numbers: Vec<i64> = times
        .iter()
        .map(|text| match stored(SiteTimeColumn(SiteTime::new(text))) {
            Value::Integer(micros) => micros,
            other => panic!("{text} was stored as {other:?}"),
        })
        .collect();
    assert!(numbers.is_sorted());
    for text in times {
        assert_eq!(read_back(text).as_str(), text);
    }
}

#[test]
fn other_texts_are_kept_to_the_letter() {
    for text in [
        "",
        "2026-02-30 00:00:00",
        "2026-02-01 24:00:00",
        "2026-02-01 23:59:60",
        "2026-02-01T10:00:00",
        "2026-02-01 10:00:00.5",
        "2026-02-01 10:00:00+00:00 ",
        "0000-00-00 00:00:00",
        "２026-02-01 10:00:0",
        "-026-02-01 10:00:00",
    ] {
        assert!(matches!(
            stored(SiteTimeColumn(SiteTime::new(text))),
            Value::Text(_)
        ));
        assert_eq!(read_back(text).as_str(), text);
    }
}

#[test]
fn a_moment_out_of_range_is_stored_as_the_end_of_it() {
    assert_eq!(
        stored(Moment(DateTime::<Utc>::MAX_UTC)),
        Value::Integer(i64::MAX)
    );
    assert_eq!(
        stored(Moment(DateTime::<Utc>::MIN_UTC)),
        Value::Integer(i64::MIN)
    );
}

proptest! {
    #[test]
    fn any_text_reads_back(text in "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,7})?") {
        let time = SiteTime::new(&text);
        prop_assert_eq!(read_back(time.as_str()), time);
    }

    #[test]
    fn any_moment_reads_back(nanos in any::<i64>()) {
        let moment = Moment(DateTime::from_timestamp_nanos(nanos));
        prop_assert_eq!(stored(moment), Value::Integer(nanos));
    }
}
