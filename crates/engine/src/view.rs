//! A document as the planner sees it: fingerprints in place of values.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_mapper::{EffectiveMapping, FieldMapping, LinkContext, Translated, translate};
use frappe_sync_model::{Baseline, DocName, Document, FieldName, Fingerprinter, Side, canonical};
use frappe_sync_planner::{RowInput, SideValue, Stage};
use serde_json::{Map, Value};

use crate::stage::{self, DOCSTATUS};

/// One document of one side, under the fieldnames of side `a`.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// Its mapped fields, and `docstatus` where it is followed; one that the site did not show is absent.
    pub(crate) fields: BTreeMap<FieldName, SideValue>,
    /// Its mapped child tables; one that was not read is absent.
    pub(crate) tables: BTreeMap<FieldName, Vec<RowInput>>,
    /// The rows that the filters of a table leave out.
    hidden: BTreeMap<FieldName, BTreeSet<DocName>>,
}

impl View {
    /// Looks at a document.
    pub(crate) fn new(
        fingerprints: &Fingerprinter,
        mapping: &EffectiveMapping,
        side: Side,
        document: &Document,
        links: &impl LinkContext,
    ) -> Self {
        let mut hidden: BTreeMap<FieldName, BTreeSet<DocName>> = BTreeMap::new();
        let tables = mapping.tables.iter().filter_map(|table| {
            let rows = document.tables.get(&table.names[side])?;
            for row in rows.iter().filter(|row| !table.admits(side, &row.fields)) {
                let of_table = hidden.entry(table.id.clone()).or_default();
                of_table.insert(row.name.clone());
            }
            let rows = rows.iter().map(|row| RowInput {
                name: row.name.clone(),
                fields: values(fingerprints, &table.fields, side, &row.fields, links),
            });
            Some((table.id.clone(), rows.collect()))
        });
        let tables = tables.collect();
        let mut fields = values(fingerprints, &mapping.fields, side, &document.fields, links);
        if mapping.follows_docstatus() {
            let stage = Stage::of_docstatus(document.docstatus);
            fields.insert(DOCSTATUS.into(), stage::value(fingerprints, stage));
        }
        Self {
            fields,
            tables,
            hidden,
        }
    }

    /// Tells whether the filters of a table leave a row out. One that is paired is followed whatever it holds.
    pub(crate) fn hides(
        &self,
        table: &FieldName,
        row: &DocName,
        side: Side,
        baseline: &Baseline,
    ) -> bool {
        let is_hidden = self
            .hidden
            .get(table)
            .is_some_and(|rows| rows.contains(row));
        let mut paired = baseline.tables.get(table).into_iter().flatten();
        is_hidden && !paired.any(|known| &known.names[side] == row)
    }

    /// Drops the rows that the filters leave out.
    pub(crate) fn drop_hidden(&mut self, side: Side, baseline: &Baseline) {
        for (table, rows) in std::mem::take(&mut self.tables) {
            let shown = rows
                .into_iter()
                .filter(|row| !self.hides(&table, &row.name, side, baseline))
                .collect();
            self.tables.insert(table, shown);
        }
    }
}

fn values(
    fingerprints: &Fingerprinter,
    fields: &[FieldMapping],
    side: Side,
    given: &Map<String, Value>,
    links: &impl LinkContext,
) -> BTreeMap<FieldName, SideValue> {
    fields
        .iter()
        .filter_map(|field| {
            let value = given.get(field.names[side].as_str())?;
            Some((
                field.id.clone(),
                side_value(fingerprints, field, side, value, given, links),
            ))
        })
        .collect()
}

fn side_value(
    fingerprints: &Fingerprinter,
    field: &FieldMapping,
    side: Side,
    value: &Value,
    siblings: &Map<String, Value>,
    links: &impl LinkContext,
) -> SideValue {
    let own_form = canonical(value, field.meta[side].kind);
    let own = fingerprints.of(&own_form);
    let across = match translate(field, side, value, siblings, links) {
        Translated::Value(translated) => Some(translated),
        Translated::MissingTarget { .. } | Translated::Untold { .. } => None,
    };
    let print = |kind| {
        across
            .as_ref()
            .map(|value| fingerprints.of(&canonical(value, kind)))
    };
    let common = match side {
        Side::A => print(field.meta.b.kind),
        Side::B => Some(own),
    };
    // Only a table of values makes one of several.
    let back = match side {
        Side::B if field.values.is_some() => print(field.meta.a.kind),
        _ => None,
    };
    SideValue {
        own,
        common,
        back,
        across: across.is_some(),
        empty: field.is_empty(side, value),
    }
}
