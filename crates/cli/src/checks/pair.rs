//! The two sites of a sync, as findings name them.

use frappe_sync_connector::FrappeSite;
use frappe_sync_model::{PerSide, Side, SiteFacts};

use crate::config::SiteConfig;

/// Two sites that answered.
#[derive(Clone, Copy)]
pub(super) struct SitePair<'a> {
    /// Their entries in the configuration.
    pub(super) configs: PerSide<&'a SiteConfig>,
    /// Their clients.
    pub(super) sites: &'a PerSide<FrappeSite>,
    /// What they tell of themselves.
    pub(super) facts: &'a PerSide<SiteFacts>,
}

impl SitePair<'_> {
    /// Returns the name of a site.
    pub(super) fn name(&self, side: Side) -> &str {
        &self.configs[side].name
    }
}
