//! What the mapping says of single fields and rows of a table.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use frappe_sync_mapper::{FieldMapping, TableMapping};
use frappe_sync_model::{
    DocName, FieldName, FieldPath, PerSide, Row, RowBaseline, Side, Site, StateStore,
};
use frappe_sync_planner::{MergeRules, RowInput, SideValue};
use serde_json::{Map, Value};

use super::deciding::Deciding;
use super::decision::Decision;
use super::table::{NewList, find_row};
use crate::Clock;
use crate::compose::{explicit, missing_in, whole_row};

/// Links of rows that are left empty on the other side: the side and row that hold them, and the field.
pub(super) type Cleared = BTreeSet<(Side, DocName, FieldName)>;

impl<S: Site, T: StateStore, C: Clock> Deciding<'_, '_, S, T, C> {
    /// Returns the rules of the fields that do not follow those of the table.
    pub(super) fn own_rules(&self, table: &TableMapping) -> BTreeMap<FieldName, MergeRules> {
        table
            .fields
            .iter()
            .filter(|field| (field.direction, field.conflict) != (table.direction, table.conflict))
            .map(|field| (field.id.clone(), self.rules_of(field)))
            .collect()
    }

    /// Tells whether a table of values says by now that two values are not the same which were agreed on: it was
    /// changed since.
    pub(super) fn is_told_otherwise(
        &self,
        field: &FieldMapping,
        values: PerSide<Option<SideValue>>,
        path: &FieldPath,
        decision: &Decision,
    ) -> bool {
        let (Some(a), Some(b)) = (values.a, values.b) else {
            return false;
        };
        let baseline = &decision.pair.baseline;
        let is_known = baseline.rewritten.contains(path) || baseline.refused.contains(path);
        field.values.is_some() && !(a.empty || b.empty || is_known || SideValue::agrees(a, b))
    }

    /// Forgets what was agreed on where a table of values says otherwise by now.
    pub(super) fn forget_told_otherwise(
        &self,
        table: &TableMapping,
        rows: &PerSide<Vec<RowInput>>,
        baseline: &mut [RowBaseline],
        decision: &Decision,
    ) {
        let with_values = || table.fields.iter().filter(|field| field.values.is_some());
        if with_values().next().is_none() {
            return;
        }
        for known in baseline {
            let held = PerSide::from_fn(|side| {
                let name = &known.names[side];
                rows[side].iter().find(|row| &row.name == name)
            });
            for field in with_values() {
                let Some(agreed) = known.fields.get_mut(&field.id) else {
                    continue;
                };
                let values = held.map(|row| row?.fields.get(&field.id).copied());
                let is_unchanged = Side::BOTH
                    .into_iter()
                    .all(|side| values[side].is_some_and(|value| agreed[side] == Some(value.own)));
                let row = known.names.a.clone();
                let path = FieldPath::RowField(table.id.clone(), row, field.id.clone());
                if is_unchanged && self.is_told_otherwise(field, values, &path, decision) {
                    *agreed = PerSide::default();
                }
            }
        }
    }

    /// Takes links that the mapping leaves empty for what they become on the other side: nothing.
    pub(super) fn clear_links(
        &self,
        table: &TableMapping,
        rows: &mut PerSide<Vec<RowInput>>,
        decision: &Decision,
    ) -> Cleared {
        let mut cleared = Cleared::new();
        for side in Side::BOTH {
            for row in &mut rows[side] {
                for field in &table.fields {
                    let Some(value) = row.fields.get_mut(&field.id) else {
                        continue;
                    };
                    if value.across {
                        continue;
                    }
                    let document = &decision.documents[side];
                    let held = find_row(document, table, side, Some(&row.name));
                    let missing = held.and_then(|held| {
                        missing_in(field, side, &held.fields, &held.fields, self.links)
                    });
                    if !missing.is_some_and(|missing| self.is_cleared(&missing)) {
                        continue;
                    }
                    if side == Side::A {
                        let nothing = explicit(field, Side::B, Value::Null);
                        value.common = Some(self.fingerprint(field, Side::B, &nothing));
                    } else {
                        let nothing = explicit(field, Side::A, Value::Null);
                        value.back = Some(self.fingerprint(field, Side::A, &nothing));
                    }
                    value.across = true;
                    cleared.insert((side, row.name.clone(), field.id.clone()));
                }
            }
        }
        cleared
    }

    /// Puts the rows that the filters leave out back where they stood: a list replaces all that is there.
    pub(super) fn keep_hidden(
        &self,
        table: &TableMapping,
        to: Side,
        rows: &PerSide<Vec<RowInput>>,
        decision: &Decision,
        list: &mut NewList,
    ) {
        let shown: HashSet<&DocName> = rows[to].iter().map(|row| &row.name).collect();
        let held: &[Row] = decision.documents[to]
            .tables
            .get(&table.names[to])
            .map_or(&[], Vec::as_slice);
        for (place, row) in held.iter().enumerate() {
            if shown.contains(&row.name) {
                continue;
            }
            let whole = whole_row(
                &self.effective.meta[to],
                table,
                to,
                Some(row),
                Some(&row.name),
                Map::new(),
            );
            // Behind the row that it stood behind; first of all where that is gone.
            let after = held[..place].iter().rev().find_map(|before| {
                let is_it = |sent: &Value| sent["name"] == before.name.as_str();
                list.rows.iter().position(is_it)
            });
            let at = after.map_or(0, |after| after + 1);
            list.rows.insert(at, whole);
            list.sources.insert(at, None);
        }
    }
}
