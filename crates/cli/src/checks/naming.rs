//! Whether both sites hand out one name for two documents.

use std::collections::BTreeSet;

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{Direction, DocTypeMeta, Identity, NameKeeping, Naming, PerSide, Side};

use super::Finding;
use super::pair::SitePair;
use super::schema::place_of_mapping;

/// Tells of counters that run on both sites for names by which documents are paired (protocol 5.2).
pub(super) fn check_naming(mapping: &EffectiveMapping, pair: &SitePair<'_>) -> Option<Finding> {
    let keeps = mapping.naming == NameKeeping::Keep && mapping.direction == Direction::Both;
    if mapping.identity != Identity::Name && !keeps {
        return None;
    }
    let PerSide { a, b } = PerSide::from_fn(|side| counters(&mapping.meta[side].doctype));
    let shared: Vec<&str> = a.intersection(&b).map(String::as_str).collect();
    let series = shared.first()?;
    let what_happens = match mapping.identity {
        Identity::Name => "what is made on both gets one name and is taken for one document",
        _ => "what is made on both between two runs gets one name, and is parked on both",
    };
    Some(Finding::warn(
        place_of_mapping(mapping),
        format!(
            "`{}` and `{}` both count `{series}`: {what_happens}",
            pair.name(Side::A),
            pair.name(Side::B),
        ),
        "give one site a series of its own under Document Naming Settings, or make such documents on one \
         site alone",
    ))
}

/// Returns the series by which a site counts names of its own; nothing where names are chosen, or random.
fn counters(meta: &DocTypeMeta) -> BTreeSet<String> {
    let Naming::SiteGiven(rule) = &meta.naming else {
        return BTreeSet::new();
    };
    if rule.starts_with("naming_series") {
        let field = meta.field("naming_series");
        let options = field.map_or("", |field| field.options.as_str());
        let series = options.lines().map(str::trim);
        return series
            .filter(|series| !series.is_empty())
            .map(str::to_owned)
            .collect();
    }
    let counts = rule.contains('#') || rule == "autoincrement";
    counts.then(|| rule.clone()).into_iter().collect()
}
