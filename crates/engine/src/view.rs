//! A document as the planner sees it: fingerprints in place of values.

use std::collections::BTreeMap;

use frappe_sync_mapper::{EffectiveMapping, FieldMapping, LinkContext, Translated, translate};
use frappe_sync_model::{Document, FieldName, Fingerprinter, Side, canonical};
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
        let tables = mapping.tables.iter().filter_map(|table| {
            let rows = document.tables.get(&table.names[side])?;
            let rows = rows.iter().map(|row| RowInput {
                name: row.name.clone(),
                fields: values(fingerprints, &table.fields, side, &row.fields, links),
            });
            Some((table.id.clone(), rows.collect()))
        });
        let mut fields = values(fingerprints, &mapping.fields, side, &document.fields, links);
        if mapping.follows_docstatus() {
            let stage = Stage::of_docstatus(document.docstatus);
            fields.insert(DOCSTATUS.into(), stage::value(fingerprints, stage));
        }
        Self {
            fields,
            tables: tables.collect(),
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
        Translated::MissingTarget { .. } => None,
    };
    let common = match side {
        Side::A => across
            .as_ref()
            .map(|translated| fingerprints.of(&canonical(translated, field.meta.b.kind))),
        Side::B => Some(own),
    };
    SideValue {
        own,
        common,
        across: across.is_some(),
        empty: own_form.is_empty(),
    }
}
