//! What the decision on a table means for its baselines.

use std::collections::BTreeMap;

use frappe_sync_mapper::TableMapping;
use frappe_sync_model::{DocName, FieldName, Fingerprint, PerSide, Side};
use frappe_sync_planner::{MergedRow, RowInput, SideValue, TableMerge, Verdict};

use crate::document_plan::{FieldPlan, RowPlan, TablePlan};

/// A table of which nothing settles for now.
pub(super) fn waiting(table: &TableMapping) -> TablePlan {
    TablePlan {
        id: table.id.clone(),
        rows: Vec::new(),
        write: PerSide::default(),
        waits: true,
        stays_apart: false,
    }
}

/// A table that stays as it is on both sides.
pub(super) fn apart(
    table: &TableMapping,
    merge: &TableMerge,
    rows: &PerSide<Vec<RowInput>>,
) -> TablePlan {
    let plan = |index: &usize| {
        let row = &merge.rows[*index];
        let mut plan = row_plan(row, row.names.clone(), &BTreeMap::new(), rows);
        for field in &mut plan.fields {
            if !matches!(field.verdict, Verdict::Unchanged | Verdict::Unknown) {
                field.stays_apart = field.verdict != Verdict::Settle;
                field.verdict = Verdict::Settle;
            }
        }
        plan.only = Side::BOTH
            .into_iter()
            .find(|side| plan.names[side.other()].is_none());
        plan
    };
    TablePlan {
        id: table.id.clone(),
        rows: merge.agreed_order.iter().map(plan).collect(),
        write: PerSide::default(),
        waits: false,
        stays_apart: true,
    }
}

pub(super) fn row_plan(
    row: &MergedRow,
    names: PerSide<Option<DocName>>,
    sent: &BTreeMap<FieldName, Fingerprint>,
    rows: &PerSide<Vec<RowInput>>,
) -> RowPlan {
    let held = PerSide::from_fn(|side| {
        let name = row.names[side].as_ref()?;
        rows[side].iter().find(|held| &held.name == name)
    });
    let fields = row.fields.iter().map(|(id, verdict)| FieldPlan {
        id: id.clone(),
        verdict: *verdict,
        own: PerSide::from_fn(|side| {
            held[side]
                .and_then(|row| row.fields.get(id))
                .map(|value: &SideValue| value.own)
        }),
        sent: sent.get(id).copied(),
        stays_apart: false,
        cleared: false,
    });
    RowPlan {
        names,
        baseline: row.baseline,
        only: row.only,
        fields: fields.collect(),
    }
}
