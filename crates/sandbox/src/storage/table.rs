//! One table: rows by name, and indexes on `(modified, name)`, `creation`, parent and unique columns.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::schema::{CREATION, Layout, MODIFIED, NAME, PARENT};
use crate::value::{Cell, Key, Stamp, collation_key, fold, name_key, parent_key};

/// The cells of a row; shared between the table, readers and the undo log.
pub(crate) type Row = Arc<[Cell]>;

/// A value that another row already has in a unique column.
#[derive(Debug)]
pub(crate) struct UniqueViolation {
    /// The column's index.
    pub(crate) column: usize,
}

/// Where rows without `modified` or `creation` sort.
const NULL_STAMP: Stamp = Stamp::MIN;

/// The rows of one DocType.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    layout: Arc<Layout>,
    rows: BTreeMap<Key, Row>,
    by_modified: BTreeSet<(Stamp, Key)>,
    by_creation: BTreeSet<(Stamp, Key)>,
    /// `Some` for child tables: parent's key and row's key.
    by_parent: Option<BTreeSet<(Key, Key)>>,
    unique: Vec<(usize, HashMap<Box<str>, Key>)>,
    /// The highest number that autoincrement has handed out.
    sequence: i64,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(layout: Layout, is_child: bool) -> Self {
        Self {
            layout: Arc::new(layout),
            rows: BTreeMap::new(),
            by_modified: BTreeSet::new(),
            by_creation: BTreeSet::new(),
            by_parent: is_child.then(BTreeSet::new),
            unique: Vec::new(),
            sequence: 0,
        }
    }

    /// The columns.
    pub(crate) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Replaces the columns by more of them.
    pub(crate) fn set_layout(&mut self, layout: Layout) {
        self.layout = Arc::new(layout);
    }

    /// Makes a column unique or no longer so. Fails, unchanged, if rows already share a value.
    pub(crate) fn set_unique(
        &mut self,
        column: usize,
        unique: bool,
    ) -> Result<(), UniqueViolation> {
        let known = self
            .unique
            .iter()
            .position(|(indexed, _)| *indexed == column);
        match (known, unique) {
            (Some(place), false) => drop(self.unique.swap_remove(place)),
            (None, true) => {
                let mut index = HashMap::new();
                for (key, row) in &self.rows {
                    let Some(value) = unique_value(self.layout.cell(row, column)) else {
                        continue;
                    };
                    if index.insert(value, Key::clone(key)).is_some() {
                        return Err(UniqueViolation { column });
                    }
                }
                self.unique.push((column, index));
            }
            _ => {}
        }
        Ok(())
    }

    /// The next number of autoincrement.
    pub(crate) fn next_number(&mut self) -> i64 {
        self.sequence += 1;
        self.sequence
    }

    /// Makes autoincrement go on after this number.
    pub(crate) fn raise_sequence(&mut self, number: i64) {
        self.sequence = self.sequence.max(number);
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The row under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Row> {
        self.rows.get(key)
    }

    /// All rows in the order of their names.
    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = (&Key, &Row)> {
        self.rows.iter()
    }

    /// Rows from a name on, in the order of names.
    pub(crate) fn rows_from<'a>(
        &'a self,
        bound: Bound<&str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Row)> + use<'a> {
        self.rows.range::<str, _>((bound, Bound::Unbounded))
    }

    /// Keys from a `modified` on, in the order of `(modified, name)`; `None` begins with those that have none.
    pub(crate) fn keys_modified_from(&self, from: Option<Stamp>) -> impl Iterator<Item = &Key> {
        let start = (from.unwrap_or(NULL_STAMP), Key::from(""));
        self.by_modified.range(start..).map(|(_, key)| key)
    }

    /// Keys after one place in the order of `(modified, name)`.
    pub(crate) fn keys_modified_after(
        &self,
        modified: Stamp,
        name: Key,
    ) -> impl Iterator<Item = &Key> {
        let after = Bound::Excluded((modified, name));
        self.by_modified
            .range((after, Bound::Unbounded))
            .map(|(_, key)| key)
    }

    /// Keys of the rows created at exactly this time.
    pub(crate) fn keys_created_at(&self, creation: Stamp) -> impl Iterator<Item = &Key> {
        let start = (creation, Key::from(""));
        self.by_creation
            .range(start..)
            .take_while(move |(stamp, _)| *stamp == creation)
            .map(|(_, key)| key)
    }

    /// Keys of the rows of a parent, in no particular order; empty where the table is not a child table.
    pub(crate) fn keys_of_parent<'a>(
        &'a self,
        parent: &Key,
    ) -> impl Iterator<Item = &'a Key> + use<'a> {
        let parent = Key::clone(parent);
        let start = (Key::clone(&parent), Key::from(""));
        self.by_parent
            .iter()
            .flat_map(move |index| index.range(start.clone()..))
            .take_while(move |(of, _)| *of == parent)
            .map(|(_, key)| key)
    }

    /// Whether parents can be looked up.
    pub(crate) fn is_child(&self) -> bool {
        self.by_parent.is_some()
    }

    /// The key of the row that holds a value in a unique column; `None` also where the column is not unique.
    pub(crate) fn key_by_unique(&self, column: usize, value: &Cell) -> Option<Option<&Key>> {
        let (_, index) = self.unique.iter().find(|(indexed, _)| *indexed == column)?;
        Some(unique_value(value).and_then(|value| index.get(&value)))
    }

    /// The unique column in which a row would collide with another one.
    pub(crate) fn unique_violation(&self, row: &[Cell]) -> Option<UniqueViolation> {
        let own = name_key(&row[NAME]);
        self.unique.iter().find_map(|(column, index)| {
            let value = unique_value(self.layout.cell(row, *column))?;
            let holder = index.get(&value)?;
            (*holder != own).then_some(UniqueViolation { column: *column })
        })
    }

    /// Writes a row under its name and returns what was there.
    pub(crate) fn put(&mut self, row: Row) -> Option<Row> {
        let key = name_key(&row[NAME]);
        let before = self.rows.insert(Key::clone(&key), Arc::clone(&row));
        match &before {
            Some(before) if same_index_entries(before, &row, self.by_parent.is_some()) => {
                self.reindex_unique(before, &row, &key);
            }
            before => {
                if let Some(before) = before {
                    self.unindex(before, &key);
                }
                self.index(&row, &key);
            }
        }
        before
    }

    /// Removes the row under a key.
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Row> {
        let row = self.rows.remove(key)?;
        self.unindex(&row, key);
        Some(row)
    }

    fn index(&mut self, row: &Row, key: &Key) {
        self.by_modified
            .insert((stamp(&row[MODIFIED]), Key::clone(key)));
        self.by_creation
            .insert((stamp(&row[CREATION]), Key::clone(key)));
        if let Some(by_parent) = &mut self.by_parent {
            by_parent.insert((parent_key(&row[PARENT]), Key::clone(key)));
        }
        for (column, index) in &mut self.unique {
            if let Some(value) = unique_value(self.layout.cell(row, *column)) {
                index.insert(value, Key::clone(key));
            }
        }
    }

    fn unindex(&mut self, row: &Row, key: &Key) {
        self.by_modified
            .remove(&(stamp(&row[MODIFIED]), Key::clone(key)));
        self.by_creation
            .remove(&(stamp(&row[CREATION]), Key::clone(key)));
        if let Some(by_parent) = &mut self.by_parent {
            by_parent.remove(&(parent_key(&row[PARENT]), Key::clone(key)));
        }
        for (column, index) in &mut self.unique {
            if let Some(value) = unique_value(self.layout.cell(row, *column)) {
                index.remove(&value);
            }
        }
    }

    fn reindex_unique(&mut self, before: &Row, after: &Row, key: &Key) {
        for (column, index) in &mut self.unique {
            let old = self.layout.cell(before, *column);
            let new = self.layout.cell(after, *column);
            if old == new {
                continue;
            }
            if let Some(value) = unique_value(old) {
                index.remove(&value);
            }
            if let Some(value) = unique_value(new) {
                index.insert(value, Key::clone(key));
            }
        }
    }
}

fn same_index_entries(before: &Row, after: &Row, is_child: bool) -> bool {
    before[MODIFIED] == after[MODIFIED]
        && before[CREATION] == after[CREATION]
        && (!is_child || before[PARENT] == after[PARENT])
}

fn stamp(cell: &Cell) -> Stamp {
    match cell {
        Cell::Stamp(stamp) => *stamp,
        _ => NULL_STAMP,
    }
}

/// What a unique index compares; NULLs never collide.
fn unique_value(cell: &Cell) -> Option<Box<str>> {
    match cell {
        Cell::Null => None,
        Cell::Text(text) => Some(fold(text).into()),
        other => Some(collation_key(&other.to_text()).as_ref().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Storage;

    fn row(name: &str, modified: Stamp, code: &str) -> Row {
        let mut cells = vec![Cell::Null; 12];
        cells[NAME] = Cell::text(name);
        cells[CREATION] = Cell::Stamp(1);
        cells[MODIFIED] = Cell::Stamp(modified);
        cells[11] = Cell::text(code);
        cells.into()
    }

    fn table() -> Table {
        let mut layout = Layout::new(false);
        layout.add("code", Storage::Varchar(140), None);
        let mut table = Table::new(layout, false);
        table.set_unique(11, true).unwrap();
        table
    }

    #[test]
    fn a_rewritten_row_moves_in_the_index_on_modified() {
        let mut table = table();
        table.put(row("a", 5, "x"));
        table.put(row("b", 6, "y"));
        table.put(row("a", 7, "x"));
        let keys: Vec<_> = table
            .keys_modified_from(Some(6))
            .map(|key| key.to_string())
            .collect();
        assert_eq!(keys, ["b", "a"]);
        assert_eq!(table.keys_created_at(1).count(), 2);
    }

    #[test]
    fn unique_columns_follow_the_collation() {
        let mut table = table();
        table.put(row("a", 5, "Code"));
        assert_eq!(
            table.unique_violation(&row("b", 5, "CODE")).unwrap().column,
            11
        );
        assert!(table.unique_violation(&row("A", 5, "CODE")).is_none());
        table.remove(&Key::from("a"));
        assert!(table.unique_violation(&row("b", 5, "CODE")).is_none());
    }
}
