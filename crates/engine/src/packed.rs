//! Operations of a plan, packed: a plan of a hundred thousand documents would hold gigabytes as values.

use std::collections::{BTreeSet, HashMap};

use frappe_sync_model::{DocType, PerSide, Side};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::report::{Action, Operation, PlanReport};
use crate::update::planned_operation;

/// The operations of a plan in their order, each as the text of its JSON. They are written out one by one, as the same
/// JSON that a list of them is.
#[derive(Clone, Debug, Default)]
pub struct PackedOperations {
    texts: Vec<Box<str>>,
    updates: u64,
    writes_to: PerSide<u64>,
}

impl PackedOperations {
    /// Takes one in, with the numbers of the operations that make what it names.
    pub(crate) fn push(&mut self, mut operation: Operation) {
        resolve(&mut operation);
        self.take(&operation);
    }

    fn take(&mut self, operation: &Operation) {
        let text = serde_json::to_string(operation).expect("an operation is names and JSON values");
        self.texts.push(text.into_boxed_str());
        self.updates += u64::from(operation.action == Action::Update);
        self.writes_to[operation.site] += 1;
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Returns them one by one.
    pub fn iter(&self) -> impl Iterator<Item = Operation> {
        self.texts.iter().map(|text| unpack(text))
    }

    /// Returns all of them at once.
    pub fn unpack(self) -> Vec<Operation> {
        self.texts.into_iter().map(|text| unpack(&text)).collect()
    }

    /// Returns all of them, with the changes of only the first `most` of each DocType on each side.
    fn unpack_first(self, most: usize) -> Vec<Operation> {
        let mut seen: HashMap<(Side, DocType), usize> = HashMap::new();
        let texts = self.texts.into_iter();
        texts
            .map(|text| {
                let mut operation = unpack(&text);
                let place = (operation.site, operation.doctype.clone());
                let number = seen.entry(place).or_default();
                *number += 1;
                if *number > most {
                    operation.changes = Vec::new();
                }
                operation
            })
            .collect()
    }

    /// Returns how many change a document without more.
    pub(crate) fn updates(&self) -> u64 {
        self.updates
    }

    /// Returns how many write to each side.
    pub(crate) fn writes_to(&self) -> PerSide<u64> {
        self.writes_to
    }
}

/// Takes operations of a plan as they are.
impl FromIterator<Operation> for PackedOperations {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        let mut packed = Self::default();
        for operation in operations {
            packed.take(&operation);
        }
        packed
    }
}

impl Serialize for PackedOperations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.texts.len()))?;
        for text in &self.texts {
            // Taken for what it is, so that fields come in their order.
            let operation: Operation = serde_json::from_str(text).map_err(S::Error::custom)?;
            list.serialize_element(&operation)?;
        }
        list.end()
    }
}

impl PlanReport<PackedOperations> {
    /// Returns the plan with all its operations as values.
    pub fn unpack(self) -> PlanReport {
        self.with_operations(PackedOperations::unpack)
    }

    /// Returns the plan with all its operations, and the changes of only the first `most` of each DocType on each
    /// side: as much as a page of text shows.
    pub fn unpack_first(self, most: usize) -> PlanReport {
        self.with_operations(|operations| operations.unpack_first(most))
    }
}

impl PlanReport {
    /// Returns the plan with its operations packed.
    pub fn pack(self) -> PlanReport<PackedOperations> {
        self.with_operations(PackedOperations::from_iter)
    }
}

impl<O> PlanReport<O> {
    fn with_operations<P>(self, change: impl FnOnce(O) -> P) -> PlanReport<P> {
        PlanReport {
            format: self.format,
            sync: self.sync,
            plan_id: self.plan_id,
            state_id: self.state_id,
            mapping_hash: self.mapping_hash,
            engine: self.engine,
            sites: self.sites,
            summary: self.summary,
            writes_to: self.writes_to,
            guard: self.guard,
            operations: change(self.operations),
            conflicts: self.conflicts,
            parked: self.parked,
            notes: self.notes,
            graph: self.graph,
        }
    }
}

/// Puts the numbers of operations where an operation names what they make, and says that they come first.
fn resolve(operation: &mut Operation) {
    let mut after = BTreeSet::new();
    for change in &mut operation.changes {
        name_operations(&mut change.to, &mut after);
        for value in change.row.iter_mut().flat_map(|row| &mut row.key) {
            name_operations(value, &mut after);
        }
    }
    let made_by = operation
        .name
        .as_ref()
        .and_then(|name| planned_operation(name.as_str()));
    if let Some(id) = made_by {
        operation.name = None;
        after.insert(id);
    }
    after.remove(&operation.id);
    operation.after = after.into_iter().collect();
}

/// Puts `{"op": id}` where a value names a document that the plan will make.
fn name_operations(value: &mut Value, after: &mut BTreeSet<u64>) {
    match value {
        Value::String(text) => {
            if let Some(id) = planned_operation(text) {
                after.insert(id);
                *value = json!({ "op": id });
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| name_operations(item, after)),
        Value::Object(fields) => {
            fields
                .values_mut()
                .for_each(|item| name_operations(item, after));
        }
        _ => {}
    }
}

fn unpack(text: &str) -> Operation {
    serde_json::from_str(text).expect("what was packed here is an operation")
}

#[cfg(test)]
mod tests {
    use frappe_sync_model::FieldPath;

    use super::*;
    use crate::report::{BaseReport, PlannedChange};

    #[test]
    fn packed_operations_are_the_same_json_as_a_list_of_them() {
        let operation = |id: u64, to: Value| Operation {
            id,
            site: Side::B,
            doctype: "Item".into(),
            name: (id > 1).then(|| "I-1".into()),
            counterpart: None,
            action: Action::Update,
            base: BaseReport::default(),
            changes: vec![PlannedChange::new(
                FieldPath::RowField("items".into(), "r1".into(), "qty".into()),
                Value::Null,
                to,
            )],
            after: Vec::new(),
            reason: "changed on `a`".to_owned(),
        };
        let list = vec![
            operation(1, json!({ "z": 0.1, "a": "\u{7f}é\"" })),
            operation(2, json!(1e300)),
        ];
        let mut packed = PackedOperations::default();
        for operation in list.clone() {
            packed.push(operation);
        }
        assert_eq!((packed.updates(), packed.writes_to().b), (2, 2));
        assert_eq!(
            serde_json::to_string(&packed).unwrap_or_default(),
            serde_json::to_string(&list).unwrap_or_default()
        );
        let first = packed.clone().unpack_first(1);
        assert_eq!(first[0], list[0]);
        assert_eq!((first[1].id, first[1].changes.len()), (2, 0));
        assert_eq!(packed.unpack(), list);
    }
}
