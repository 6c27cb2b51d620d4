//! Plans to make pages of.

use frappe_sync_engine::{
    Action, BaseReport, ConflictReport, CounterpartReport, GraphEdge, GraphField, GraphFieldKind,
    GraphNode, Leads, MappingGraph, Operation, ParkedReport, PlanReport, PlannedChange, PlannedRow,
    RowFate, Summary,
};
use frappe_sync_model::{Direction, ParkedCause, PerSide, Side};
use serde_json::{Value, json};

/// Returns a change of a field or of a row's field.
pub(super) fn change(path: &str, from: Value, to: Value) -> PlannedChange {
    PlannedChange::new(path.to_owned().into(), from, to)
}

fn row(change: PlannedChange, number: u64, key: &str, fate: RowFate) -> PlannedChange {
    PlannedChange {
        row: Some(PlannedRow {
            number,
            key: vec![json!(key)],
            fate,
        }),
        ..change
    }
}

/// Returns an operation on `b` that comes from a document of the same name on `a`.
pub(super) fn operation(
    id: u64,
    action: Action,
    doctype: &str,
    name: &str,
    changes: Vec<PlannedChange>,
) -> Operation {
    Operation {
        id,
        site: Side::B,
        doctype: doctype.into(),
        name: Some(name.into()),
        counterpart: Some(CounterpartReport {
            doctype: doctype.into(),
            name: name.into(),
        }),
        action,
        base: BaseReport::default(),
        changes,
        after: Vec::new(),
        reason: "changed on `a`".to_owned(),
    }
}

/// Returns a plan of these operations, with two mappings.
pub(super) fn plan_of(operations: Vec<Operation>) -> PlanReport {
    let number = |action: Action| {
        let these = operations.iter().filter(|it| it.action == action);
        these.count() as u64
    };
    let names = |name: &str| PerSide::from_fn(|_| name.into());
    PlanReport {
        format: "frappe-sync/plan@1".to_owned(),
        sync: "hq-branch".into(),
        plan_id: "5f1c".to_owned(),
        state_id: "77aa".to_owned(),
        mapping_hash: "90b3".to_owned(),
        engine: "0.1.0".to_owned(),
        sites: PerSide {
            a: "https://hq.example.com/".to_owned(),
            b: "https://branch.example.com/".to_owned(),
        },
        summary: Summary {
            create: number(Action::Create),
            update: number(Action::Update),
            ..Summary::default()
        },
        writes_to: PerSide {
            a: 0,
            b: operations.len() as u64,
        },
        guard: None,
        operations,
        conflicts: Vec::new(),
        parked: Vec::new(),
        notes: Vec::new(),
        graph: MappingGraph {
            nodes: ["Customer", "Sales Order"]
                .iter()
                .enumerate()
                .map(|(level, name)| GraphNode {
                    mapping: (*name).into(),
                    doctypes: PerSide::from_fn(|_| (*name).into()),
                    direction: Direction::Both,
                    level,
                })
                .collect(),
            edges: vec![GraphEdge {
                from: "Sales Order".into(),
                to: "Customer".into(),
                leads: Leads::Earlier,
                in_cycle: false,
                required: true,
                fields: vec![GraphField {
                    field: names("customer"),
                    table: None,
                    kind: GraphFieldKind::Link,
                    required: true,
                }],
            }],
            ..MappingGraph::default()
        },
    }
}

/// Returns a plan with one of everything.
pub(super) fn plan() -> PlanReport {
    let made = Operation {
        name: None,
        reason: "exists on `a` only".to_owned(),
        counterpart: Some(CounterpartReport {
            doctype: "Customer".into(),
            name: "CUST-00017".into(),
        }),
        ..operation(
            1,
            Action::Create,
            "Customer",
            "",
            vec![
                change("customer_name", json!(null), json!("Lighthouse Café Ltd")),
                change("territory", json!(null), json!("Bavaria")),
            ],
        )
    };
    let new_row = |number: u64, item: &str, quantity: f64| {
        let at = |field: &str| format!("items[#{number}].{field}");
        [
            row(
                change(&at("item_code"), json!(null), json!(item)),
                number,
                item,
                RowFate::New,
            ),
            row(
                change(&at("qty"), json!(null), json!(quantity)),
                number,
                item,
                RowFate::New,
            ),
        ]
    };
    let mut order = vec![
        PlannedChange {
            other_name: Some(json!("CUST-00017")),
            ..change("customer", json!(null), json!({"op": 1}))
        },
        change("po_no", json!(null), json!("PO-4711")),
    ];
    order.extend(new_row(1, "BEARING-6204", 4.0));
    order.extend(new_row(2, "SEAL-20", 8.0));
    let made_order = Operation {
        name: None,
        after: vec![1],
        reason: "exists on `a` only".to_owned(),
        ..operation(2, Action::Create, "Sales Order", "SO-00009", order)
    };
    let changed = operation(
        3,
        Action::Update,
        "Customer",
        "Alder Works Ltd",
        vec![
            PlannedChange {
                rule: Some("`newest`: a was saved later".to_owned()),
                ..change(
                    "website",
                    json!("https://b.example"),
                    json!("https://a.example"),
                )
            },
            change("territory", json!(""), json!("Bavaria")),
            change(
                "details",
                json!("Delivers on Mondays, calls before noon"),
                json!("Delivers on Tuesdays, calls before noon"),
            ),
        ],
    );
    let rows = vec![
        row(
            change("items[r2].qty", json!(2.0), json!(5.0)),
            2,
            "SEAL-20",
            RowFate::Changed,
        ),
        row(
            change(
                "items[r3].name",
                json!({"item_code": "NUT-8", "qty": 12}),
                json!(null),
            ),
            3,
            "NUT-8",
            RowFate::Removed,
        ),
        change("items[]", json!(["r1", "r2"]), json!(["r2", "r1"])),
    ];
    let reordered = operation(4, Action::Update, "Sales Order", "SO-00003", rows);
    let mut report = plan_of(vec![made, made_order, changed, reordered]);
    report.summary.conflict = 1;
    report.summary.parked = 1;
    report.conflicts = vec![ConflictReport {
        id: None,
        doctype: "Customer".into(),
        a_name: "Alder Works Ltd".into(),
        b_name: "Alder Works Ltd".into(),
        fields: vec!["website".to_owned().into()],
        winner: Some(Side::A),
        reason: "`newest`: a was saved later".to_owned(),
    }];
    report.parked = vec![ParkedReport {
        site: Side::A,
        doctype: "Sales Order".into(),
        name: "SO-00044".into(),
        cause: ParkedCause::Refused {
            exc_type: "MandatoryError".to_owned(),
        },
        message: "[Sales Order, SO-00044]: delivery_date".to_owned(),
    }];
    report
}
