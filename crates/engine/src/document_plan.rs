//! What was decided on one pair, value by value, and what that makes of its baselines.

use frappe_sync_model::{
    Baseline, DocName, FieldBaseline, FieldName, Fingerprint, PerSide, RowBaseline, Side,
};
use frappe_sync_planner::Verdict;

/// The decision on one value.
#[derive(Clone, Debug)]
pub(crate) struct FieldPlan {
    /// The field, as named on `a`.
    pub(crate) id: FieldName,
    /// The decision.
    pub(crate) verdict: Verdict,
    /// What each side held when it was made.
    pub(crate) own: PerSide<Option<Fingerprint>>,
    /// What is sent, in the terms of the side that it is sent to.
    pub(crate) sent: Option<Fingerprint>,
    /// The difference is left for good: the value can only be given by an insert, or a cancelled document
    /// takes nothing.
    pub(crate) stays_apart: bool,
    /// A link whose target is not there was left empty on the side that is written: the side that holds it is not
    /// settled, so that it is looked at again.
    pub(crate) cleared: bool,
}

/// The decision on one child row.
#[derive(Clone, Debug)]
pub(crate) struct RowPlan {
    /// Its name on each side, once written. `None`: not there, or not known yet.
    pub(crate) names: PerSide<Option<DocName>>,
    /// The row of the earlier baseline that it continues.
    pub(crate) baseline: Option<usize>,
    /// The one side that keeps it to itself.
    pub(crate) only: Option<Side>,
    /// Its fields.
    pub(crate) fields: Vec<FieldPlan>,
}

/// The decision on one child table.
#[derive(Clone, Debug)]
pub(crate) struct TablePlan {
    /// The table, as named on `a`.
    pub(crate) id: FieldName,
    /// Its rows, in the order in which they are kept as baseline.
    pub(crate) rows: Vec<RowPlan>,
    /// The sides whose list is written.
    pub(crate) write: PerSide<bool>,
    /// Nothing of it may settle: a value in it waits for another document, or all of it for a person.
    pub(crate) waits: bool,
    /// The difference is left for good, since a cancelled document takes nothing.
    pub(crate) stays_apart: bool,
}

/// The decision on one pair.
#[derive(Clone, Debug, Default)]
pub(crate) struct DocumentPlan {
    /// Its fields.
    pub(crate) fields: Vec<FieldPlan>,
    /// Its child tables.
    pub(crate) tables: Vec<TablePlan>,
}

impl DocumentPlan {
    /// Returns what an intent must remember of a write to `to`.
    pub(crate) fn sent_to(&self, to: Side) -> Baseline {
        let written = |field: &FieldPlan| field.verdict.writes_to(to);
        let fields = self
            .fields
            .iter()
            .filter(|field| written(field))
            .map(|field| sent(field, to));
        let tables = self
            .tables
            .iter()
            .filter(|table| table.write[to])
            .map(|table| {
                let rows = table
                    .rows
                    .iter()
                    .filter(|row| row.only.is_none())
                    .map(|row| RowBaseline {
                        names: row
                            .names
                            .clone()
                            .map(|name| name.unwrap_or_else(|| DocName::new(""))),
                        fields: row
                            .fields
                            .iter()
                            .filter(|field| written(field))
                            .map(|f| sent(f, to))
                            .collect(),
                    });
                (table.id.clone(), rows.collect())
            });
        Baseline {
            fields: fields.collect(),
            tables: tables.collect(),
            ..Baseline::default()
        }
    }

    /// Takes the decision back out of an intent's memory.
    pub(crate) fn from_sent(sent: &Baseline, to: Side) -> Self {
        let field = |(id, values): (&FieldName, &FieldBaseline)| FieldPlan {
            id: id.clone(),
            verdict: Verdict::Write {
                to,
                conflict: false,
            },
            own: PerSide::from_fn(|side| if side == to { None } else { values[side] }),
            sent: values[to],
            stays_apart: false,
            cleared: false,
        };
        let tables = sent.tables.iter().map(|(id, rows)| TablePlan {
            id: id.clone(),
            rows: rows
                .iter()
                .map(|row| RowPlan {
                    names: row
                        .names
                        .clone()
                        .map(|name| if name == "" { None } else { Some(name) }),
                    baseline: None,
                    only: None,
                    fields: row.fields.iter().map(field).collect(),
                })
                .collect(),
            write: PerSide::from_fn(|side| side == to),
            waits: false,
            stays_apart: false,
        });
        Self {
            fields: sent.fields.iter().map(field).collect(),
            tables: tables.collect(),
        }
    }

    /// Tells whether some value stays unsettled once the plan is carried out.
    pub(crate) fn stays_open(&self) -> bool {
        let open = |verdict: Verdict| {
            matches!(
                verdict,
                Verdict::Conflict | Verdict::MissingTarget { .. } | Verdict::Later { .. }
            )
        };
        let rows = self
            .tables
            .iter()
            .flat_map(|table| &table.rows)
            .flat_map(|row| &row.fields);
        self.fields
            .iter()
            .chain(rows)
            .any(|field| open(field.verdict) || field.cleared)
            || self.tables.iter().any(|table| table.waits)
    }
}

fn sent(field: &FieldPlan, to: Side) -> (FieldName, FieldBaseline) {
    let values = PerSide::from_fn(|side| {
        if side == to {
            field.sent
        } else if field.cleared {
            None
        } else {
            field.own[side]
        }
    });
    (field.id.clone(), values)
}
