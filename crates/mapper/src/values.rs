//! Tables of values: what one side calls by one word and the other by another.

use std::collections::BTreeMap;

use frappe_sync_model::{Canonical, PerSide, Side};
use serde_json::{Value, json};

/// Which value of one side is which of the other.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueTable {
    /// Values of each side, as canonical text, each with the value that the other side gets.
    pub(crate) across: PerSide<BTreeMap<String, Value>>,
    /// What each side gets for a value of the other that the table does not know.
    pub(crate) rest: PerSide<Rest>,
}

/// What becomes of a value that a table does not know.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rest {
    /// Its document is parked.
    Park,
    /// It goes across as it is.
    Keep,
    /// This goes in its place.
    Value(Value),
}

/// What a table says of a value.
pub(crate) enum Known<'t> {
    /// The other side gets this.
    As(&'t Value),
    /// The other side gets nothing, since there is none.
    Nothing,
    /// The value goes across as it is.
    Kept,
    /// There is no value for it.
    Unknown,
}

impl ValueTable {
    /// Looks up a value of `from`. Nothing stays nothing, unless the table speaks of it.
    pub(crate) fn look_up(&self, from: Side, value: &Canonical) -> Known<'_> {
        if let Some(value) = self.across[from].get(value.as_str()) {
            return Known::As(value);
        }
        if value.is_empty() {
            return Known::Nothing;
        }
        match &self.rest[from.other()] {
            Rest::Park => Known::Unknown,
            Rest::Keep => Known::Kept,
            Rest::Value(value) => Known::As(value),
        }
    }

    /// Tells whether the table speaks of a value of `from`.
    pub fn names(&self, from: Side, value: &str) -> bool {
        self.across[from].contains_key(value)
    }

    /// Tells whether a document of `from` with a value that the table does not know is parked.
    pub fn parks_the_rest(&self, from: Side) -> bool {
        self.rest[from.other()] == Rest::Park
    }

    /// Tells whether no two values of a side are one of the other.
    pub(crate) fn is_one_to_one(&self) -> bool {
        let gives = |rest: &Rest| matches!(rest, Rest::Value(_));
        self.across.a.len() == self.across.b.len() && !gives(&self.rest.a) && !gives(&self.rest.b)
    }

    /// Returns what stored knowledge rests on.
    pub(crate) fn form(&self) -> Value {
        let rest = self.rest.as_ref().map(|rest| match rest {
            Rest::Park => json!("park"),
            Rest::Keep => json!("keep"),
            Rest::Value(value) => json!({ "value": value }),
        });
        json!({
            "a": self.across.a, "b": self.across.b, "rest": { "a": rest.a, "b": rest.b },
        })
    }
}
