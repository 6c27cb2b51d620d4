//! Fields that people change.

use serde_json::{Map, Value, json};

use super::{Acted, Doer, Done};
use crate::world::kind::{Field, Holds, Kind};

impl Doer<'_> {
    /// Changes some fields.
    pub(super) fn edit(&mut self) -> Acted {
        let Some((kind, name)) = self.document(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        let values = self.changes(kind);
        self.update(kind, "edited", &name, values)
    }

    /// Empties a field.
    pub(super) fn clear(&mut self) -> Acted {
        let Some((kind, name)) = self.document(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        let may_be_empty = |field: &Field| {
            !field.required && !matches!(field.holds, Holds::Flag) && field.name != "parent_group"
        };
        let mut fields = self.fields(kind);
        fields.retain(may_be_empty);
        let Some(field) = self.dice.pick(&fields).copied() else {
            return Ok(Done::NothingToDo);
        };
        let nothing = match field.holds {
            Holds::Number => json!(0),
            Holds::Choice(_) => json!(""),
            _ => Value::Null,
        };
        let values = Map::from_iter([(field.name.to_owned(), nothing)]);
        self.update(kind, "cleared", &name, values)
    }

    /// Saves without a change.
    pub(super) fn save(&mut self) -> Acted {
        let Some((kind, name)) = self.document(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        self.update(kind, "saved", &name, Map::new())
    }

    /// Writes into several documents at once, or only stamps them.
    pub(super) fn bulk(&mut self, writes: bool) -> Acted {
        let Some(kind) = self.kind(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.world.names(self.side, kind) {
            if self.dice.percent(70) {
                names.push(name);
            }
        }
        let mut values = Map::new();
        if writes && let Some(field) = self.plain_field(kind) {
            let value = self.value(&field);
            values.insert(field.name.to_owned(), value);
        }
        let site = &self.world.sites[self.side];
        let held: Vec<&str> = names.iter().map(String::as_str).collect();
        self.observed(kind, "stamped", &held, || {
            let filters = json!([["name", "in", names]]);
            site.bulk_touch(kind.doctype(), &filters, &Value::Object(values))?;
            Ok(Vec::new())
        })
    }

    /// Writes a value that `modified` tells nothing of.
    pub(super) fn silent(&mut self) -> Acted {
        let Some((kind, name)) = self.document(|_| true) else {
            return Ok(Done::NothingToDo);
        };
        let Some(field) = self.plain_field(kind) else {
            return Ok(Done::NothingToDo);
        };
        let value = self.value(&field);
        let site = &self.world.sites[self.side];
        let done = self.observed(kind, "silently edited", &[&name], || {
            let values = Value::Object(Map::from_iter([(field.name.to_owned(), value)]));
            site.silent_set(kind.doctype(), &name, values)?;
            Ok(Vec::new())
        });
        if let Some(marker) = self.marker_of(kind, &name) {
            self.world.book().silent.insert((self.side, (kind, marker)));
        }
        done
    }

    /// Sends changes of one document.
    pub(super) fn update(
        &self,
        kind: Kind,
        what: &str,
        name: &str,
        values: Map<String, Value>,
    ) -> Acted {
        let person = self.person();
        self.observed(kind, what, &[name], || {
            person.update(kind.doctype(), name, Value::Object(values))?;
            Ok(Vec::new())
        })
    }

    /// New values for one to three fields.
    pub(super) fn changes(&mut self, kind: Kind) -> Map<String, Value> {
        let fields = self.fields(kind);
        let mut values = Map::new();
        for _ in 0..self.dice.between(1, 3) {
            if let Some(field) = self.dice.pick(&fields).copied() {
                let value = self.value(&field);
                values.insert(field.name.to_owned(), value);
            }
        }
        values
    }

    /// A field that a write past all checks cannot break anything with.
    fn plain_field(&mut self, kind: Kind) -> Option<Field> {
        let mut fields = self.fields(kind);
        fields.retain(|field| matches!(field.holds, Holds::Text | Holds::LongText | Holds::Number));
        self.dice.pick(&fields).copied()
    }
}
