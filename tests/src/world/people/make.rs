//! Documents that people make.

use serde_json::{Map, Value, json};

use super::{Acted, Doer, Done};
use crate::world::kind::{Kind, MARKER, NamedBy, ORDER_KEY};
use crate::world::site::text;

impl Doer<'_> {
    /// Makes a document.
    pub(super) fn create(&mut self, docstatus: u8) -> Acted {
        let fits = |kind: Kind| docstatus == 0 || kind.shape().is_submittable;
        let Some(kind) = self.kind(fits) else {
            return Ok(Done::NothingToDo);
        };
        let name = self.new_name(kind);
        let mut values = self.new_document(kind, name.as_deref());
        if docstatus != 0 {
            values.insert("docstatus".to_owned(), json!(docstatus));
        }
        self.insert(kind, values)
    }

    /// Sends a new document.
    pub(super) fn insert(&self, kind: Kind, values: Map<String, Value>) -> Acted {
        let person = self.person();
        self.observed(kind, "made", &[], || {
            let made = person.insert(kind.doctype(), Value::Object(values))?;
            Ok(vec![text(&made["name"])])
        })
    }

    /// A name from a few, so that names meet; none where the site gives names.
    pub(super) fn new_name(&mut self, kind: Kind) -> Option<String> {
        let letter = kind.doctype().chars().next()?;
        let name = format!("{letter}{}", self.dice.between(1, 6));
        kind.has_chosen_names().then_some(name)
    }

    /// All values of a new document.
    pub(super) fn new_document(&mut self, kind: Kind, name: Option<&str>) -> Map<String, Value> {
        let mut values = Map::new();
        values.insert(MARKER.to_owned(), json!(self.marker("m")));
        for field in self.fields(kind) {
            if field.required || field.name == "parent_group" || self.dice.percent(60) {
                let value = self.value(&field);
                values.insert(field.name.to_owned(), value);
            }
        }
        match (kind.shape().named_by, name) {
            (NamedBy::Field(field), Some(name)) => {
                values.insert(field.to_owned(), json!(name));
            }
            (NamedBy::Prompt, Some(name)) => {
                values.insert("name".to_owned(), json!(name));
            }
            _ => {}
        }
        if kind == Kind::Group {
            values.insert("is_group".to_owned(), json!(1));
        }
        if kind == Kind::Order && self.world.setting.mapping(kind).is_some_and(|m| m.by_key) {
            let key = format!("R{}", self.dice.between(1, 6));
            values.insert(ORDER_KEY.to_owned(), json!(key));
        }
        if let Some(rows) = kind.shape().rows {
            let count = self.dice.below(4);
            let list: Vec<Value> = (0..count).map(|_| self.row(&rows)).collect();
            values.insert(rows.field.to_owned(), json!(list));
        }
        values
    }
}
