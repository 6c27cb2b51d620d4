//! How far both documents of a pair have got.

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{Baseline, ConflictPolicy, Document, Fingerprinter, PerSide};
use frappe_sync_planner::{Lead, MergeRules, Stage, StageVerdict, Standing, merge_stage};

use crate::stage;

/// What is known of the stages of a pair before any value is decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stages {
    /// How far both have got, and who leads.
    pub(super) standing: Standing,
    /// What becomes of them; none where `docstatus` is not followed.
    pub(super) verdict: Option<StageVerdict>,
}

impl Stages {
    /// Compares how far both documents have got.
    pub(super) fn of(
        fingerprints: &Fingerprinter,
        mapping: &EffectiveMapping,
        baseline: &Baseline,
        documents: &PerSide<Document>,
        rules: &MergeRules,
    ) -> Self {
        let stages = documents
            .as_ref()
            .map(|document| Stage::of_docstatus(document.docstatus));
        let verdict = mapping
            .follows_docstatus()
            .then(|| merge_stage(stages, &stage::agreed(fingerprints, baseline), rules));
        let lead = match verdict {
            None | Some(StageVerdict::Drift { .. }) => Lead::Nobody,
            Some(StageVerdict::Conflict) => Lead::Open,
            Some(_) if rules.policy == ConflictPolicy::Manual => Lead::Open,
            Some(_) => Lead::Further,
        };
        Self {
            standing: Standing { stages, lead },
            verdict,
        }
    }
}
