//! All checks of one sync.

use std::collections::BTreeSet;
use std::path::Path;

use frappe_sync_engine::{Metas, read_metadata};
use frappe_sync_model::{DocType, PerSide, Side, SiteFacts};

use super::hooks::check_hooks;
use super::limits::check_limits;
use super::links::check_links;
use super::loads::check_loads;
use super::mappings::{check_mappings, left_out};
use super::pair::SitePair;
use super::permissions::check_permissions;
use super::same_site::check_same_site;
use super::sites::{check_site, place_of};
use super::state::check_state;
use super::traces::check_traces;
use super::{CheckReport, Finding};
use crate::config::{Config, SiteConfig, SyncConfig};
use crate::error::CliError;
use crate::exit::Exit;
use crate::failure;
use crate::ui::Ui;
use crate::wiring::{OpenSync, RunSettings};

/// Looks at everything that a sync needs; `state` is its state file.
pub(crate) async fn check_sync(
    ui: &Ui,
    config: &Config,
    state: &Path,
    sync: &SyncConfig,
) -> Result<CheckReport, CliError> {
    let place = format!("sync `{}`", sync.name);
    let mut findings = shared_users(config, sync);
    findings.extend(check_state(state, &sync.name));
    let open = match OpenSync::new(ui, config, sync, &RunSettings::default()) {
        Ok(open) => open,
        Err(error) => {
            findings.extend(Finding::of_error(&place, &error));
            return Ok(CheckReport::new(sync.name.clone(), findings, Vec::new()));
        }
    };
    let configs = PerSide::from_fn(|side| config.site(&sync.sites[side]));
    let (found, facts) = check_sites(&configs, &open).await;
    findings.extend(found);
    let Some(facts) = facts else {
        return Ok(CheckReport::new(sync.name.clone(), findings, Vec::new()));
    };
    let pair = SitePair {
        configs,
        sites: &open.sites,
        facts: &facts,
    };
    findings.extend(check_same_site(&open.sites, &facts, &open.mappings, &place).await);

    let metas = match read_both(&open).await {
        Ok(metas) => metas,
        Err(failed) => {
            for (side, error) in failed {
                let error = failure::of_site(error, configs[side]);
                findings.extend(Finding::of_error(&place_of(configs[side]), &error));
            }
            return Ok(CheckReport::new(sync.name.clone(), findings, Vec::new()));
        }
    };
    let (a, b) = tokio::join!(
        check_rights(Side::A, &pair, &open, &metas),
        check_rights(Side::B, &pair, &open, &metas),
    );
    findings.extend(a);
    findings.extend(b);
    let (found, mappings) = check_mappings(&open.mappings, &metas, &pair);
    findings.extend(found);
    let mappings = mappings.unwrap_or_default();
    let (links, a, b) = tokio::join!(
        check_links(&mappings, &pair, &place),
        check_hooks(&mappings, Side::A, &pair, sync),
        check_hooks(&mappings, Side::B, &pair, sync),
    );
    findings.extend(links);
    findings.extend(a);
    findings.extend(b);
    for side in Side::BOTH {
        findings.extend(Box::pin(check_loads(&mappings, side, &pair)).await);
    }
    // Last, as the answers to all the questions above have told of it.
    findings.extend(
        Side::BOTH
            .into_iter()
            .filter_map(|side| check_limits(configs[side], &open.sites[side])),
    );
    let left_out = mappings.iter().flat_map(left_out).collect();
    Ok(CheckReport::new(sync.name.clone(), findings, left_out))
}

/// Looks at both sites; facts come back where both answered.
async fn check_sites(
    configs: &PerSide<&SiteConfig>,
    open: &OpenSync,
) -> (Vec<Finding>, Option<PerSide<SiteFacts>>) {
    let (a, b) = tokio::join!(
        check_site(configs.a, &open.sites.a),
        check_site(configs.b, &open.sites.b),
    );
    let mut findings = a.0;
    findings.extend(b.0);
    let facts = match (a.1, b.1) {
        (Some(a), Some(b)) => Some(PerSide { a, b }),
        _ => None,
    };
    (findings, facts)
}

/// What our user may do and see on one side.
async fn check_rights(
    side: Side,
    pair: &SitePair<'_>,
    open: &OpenSync,
    metas: &PerSide<Metas>,
) -> Vec<Finding> {
    let (config, site) = (pair.configs[side], &pair.sites[side]);
    let mut findings = check_permissions(side, config, site, &open.mappings, metas).await;
    findings.extend(check_traces(config, site, &open.mappings).await);
    findings
}

/// Reads the metadata of both sides, or tells which of them could not be read.
async fn read_both(
    open: &OpenSync,
) -> Result<PerSide<Metas>, Vec<(Side, frappe_sync_model::SiteError)>> {
    let doctypes = PerSide::from_fn(|side| -> BTreeSet<DocType> {
        let files = open.mappings.iter();
        files.flat_map(|file| file.doctypes_read(side)).collect()
    });
    let (a, b) = tokio::join!(
        read_metadata(&open.sites.a, &doctypes.a),
        read_metadata(&open.sites.b, &doctypes.b),
    );
    match (a, b) {
        (Ok(a), Ok(b)) => Ok(PerSide { a, b }),
        (a, b) => Err([(Side::A, a.err()), (Side::B, b.err())]
            .into_iter()
            .filter_map(|(side, error)| Some((side, error?)))
            .collect()),
    }
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
    ours.name == theirs.name || (ours.url == theirs.url && ours.auth.is_same_user(&theirs.auth))
}
