//! Whether deletes and renames leave traces that we may read (protocol 8).

use frappe_sync_connector::{FrappeSite, Permission};
use frappe_sync_mapper::MappingFile;
use frappe_sync_model::Deletes;

use super::Finding;
use super::sites::place_of;
use crate::config::SiteConfig;

/// Asks for the right to read `Deleted Document` and `Comment`.
pub(super) async fn check_traces(
    config: &SiteConfig,
    site: &FrappeSite,
    mappings: &[MappingFile],
) -> Vec<Finding> {
    let place = place_of(config);
    let (deletes, renames) = tokio::join!(
        may_read(site, "Deleted Document"),
        may_read(site, "Comment")
    );
    let carries = |file: &MappingFile| file.deletes == Deletes::Propagate;
    let mut findings = Vec::new();
    if deletes {
        findings.push(Finding::ok(
            &place,
            "deletes are read from Deleted Document",
        ));
    } else if mappings.iter().any(carries) {
        findings.push(Finding::warn(
            &place,
            "our user may not read `Deleted Document`: a delete is only found by the next sweep, and not who \
             deleted",
            "give a role of the user read on `Deleted Document`, or set a shorter `sweep` for the sync",
        ));
    } else {
        findings.push(Finding::ok(
            &place,
            "our user may not read `Deleted Document`, which no mapping needs: none carries deletes over",
        ));
    }
    if !renames {
        findings.push(Finding::warn(
            &place,
            "our user may not read `Comment`: a rename is only found by the next sweep",
            "give a role of the user read on `Comment`",
        ));
    }
    findings
}

/// A site that does not say is taken for one that refuses: a run then does not count on it either.
async fn may_read(site: &FrappeSite, doctype: &str) -> bool {
    let asked = [Permission::Read];
    let granted = site.doc_permissions(&doctype.into(), &asked).await;
    granted.is_ok_and(|granted| granted.allows(Permission::Read))
}
