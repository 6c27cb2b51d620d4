//! All checks of one sync.

use std::collections::BTreeSet;

use frappe_sync_engine::read_metadata;
use frappe_sync_model::{DocType, PerSide, Side};

use super::mappings::check_mappings;
use super::permissions::check_permissions;
use super::same_site::check_same_site;
use super::sites::{check_site, place_of};
use super::{CheckReport, Finding};
use crate::config::{Config, SiteConfig, SyncConfig};
use crate::error::CliError;
use crate::exit::Exit;
use crate::failure;
use crate::ui::Ui;
use crate::wiring::{OpenSync, RunSettings};

/// Looks at everything that a sync needs.
pub(crate) async fn check_sync(
    ui: &Ui,
    config: &Config,
    sync: &SyncConfig,
) -> Result<CheckReport, CliError> {
    let place = format!("sync `{}`", sync.name);
    let mut findings = shared_users(config, sync);
    let open = match OpenSync::new(ui, config, sync, &RunSettings::default()) {
        Ok(open) => open,
        Err(error) => {
            findings.extend(Finding::of_error(&place, &error));
            return Ok(CheckReport::new(sync.name.clone(), findings, Vec::new()));
        }
    };
    let site = |side: Side| config.site(&sync.sites[side]);
    let (a, b) = tokio::join!(
        check_site(site(Side::A), &open.sites.a),
        check_site(site(Side::B), &open.sites.b),
    );
    findings.extend(a.0);
    findings.extend(b.0);
    let (Some(a), Some(b)) = (a.1, b.1) else {
        return Ok(CheckReport::new(sync.name.clone(), findings, Vec::new()));
    };
    let facts = PerSide { a, b };
    findings.extend(check_same_site(&open.sites, &facts, &open.mappings, &place).await);

    let doctypes = PerSide::from_fn(|side| -> BTreeSet<DocType> {
        open.mappings
            .iter()
            .map(|file| file.doctypes[side].clone())
            .collect()
    });
    let (a, b) = tokio::join!(
        read_metadata(&open.sites.a, &doctypes.a),
        read_metadata(&open.sites.b, &doctypes.b),
    );
    let metas = match (a, b) {
        (Ok(a), Ok(b)) => PerSide { a, b },
        (a, b) => {
            for (side, failed) in [(Side::A, a.err()), (Side::B, b.err())] {
                if let Some(error) = failed {
                    let error = failure::of_site(error, site(side));
                    findings.extend(Finding::of_error(&place_of(site(side)), &error));
                }
            }
            return Ok(CheckReport::new(sync.name.clone(), findings, Vec::new()));
        }
    };
    let permissions = |side: Side| {
        let client = &open.sites[side];
        check_permissions(side, site(side), client, &open.mappings, &metas[side])
    };
    let (a, b) = tokio::join!(permissions(Side::A), permissions(Side::B));
    findings.extend(a);
    findings.extend(b);
    let (found, left_out) = check_mappings(&open.mappings, &metas);
    findings.extend(found);
    Ok(CheckReport::new(sync.name.clone(), findings, left_out))
}

/// Finds syncs that log in to a site as the same user: what one writes, the other would take for its own.
fn shared_users(config: &Config, sync: &SyncConfig) -> Vec<Finding> {
    let mut findings = Vec::new();
    for side in Side::BOTH {
        let ours = config.site(&sync.sites[side]);
        let sharing = config.syncs.iter().filter(|other| {
            other.name != sync.name
                && Side::BOTH
                    .iter()
                    .any(|side| is_same_user(ours, config.site(&other.sites[*side])))
        });
        for other in sharing {
            findings.push(Finding::fail(
                Exit::NotAuthorised,
                place_of(ours),
                format!(
                    "syncs `{}` and `{}` use one user of it",
                    sync.name, other.name
                ),
                "give each sync a site entry of its own, with a user of its own",
            ));
        }
    }
    findings
}

fn is_same_user(ours: &SiteConfig, theirs: &SiteConfig) -> bool {
    ours.name == theirs.name || (ours.url == theirs.url && ours.api_key == theirs.api_key)
}
