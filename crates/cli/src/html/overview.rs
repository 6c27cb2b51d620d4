//! What a plan does, in numbers: per DocType and site, and in all.

use std::collections::BTreeMap;

use frappe_sync_engine::{Action, PackedOperations, PlanReport};
use frappe_sync_model::{DocType, PerSide, Side};
use serde::Serialize;

/// Every action, in the order in which they are told.
const ACTIONS: [(Action, &str); 6] = [
    (Action::Create, "create"),
    (Action::Update, "update"),
    (Action::Submit, "submit"),
    (Action::Cancel, "cancel"),
    (Action::Delete, "delete"),
    (Action::Rename, "rename"),
];

/// How many documents have one thing done to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Count {
    /// The action, or another key of the summary.
    pub(super) kind: &'static str,
    /// How many.
    pub(super) number: u64,
    /// What they are called.
    pub(super) word: String,
}

/// One mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    /// Its DocType on each side.
    pub(super) doctypes: PerSide<DocType>,
    /// What is written to each side.
    pub(super) counts: PerSide<Vec<Count>>,
}

impl Row {
    /// Tells in a few signs what is done, for the picture of the graph.
    pub(super) fn note(&self) -> String {
        let mut signs = Vec::new();
        for (_, kind) in ACTIONS {
            let both = self.counts.a.iter().chain(&self.counts.b);
            let number: u64 = both
                .filter(|count| count.kind == kind)
                .map(|count| count.number)
                .sum();
            if number > 0 {
                signs.push(format!("{number} to {kind}"));
            }
        }
        match signs.len() {
            0 => "nothing to do".to_owned(),
            1..=2 => signs.join(", "),
            _ => format!("{}, …", signs[..2].join(", ")),
        }
    }
}

/// Returns a row for each mapping, in the order of work, and for each DocType that no mapping is known of.
pub(super) fn rows(report: &PlanReport<PackedOperations>) -> Vec<Row> {
    let mut doctypes: Vec<PerSide<DocType>> = report
        .graph
        .nodes
        .iter()
        .map(|node| node.doctypes.clone())
        .collect();
    let mut numbers: BTreeMap<(Side, DocType, Action), u64> = BTreeMap::new();
    for operation in report.operations.iter() {
        let key = (operation.site, operation.doctype.clone(), operation.action);
        *numbers.entry(key).or_default() += 1;
        let is_known = doctypes
            .iter()
            .any(|names| names[operation.site] == operation.doctype);
        if !is_known {
            doctypes.push(PerSide::from_fn(|_| operation.doctype.clone()));
        }
    }
    doctypes
        .into_iter()
        .map(|doctypes| {
            let counts = PerSide::from_fn(|side| {
                let count = |&(action, kind): &(Action, &'static str)| {
                    let number = *numbers.get(&(side, doctypes[side].clone(), action))?;
                    let word = format!("to {kind}");
                    Some(Count { kind, number, word })
                };
                ACTIONS.iter().filter_map(count).collect()
            });
            Row { doctypes, counts }
        })
        .collect()
}

/// Returns the numbers of the whole plan; those that are usual even where they are none.
pub(super) fn tiles(report: &PlanReport<PackedOperations>) -> Vec<Count> {
    let summary = &report.summary;
    let plural =
        |number: u64, one: &str, many: &str| if number == 1 { one } else { many }.to_owned();
    let to = |action: &str| format!("to {action}");
    let all = [
        ("create", summary.create, to("create"), true),
        ("update", summary.update, to("update"), true),
        ("submit", summary.submit, to("submit"), false),
        ("cancel", summary.cancel, to("cancel"), false),
        ("delete", summary.delete, to("delete"), false),
        ("rename", summary.rename, to("rename"), false),
        ("link", summary.link, to("pair as they are"), false),
        (
            "conflict",
            summary.conflict,
            plural(summary.conflict, "conflict", "conflicts"),
            true,
        ),
        ("parked", summary.parked, "parked".to_owned(), true),
        (
            "unchanged",
            summary.unchanged,
            "unchanged".to_owned(),
            false,
        ),
    ];
    all.into_iter()
        .filter(|(_, number, _, always)| *always || *number > 0)
        .map(|(kind, number, word, _)| Count { kind, number, word })
        .collect()
}
