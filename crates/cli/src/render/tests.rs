//! Reports as people see them, without colour.

use anstream::adapter::strip_str;
use chrono::{TimeZone, Utc};
use frappe_sync_engine::{
    Action, BaseReport, ConflictReport, CounterpartReport, GuardReport, MappingGraph, NoteReport,
    Operation, ParkedReport, PlanReport, PlannedChange, RunReport, Summary,
};
use frappe_sync_model::{ParkedCause, PerSide, RequestCounts, RunOutcome, Side};
use serde_json::json;

use super::{plan, run};

fn plain(text: &str) -> String {
    strip_str(text).to_string()
}

fn run_report() -> RunReport {
    RunReport {
        format: "frappe-sync/run@1".to_owned(),
        run_id: "01".into(),
        sync: "hq-branch".into(),
        started: Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).unwrap(),
        finished: Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 9).unwrap(),
        seconds: 4.2,
        outcome: RunOutcome::Partial,
        summary: Summary {
            create: 12,
            update: 3,
            conflict: 1,
            parked: 2,
            ..Summary::default()
        },
        applied: 15,
        applied_to: PerSide { a: 5, b: 10 },
        requests: PerSide {
            a: RequestCounts { read: 7, write: 2 },
            b: RequestCounts { read: 9, write: 3 },
        },
        guard: None,
        parked: Vec::new(),
        conflicts: Vec::new(),
        refused: Vec::new(),
        unknown: Vec::new(),
        notes: Vec::new(),
        prediction: None,
    }
}

fn conflict(winner: Option<Side>) -> ConflictReport {
    ConflictReport {
        id: None,
        doctype: "Customer".into(),
        a_name: "CUST-1".into(),
        b_name: "CUST-7".into(),
        fields: vec!["territory".to_owned().into()],
        winner,
        reason: "newest: b was saved later".to_owned(),
    }
}

#[test]
fn the_last_line_of_a_run_tells_it_all() {
    assert_eq!(
        plain(&run::last_line(&run_report())),
        "hq-branch: 12 created, 3 updated (a to b: 10, b to a: 5), 1 conflict, 2 parked in 4.2 s"
    );
}

#[test]
fn a_run_tells_first_what_needs_a_person() {
    let mut report = run_report();
    report.guard = Some(GuardReport {
        name: "max_changes".to_owned(),
        limit: "50%".to_owned(),
        seen: "80 of 100".to_owned(),
        mapping: Some("Item".to_owned()),
        message: "80 of 100 pairs changed on a".to_owned(),
        remedy: "see whether that is meant".to_owned(),
    });
    report.parked = vec![ParkedReport {
        site: Side::A,
        doctype: "Customer".into(),
        name: "CUST\u{1b}[31m-1".into(),
        cause: ParkedCause::Refused {
            exc_type: "MandatoryError".to_owned(),
        },
        message: "Value missing for Customer: Territory".to_owned(),
    }];
    report.conflicts = vec![conflict(Some(Side::B)), conflict(None)];
    report.notes = vec![NoteReport {
        kind: "drift".to_owned(),
        site: Side::B,
        doctype: "Item".into(),
        name: Some("BOLT".into()),
        message: "description differs, and only a to b is synced".to_owned(),
    }];
    assert_eq!(
        plain(&run::run(&report)),
        "\
Guard `max_changes` stopped mapping `Item`
  80 of 100 pairs changed on a (limit 50%, seen 80 of 100)
  help: see whether that is meant; `run --allow max_changes` lets it pass once
Parked (1)
  a Customer `CUST\\x1b[31m-1`: Value missing for Customer: Territory [MandatoryError]
Conflicts (2)
  Customer `CUST-1` and `CUST-7`: territory: b wins, the other value goes to the journal [newest: b was saved later]
  Customer `CUST-1` and `CUST-7`: territory: waits for a person [newest: b was saved later]
Notes (1)
  b Item `BOLT`: description differs, and only a to b is synced [drift]
help: `frappe-sync parked show DOCTYPE NAME` tells more of one that is parked
help: `frappe-sync conflicts list` numbers the conflicts that wait, `conflicts resolve` decides them
requests: a 7 reads, 2 writes; b 9 reads, 3 writes
hq-branch: 12 created, 3 updated (a to b: 10, b to a: 5), 1 conflict, 2 parked, stopped by `max_changes` in 4.2 s
"
    );
}

fn operation(id: u64, action: Action, changes: Vec<PlannedChange>) -> Operation {
    Operation {
        id,
        site: Side::B,
        doctype: "Customer".into(),
        name: (action == Action::Update).then(|| "CUST-7".into()),
        counterpart: Some(CounterpartReport {
            doctype: "Customer".into(),
            name: "CUST-1".into(),
        }),
        action,
        base: BaseReport::default(),
        changes,
        after: Vec::new(),
        reason: "changed on a".to_owned(),
    }
}

fn change(path: &str, from: serde_json::Value, to: serde_json::Value) -> PlannedChange {
    PlannedChange::new(path.to_owned().into(), from, to)
}

fn plan_report() -> PlanReport {
    let made = vec![
        change("customer_name", json!(null), json!("Acme")),
        change("customer_group", json!(null), json!({"op": 9})),
    ];
    let changed = vec![
        change("territory", json!("North"), json!("South")),
        change("items[r1].qty", json!(1.0), json!(2.0)),
    ];
    PlanReport {
        format: "frappe-sync/plan@1".to_owned(),
        sync: "hq-branch".into(),
        plan_id: "1".to_owned(),
        state_id: "2".to_owned(),
        mapping_hash: "3".to_owned(),
        engine: "0.1.0".to_owned(),
        sites: PerSide {
            a: "https://hq.example.com".to_owned(),
            b: "https://branch.example.com".to_owned(),
        },
        summary: Summary {
            create: 2,
            update: 1,
            ..Summary::default()
        },
        writes_to: PerSide { a: 0, b: 3 },
        guard: None,
        operations: vec![
            operation(1, Action::Create, made.clone()),
            operation(2, Action::Update, changed),
            operation(3, Action::Create, made),
        ],
        conflicts: Vec::new(),
        parked: Vec::new(),
        notes: Vec::new(),
        graph: MappingGraph::default(),
    }
}

#[test]
fn a_plan_shows_old_and_new_and_why() {
    assert_eq!(
        plain(&plan::plan(&plan_report(), 2)),
        "\
Sync hq-branch
  a  https://hq.example.com
  b  https://branch.example.com

Customer on b (3 documents)
  + create (the site names it) from Customer `CUST-1` [changed on a]
      customer_name: \"Acme\"
      customer_group: (the document made by step 9)
  ~ update `CUST-7` from Customer `CUST-1` [changed on a]
      territory: \"North\" → \"South\"
      items[r1].qty: 1.0 → 2.0
  … and 1 more; `--limit 0` shows all

Plan: 2 to create, 1 to update, 0 conflicts, 0 parked (a to b: 3, b to a: 0)
"
    );
}

#[test]
fn a_plan_names_what_becomes_of_documents() {
    let mut report = plan_report();
    report.operations = [
        (Action::Submit, "submitted on a"),
        (Action::Cancel, "cancelled on a"),
        (Action::Delete, "deleted on a"),
        (Action::Rename, "renamed on a"),
    ]
    .map(|(action, reason)| Operation {
        name: Some("CUST-1".into()),
        reason: reason.to_owned(),
        ..operation(1, action, Vec::new())
    })
    .into();
    report.summary = Summary {
        submit: 1,
        cancel: 1,
        delete: 1,
        rename: 1,
        ..Summary::default()
    };
    assert_eq!(
        plain(&plan::plan(&report, 0)),
        "\
Sync hq-branch
  a  https://hq.example.com
  b  https://branch.example.com

Customer on b (4 documents)
  ^ submit `CUST-1` [submitted on a]
  x cancel `CUST-1` [cancelled on a]
  - delete `CUST-1` [deleted on a]
  > rename `CUST-1` [renamed on a]

Plan: 0 to create, 0 to update, 1 to submit, 1 to cancel, 1 to delete, 1 to rename, 0 conflicts, 0 parked (a to b: 3, b to a: 0)
"
    );
}
