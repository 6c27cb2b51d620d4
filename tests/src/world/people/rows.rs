//! Rows that people change, put in, take out and move.

use serde_json::{Map, Value};

use super::{Acted, Doer, Done};
use crate::world::kind::{Kind, Rows};

/// What happens to the rows of a document.
type Change<'c> = &'c dyn Fn(&mut Doer<'_>, &Rows, &mut Vec<Value>) -> Done;

impl Doer<'_> {
    /// Changes a row.
    pub(super) fn edit_row(&mut self) -> Acted {
        self.change_rows("edited a row of", &|doer, rows, list| {
            let Some(field) = doer.dice.pick(rows.fields).copied() else {
                return Done::NothingToDo;
            };
            let value = doer.value(&field);
            let at = doer.dice.below(list.len());
            match list.get_mut(at).and_then(Value::as_object_mut) {
                Some(row) => row.insert(field.name.to_owned(), value),
                None => return Done::NothingToDo,
            };
            Done::Yes
        })
    }

    /// Puts a row in.
    pub(super) fn add_row(&mut self) -> Acted {
        self.change_rows("put a row into", &|doer, rows, list| {
            let row = doer.row(rows);
            let at = doer.dice.below(list.len() + 1);
            list.insert(at, row);
            Done::Yes
        })
    }

    /// Takes a row out.
    pub(super) fn drop_row(&mut self) -> Acted {
        self.change_rows("took a row out of", &|doer, _, list| {
            if list.is_empty() {
                return Done::NothingToDo;
            }
            list.remove(doer.dice.below(list.len()));
            Done::Yes
        })
    }

    /// Puts a row in another place.
    pub(super) fn move_row(&mut self) -> Acted {
        self.change_rows("moved a row of", &|doer, _, list| {
            if list.len() < 2 {
                return Done::NothingToDo;
            }
            let row = list.remove(doer.dice.below(list.len()));
            let at = doer.dice.below(list.len() + 1);
            list.insert(at, row);
            Done::Yes
        })
    }

    fn change_rows(&mut self, what: &str, change: Change<'_>) -> Acted {
        let has_rows = |kind: Kind| kind.shape().rows.is_some();
        let Some((kind, name)) = self.document(has_rows) else {
            return Ok(Done::NothingToDo);
        };
        let (Some(rows), Some(mut document)) =
            (kind.shape().rows, self.world.read(self.side, kind, &name))
        else {
            return Ok(Done::NothingToDo);
        };
        let Some(Value::Array(mut list)) = document.remove(rows.field) else {
            return Ok(Done::NothingToDo);
        };
        if change(self, &rows, &mut list) == Done::NothingToDo {
            return Ok(Done::NothingToDo);
        }
        // The place in the list counts, not the number that a row had.
        for row in list.iter_mut().filter_map(Value::as_object_mut) {
            row.remove("idx");
        }
        let values = Map::from_iter([(rows.field.to_owned(), Value::Array(list))]);
        self.update(kind, what, &name, values)
    }
}
