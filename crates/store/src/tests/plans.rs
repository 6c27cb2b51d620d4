//! What every run asks is found by an index, in its order, however large the tables are.

use frappe_sync_model::Side;
use rusqlite::params_from_iter;

use crate::StateFile;
use crate::tables::{counterparts, latest, todos};

/// Returns how SQLite goes about a query.
fn plan(file: &StateFile, sql: &str) -> String {
    let databases = file.shared().databases();
    let mut statement = databases
        .state
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let params = vec![1; statement.parameter_count()];
    let steps: Vec<String> = statement
        .query_map(params_from_iter(params), |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    steps.join("\n")
}

#[test]
fn what_is_asked_often_is_not_scanned_for() {
    let file = StateFile::in_memory().unwrap();
    let plans = [
        todos::FOR_REASON.to_owned(),
        todos::changed(Side::A),
        counterparts::by_name(Side::A),
        counterparts::by_row(Side::B),
        latest::usual_times(Side::A),
        latest::unusual_times(Side::B),
    ]
    .map(|sql| plan(&file, &sql));
    insta::assert_snapshot!(plans.join("\n"), @r"
    SEARCH todos USING INDEX todos_by_reason (mapping=? AND side=? AND reason=? AND name>?)
    SEARCH todos USING COVERING INDEX todos_by_reason (mapping=? AND side=?)
    SEARCH pairs USING INDEX pairs_by_a_name (mapping=? AND a_name=?)
    SEARCH pairs USING INDEX pairs_by_a_name (mapping=? AND a_name=?)
    SEARCH pairs USING INDEX pairs_by_row (mapping=? AND id>?)
    SEARCH pairs USING INDEX pairs_by_a_modified (mapping=? AND a_modified<?)
    SEARCH pairs USING INDEX pairs_by_b_modified (mapping=? AND b_modified>?)
    ");
}
