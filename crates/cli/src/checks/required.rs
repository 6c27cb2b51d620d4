//! Fields without which a site takes no document, and that get no value from a sync.

use std::collections::BTreeMap;

use frappe_sync_mapper::{EffectiveMapping, FieldMapping};
use frappe_sync_model::{DocTypeMeta, FieldKind, FieldMeta, Side};

use super::Finding;
use super::pair::SitePair;
use super::schema::{has_value_of_its_own, place_of_mapping};
use crate::render::text::listed;

/// Tells which mandatory fields of a side that is written to stay empty. An app may fill them before the
/// site looks, so this is no failure.
pub(super) fn check_required(mapping: &EffectiveMapping, pair: &SitePair<'_>) -> Vec<Finding> {
    let mut sites_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for side in Side::BOTH {
        if mapping.direction.writes_to(side) {
            for path in without_value(mapping, side) {
                let sites = sites_of.entry(path).or_default();
                sites.push(pair.name(side).to_owned());
            }
        }
    }
    sites_of
        .iter()
        .map(|(path, sites)| {
            Finding::warn(
                place_of_mapping(mapping),
                format!(
                    "`{path}` is mandatory on {} and gets no value: {}",
                    listed(sites),
                    why(mapping, path),
                ),
                "map it, or give it a default on the site; if an app fills it, nothing is to be done",
            )
        })
        .collect()
}

fn without_value(mapping: &EffectiveMapping, side: Side) -> Vec<String> {
    let own = &mapping.meta[side].doctype;
    let mut paths: Vec<String> = empty_fields(own, &mapping.fields, side)
        .filter(|field| !mapping.given[side].contains_key(&field.name))
        .filter(|field| {
            let travels = |table: &str| mapping.table_fields(side).contains(&table);
            field.kind != FieldKind::Table || !travels(field.name.as_str())
        })
        .map(|field| match field.kind {
            FieldKind::Table => format!("{}[]", field.name),
            _ => field.name.to_string(),
        })
        .collect();
    for table in &mapping.tables {
        let name = table.names[side].as_str();
        let Some(child) = mapping.meta[side].child_of(name) else {
            continue;
        };
        let fields = empty_fields(child, &table.fields, side)
            .filter(|field| !table.given[side].contains_key(&field.name));
        paths.extend(fields.map(|field| format!("{name}[].{}", field.name)));
    }
    paths
}

/// Returns the mandatory fields that are not among those that travel, and that nothing else fills.
fn empty_fields<'m>(
    meta: &'m DocTypeMeta,
    travelling: &'m [FieldMapping],
    side: Side,
) -> impl Iterator<Item = &'m FieldMeta> {
    meta.fields.iter().filter(move |field| {
        field.required
            && field.kind != FieldKind::Layout
            && !travelling
                .iter()
                .any(|one| one.names[side] == field.name && one.direction.writes_to(side))
            && !(field.read_only || field.is_virtual || field.fetch_from.is_some())
            && !has_value_of_its_own(field)
            && (field.name != "naming_series" || field.options.is_empty())
    })
}

fn why(mapping: &EffectiveMapping, path: &str) -> String {
    let mut left_out = mapping.left_out.iter();
    left_out
        .find(|left_out| left_out.field == path)
        .map_or_else(
            || "the other site has no such field".to_owned(),
            |left_out| left_out.reason.to_string(),
        )
}
