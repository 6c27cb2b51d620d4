//! The decision on one child table.

use std::collections::BTreeMap;

use frappe_sync_mapper::TableMapping;
use frappe_sync_model::{
    DocName, Document, FieldName, FieldPath, Fingerprint, PerSide, Row, Side, Site, StateStore,
};
use frappe_sync_planner::{
    Fit, MergeRules, MergedRow, RowInput, TableInput, TableMerge, TableWay, Verdict, merge_table,
    take_table,
};
use serde_json::{Map, Value};

use super::deciding::Deciding;
use super::decision::{Decision, FoundConflict, Rule};
use super::row_plan::{apart, row_plan, waiting};
use super::row_rules::Cleared;
use crate::Clock;
use crate::compose::{
    MissingLink, constants, explicit, field_value, missing_in, new_row_name, whole_row,
};
use crate::document_plan::{RowPlan, TablePlan};
use crate::view::View;

/// The list that takes the place of a side's rows.
#[derive(Debug, Default)]
pub(super) struct NewList {
    /// Its rows, as they are sent.
    pub(super) rows: Vec<Value>,
    /// The row of the other side that each goes with.
    pub(super) sources: Vec<Option<DocName>>,
}

impl<S: Site, T: StateStore, C: Clock> Deciding<'_, '_, S, T, C> {
    pub(super) fn table(
        &self,
        table: &TableMapping,
        views: &PerSide<View>,
        decision: &mut Decision,
    ) {
        let (Some(a), Some(b)) = (views.a.tables.get(&table.id), views.b.tables.get(&table.id))
        else {
            return;
        };
        let mut rows = PerSide {
            a: a.clone(),
            b: b.clone(),
        };
        // What only an insert can give is sent with a new row, and never compared.
        for row in rows.a.iter_mut().chain(&mut rows.b) {
            for field in table.fields.iter().filter(|field| field.on_create_only) {
                row.fields.remove(&field.id);
            }
        }
        let cleared = self.clear_links(table, &mut rows, decision);
        let mut baseline = decision.pair.baseline.tables.get(&table.id).cloned();
        if let Some(baseline) = &mut baseline {
            self.forget_told_otherwise(table, &rows, baseline, decision);
        }
        let own_rules = self.own_rules(table);
        let input = TableInput {
            rows,
            baseline: baseline.as_deref(),
            key: &table.key,
            own_rules: &own_rules,
        };
        let rules = MergeRules {
            direction: table.direction,
            policy: table.conflict,
            ..self.rules
        };
        let merge = merge_table(&input, &rules);
        let allowed = PerSide::from_fn(|side| self.allows(table, side, &merge));
        let path = FieldPath::Table(table.id.clone());
        match self.stages.standing.fit_table(&merge, &allowed) {
            Fit::Carry(TableWay::Merged) => {
                for conflict in &merge.conflicts {
                    self.row_conflict(table, conflict, decision);
                }
                if !merge.drift.is_empty() || merge.order_drift.is_some() {
                    decision.drift.push(path);
                }
                self.carry(table, merge, &input.rows, &cleared, decision);
            }
            // What goes one way is not taken the other way round.
            Fit::Carry(TableWay::TakenFrom(from)) if !table.direction.writes_to(from.other()) => {
                decision.table_apart(path, from);
                decision.plan.tables.push(apart(table, &merge, &input.rows));
            }
            Fit::Carry(TableWay::TakenFrom(from)) => {
                let taken = take_table(&input, from);
                self.carry(table, taken, &input.rows, &cleared, decision);
                self.taken_from(table, from, decision);
            }
            Fit::Carry(TableWay::Conflict) => {
                decision.conflicts.push(FoundConflict {
                    path,
                    winner: None,
                    rule: Rule::Further,
                });
                decision.plan.tables.push(waiting(table));
            }
            Fit::Refused { to } => {
                decision.past_rules.push((to, path));
                decision.plan.tables.push(waiting(table));
            }
            Fit::Apart { kept } => {
                decision.table_apart(path, kept);
                decision.plan.tables.push(apart(table, &merge, &input.rows));
            }
        }
    }

    /// Tells whether a submitted document takes the list that was merged for it.
    fn allows(&self, table: &TableMapping, side: Side, merge: &TableMerge) -> bool {
        let field = self.effective.meta[side]
            .doctype
            .field(table.names[side].as_str());
        let may_grow = field.is_some_and(|field| field.allow_on_submit);
        merge.is_allowed_after_submit(side, may_grow, |id| {
            let field = table.fields.iter().find(|field| &field.id == id);
            field.is_some_and(|field| field.meta[side].allow_on_submit)
        })
    }

    /// Carries a merged table out, as far as its links allow.
    fn carry(
        &self,
        table: &TableMapping,
        merge: TableMerge,
        rows: &PerSide<Vec<RowInput>>,
        cleared: &Cleared,
        decision: &mut Decision,
    ) {
        let mut names: Vec<PerSide<Option<DocName>>> =
            merge.rows.iter().map(|row| row.names.clone()).collect();
        let mut missing: Vec<MissingLink> = Vec::new();
        let mut sent: Vec<BTreeMap<FieldName, Fingerprint>> = vec![BTreeMap::new(); names.len()];
        let mut lists: PerSide<Option<NewList>> = PerSide::default();
        for to in Side::BOTH.into_iter().filter(|side| merge.write[*side]) {
            let mut list = NewList::default();
            for (index, row) in merge.rows.iter().enumerate() {
                if !row.belongs_to(to) {
                    continue;
                }
                if row.is_made_on(to)
                    && let Some(source) = &row.names[to.other()]
                {
                    let name = new_row_name(&self.session.fingerprints, to, &table.id, source);
                    names[index][to] = Some(name);
                }
                match self.row(table, to, row, &names[index], decision, &mut sent[index]) {
                    Ok(value) => {
                        list.rows.push(value);
                        list.sources.push(row.names[to.other()].clone());
                    }
                    Err(links) => missing.extend(links),
                }
            }
            self.keep_hidden(table, to, rows, decision, &mut list);
            lists[to] = Some(list);
        }
        let waits = merge.missing || !missing.is_empty();
        if merge.missing && missing.is_empty() {
            missing.extend(self.missing_of_rows(table, &merge.rows, decision));
        }
        decision.missing.extend(missing);
        if !waits {
            for to in Side::BOTH {
                let Some(list) = lists[to].take() else {
                    continue;
                };
                self.describe_rows(table, to, &list, decision);
                decision.changes[to]
                    .insert(table.names[to].as_str().to_owned(), Value::Array(list.rows));
            }
        }
        let mut plans: Vec<Option<RowPlan>> = merge
            .rows
            .iter()
            .zip(names)
            .zip(sent)
            .map(|((row, names), sent)| {
                let mut plan = row_plan(row, names, &sent, rows);
                for field in &mut plan.fields {
                    let mut sides = Side::BOTH.into_iter();
                    field.cleared = sides.any(|side| {
                        let place = row.names[side].clone().map(|name| (side, name));
                        place.is_some_and(|(side, name)| {
                            cleared.contains(&(side, name, field.id.clone()))
                        })
                    });
                }
                Some(plan)
            })
            .collect();
        decision.plan.tables.push(TablePlan {
            id: table.id.clone(),
            rows: merge
                .agreed_order
                .iter()
                .filter_map(|index| plans[*index].take())
                .collect(),
            write: if waits {
                PerSide::default()
            } else {
                merge.write
            },
            waits,
            stays_apart: false,
        });
    }

    /// Builds one whole row for the list of `to`.
    pub(super) fn row(
        &self,
        table: &TableMapping,
        to: Side,
        row: &MergedRow,
        names: &PerSide<Option<DocName>>,
        decision: &Decision,
        sent: &mut BTreeMap<FieldName, Fingerprint>,
    ) -> Result<Value, Vec<MissingLink>> {
        let from = to.other();
        let held = find_row(&decision.documents[to], table, to, row.names[to].as_ref());
        let source = find_row(
            &decision.documents[from],
            table,
            from,
            row.names[from].as_ref(),
        );
        let mut values = match held {
            Some(_) => Map::new(),
            None => constants(&table.given[to]),
        };
        let mut missing = Vec::new();
        for field in &table.fields {
            let writes = row
                .fields
                .get(&field.id)
                .is_some_and(|verdict| verdict.writes_to(to));
            let goes = field.direction.writes_to(to) && (writes || held.is_none());
            let (true, Some(source)) = (goes, source) else {
                continue;
            };
            if !source.fields.contains_key(field.names[from].as_str()) {
                continue;
            }
            let own = source.fields.get(field.names[from].as_str());
            let default = field.default[to]
                .as_ref()
                .filter(|_| held.is_none() && own.is_some_and(|own| field.is_empty(from, own)));
            match field_value(field, from, &source.fields, &source.fields, self.links) {
                Ok(value) => {
                    let value = default.cloned().unwrap_or(value);
                    sent.insert(field.id.clone(), self.fingerprint(field, to, &value));
                    values.insert(field.names[to].as_str().to_owned(), value);
                }
                Err(link) if self.is_cleared(&link) => {
                    let value = explicit(field, to, Value::Null);
                    sent.insert(field.id.clone(), self.fingerprint(field, to, &value));
                    values.insert(field.names[to].as_str().to_owned(), value);
                }
                Err(link) => missing.push(*link),
            }
        }
        if missing.is_empty() {
            Ok(whole_row(
                &self.effective.meta[to],
                table,
                to,
                held,
                names[to].as_ref(),
                values,
            ))
        } else {
            Err(missing)
        }
    }

    pub(super) fn missing_of_rows(
        &self,
        table: &TableMapping,
        rows: &[MergedRow],
        decision: &Decision,
    ) -> Vec<MissingLink> {
        let mut missing = Vec::new();
        for row in rows {
            for field in &table.fields {
                let Some(Verdict::MissingTarget { from }) = row.fields.get(&field.id) else {
                    continue;
                };
                let document = &decision.documents[*from];
                if let Some(held) = find_row(document, table, *from, row.names[*from].as_ref()) {
                    missing.extend(missing_in(
                        field,
                        *from,
                        &held.fields,
                        &held.fields,
                        self.links,
                    ));
                }
            }
        }
        missing
    }
}

pub(super) fn find_row<'d>(
    document: &'d Document,
    table: &TableMapping,
    side: Side,
    name: Option<&DocName>,
) -> Option<&'d Row> {
    let name = name?;
    document
        .tables
        .get(&table.names[side])?
        .iter()
        .find(|row| &row.name == name)
}
