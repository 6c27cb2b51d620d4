//! What the decisions on the values of one pair rest on.

use frappe_sync_mapper::{EffectiveMapping, FieldMapping};
use frappe_sync_model::{
    ConflictPolicy, Direction, Fingerprint, Side, Site, StateStore, canonical,
};
use frappe_sync_planner::MergeRules;
use serde_json::Value;

use super::decision::Rule;
use super::stages::Stages;
use crate::Clock;
use crate::compose::MissingLink;
use crate::create::is_to_come;
use crate::links::Links;
use crate::session::Session;
use crate::work::Pass;

pub(super) struct Deciding<'a, 'p, S, T, C> {
    pub(super) session: &'a Session<'p, S, T, C>,
    pub(super) effective: &'a EffectiveMapping,
    pub(super) links: &'a Links,
    pub(super) rules: MergeRules,
    pub(super) stages: Stages,
    pub(super) pass: Pass,
}

impl<S: Site, T: StateStore, C: Clock> Deciding<'_, '_, S, T, C> {
    /// Returns the rules that a field follows.
    pub(super) fn rules_of(&self, field: &FieldMapping) -> MergeRules {
        MergeRules {
            direction: field.direction,
            policy: field.conflict,
            ..self.rules
        }
    }

    /// Names the rule by which a value is decided.
    pub(super) fn rule_of(&self, direction: Direction, conflict: ConflictPolicy) -> Rule {
        if (direction, conflict) == (self.effective.direction, self.effective.conflict) {
            Rule::Policy
        } else {
            Rule::Own(direction, conflict)
        }
    }

    /// Tells whether a link is left empty: the mapping says so, and its target does not come in this run.
    pub(super) fn is_cleared(&self, missing: &MissingLink) -> bool {
        // Where the state cannot be read the run ends anyway.
        missing.clears
            && (self.pass == Pass::Last || !is_to_come(self.session, missing).unwrap_or(true))
    }

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
