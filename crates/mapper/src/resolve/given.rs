//! What fields get when a document or row is made and nothing else fills them.

use std::collections::BTreeMap;

use frappe_sync_model::{FieldKind, FieldName, PerSide, Side};
use serde_json::Value;

use super::field_rule::never_travels;
use super::matter::{Matter, stored_fields};
use super::problems::Problems;
use super::values::check_value;
use crate::FieldMapping;

/// Checks the defaults, gives them to the fields that travel, and returns the others.
pub(super) fn give_defaults(
    matter: &Matter<'_>,
    fields: &mut [FieldMapping],
    problems: &mut Problems<'_>,
) -> PerSide<BTreeMap<FieldName, Value>> {
    let mut constants: PerSide<BTreeMap<FieldName, Value>> = PerSide::default();
    for side in Side::BOTH {
        for given in &matter.selection.default[side] {
            let (name, at) = (&given.field.value, given.field.at);
            let Some(meta) = matter.field(side, name) else {
                let known = stored_fields(matter.metas[side]);
                problems.add_unknown(at, matter.not_on(side, name), name.as_str(), known);
                continue;
            };
            let reason = if meta.kind == FieldKind::Table {
                Some("it is a child table".to_owned())
            } else {
                never_travels(meta).map(|reason| reason.to_string())
            };
            if let Some(reason) = reason {
                let message = format!("`{name}` cannot have a default: {reason} (on `{side}`)");
                problems.add(at, message);
                continue;
            }
            if !matter.direction.writes_to(side) {
                problems.add(
                    at,
                    format!("nothing is made on `{side}`: the mapping goes one way"),
                );
                continue;
            }
            check_value(side, meta, &given.value.value, given.value.at, problems);
            let value = given.value.value.clone();
            let mut travelling = fields
                .iter_mut()
                .filter(|field| field.direction.writes_to(side));
            match travelling.find(|field| field.names[side] == *name) {
                Some(field) => field.default[side] = Some(value),
                None => drop(constants[side].insert(name.clone(), value)),
            }
        }
    }
    constants
}
