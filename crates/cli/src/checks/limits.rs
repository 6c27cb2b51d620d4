//! How much work a site lets its clients give it.

use frappe_sync_connector::FrappeSite;

use super::Finding;
use super::sites::place_of;
use crate::config::SiteConfig;
use crate::render::text::span;

/// Tells of a limit that the site's answers showed so far (protocol 10.1).
pub(super) fn check_limits(config: &SiteConfig, site: &FrappeSite) -> Option<Finding> {
    let limit = site.rate_limit()?;
    Some(Finding::warn(
        place_of(config),
        format!(
            "limits its processing time to {} a window for all its clients, of which {} are left: a run waits \
             where they are used up",
            span(limit.limit()),
            span(limit.remaining()),
        ),
        "raise `rate_limit` in the site's `site_config.json` for the first run",
    ))
}
