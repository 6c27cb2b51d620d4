//! `docstatus` among the other values of a document, with a baseline of its own.

use frappe_sync_model::{
    Baseline, FieldBaseline, FieldKind, Fingerprint, PerSide, Side, canonical,
};
use frappe_sync_model::{FieldName, Fingerprinter};
use frappe_sync_planner::{SideValue, Stage};
use serde_json::{Map, Value};

/// The name under which it stands there, on both sides: no field of a DocType is called so (protocol 5.1).
pub(crate) const DOCSTATUS: &str = "docstatus";

/// Returns the fingerprint of a stage, alike on both sides.
pub(crate) fn fingerprint(fingerprints: &Fingerprinter, stage: Stage) -> Fingerprint {
    fingerprints.of(&canonical(&Value::from(stage.docstatus()), FieldKind::Int))
}

/// Returns a stage as the planner sees any other value.
pub(crate) fn value(fingerprints: &Fingerprinter, stage: Stage) -> SideValue {
    let own = fingerprint(fingerprints, stage);
    SideValue {
        own,
        common: Some(own),
        back: None,
        across: true,
        empty: stage == Stage::Draft,
    }
}

/// Returns the stages that both sides had got to when they last agreed.
pub(crate) fn agreed(fingerprints: &Fingerprinter, baseline: &Baseline) -> PerSide<Option<Stage>> {
    let known: FieldBaseline = baseline.fields.get(DOCSTATUS).copied().unwrap_or_default();
    PerSide::from_fn(|side| {
        let known = known[side]?;
        Stage::ALL
            .into_iter()
            .find(|stage| fingerprint(fingerprints, *stage) == known)
    })
}

/// Tells whether a document was cancelled when its pair was last settled.
pub(crate) fn is_cancelled(fingerprints: &Fingerprinter, baseline: &Baseline, side: Side) -> bool {
    agreed(fingerprints, baseline)[side] == Some(Stage::Cancelled)
}

/// Remembers that both sides have got to a stage.
pub(crate) fn agree_on(fingerprints: &Fingerprinter, baseline: &mut Baseline, stage: Stage) {
    let print = fingerprint(fingerprints, stage);
    let both = PerSide::from_fn(|_| Some(print));
    baseline.fields.insert(FieldName::new(DOCSTATUS), both);
}

/// Returns the `docstatus` that a body asks for, if it asks for one.
pub(crate) fn asked_for(body: &Map<String, Value>) -> Option<Stage> {
    let docstatus = body.get(DOCSTATUS)?.as_u64()?;
    Some(Stage::of_docstatus(u8::try_from(docstatus).ok()?))
}
