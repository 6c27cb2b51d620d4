//! Documents that people submit, cancel and amend.

use serde_json::{Map, Value, json};

use super::{Acted, Doer, Done};
use crate::world::kind::{Kind, MARKER};
use crate::world::schema::is_installed;

impl Doer<'_> {
    /// Submits a draft.
    pub(super) fn submit(&mut self) -> Acted {
        self.move_on("submitted", 0, 1)
    }

    /// Cancels what was submitted.
    pub(super) fn cancel(&mut self) -> Acted {
        self.move_on("cancelled", 1, 2)
    }

    /// Makes a new version of what was cancelled.
    pub(super) fn amend(&mut self) -> Acted {
        let Some((kind, name)) = self.in_state(2) else {
            return Ok(Done::NothingToDo);
        };
        let Some(original) = self.world.read(self.side, kind, &name) else {
            return Ok(Done::NothingToDo);
        };
        let kinds = self.world.setting.kinds();
        let shape = kind.shape();
        let mut values = Map::new();
        for field in shape
            .fields
            .iter()
            .filter(|field| is_installed(field, &kinds))
        {
            if let Some(value) = original.get(field.name) {
                values.insert(field.name.to_owned(), value.clone());
            }
        }
        values.insert(MARKER.to_owned(), json!(self.marker("m")));
        values.insert("amended_from".to_owned(), json!(name));
        if let Some(rows) = shape.rows {
            let row = self.row(&rows);
            values.insert(rows.field.to_owned(), json!([row]));
        }
        self.insert(kind, values)
    }

    fn move_on(&mut self, what: &str, from: u8, to: u8) -> Acted {
        let Some((kind, name)) = self.in_state(from) else {
            return Ok(Done::NothingToDo);
        };
        let values = Map::from_iter([("docstatus".to_owned(), json!(to))]);
        self.update(kind, what, &name, values)
    }

    /// A document in this state.
    fn in_state(&mut self, docstatus: u8) -> Option<(Kind, String)> {
        let kind = self.kind(|kind| kind.shape().is_submittable)?;
        let listed = self.world.sites[self.side].as_user("Administrator").list(
            kind.doctype(),
            &["name"],
            json!([["docstatus", "=", docstatus]]),
        );
        let names = listed.ok()?;
        let name = self
            .dice
            .pick(&names)?
            .get("name")
            .and_then(Value::as_str)?;
        Some((kind, name.to_owned()))
    }
}
