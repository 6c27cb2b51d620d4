//! What a mapping file says of fields and child tables, as it was written.

use frappe_sync_model::{
    ConflictPolicy, Direction, FieldName, Filter, MissingLinks, PerSide, Side,
};
use serde_json::Value;

use crate::source::{Placed, Position};

/// Which fields of a DocType travel, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// These and no others, but for those with an entry of their own.
    pub(crate) only: Option<Vec<Placed<FieldName>>>,
    /// All but these, each of which must exist.
    pub(crate) except: Vec<Placed<FieldName>>,
    /// All but these, each of which may be missing.
    pub(crate) except_if_present: Vec<Placed<FieldName>>,
    /// Fields with an entry of their own.
    pub(crate) map: Vec<FieldEntry>,
    /// What fields of a side get when a document is made there and nothing else fills them.
    pub(crate) default: PerSide<Vec<Given<Value>>>,
    /// Fields of a side that an expression over the other side's document gives.
    pub(crate) compute: PerSide<Vec<Given<String>>>,
}

/// What the file gives to one field of a side.
#[derive(Clone, Debug)]
pub(crate) struct Given<T> {
    pub(crate) field: Placed<FieldName>,
    pub(crate) value: Placed<T>,
}

/// What the file says of one field.
#[derive(Clone, Debug)]
pub(crate) struct FieldEntry {
    /// Its name on each side.
    pub(crate) names: PerSide<Placed<FieldName>>,
    /// Which way it goes, where not that of the mapping.
    pub(crate) direction: Option<Placed<Direction>>,
    /// Who wins, where not who does in the mapping.
    pub(crate) conflict: Option<ConflictPolicy>,
    /// What becomes of its link without a target, where not what the mapping says.
    pub(crate) missing: Option<Placed<MissingLinks>>,
    /// Which value of `a` is which of `b`.
    pub(crate) values: Option<ValuesEntry>,
    /// The field of `a` beside it that links to the document of which it names a row.
    pub(crate) row_of: Option<Placed<FieldName>>,
}

/// A value table as it was written.
#[derive(Clone, Debug)]
pub(crate) struct ValuesEntry {
    pub(crate) at: Position,
    /// Values of `a`, each with that of `b`.
    pub(crate) pairs: Vec<(Placed<String>, Placed<Value>)>,
    /// Values of `b`, each with the one of `a` that comes back of several.
    pub(crate) back: Vec<(Placed<String>, Placed<Value>)>,
    /// What a side gets for a value that the table does not know.
    pub(crate) rest: PerSide<RestEntry>,
}

/// What the file says of the values that a table does not know.
#[derive(Clone, Debug)]
pub(crate) enum RestEntry {
    Park,
    Keep(Position),
    Value(Placed<Value>),
}

impl Selection {
    /// Returns where the file leaves a field out by name.
    pub(crate) fn excluded_at(&self, name: &FieldName) -> Option<Position> {
        let mut excluded = self.except.iter().chain(&self.except_if_present);
        let named = excluded.find(|field| field.value == *name)?;
        Some(named.at)
    }

    /// Tells whether the file leaves a field out by name.
    pub(crate) fn excludes(&self, name: &FieldName) -> bool {
        self.excluded_at(name).is_some()
    }

    /// Returns where the file names a field of `a` as one that travels.
    pub(crate) fn names(&self, name: &FieldName) -> Option<Position> {
        if let Some(entry) = self.entry(Side::A, name) {
            return Some(entry.names.a.at);
        }
        let only = self.only.as_ref()?;
        let named = only.iter().find(|field| field.value == *name)?;
        Some(named.at)
    }

    /// Finds the entry of a field by its name on a side.
    pub(crate) fn entry(&self, side: Side, name: &FieldName) -> Option<&FieldEntry> {
        self.map
            .iter()
            .find(|entry| entry.names[side].value == *name)
    }

    /// Returns how a field of `side` is called on the other one: as its entry says, else by the same name; none where
    /// that name is another field's.
    pub(crate) fn name_across(&self, side: Side, name: &FieldName) -> Option<FieldName> {
        match self.entry(side, name) {
            Some(entry) => Some(entry.names[side.other()].value.clone()),
            None if self.entry(side.other(), name).is_some() => None,
            None => Some(name.clone()),
        }
    }

    /// Tells whether an expression gives a field of a side.
    pub(crate) fn computes(&self, side: Side, name: &FieldName) -> bool {
        self.compute[side]
            .iter()
            .any(|given| given.field.value == *name)
    }
}

/// What the file says of one child table.
#[derive(Clone, Debug)]
pub(crate) struct TableEntry {
    /// Its name on each side.
    pub(crate) names: PerSide<Placed<FieldName>>,
    pub(crate) key: Vec<Placed<FieldName>>,
    /// Which rows of each side travel.
    pub(crate) filters: PerSide<Vec<Filter>>,
    /// The field of every filter.
    pub(crate) filter_places: PerSide<Vec<Position>>,
    /// Which way its rows go, where not that of the mapping.
    pub(crate) direction: Option<Placed<Direction>>,
    /// Who wins, where not who does in the mapping.
    pub(crate) conflict: Option<ConflictPolicy>,
    pub(crate) fields: Selection,
    pub(crate) presence: Presence,
}

/// Whether what the file names must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// On both sides.
    Required,
    /// Where it is missing, the entry says nothing (`if_present: true`).
    Optional,
}
