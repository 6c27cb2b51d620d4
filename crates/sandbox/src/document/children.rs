//! Stores the rows of a saved document (protocol 5.4).

use std::collections::HashSet;

use super::record::Record;
use crate::failure::Attempt;
use crate::schema::{PARENTFIELD, PARENTTYPE};
use crate::site::Transaction;
use crate::value::{Key, name_key, parent_key};

impl Transaction<'_> {
    /// Makes the stored rows of every table those of the document.
    pub(crate) fn store_rows(&mut self, record: &mut Record) -> Attempt<()> {
        for place in 0..record.tables.len() {
            self.delete_rows_not_kept(record, place);
            let mut rows = std::mem::take(&mut record.tables[place]);
            for row in &mut rows {
                if row.is_new || !row.name().is_truthy() {
                    self.store_new(row)?;
                } else {
                    // A row under a name that nobody has is lost in silence, one of another parent moves here.
                    self.store_changed(row)?;
                }
            }
            record.tables[place] = rows;
        }
        Ok(())
    }

    fn delete_rows_not_kept(&mut self, record: &Record, place: usize) {
        let field = &record.meta.tables[place];
        // New rows are not kept: one that was sent under a stored name is deleted and inserted again.
        let kept: HashSet<Key> = record.tables[place]
            .iter()
            .filter(|row| !row.is_new && row.name().is_truthy())
            .map(|row| name_key(row.name()))
            .collect();
        let Some(table) = self.site.database.table(&field.child) else {
            return;
        };
        let gone: Vec<Key> = table
            .keys_of_parent(&parent_key(record.name()))
            .filter(|key| !kept.contains(*key))
            .filter(|key| {
                table.get(key).is_some_and(|row| {
                    row[PARENTFIELD].as_text() == Some(&field.fieldname)
                        && row[PARENTTYPE].as_text() == Some(record.doctype())
                })
            })
            .cloned()
            .collect();
        for key in gone {
            self.site.database.remove(&field.child, &key);
        }
    }

    /// Deletes all rows that belong to a document.
    pub(crate) fn delete_rows(&mut self, record: &Record) {
        for place in 0..record.tables.len() {
            let mut emptied = record.clone();
            emptied.tables[place].clear();
            self.delete_rows_not_kept(&emptied, place);
        }
    }
}
