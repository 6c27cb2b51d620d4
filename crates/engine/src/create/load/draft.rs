//! A document that is made as a draft, to be submitted once it is there.

use frappe_sync_model::{Fingerprinter, PerSide, Side};
use frappe_sync_planner::Stage;

use crate::compose::NewBody;
use crate::stage::{self, DOCSTATUS};

/// Takes the submitting out of a body. What the table of a Data Import cannot carry can so be put right before.
pub(crate) fn as_draft(fingerprints: &Fingerprinter, from: Side, body: &mut NewBody) {
    if body.document.body.remove(DOCSTATUS).is_none() {
        return;
    }
    let print = stage::fingerprint(fingerprints, Stage::Draft);
    for field in &mut body.plan.fields {
        if field.id == DOCSTATUS {
            field.own = PerSide::from_fn(|side| (side == from).then_some(print));
            field.sent = Some(print);
        }
    }
    body.is_to_go_on = true;
}
