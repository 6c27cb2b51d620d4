//! What our user must be able to do with each mapped DocType on one site.

use std::collections::BTreeMap;

use frappe_sync_connector::{FrappeSite, Permission, Permissions};
use frappe_sync_engine::Metas;
use frappe_sync_mapper::MappingFile;
use frappe_sync_model::{Deletes, DocType, Docstatus, PerSide, Side};

use super::Finding;
use super::sites::place_of;
use crate::config::SiteConfig;
use crate::exit::Exit;
use crate::failure;
use crate::render::text::count;

/// Asks for the permissions on every mapped DocType of a side that is there, and for no others.
pub(super) async fn check_permissions(
    side: Side,
    config: &SiteConfig,
    site: &FrappeSite,
    mappings: &[MappingFile],
    metas: &PerSide<Metas>,
) -> Vec<Finding> {
    let place = place_of(config);
    let mut findings = Vec::new();
    let mut complete: u64 = 0;
    // The mapper tells of a DocType that is not there, with its place in the file.
    let needs = needs(side, mappings, metas);
    let there = |doctype: &DocType| metas[side].contains_key(doctype);
    let needs = needs.iter().filter(|(doctype, _)| there(doctype));
    let asked = needs.map(async |(doctype, needed)| {
        let granted = site.doc_permissions(doctype, needed).await;
        (doctype, needed, granted)
    });
    for (doctype, needed, granted) in futures::future::join_all(asked).await {
        match granted {
            Ok(granted) => match missing(&granted, needed) {
                None => complete += 1,
                Some(missing) => findings.push(Finding::fail(
                    Exit::NotAuthorised,
                    &place,
                    format!("our user may not {missing} `{doctype}`"),
                    format!(
                        "give a role of the user that permission on `{doctype}`, under Role \
                         Permissions Manager"
                    ),
                )),
            },
            Err(error) if error.concerns_one_document() => findings.push(Finding::warn(
                &place,
                format!("the site does not say what our user may do with `{doctype}`"),
                "look it up under Role Permissions Manager",
            )),
            Err(error) => {
                let error = failure::of_site(error, config);
                findings.extend(Finding::of_error(&place, &error));
            }
        }
    }
    if complete > 0 {
        let doctypes = count(complete, "DocType");
        let message = format!("our user may do on {doctypes} what the sync needs");
        findings.insert(0, Finding::ok(&place, message));
    }
    findings
}

/// Returns what is needed on each DocType of a side.
fn needs(
    side: Side,
    mappings: &[MappingFile],
    metas: &PerSide<Metas>,
) -> BTreeMap<DocType, Vec<Permission>> {
    mappings
        .iter()
        .flat_map(|file| {
            let needed = needed(side, file, metas);
            let doctypes = file.doctypes_read(side);
            doctypes.map(move |doctype| (doctype, needed.clone()))
        })
        .collect()
}

fn needed(side: Side, file: &MappingFile, metas: &PerSide<Metas>) -> Vec<Permission> {
    let mut needed = vec![Permission::Read];
    if !file.direction.writes_to(side) {
        return needed;
    }
    needed.extend([Permission::Write, Permission::Create]);
    let is_submittable = Side::BOTH.into_iter().all(|side| {
        let bundle = metas[side].get(&file.doctypes[side]);
        bundle.is_some_and(|bundle| bundle.doctype.is_submittable)
    });
    if is_submittable && file.docstatus == Docstatus::Follow {
        needed.extend([Permission::Submit, Permission::Cancel]);
    }
    if file.deletes == Deletes::Propagate {
        needed.push(Permission::Delete);
    }
    needed
}

fn missing(granted: &Permissions, needed: &[Permission]) -> Option<String> {
    let words: Vec<&str> = needed
        .iter()
        .filter(|permission| !granted.allows(**permission))
        .map(|permission| permission.as_str())
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}
