//! What the decisions on the values of one pair rest on.

use frappe_sync_mapper::{EffectiveMapping, FieldMapping};
use frappe_sync_model::{Fingerprint, Side, Site, StateStore, canonical};
use frappe_sync_planner::MergeRules;
use serde_json::Value;

use super::stages::Stages;
use crate::Clock;
use crate::links::Links;
use crate::session::Session;

pub(super) struct Deciding<'a, 'p, S, T, C> {
    pub(super) session: &'a Session<'p, S, T, C>,
    pub(super) effective: &'a EffectiveMapping,
    pub(super) links: &'a Links,
    pub(super) rules: MergeRules,
    pub(super) stages: Stages,
}

impl<S: Site, T: StateStore, C: Clock> Deciding<'_, '_, S, T, C> {
    pub(super) fn fingerprint(
        &self,
        field: &FieldMapping,
        side: Side,
        value: &Value,
    ) -> Fingerprint {
        self.session
            .fingerprints
            .of(&canonical(value, field.meta[side].kind))
    }
}
