//! Trees as nested sets: `lft` and `rgt` follow the parent field (protocol 8).

use super::record::Record;
use crate::Profile;
use crate::failure::{Attempt, Failure, Kind};
use crate::site::Transaction;
use crate::value::{Cell, cint, name_key};

/// The columns of a tree.
#[derive(Debug, Clone, Copy)]
struct Columns {
    lft: usize,
    rgt: usize,
    parent: usize,
    old_parent: Option<usize>,
}

impl Transaction<'_> {
    /// Puts a saved node where its parent field says.
    pub(crate) fn update_tree(&mut self, record: &mut Record) -> Attempt<()> {
        let Some(columns) = columns(record) else {
            return Ok(());
        };
        let parent = record.cells[columns.parent].clone();
        // A node that came with a place of its own is believed, and the tree is broken from then on.
        if cint(&record.cells[columns.lft]) == 0 {
            self.add_node(record, columns, &parent)?;
        } else {
            let before = record.cells[columns.old_parent.unwrap_or(columns.parent)].clone();
            if before.to_text() != parent.to_text() {
                self.move_node(record, columns, &parent)?;
            }
        }
        if let Some(column) = columns.old_parent {
            let text = Cell::text(parent.to_text().into_owned());
            self.set_own_cell(record, column, text);
        }
        for column in [columns.lft, columns.rgt] {
            record.cells[column] = self.stored_cell(record, column);
        }
        self.check_leaf(record, columns)
    }

    /// 417 where a node has children, else closes the gap that it leaves.
    pub(crate) fn leave_tree(&mut self, record: &Record) -> Attempt<()> {
        let Some(columns) = columns(record) else {
            return Ok(());
        };
        let is_root = !record.cells[columns.parent].is_truthy();
        if is_root && self.profile() == Profile::V14 {
            return Err(Failure::invalid(format!(
                "Root {} cannot be deleted",
                record.doctype()
            )));
        }
        if self.has_children(record, columns) {
            return Err(Failure::shown(
                Kind::NestedSetChildExists,
                format!("Cannot delete {} as it has child nodes", record.name_text()),
            ));
        }
        if is_root {
            return Ok(());
        }
        self.move_node(record, columns, &Cell::Null)
    }

    fn add_node(&mut self, record: &Record, columns: Columns, parent: &Cell) -> Attempt<()> {
        let right = if parent.is_truthy() {
            let (left, right) = self.place_of(record, columns, parent)?;
            self.check_no_loop(record, columns, left, right)?;
            right
        } else {
            self.max_right(record, columns, true) + 1
        };
        let right = right.max(1);
        self.shift(record, columns, |left, rgt| {
            (
                if left >= right { left + 2 } else { left },
                if rgt >= right { rgt + 2 } else { rgt },
            )
        });
        self.set_own_cell(record, columns.lft, Cell::Int(right));
        self.set_own_cell(record, columns.rgt, Cell::Int(right + 1));
        Ok(())
    }

    fn move_node(&mut self, record: &Record, columns: Columns, parent: &Cell) -> Attempt<()> {
        let lft = cint(&self.stored_cell(record, columns.lft));
        let rgt = cint(&self.stored_cell(record, columns.rgt));
        if parent.is_truthy() {
            let (left, right) = self.place_of(record, columns, parent)?;
            self.check_no_loop(record, columns, left, right)?;
        }
        let width = rgt - lft + 1;
        // The branch leaves: its numbers turn negative, those after it close up.
        self.shift(record, columns, |left, right| {
            if left >= lft && right <= rgt {
                (-left, -right)
            } else if left > rgt {
                (left - width, right - width)
            } else if left < lft && right > rgt {
                (left, right - width)
            } else {
                (left, right)
            }
        });
        let offset = if parent.is_truthy() {
            let (new_left, new_right) = self.place_of(record, columns, parent)?;
            self.shift(record, columns, |left, right| {
                if left == new_left {
                    (left, right + width)
                } else if left > new_right {
                    (left + width, right + width)
                } else if left > 0 && left < new_left && right > new_right {
                    (left, right + width)
                } else {
                    (left, right)
                }
            });
            new_right - lft
        } else {
            self.max_right(record, columns, false) + 1 - lft
        };
        self.shift(record, columns, |left, right| {
            if left < 0 {
                (-left + offset, -right + offset)
            } else {
                (left, right)
            }
        });
        Ok(())
    }

    /// Renumbers nodes. `modified` stays as it is.
    fn shift(
        &mut self,
        record: &Record,
        columns: Columns,
        renumber: impl Fn(i64, i64) -> (i64, i64),
    ) {
        let doctype = record.doctype();
        let Some(table) = self.site.database.table(doctype) else {
            return;
        };
        let changed: Vec<Vec<Cell>> = table
            .rows()
            .filter_map(|(_, row)| {
                let mut cells = table.layout().complete(row);
                let before = (cint(&cells[columns.lft]), cint(&cells[columns.rgt]));
                let after = renumber(before.0, before.1);
                cells[columns.lft] = Cell::Int(after.0);
                cells[columns.rgt] = Cell::Int(after.1);
                (after != before).then_some(cells)
            })
            .collect();
        for cells in changed {
            self.site.database.put(doctype, cells.into());
        }
    }

    fn place_of(&mut self, record: &Record, columns: Columns, node: &Cell) -> Attempt<(i64, i64)> {
        let row = self
            .site
            .database
            .row(record.doctype(), node)
            .ok_or_else(|| {
                Failure::bare(Kind::Type, "cannot unpack non-iterable NoneType object")
            })?;
        let layout = &record.meta.layout;
        Ok((
            cint(layout.cell(row, columns.lft)),
            cint(layout.cell(row, columns.rgt)),
        ))
    }

    fn max_right(&self, record: &Record, columns: Columns, roots_only: bool) -> i64 {
        let Some(table) = self.site.database.table(record.doctype()) else {
            return 0;
        };
        let layout = table.layout();
        table
            .rows()
            .map(|(_, row)| row)
            .filter(|row| !roots_only || !layout.cell(row, columns.parent).is_truthy())
            .map(|row| cint(layout.cell(row, columns.rgt)))
            .max()
            .unwrap_or(0)
    }

    fn check_no_loop(
        &self,
        record: &Record,
        columns: Columns,
        left: i64,
        right: i64,
    ) -> Attempt<()> {
        let own_left = cint(&self.stored_cell(record, columns.lft));
        let own_right = cint(&self.stored_cell(record, columns.rgt));
        if own_left == 0 || own_left > left || own_right < right {
            return Ok(());
        }
        Err(Failure::shown(
            Kind::NestedSetRecursion,
            "Item cannot be added to its own descendants",
        ))
    }

    fn check_leaf(&self, record: &Record, columns: Columns) -> Attempt<()> {
        let is_leaf =
            record.meta.field("is_group").is_some() && !record.get("is_group").is_truthy();
        if is_leaf && self.has_children(record, columns) {
            return Err(Failure::invalid(format!(
                "{} {} cannot be a leaf node as it has children",
                record.doctype(),
                record.name_text()
            )));
        }
        Ok(())
    }

    fn has_children(&self, record: &Record, columns: Columns) -> bool {
        let name = name_key(record.name());
        self.site
            .database
            .table(record.doctype())
            .is_some_and(|table| {
                table.rows().any(|(_, row)| {
                    let parent = table.layout().cell(row, columns.parent);
                    parent.is_truthy() && name_key(parent) == name
                })
            })
    }

    fn stored_cell(&self, record: &Record, column: usize) -> Cell {
        self.site
            .database
            .row(record.doctype(), record.name())
            .map(|row| record.meta.layout.cell(row, column).clone())
            .unwrap_or_default()
    }

    fn set_own_cell(&mut self, record: &Record, column: usize, cell: Cell) {
        if let Some(row) = self.site.database.row(record.doctype(), record.name()) {
            let row = crate::storage::Row::clone(row);
            self.replace_cell(record.doctype(), &row, column, cell);
        }
    }
}

fn columns(record: &Record) -> Option<Columns> {
    if !record.meta.is_tree {
        return None;
    }
    let layout = &record.meta.layout;
    Some(Columns {
        lft: layout.find("lft")?,
        rgt: layout.find("rgt")?,
        parent: layout.find(&record.meta.parent_field)?,
        old_parent: layout.find("old_parent"),
    })
}
