//! Whether names can be kept where a site would hand out its own: by Data Import (protocol 5.6).

use frappe_sync_connector::Permission;
use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{DocType, Filter, NameKeeping, Side, Site as _};
use serde_json::Value;

use super::Finding;
use super::pair::SitePair;
use super::schema::place_of_mapping;
use super::sites::place_of;
use crate::exit::Exit;
use crate::failure;

const DATA_IMPORT: &str = "Data Import";

/// Tells what naming does per mapping and side, and asks each side once whether Data Import can be used there.
pub(super) async fn check_loads(
    mappings: &[EffectiveMapping],
    side: Side,
    pair: &SitePair<'_>,
) -> Vec<Finding> {
    let kept: Vec<&EffectiveMapping> = mappings
        .iter()
        .filter(|mapping| mapping.naming == NameKeeping::Keep && mapping.direction.writes_to(side))
        .collect();
    let loading: Vec<&EffectiveMapping> = kept
        .iter()
        .copied()
        .filter(|mapping| mapping.loads_names(side))
        .collect();
    let mut findings = Vec::new();
    for mapping in &kept {
        let site = pair.name(side);
        let message = match mapping.loads_names(side) {
            true => format!(
                "what is made on `{site}` keeps its name: it comes by Data Import, and series are raised before"
            ),
            false => {
                format!("what is made on `{site}` keeps its name: people choose the names there")
            }
        };
        findings.push(Finding::ok(place_of_mapping(mapping), message));
    }
    if loading.is_empty() {
        return findings;
    }
    findings.extend(check_site(side, pair).await);
    for mapping in loading {
        findings.extend(check_doctype(mapping, side, pair).await);
    }
    findings
}

/// Asks whether a side takes a Data Import at all.
async fn check_site(side: Side, pair: &SitePair<'_>) -> Vec<Finding> {
    let (site, config) = (&pair.sites[side], pair.configs[side]);
    let place = place_of(config);
    let mut findings = Vec::new();
    let needed = [Permission::Create, Permission::Read, Permission::Delete];
    match site.doc_permissions(&DATA_IMPORT.into(), &needed).await {
        Ok(granted) if needed.iter().all(|right| granted.allows(*right)) => {}
        Ok(_) => findings.push(Finding::fail(
            Exit::NotAuthorised,
            &place,
            "our user may not make, read and delete Data Imports, by which names are kept",
            "make it a System Manager, or write `naming: own`",
        )),
        Err(error) => {
            let error = failure::of_site(error, config);
            findings.extend(Finding::of_error(&place, &error));
        }
    }
    if matches!(site.series("").await, Err(error) if error.concerns_one_document()) {
        findings.push(Finding::fail(
            Exit::NotAuthorised,
            &place,
            "our user may not read and raise naming series (Document Naming Settings)",
            "make it a System Manager, or write `naming: own`",
        ));
    }
    match site.scheduler_is_on().await {
        Ok(Some(true)) => {}
        Ok(Some(false)) => findings.push(Finding::fail(
            Exit::Failed,
            &place,
            "the scheduler is off, and without it no Data Import begins",
            "switch on Enable Scheduled Jobs in System Settings, or write `naming: own`",
        )),
        Ok(None) => findings.push(Finding::warn(
            &place,
            "our user may not see whether the scheduler is on; without it no Data Import begins",
            "see to it that Enable Scheduled Jobs is on in System Settings",
        )),
        Err(error) => {
            let error = failure::of_site(error, config);
            findings.extend(Finding::of_error(&place, &error));
        }
    }
    findings
}

/// Asks whether a DocType can be imported.
async fn check_doctype(
    mapping: &EffectiveMapping,
    side: Side,
    pair: &SitePair<'_>,
) -> Vec<Finding> {
    let (site, doctype) = (&pair.sites[side], &mapping.doctypes[side]);
    let place = place_of_mapping(mapping);
    let mut findings = Vec::new();
    let filters = [Filter::new("name", "=", doctype.as_str())];
    let rows = site
        .rows(&DocType::from("DocType"), &["allow_import"], &filters, 1)
        .await;
    let allowed = rows.ok().and_then(|rows| {
        let flag = rows.first()?.get("allow_import")?;
        Some(flag.as_u64() == Some(1) || flag == &Value::Bool(true))
    });
    if allowed == Some(false) {
        findings.push(Finding::warn(
            &place,
            format!("`{doctype}` on `{}` may not be imported", pair.name(side)),
            "set `Allow Import (via Data Import Tool)` under Customize Form, unless a Property Setter does already",
        ));
    }
    let granted = site.doc_permissions(doctype, &[Permission::Import]).await;
    if granted.is_ok_and(|granted| !granted.allows(Permission::Import)) {
        findings.push(Finding::fail(
            Exit::NotAuthorised,
            &place,
            format!(
                "our user may not import `{doctype}` on `{}`",
                pair.name(side)
            ),
            "give a role of the user the permission `Import` under Role Permissions Manager",
        ));
    }
    findings
}
