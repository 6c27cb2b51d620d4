//! Conflicts in rows, and new lists, as people are told of them.

use frappe_sync_mapper::TableMapping;
use frappe_sync_model::{DocName, FieldPath, Row, Side, Site, StateStore, canonical};
use frappe_sync_planner::RowConflictKind;
use serde_json::Value;

use super::deciding::Deciding;
use super::decision::{Decision, FoundConflict, Loss, Rule};
use super::table::{NewList, find_row};
use crate::Clock;
use crate::described;
use crate::report::{PlannedChange, RowFate};

impl<S: Site, T: StateStore, C: Clock> Deciding<'_, '_, S, T, C> {
    pub(super) fn row_conflict(
        &self,
        table: &TableMapping,
        conflict: &frappe_sync_planner::RowConflict,
        decision: &mut Decision,
    ) {
        let a_name = conflict.row.a.clone().or_else(|| conflict.row.b.clone());
        let row_name = a_name.unwrap_or_else(|| DocName::new(""));
        let path = match &conflict.kind {
            RowConflictKind::Field(field) => {
                FieldPath::RowField(table.id.clone(), row_name, field.clone())
            }
            RowConflictKind::EditAgainstDelete { .. } => {
                FieldPath::RowField(table.id.clone(), row_name, "name".into())
            }
        };
        let own = match &conflict.kind {
            RowConflictKind::Field(id) => table.fields.iter().find(|field| &field.id == id),
            RowConflictKind::EditAgainstDelete { .. } => None,
        };
        let rule = match own {
            Some(field) => self.rule_of(field.direction, field.conflict),
            None => self.rule_of(table.direction, table.conflict),
        };
        decision.conflicts.push(FoundConflict {
            path,
            winner: conflict.winner,
            rule,
        });
        let Some(winner) = conflict.winner else {
            return;
        };
        let loser = winner.other();
        let row = |side: Side| {
            find_row(
                &decision.documents[side],
                table,
                side,
                conflict.row[side].as_ref(),
            )
        };
        let loss = match &conflict.kind {
            RowConflictKind::Field(id) => {
                let Some(field) = table.fields.iter().find(|field| &field.id == id) else {
                    return;
                };
                let value = |side: Side| {
                    row(side)
                        .and_then(|row| row.fields.get(field.names[side].as_str()).cloned())
                        .unwrap_or(Value::Null)
                };
                let Some(name) = conflict.row[loser].clone() else {
                    return;
                };
                let path = FieldPath::RowField(
                    table.names[loser].clone(),
                    name,
                    field.names[loser].clone(),
                );
                Loss {
                    side: loser,
                    path,
                    lost: value(loser),
                    kept: value(winner),
                    rule,
                }
            }
            // An edit that loses to a delete loses its row; a delete that loses loses nothing.
            RowConflictKind::EditAgainstDelete { .. } => {
                let (Some(held), Some(name)) = (row(loser), conflict.row[loser].clone()) else {
                    return;
                };
                let path = FieldPath::RowField(table.names[loser].clone(), name, "name".into());
                let lost = Value::Object(held.fields.clone());
                Loss {
                    side: loser,
                    path,
                    lost,
                    kept: Value::Null,
                    rule,
                }
            }
        };
        decision.losses.push(loss);
    }

    /// Tells that a whole table was taken from a side, and what the other one loses by it.
    pub(super) fn taken_from(&self, table: &TableMapping, from: Side, decision: &mut Decision) {
        let to = from.other();
        let name = &table.names[to];
        let Some(list) = decision.changes[to].get(name.as_str()).cloned() else {
            return;
        };
        decision.conflicts.push(FoundConflict {
            path: FieldPath::Table(table.id.clone()),
            winner: Some(from),
            rule: Rule::Further,
        });
        let held = decision.documents[to].tables.get(name);
        let lost = held.into_iter().flatten().map(|row| {
            let mut fields = row.fields.clone();
            fields.insert("name".to_owned(), Value::from(row.name.as_str()));
            Value::Object(fields)
        });
        decision.losses.push(Loss {
            side: to,
            path: FieldPath::Table(name.clone()),
            lost: Value::Array(lost.collect()),
            kept: list,
            rule: Rule::Further,
        });
    }

    /// Says row by row what a new list changes.
    pub(super) fn describe_rows(
        &self,
        table: &TableMapping,
        to: Side,
        list: &NewList,
        decision: &mut Decision,
    ) {
        let from = to.other();
        let table_name = &table.names[to];
        let held: Vec<Row> = decision.documents[to]
            .tables
            .get(table_name)
            .cloned()
            .unwrap_or_default();
        let details = &mut decision.details[to];
        let mut kept: Vec<&str> = Vec::new();
        for (place, (row, source)) in list.rows.iter().zip(&list.sources).enumerate() {
            let Value::Object(row) = row else { continue };
            let name = row.get("name").and_then(Value::as_str).unwrap_or("");
            let at = held.iter().position(|held| held.name == name);
            let before = at.map(|at| &held[at]);
            let (number, fate) = match at {
                Some(at) => (at + 1, RowFate::Changed),
                None => (place + 1, RowFate::New),
            };
            if before.is_some() {
                kept.push(name);
            }
            let shown = described::row(table, to, number, row, fate);
            let source = find_row(&decision.documents[from], table, from, source.as_ref());
            for field in &table.fields {
                let field_name = &field.names[to];
                let new = row.get(field_name.as_str()).cloned().unwrap_or(Value::Null);
                let old = before
                    .and_then(|row| row.fields.get(field_name.as_str()).cloned())
                    .unwrap_or(Value::Null);
                let kind = field.meta[to].kind;
                if canonical(&new, kind) != canonical(&old, kind) {
                    let path =
                        FieldPath::RowField(table_name.clone(), name.into(), field_name.clone());
                    details.push(PlannedChange {
                        row: Some(shown.clone()),
                        other_name: source.and_then(|source| {
                            described::other_name(field, from, &source.fields, &new)
                        }),
                        ..PlannedChange::new(path, old, new)
                    });
                }
            }
        }
        for (place, row) in held.iter().enumerate() {
            if !kept.contains(&row.name.as_str()) {
                let path = FieldPath::RowField(table_name.clone(), row.name.clone(), "name".into());
                let fate = RowFate::Removed;
                details.push(PlannedChange {
                    row: Some(described::row(table, to, place + 1, &row.fields, fate)),
                    ..PlannedChange::new(path, Value::Object(row.fields.clone()), Value::Null)
                });
            }
        }
        let order: Vec<&str> = held
            .iter()
            .map(|row| row.name.as_str())
            .filter(|name| kept.contains(name))
            .collect();
        if order != kept {
            let path = FieldPath::Table(table_name.clone());
            details.push(PlannedChange::new(path, order.into(), kept.into()));
        }
    }
}
