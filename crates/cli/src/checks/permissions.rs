//! What our user must be able to do with each mapped DocType on one site.

use std::collections::BTreeMap;

use frappe_sync_connector::{FrappeSite, Permission, Permissions};
use frappe_sync_mapper::MappingFile;
use frappe_sync_model::{DocType, Side};

use super::Finding;
use super::sites::place_of;
use crate::config::SiteConfig;
use crate::exit::Exit;
use crate::failure;
use crate::render::text::count;
use frappe_sync_engine::Metas;

/// Asks for the permissions on every mapped DocType of a side that is there.
pub(super) async fn check_permissions(
    side: Side,
    config: &SiteConfig,
    site: &FrappeSite,
    mappings: &[MappingFile],
    metas: &Metas,
) -> Vec<Finding> {
    let place = place_of(config);
    let mut findings = Vec::new();
    let mut complete: u64 = 0;
    for (doctype, needed) in needs(side, mappings) {
        // The mapper tells of a DocType that is not there, with its place in the file.
        if !metas.contains_key(doctype) {
            continue;
        }
        match site.doc_permissions(doctype).await {
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
fn needs(side: Side, mappings: &[MappingFile]) -> BTreeMap<&DocType, &'static [Permission]> {
    const TO_READ: &[Permission] = &[Permission::Read];
    const TO_WRITE: &[Permission] = &[Permission::Read, Permission::Write, Permission::Create];
    mappings
        .iter()
        .map(|file| {
            let needed = if file.direction.writes_to(side) {
                TO_WRITE
            } else {
                TO_READ
            };
            (&file.doctypes[side], needed)
        })
        .collect()
}

fn missing(granted: &Permissions, needed: &[Permission]) -> Option<String> {
    let words: Vec<&str> = needed
        .iter()
        .filter(|permission| !granted.allows(**permission))
        .map(|permission| permission.as_str())
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}
