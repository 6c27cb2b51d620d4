//! What our user must be able to do with each mapped DocType on one site.

use std::collections::BTreeMap;

use frappe_sync_connector::{FrappeSite, Permission, Permissions};
use frappe_sync_mapper::MappingFile;
use frappe_sync_model::{DocType, Side, SiteErrorKind};

use super::Finding;
use super::sites::place_of;
use crate::config::SiteConfig;
use crate::exit::Exit;
use crate::failure;

/// Asks for the permissions on every mapped DocType of a side.
pub(super) async fn check_permissions(
    side: Side,
    config: &SiteConfig,
    site: &FrappeSite,
    mappings: &[MappingFile],
) -> Vec<Finding> {
    let place = place_of(config);
    let mut findings = Vec::new();
    let mut complete = 0;
    for (doctype, needed) in needs(side, mappings) {
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
            // The mapper tells of a DocType that is not there, with its place in the file.
            Err(error) if error.kind == SiteErrorKind::NotFound => {}
            Err(error) => {
                let error = failure::of_site(error, config);
                findings.extend(Finding::of_error(&place, &error));
            }
        }
    }
    if complete > 0 {
        let message = format!("our user may do what the sync needs on {complete} of the DocTypes");
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
