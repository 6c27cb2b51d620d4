//! What was carried out.

use frappe_sync_model::{DocName, DocType, Side};

use super::planned::{Gate, Standing};
use crate::ledger::Ledger;
use crate::report::Action;

/// Notes that a write arrived: what the plan had let through is done, and what an earlier run had sent is not
/// needed any more.
pub(crate) fn carried_out(
    ledger: &mut Ledger,
    site: Side,
    action: Action,
    (doctype, name): (&DocType, &DocName),
    as_planned: bool,
) {
    let Some(gate) = &mut ledger.gate else { return };
    let places = gate.from(&(site, doctype.clone(), name.clone()));
    note(gate, &places, action, as_planned);
}

/// Notes that a document was removed or merged, by its own name.
pub(crate) fn carried_out_by_name(
    ledger: &mut Ledger,
    site: Side,
    action: Action,
    (doctype, name): (&DocType, &DocName),
) {
    let Some(gate) = &mut ledger.gate else { return };
    let operations = gate.operations.iter().enumerate();
    let places: Vec<usize> = operations
        .filter(|(_, it)| {
            it.site == site && &it.doctype == doctype && it.name.as_ref() == Some(name)
        })
        .map(|(place, _)| place)
        .collect();
    note(gate, &places, action, true);
}

fn note(gate: &mut Gate, places: &[usize], action: Action, as_planned: bool) {
    let of_action = |place: &usize| gate.operations[*place].action == action;
    let places: Vec<usize> = places.iter().copied().filter(of_action).collect();
    let sent = places
        .iter()
        .find(|place| gate.standing[**place] == Standing::Sent);
    if let Some(&place) = sent {
        gate.standing[place] = Standing::Done { as_planned };
    } else if let Some(&place) = places
        .iter()
        .find(|place| gate.standing[**place] == Standing::Waiting)
    {
        gate.standing[place] = Standing::NotNeeded;
    }
}
