//! The decision on one pair: what goes where, what is in conflict, what must wait.

use std::collections::BTreeMap;

use frappe_sync_mapper::{EffectiveMapping, FieldMapping, TableMapping};
use frappe_sync_model::{
    Baseline, DocName, Document, FieldName, FieldPath, Fingerprint, Intent, IntentKind, Pair,
    PerSide, Row, Side, Site, StateStore, canonical,
};
use frappe_sync_planner::{
    MergeRules, MergedRow, RowConflictKind, RowInput, SideValue, TableInput, Verdict, merge_field,
    merge_table,
};
use serde_json::{Map, Value};

use crate::Clock;
use crate::compose::{MissingLink, field_value, missing_in, new_row_name, whole_row};
use crate::document_plan::{DocumentPlan, FieldPlan, RowPlan, TablePlan};
use crate::links::Links;
use crate::report::PlannedChange;
use crate::session::Session;
use crate::settle::{ReadBack, settle};
use crate::view::View;

/// A value that both sides changed.
#[derive(Clone, Debug)]
pub(crate) struct FoundConflict {
    /// Where, under the names of `a`.
    pub(crate) path: FieldPath,
    /// Who won; `None` while it waits for a person.
    pub(crate) winner: Option<Side>,
}

/// A value that a decision overwrites.
#[derive(Clone, Debug)]
pub(crate) struct Loss {
    /// The side that loses it.
    pub(crate) side: Side,
    /// Where, under that side's names.
    pub(crate) path: FieldPath,
    /// What is there.
    pub(crate) lost: Value,
    /// What takes its place.
    pub(crate) kept: Value,
}

/// What was decided on one pair.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// The pair, with the baselines that the decision was made against.
    pub(crate) pair: Pair,
    /// Both documents as they were.
    pub(crate) documents: PerSide<Document>,
    /// Value by value.
    pub(crate) plan: DocumentPlan,
    /// What is sent to each side; empty where nothing is.
    pub(crate) changes: PerSide<Map<String, Value>>,
    /// The same, for people.
    pub(crate) details: PerSide<Vec<PlannedChange>>,
    /// What both sides changed.
    pub(crate) conflicts: Vec<FoundConflict>,
    /// What is overwritten by a decision.
    pub(crate) losses: Vec<Loss>,
    /// Links that should go across and cannot yet.
    pub(crate) missing: Vec<MissingLink>,
    /// Values of a one-way mapping's target that differ on their own, under the names of `a`.
    pub(crate) drift: Vec<FieldPath>,
    /// Fields that a side does not show.
    pub(crate) unseen: Vec<(Side, FieldName)>,
}

impl Decision {
    /// Tells whether anything is written to `side`.
    pub(crate) fn writes_to(&self, side: Side) -> bool {
        !self.changes[side].is_empty()
    }

    /// Tells whether anything is written at all.
    pub(crate) fn writes(&self) -> bool {
        self.writes_to(Side::A) || self.writes_to(Side::B)
    }
}

/// Decides on a pair from both bodies.
pub(crate) fn decide<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    mut pair: Pair,
    documents: PerSide<Document>,
    links: &Links,
    intents: &[&Intent],
) -> Decision {
    let effective = &session.mappings[mapping];
    let views = PerSide::from_fn(|side| {
        View::new(
            &session.fingerprints,
            effective,
            side,
            &documents[side],
            links,
        )
    });
    forget_unmapped(&mut pair.baseline, effective);
    for intent in intents {
        own_write_is_no_change(session, &mut pair.baseline, intent, &documents, &views);
    }
    let rules = MergeRules {
        direction: effective.direction,
        policy: effective.conflict,
        prefer: effective.prefer,
        newer: session.newer(documents.as_ref()),
    };
    let mut decision = Decision {
        pair,
        documents,
        plan: DocumentPlan::default(),
        changes: PerSide::default(),
        details: PerSide::default(),
        conflicts: Vec::new(),
        losses: Vec::new(),
        missing: Vec::new(),
        drift: Vec::new(),
        unseen: Vec::new(),
    };
    let deciding = Deciding {
        session,
        effective,
        links,
        rules,
    };
    for field in &effective.fields {
        deciding.field(field, &views, &mut decision);
    }
    for table in &effective.tables {
        deciding.table(table, &views, &mut decision);
    }
    decision
}

/// Drops the baselines of fields that the mapping has no more: they say nothing of what comes later.
fn forget_unmapped(baseline: &mut Baseline, mapping: &EffectiveMapping) {
    baseline
        .fields
        .retain(|id, _| mapping.fields.iter().any(|field| &field.id == id));
    baseline.tables.retain(|id, rows| {
        let Some(table) = mapping.tables.iter().find(|table| &table.id == id) else {
            return false;
        };
        for row in rows {
            row.fields
                .retain(|id, _| table.fields.iter().any(|field| &field.id == id));
        }
        true
    });
}

/// Folds an open intent into the baselines: what it sent, where our user saved last, is agreed and not a
/// change of that side (a crash between write and read-back is no conflict).
fn own_write_is_no_change<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    baseline: &mut Baseline,
    intent: &Intent,
    documents: &PerSide<Document>,
    views: &PerSide<View>,
) {
    let side = intent.side;
    let IntentKind::Update { base, .. } = &intent.kind else {
        return;
    };
    let document = &documents[side];
    let moved = document
        .key
        .modified
        .as_ref()
        .is_some_and(|now| !now.same_moment(base));
    if !moved || !session.is_ours(side, document) {
        return;
    }
    let plan = DocumentPlan::from_sent(&intent.sent, side);
    let backs = PerSide::from_fn(|other| {
        (other == side).then_some(ReadBack {
            view: &views[side],
            ours: true,
        })
    });
    *baseline = settle(&plan, baseline, backs).baseline;
}

struct Deciding<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    effective: &'a EffectiveMapping,
    links: &'a Links,
    rules: MergeRules,
}

impl<S: Site, T: StateStore, C: Clock> Deciding<'_, '_, S, T, C> {
    fn field(&self, field: &FieldMapping, views: &PerSide<View>, decision: &mut Decision) {
        let values = PerSide::from_fn(|side| views[side].fields.get(&field.id).copied());
        for side in Side::BOTH {
            if values[side].is_none() {
                decision.unseen.push((side, field.names[side].clone()));
            }
        }
        let baseline = decision
            .pair
            .baseline
            .fields
            .get(&field.id)
            .copied()
            .unwrap_or_default();
        let rules = MergeRules {
            direction: field.direction,
            ..self.rules
        };
        let mut verdict = merge_field(values, &baseline, &rules);
        // A value that only an insert can give stays different for good (protocol 7).
        let only_on_insert = field.on_create_only
            && !matches!(
                verdict,
                Verdict::Unchanged | Verdict::Settle | Verdict::Unknown
            );
        if only_on_insert {
            verdict = Verdict::Settle;
        }
        let path = FieldPath::Field(field.id.clone());
        let mut sent = None;
        match verdict {
            Verdict::Write { to, conflict } => {
                let from = to.other();
                let fields = &decision.documents[from].fields;
                match field_value(field, from, fields, fields, self.links) {
                    Ok(value) => {
                        sent = Some(self.fingerprint(field, to, &value));
                        let name = field.names[to].clone();
                        let old = decision.documents[to]
                            .fields
                            .get(name.as_str())
                            .cloned()
                            .unwrap_or(Value::Null);
                        let here = FieldPath::Field(name.clone());
                        decision.details[to].push(PlannedChange {
                            path: here.clone(),
                            from: old.clone(),
                            to: value.clone(),
                        });
                        if conflict {
                            decision.conflicts.push(FoundConflict {
                                path,
                                winner: Some(from),
                            });
                            decision.losses.push(Loss {
                                side: to,
                                path: here,
                                lost: old,
                                kept: value.clone(),
                            });
                        }
                        decision.changes[to].insert(name.as_str().to_owned(), value);
                    }
                    Err(missing) => {
                        decision.missing.push(*missing);
                        verdict = Verdict::MissingTarget { from };
                    }
                }
            }
            Verdict::Conflict => decision
                .conflicts
                .push(FoundConflict { path, winner: None }),
            Verdict::Drift { .. } => decision.drift.push(path),
            Verdict::MissingTarget { from } => {
                let fields = &decision.documents[from].fields;
                decision
                    .missing
                    .extend(missing_in(field, from, fields, fields, self.links));
            }
            Verdict::Unchanged | Verdict::Settle | Verdict::Unknown => {}
        }
        decision.plan.fields.push(FieldPlan {
            id: field.id.clone(),
            verdict,
            own: values.map(|value| value.map(|value| value.own)),
            sent,
            only_on_insert,
        });
    }

    fn table(&self, table: &TableMapping, views: &PerSide<View>, decision: &mut Decision) {
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
        let merge = merge_table(
            &TableInput {
                rows: rows.clone(),
                baseline: decision
                    .pair
                    .baseline
                    .tables
                    .get(&table.id)
                    .map(Vec::as_slice),
                key: &table.key,
            },
            &self.rules,
        );
        for conflict in &merge.conflicts {
            self.row_conflict(table, conflict, decision);
        }
        if !merge.drift.is_empty() || merge.order_drift.is_some() {
            decision.drift.push(FieldPath::Table(table.id.clone()));
        }
        let mut names: Vec<PerSide<Option<DocName>>> =
            merge.rows.iter().map(|row| row.names.clone()).collect();
        let mut missing: Vec<MissingLink> = Vec::new();
        let mut sent: Vec<BTreeMap<FieldName, Fingerprint>> = vec![BTreeMap::new(); names.len()];
        let mut lists: PerSide<Option<Vec<Value>>> = PerSide::default();
        for to in Side::BOTH.into_iter().filter(|side| merge.write[*side]) {
            let mut list = Vec::new();
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
                    Ok(value) => list.push(value),
                    Err(links) => missing.extend(links),
                }
            }
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
                self.describe_rows(table, to, &list, &rows, decision);
                decision.changes[to]
                    .insert(table.names[to].as_str().to_owned(), Value::Array(list));
            }
        }
        let mut plans: Vec<Option<RowPlan>> = merge
            .rows
            .iter()
            .zip(names)
            .zip(sent)
            .map(|((row, names), sent)| Some(row_plan(row, names, &sent, &rows)))
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
        });
    }

    /// Builds one whole row for the list of `to`.
    fn row(
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
        let mut values = Map::new();
        let mut missing = Vec::new();
        for field in &table.fields {
            let writes = row
                .fields
                .get(&field.id)
                .is_some_and(|verdict| verdict.writes_to(to));
            let (true, Some(source)) = (writes || held.is_none(), source) else {
                continue;
            };
            if !source.fields.contains_key(field.names[from].as_str()) {
                continue;
            }
            match field_value(field, from, &source.fields, &source.fields, self.links) {
                Ok(value) => {
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

    fn row_conflict(
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
        decision.conflicts.push(FoundConflict {
            path,
            winner: conflict.winner,
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
                }
            }
        };
        decision.losses.push(loss);
    }

    fn missing_of_rows(
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

    /// Says row by row what a new list changes.
    fn describe_rows(
        &self,
        table: &TableMapping,
        to: Side,
        list: &[Value],
        rows: &PerSide<Vec<RowInput>>,
        decision: &mut Decision,
    ) {
        let table_name = &table.names[to];
        let held: Vec<Row> = decision.documents[to]
            .tables
            .get(table_name)
            .cloned()
            .unwrap_or_default();
        let details = &mut decision.details[to];
        let mut kept: Vec<&str> = Vec::new();
        for row in list {
            let name = row.get("name").and_then(Value::as_str).unwrap_or("");
            let before = held.iter().find(|held| held.name == name);
            if before.is_some() {
                kept.push(name);
            }
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
                        path,
                        from: old,
                        to: new,
                    });
                }
            }
        }
        for row in &held {
            if !kept.contains(&row.name.as_str()) {
                let path = FieldPath::RowField(table_name.clone(), row.name.clone(), "name".into());
                let from = Value::Object(row.fields.clone());
                details.push(PlannedChange {
                    path,
                    from,
                    to: Value::Null,
                });
            }
        }
        let order: Vec<&str> = rows[to]
            .iter()
            .map(|row| row.name.as_str())
            .filter(|name| kept.contains(name))
            .collect();
        if order != kept {
            let path = FieldPath::Table(table_name.clone());
            details.push(PlannedChange {
                path,
                from: order.into(),
                to: kept.into(),
            });
        }
    }

    fn fingerprint(&self, field: &FieldMapping, side: Side, value: &Value) -> Fingerprint {
        self.session
            .fingerprints
            .of(&canonical(value, field.meta[side].kind))
    }
}

fn find_row<'d>(
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

fn row_plan(
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
        only_on_insert: false,
    });
    RowPlan {
        names,
        baseline: row.baseline,
        only: row.only,
        fields: fields.collect(),
    }
}
