//! Whether what is about to be sent is what was planned.

use std::collections::BTreeMap;

use frappe_sync_model::{DocName, FieldPath};
use serde_json::Value;

use crate::report::PlannedChange;

/// How closely what was there before is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// It must be what the plan shows.
    AsPlanned,
    /// An operation of the same plan has written the document since.
    Any,
}

/// What stands for what in a plan that is being carried out.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The documents that operations have made.
    pub(super) made: BTreeMap<u64, DocName>,
    /// What documents were called when the plan was made, and what the plan calls them.
    pub(super) renamed: BTreeMap<DocName, DocName>,
}

/// Tells whether these changes are those of the plan, in whatever order; returns the first path that differs.
pub(super) fn differing(
    planned: &[PlannedChange],
    wanted: &[PlannedChange],
    before: Before,
    names: &Names,
) -> Option<FieldPath> {
    let mut left: Vec<&PlannedChange> = wanted.iter().collect();
    for change in planned {
        let same = |wanted: &&PlannedChange| {
            is_same_path(&change.path, &wanted.path)
                && (is_same(&change.to, &wanted.to, names) || is_made_row(change, wanted, names))
                && (before == Before::Any || is_same(&change.from, &wanted.from, names))
        };
        match left.iter().position(same) {
            Some(place) => drop(left.remove(place)),
            None => return Some(change.path.clone()),
        }
    }
    left.first().map(|change| change.path.clone())
}

/// Returns the operations that values name.
pub(super) fn named_operations(changes: &[PlannedChange]) -> Vec<u64> {
    let mut found = Vec::new();
    for change in changes {
        collect(&change.to, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<u64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => match operation_in(value) {
            Some(id) => found.push(id),
            None => fields.values().for_each(|item| collect(item, found)),
        },
        _ => {}
    }
}

/// Returns the operation that a value stands for.
fn operation_in(value: &Value) -> Option<u64> {
    let fields = value.as_object()?;
    match fields.len() {
        1 => fields.get("op")?.as_u64(),
        _ => None,
    }
}

/// A row of a document that the plan makes has its place for a name until the site gives it one.
fn is_same_path(planned: &FieldPath, wanted: &FieldPath) -> bool {
    match (planned, wanted) {
        (
            FieldPath::RowField(table, row, field),
            FieldPath::RowField(other_table, _, other_field),
        ) if row.as_str().starts_with('#') => table == other_table && field == other_field,
        _ => planned == wanted,
    }
}

fn is_same(planned: &Value, wanted: &Value, names: &Names) -> bool {
    if planned == wanted || (is_nothing(planned) && is_nothing(wanted)) {
        return true;
    }
    if let Some(id) = operation_in(planned) {
        let (made, wanted) = (names.made.get(&id).map(DocName::as_str), wanted.as_str());
        // What shows a file names it by an address that no plan can know.
        let is_address =
            |text: &str| text.starts_with("/files/") || text.starts_with("/private/files/");
        return made.is_some() && (made == wanted || wanted.is_some_and(is_address));
    }
    match (planned, wanted) {
        (Value::String(old), Value::String(new)) => names
            .renamed
            .get(&DocName::from(old.as_str()))
            .is_some_and(|now| now.as_str() == new),
        (Value::Array(planned), Value::Array(wanted)) => {
            planned.len() == wanted.len()
                && planned
                    .iter()
                    .zip(wanted)
                    .all(|(planned, wanted)| is_same(planned, wanted, names))
        }
        (Value::Object(planned), Value::Object(wanted)) => {
            planned.len() == wanted.len()
                && planned.iter().all(|(key, planned)| {
                    wanted
                        .get(key)
                        .is_some_and(|wanted| is_same(planned, wanted, names))
                })
        }
        _ => false,
    }
}

/// Tells whether a value names a row of a document that the plan makes, which the plan knows by that document only: the
/// other site calls the row the same as then.
fn is_made_row(planned: &PlannedChange, wanted: &PlannedChange, names: &Names) -> bool {
    let made = operation_in(&planned.to).is_some_and(|id| names.made.contains_key(&id));
    made && planned.other_name.is_some() && planned.other_name == wanted.other_name
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value == "" || value.as_f64() == Some(0.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(field: &str, from: Value, to: Value) -> PlannedChange {
        PlannedChange::new(FieldPath::Field(field.into()), from, to)
    }

    fn names() -> Names {
        Names {
            made: BTreeMap::from([(7, DocName::from("C-0001"))]),
            renamed: BTreeMap::from([(DocName::from("Old"), DocName::from("New"))]),
        }
    }

    #[test]
    fn the_order_of_changes_says_nothing() {
        let planned = [
            change("a", json!(1), json!(2)),
            change("b", json!(""), json!("x")),
        ];
        let wanted = [planned[1].clone(), planned[0].clone()];
        assert_eq!(
            differing(&planned, &wanted, Before::AsPlanned, &names()),
            None
        );
    }

    #[test]
    fn one_change_more_or_less_is_another_operation() {
        let planned = [change("a", json!(1), json!(2))];
        let wanted = [planned[0].clone(), change("b", json!(1), json!(2))];
        let b = Some(FieldPath::Field("b".into()));
        assert_eq!(differing(&planned, &wanted, Before::AsPlanned, &names()), b);
        assert_eq!(differing(&wanted, &planned, Before::AsPlanned, &names()), b);
    }

    #[test]
    fn a_link_to_what_the_plan_makes_is_the_name_that_it_was_given() {
        let planned = [change("customer", Value::Null, json!({ "op": 7 }))];
        let to = |name: &str| [change("customer", json!(""), json!(name))];
        assert_eq!(
            differing(&planned, &to("C-0001"), Before::AsPlanned, &names()),
            None
        );
        assert!(differing(&planned, &to("C-0002"), Before::AsPlanned, &names()).is_some());
        let other = [change("customer", Value::Null, json!({ "op": 8 }))];
        assert!(differing(&other, &to("C-0001"), Before::AsPlanned, &names()).is_some());
        assert_eq!(named_operations(&planned), [7]);
    }

    #[test]
    fn the_name_of_a_row_that_the_plan_makes_is_told_by_what_the_other_site_calls_it() {
        let row = |to: Value, there: &str| PlannedChange {
            other_name: Some(json!(there)),
            ..change("so_detail", Value::Null, to)
        };
        let planned = [row(json!({ "op": 7 }), "abc")];
        let path = Some(FieldPath::Field("so_detail".into()));
        let differs = |planned: &[PlannedChange], wanted: PlannedChange| {
            differing(planned, &[wanted], Before::AsPlanned, &names())
        };
        assert_eq!(differs(&planned, row(json!("xyz"), "abc")), None);
        assert_eq!(differs(&planned, row(json!("xyz"), "abd")), path);
        let not_made = [row(json!({ "op": 8 }), "abc")];
        assert_eq!(differs(&not_made, row(json!("xyz"), "abc")), path);
    }

    #[test]
    fn what_the_plan_renames_has_its_new_name_afterwards() {
        let planned = [change("customer", Value::Null, json!("Old"))];
        let wanted = [change("customer", Value::Null, json!("New"))];
        assert_eq!(
            differing(&planned, &wanted, Before::AsPlanned, &names()),
            None
        );
        assert!(differing(&wanted, &planned, Before::AsPlanned, &names()).is_some());
    }

    #[test]
    fn what_was_there_before_must_be_what_the_plan_shows_unless_the_plan_wrote_it() {
        let planned = [change("a", json!("x"), json!("y"))];
        let wanted = [change("a", json!("z"), json!("y"))];
        assert!(differing(&planned, &wanted, Before::AsPlanned, &names()).is_some());
        assert_eq!(differing(&planned, &wanted, Before::Any, &names()), None);
    }
}
