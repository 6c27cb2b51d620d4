//! What people write into fields.

use serde_json::{Map, Value, json};

use super::Doer;
use crate::world::kind::{Field, Holds, Kind, MARKER, ORDER_KEY, Rows};
use crate::world::schema::is_installed;
use crate::world::site::ROOT;
use crate::world::token;

impl Doer<'_> {
    /// A value for a field, mostly one that nobody else ever writes.
    pub(super) fn value(&mut self, field: &Field) -> Value {
        let token = self.world.book().token();
        let unique = self.dice.percent(85);
        match field.holds {
            Holds::Text if unique => json!(token::as_text(token)),
            Holds::LongText if unique => {
                json!(format!("{} zwei\nÜber zeilen", token::as_text(token)))
            }
            Holds::Html => json!(format!("<p>{}</p>", token::as_text(token))),
            Holds::Number if unique => json!(token::as_number(token)),
            Holds::Text | Holds::LongText => self.dice.pick(&["", "same", "other"]).copied().into(),
            Holds::Number => self
                .dice
                .pick(&[json!(0), json!(1.5), json!("2.50")])
                .cloned()
                .into(),
            Holds::Choice(choices) => {
                let chosen = if self.dice.percent(20) {
                    Some("")
                } else {
                    self.dice.pick(choices).copied()
                };
                chosen.into()
            }
            Holds::Flag => json!(self.dice.below(2)),
            Holds::Day => {
                let days = [Value::Null, json!("2026-01-31"), json!("2026-02-28")];
                self.dice.pick(&days).cloned().into()
            }
            Holds::Link(kind) => self.link(field, kind),
        }
    }

    fn link(&mut self, field: &Field, kind: Kind) -> Value {
        let is_parent = field.name == "parent_group";
        if !field.required && self.dice.percent(25) {
            return if is_parent { json!(ROOT) } else { Value::Null };
        }
        let names = self.world.names(self.side, kind);
        match self.dice.pick(&names) {
            Some((name, _)) => json!(name),
            None if is_parent => json!(ROOT),
            None => Value::Null,
        }
    }

    /// A marker that nobody else has.
    pub(super) fn marker(&mut self, word: &str) -> String {
        format!("{word}{}", token::as_text(self.world.book().token()))
    }

    /// The fields of a kind that people edit.
    pub(super) fn fields(&self, kind: Kind) -> Vec<Field> {
        let kinds = self.world.setting.kinds();
        let by_key = self
            .world
            .setting
            .mapping(kind)
            .is_some_and(|mapping| mapping.by_key);
        let fields = kind.shape().fields.iter();
        fields
            .filter(|field| is_installed(field, &kinds))
            // What makes two documents the same is not edited afterwards.
            .filter(|field| !(by_key && field.name == ORDER_KEY))
            .copied()
            .collect()
    }

    /// A new row.
    pub(super) fn row(&mut self, rows: &Rows) -> Value {
        let mut row = Map::new();
        row.insert(MARKER.to_owned(), json!(self.marker("r")));
        for field in rows.fields {
            let value = self.value(field);
            row.insert(field.name.to_owned(), value);
        }
        Value::Object(row)
    }
}
