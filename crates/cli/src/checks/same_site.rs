//! Whether two addresses lead to one site.
//!
//! Nothing that a site tells names it for certain, and a check writes nothing. So what both show is compared:
//! their first user is made when a site is, to the microsecond, and a copy keeps that; but whatever was
//! saved last differs as soon as anybody works on one of two copies.

use std::collections::BTreeSet;

use frappe_sync_connector::FrappeSite;
use frappe_sync_mapper::MappingFile;
use frappe_sync_model::{
    DocKey, DocType, Filter, KeyOrder, KeyQuery, PerSide, Side, Site, SiteError, SiteFacts,
    SiteTime,
};

use super::Finding;
use crate::exit::Exit;

/// Far enough back that nothing is older than it.
const BEGINNING: &str = "1900-01-01 00:00:00";
/// How many documents of a DocType are compared.
const COMPARED: usize = 200;

/// Compares two sites that answered. Nothing is told where they differ, or may not be read.
pub(crate) async fn check_same_site(
    sites: &PerSide<FrappeSite>,
    facts: &PerSide<SiteFacts>,
    mappings: &[MappingFile],
    place: &str,
) -> Option<Finding> {
    if facts.a.clock.time_zone != facts.b.clock.time_zone
        || facts.a.frappe_version != facts.b.frappe_version
        || facts.a.apps != facts.b.apps
    {
        return None;
    }
    let (a, b) = tokio::join!(origin(&sites.a), origin(&sites.b));
    if a.ok()?? != b.ok()?? {
        return None;
    }
    if show_the_same(sites, mappings).await.ok()? {
        return Some(Finding::fail(
            Exit::ConfigInvalid,
            place,
            "both addresses show the same documents: they are one site, or one is an untouched copy of the \
             other",
            "a sync is between two sites; if one is a copy, change a mapped document on either and check \
             again",
        ));
    }
    Some(Finding::warn(
        place,
        "one site was made as a copy of the other",
        "documents from before the copy share their names: say `shared_names: true` in the mappings if \
         that is meant",
    ))
}

/// Returns when the site was made.
async fn origin(site: &FrappeSite) -> Result<Option<SiteTime>, SiteError> {
    let filter = Filter::new("name", "=", "Administrator");
    let keys = site.matching_keys(&"User".into(), &[filter]).await?;
    Ok(keys.into_iter().next().and_then(|key| key.creation))
}

/// Tells whether the first documents of every DocType that is mapped to itself are the same on both.
async fn show_the_same(
    sites: &PerSide<FrappeSite>,
    mappings: &[MappingFile],
) -> Result<bool, SiteError> {
    let doctypes: BTreeSet<&DocType> = mappings
        .iter()
        .filter(|file| file.doctypes.a == file.doctypes.b)
        .map(|file| &file.doctypes.a)
        .collect();
    if doctypes.is_empty() {
        return Ok(false);
    }
    for doctype in doctypes {
        let keys = |side: Side| first_keys(&sites[side], doctype);
        let (a, b) = tokio::join!(keys(Side::A), keys(Side::B));
        if a? != b? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn first_keys(site: &FrappeSite, doctype: &DocType) -> Result<Vec<DocKey>, SiteError> {
    let query = KeyQuery {
        doctype: doctype.clone(),
        filters: Vec::new(),
        order: KeyOrder::Modified {
            from: SiteTime::new(BEGINNING),
            after: None,
        },
        limit: COMPARED,
        with_lft: false,
    };
    Ok(site.keys(&query).await?.keys)
}
