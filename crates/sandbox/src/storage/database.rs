//! All tables, Singles and counters of a site, written inside one transaction at a time.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::table::{Row, Table};
use crate::schema::{Layout, NAME};
use crate::value::{Cell, Key, collation_key, name_key};

/// The stored fields of a Single: text by fieldname (protocol 8).
pub(crate) type SingleValues = BTreeMap<Box<str>, Cell>;

/// Where a Password field's value is kept: apart from its document, which shows asterisks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SecretKey {
    pub(crate) doctype: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) fieldname: Box<str>,
}

impl SecretKey {
    /// The key of a field of a document.
    pub(crate) fn new(doctype: &str, name: &str, fieldname: &str) -> Self {
        Self {
            doctype: doctype.into(),
            name: name.into(),
            fieldname: fieldname.into(),
        }
    }
}

/// What puts one write back.
#[derive(Debug, Clone)]
enum Undo {
    Row {
        table: Arc<str>,
        key: Key,
        before: Option<Row>,
    },
    Single {
        doctype: Box<str>,
        before: Option<SingleValues>,
    },
    Counter {
        series: Key,
        before: Option<i64>,
    },
    Secret {
        key: SecretKey,
        before: Option<Box<str>>,
    },
    Stored {
        url: Box<str>,
        before: Option<Arc<[u8]>>,
    },
}

/// The data of a site.
///
/// Every write is noted, until [`Database::commit`] forgets the notes or [`Database::rollback`] puts everything back. As with MariaDB,
/// changes of the schema commit what was written before them (protocol 1.3).
#[derive(Debug, Default, Clone)]
pub(crate) struct Database {
    tables: HashMap<Arc<str>, Table>,
    singles: HashMap<Box<str>, SingleValues>,
    counters: HashMap<Key, i64>,
    secrets: HashMap<SecretKey, Box<str>>,
    /// The bytes of files by their address, such as `/private/files/x.pdf`: the site's disk.
    stored: HashMap<Box<str>, Arc<[u8]>>,
    undo: Vec<Undo>,
    schema_version: u64,
}

impl Database {
    /// The table of a DocType.
    pub(crate) fn table(&self, doctype: &str) -> Option<&Table> {
        self.tables.get(doctype)
    }

    /// The row of a document, by any spelling of its name that the collation holds equal.
    pub(crate) fn row(&self, doctype: &str, name: &Cell) -> Option<&Row> {
        let table = self.tables.get(doctype)?;
        table.get(&name_key(name)).or_else(|| match name {
            // A name from a path is text even where names are numbers.
            Cell::Text(text) => table.get(&name_key(&Cell::Int(leading_number(text)?))),
            _ => None,
        })
    }

    /// A number that changes whenever a row of the DocTypes that define others does.
    pub(crate) fn schema_version(&self) -> u64 {
        self.schema_version
    }

    /// Adds a table unless it exists; commits.
    pub(crate) fn create_table(&mut self, doctype: &str, is_child: bool) {
        self.commit();
        self.tables
            .entry(doctype.into())
            .or_insert_with(|| Table::new(Layout::new(is_child), is_child));
    }

    /// The table for changes of its columns or indexes; commits.
    pub(crate) fn alter_table(&mut self, doctype: &str) -> Option<&mut Table> {
        self.commit();
        self.schema_version += 1;
        self.tables.get_mut(doctype)
    }

    /// Gives a table another name; commits.
    pub(crate) fn rename_table(&mut self, old: &str, new: &str) {
        self.commit();
        self.schema_version += 1;
        if let Some(table) = self.tables.remove(old) {
            self.tables.insert(new.into(), table);
        }
        if let Some(values) = self.singles.remove(old) {
            self.singles.insert(new.into(), values);
        }
    }

    /// The next number of an autoincrement DocType; like a sequence it is not put back by a rollback.
    pub(crate) fn next_number(&mut self, doctype: &str) -> i64 {
        self.tables.get_mut(doctype).map_or(0, Table::next_number)
    }

    /// Makes an autoincrement DocType go on after a number.
    pub(crate) fn raise_sequence(&mut self, doctype: &str, number: i64) {
        if let Some(table) = self.tables.get_mut(doctype) {
            table.raise_sequence(number);
        }
    }

    /// Writes a row under its name.
    pub(crate) fn put(&mut self, doctype: &str, row: Row) {
        let Some((table, _)) = self.tables.get_key_value(doctype) else {
            return;
        };
        let table = Arc::clone(table);
        let key = name_key(&row[NAME]);
        self.note_schema(doctype);
        let before = self.tables.get_mut(&table).and_then(|rows| rows.put(row));
        self.undo.push(Undo::Row { table, key, before });
    }

    /// Removes a row.
    pub(crate) fn remove(&mut self, doctype: &str, key: &Key) -> Option<Row> {
        let (table, _) = self.tables.get_key_value(doctype)?;
        let table = Arc::clone(table);
        let before = self.tables.get_mut(&table)?.remove(key)?;
        self.note_schema(doctype);
        let key = Key::clone(key);
        self.undo.push(Undo::Row {
            table,
            key,
            before: Some(Arc::clone(&before)),
        });
        Some(before)
    }

    /// What is stored of a Single.
    pub(crate) fn single(&self, doctype: &str) -> Option<&SingleValues> {
        self.singles.get(doctype)
    }

    /// Stores a Single, or empties it.
    pub(crate) fn set_single(&mut self, doctype: &str, values: Option<SingleValues>) {
        let before = match values {
            Some(values) => self.singles.insert(doctype.into(), values),
            None => self.singles.remove(doctype),
        };
        self.undo.push(Undo::Single {
            doctype: doctype.into(),
            before,
        });
    }

    /// The last number handed out in a naming series.
    pub(crate) fn counter(&self, series: &str) -> Option<i64> {
        self.counters.get(&collation_key(series)).copied()
    }

    /// Sets the counter of a naming series.
    pub(crate) fn set_counter(&mut self, series: &str, number: i64) {
        let series = collation_key(series);
        let before = self.counters.insert(Key::clone(&series), number);
        self.undo.push(Undo::Counter { series, before });
    }

    /// The value of a Password field.
    pub(crate) fn secret(&self, key: &SecretKey) -> Option<&str> {
        self.secrets.get(key).map(|secret| &**secret)
    }

    /// Sets the value of a Password field, or forgets it.
    pub(crate) fn set_secret(&mut self, key: SecretKey, secret: Option<Box<str>>) {
        let before = match secret {
            Some(secret) => self.secrets.insert(key.clone(), secret),
            None => self.secrets.remove(&key),
        };
        self.undo.push(Undo::Secret { key, before });
    }

    /// The keys of all secrets of a document.
    pub(crate) fn secret_keys(&self, doctype: &str, name: &str) -> Vec<SecretKey> {
        let keys = self.secrets.keys();
        keys.filter(|key| *key.doctype == *doctype && *key.name == *name)
            .cloned()
            .collect()
    }

    /// The bytes of a stored file.
    pub(crate) fn stored(&self, url: &str) -> Option<&Arc<[u8]>> {
        self.stored.get(url)
    }

    /// Stores the bytes of a file, or removes them, and returns what was there. Unlike Frappe's disk it is put back with the
    /// transaction.
    pub(crate) fn store_bytes(&mut self, url: &str, bytes: Option<Arc<[u8]>>) -> Option<Arc<[u8]>> {
        let before = match bytes {
            Some(bytes) => self.stored.insert(url.into(), bytes),
            None => self.stored.remove(url),
        };
        self.undo.push(Undo::Stored {
            url: url.into(),
            before: before.clone(),
        });
        before
    }

    /// A copy of everything that is final.
    pub(crate) fn copy(&self) -> Self {
        let mut copy = self.clone();
        copy.rollback();
        copy
    }

    /// Holds what a copy holds from now on.
    pub(crate) fn replace_by(&mut self, copy: &Self) {
        let next_schema_version = self.schema_version.max(copy.schema_version) + 1;
        self.clone_from(copy);
        self.schema_version = next_schema_version;
    }

    /// Makes everything written so far final.
    pub(crate) fn commit(&mut self) {
        self.undo.clear();
    }

    /// Puts everything back to the last commit.
    pub(crate) fn rollback(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Row { table, key, before } => {
                    self.note_schema(&table);
                    let Some(rows) = self.tables.get_mut(&table) else {
                        continue;
                    };
                    match before {
                        Some(row) => drop(rows.put(row)),
                        None => drop(rows.remove(&key)),
                    }
                }
                Undo::Single { doctype, before } => match before {
                    Some(values) => drop(self.singles.insert(doctype, values)),
                    None => drop(self.singles.remove(&doctype)),
                },
                Undo::Secret { key, before } => match before {
                    Some(secret) => drop(self.secrets.insert(key, secret)),
                    None => drop(self.secrets.remove(&key)),
                },
                Undo::Stored { url, before } => match before {
                    Some(bytes) => drop(self.stored.insert(url, bytes)),
                    None => drop(self.stored.remove(&url)),
                },
                Undo::Counter { series, before } => match before {
                    Some(number) => _ = self.counters.insert(series, number),
                    None => _ = self.counters.remove(&series),
                },
            }
        }
    }

    fn note_schema(&mut self, doctype: &str) {
        if matches!(
            doctype,
            "DocType" | "DocField" | "DocPerm" | "Custom Field" | "Property Setter"
        ) {
            self.schema_version += 1;
        }
    }
}

/// What the database makes of a text that is compared with a number: the number that it begins with.
fn leading_number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = text.len() - digits.len();
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    text[..sign + length].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_counts_as_the_number_that_it_begins_with() {
        for (text, number) in [
            ("12", Some(12)),
            (" -12b", Some(-12)),
            ("+7", Some(7)),
            ("b12", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(leading_number(text), number, "{text}");
        }
    }

    fn row(name: &str, owner: &str) -> Row {
        let mut cells = vec![Cell::Null; 11];
        cells[NAME] = Cell::text(name);
        cells[1] = Cell::text(owner);
        cells.into()
    }

    #[test]
    fn a_rollback_puts_rows_singles_and_counters_back() {
        let mut database = Database::default();
        database.create_table("Thing", false);
        database.put("Thing", row("a", "one"));
        database.set_counter("T-", 3);
        database.commit();

        database.put("Thing", row("a", "two"));
        database.put("Thing", row("b", "two"));
        database.remove("Thing", &Key::from("a"));
        database.set_counter("T-", 4);
        database.set_counter("U-", 1);
        database.set_single("Settings", Some(SingleValues::new()));
        database.rollback();

        assert_eq!(
            database.row("Thing", &Cell::text("A")).unwrap()[1],
            Cell::text("one")
        );
        assert!(database.row("Thing", &Cell::text("b")).is_none());
        assert_eq!(database.counter("T-"), Some(3));
        assert_eq!(database.counter("U-"), None);
        assert!(database.single("Settings").is_none());
    }

    #[test]
    fn a_schema_change_commits() {
        let mut database = Database::default();
        database.create_table("Thing", false);
        database.put("Thing", row("a", "one"));
        database.alter_table("Thing");
        database.rollback();
        assert!(database.row("Thing", &Cell::text("a")).is_some());
    }
}
