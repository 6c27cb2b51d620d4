//! The mappings against what both sites say of their DocTypes.

use frappe_sync_engine::Metas;
use frappe_sync_mapper::{EffectiveMapping, LeftOutReason, MappingFile, resolve};
use frappe_sync_model::{Direction, Identity, PerSide};

use super::naming::check_naming;
use super::pair::SitePair;
use super::required::check_required;
use super::schema::{check_schema, place_of_mapping};
use super::{Finding, LeftOutField};
use crate::config::error_of;
use crate::render::text::count;

/// Looks at all mappings; `None` in place of them where something is wrong in one.
pub(super) fn check_mappings(
    files: &[MappingFile],
    metas: &PerSide<Metas>,
    pair: &SitePair<'_>,
) -> (Vec<Finding>, Option<Vec<EffectiveMapping>>) {
    let mappings = match resolve(files, metas) {
        Ok(mappings) => mappings,
        Err(diagnostics) => {
            let findings = diagnostics
                .iter()
                .flat_map(|diagnostic| Finding::of_error("mapping", &error_of(diagnostic)))
                .collect();
            return (findings, None);
        }
    };
    let findings = mappings
        .iter()
        .flat_map(|mapping| {
            let mut findings = vec![fits(mapping)];
            findings.extend(check_schema(mapping, pair));
            findings.extend(check_required(mapping, pair));
            findings.extend(check_naming(mapping, pair));
            findings
        })
        .collect();
    (findings, Some(mappings))
}

fn fits(mapping: &EffectiveMapping) -> Finding {
    let way = match mapping.direction {
        Direction::Both => "both ways",
        Direction::AToB => "from a to b",
        Direction::BToA => "from b to a",
    };
    let identity = match &mapping.identity {
        Identity::Name => "paired by name".to_owned(),
        Identity::Create => "every document gets its own twin".to_owned(),
        Identity::Key(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
            format!("paired by {}", names.join(" and "))
        }
    };
    let tables = match mapping.tables.len() {
        0 => String::new(),
        number => format!(" and {}", count(number as u64, "child table")),
    };
    let fields = count(mapping.fields.len() as u64, "field");
    Finding::ok(
        place_of_mapping(mapping),
        format!("{fields}{tables} {way}, {identity}"),
    )
}

/// Returns the fields of a mapping that stay behind, without those that Frappe itself keeps.
pub(super) fn left_out(mapping: &EffectiveMapping) -> impl Iterator<Item = LeftOutField> {
    mapping
        .left_out
        .iter()
        .filter(|left_out| left_out.reason != LeftOutReason::Standard)
        .map(|left_out| LeftOutField {
            mapping: mapping.name.clone(),
            site: left_out.side,
            field: left_out.field.clone(),
            reason: left_out.reason.to_string(),
        })
}
