//! One transaction of one sync, with the names that its rows stand for.

use frappe_sync_model::{MappingName, SyncName};
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use crate::codec::Dictionary;
use crate::error::{Failure, Unreadable};
use crate::names::{MappingRow, Names, SyncRow};

/// A transaction on the state file, and the journal beside it.
pub(crate) struct Session<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) journal: &'a mut Connection,
    pub(crate) sync: &'a SyncName,
    names: &'a mut Names,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        journal: &'a mut Connection,
        names: &'a mut Names,
        sync: &'a SyncName,
    ) -> Self {
        Self {
            connection,
            journal,
            sync,
            names,
        }
    }

    /// Prepares a statement, or takes it from the cache.
    pub(crate) fn prepare(&self, sql: &str) -> Result<CachedStatement<'a>, Failure> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// Returns the row of this sync; `None` before anything was stored for it.
    pub(crate) fn find_sync(&mut self) -> Result<Option<SyncRow>, Failure> {
        if let Some(&row) = self.names.syncs.get(self.sync) {
            return Ok(Some(row));
        }
        let row = self
            .prepare("SELECT id FROM syncs WHERE name = ?1")?
            .query_row([self.sync.as_str()], |row| Ok(SyncRow(row.get(0)?)))
            .optional()?;
        if let Some(row) = row {
            self.names.syncs.insert(self.sync.clone(), row);
        }
        Ok(row)
    }

    /// Returns the row of this sync, making it if need be.
    pub(crate) fn sync_row(&mut self) -> Result<SyncRow, Failure> {
        if let Some(row) = self.find_sync()? {
            return Ok(row);
        }
        self.prepare("INSERT INTO syncs (name) VALUES (?1)")?
            .execute([self.sync.as_str()])?;
        let row = SyncRow(self.connection.last_insert_rowid());
        self.names.syncs.insert(self.sync.clone(), row);
        Ok(row)
    }

    /// Returns the row of a mapping; `None` before anything was stored for it.
    pub(crate) fn find_mapping(
        &mut self,
        mapping: &MappingName,
    ) -> Result<Option<MappingRow>, Failure> {
        let Some(sync) = self.find_sync()? else {
            return Ok(None);
        };
        let known = self.names.mappings.entry(sync).or_default();
        if let Some(&row) = known.get(mapping) {
            return Ok(Some(row));
        }
        let row = self
            .connection
            .prepare_cached("SELECT id FROM mappings WHERE sync = ?1 AND name = ?2")?
            .query_row((sync.0, mapping.as_str()), |row| {
                Ok(MappingRow(row.get(0)?))
            })
            .optional()?;
        if let Some(row) = row {
            known.insert(mapping.clone(), row);
        }
        Ok(row)
    }

    /// Returns the row of a mapping, making it if need be.
    pub(crate) fn mapping_row(&mut self, mapping: &MappingName) -> Result<MappingRow, Failure> {
        if let Some(row) = self.find_mapping(mapping)? {
            return Ok(row);
        }
        let sync = self.sync_row()?;
        self.prepare("INSERT INTO mappings (sync, name) VALUES (?1, ?2)")?
            .execute((sync.0, mapping.as_str()))?;
        let row = MappingRow(self.connection.last_insert_rowid());
        self.names
            .mappings
            .entry(sync)
            .or_default()
            .insert(mapping.clone(), row);
        Ok(row)
    }

    /// Learns the words that were added since the last time, by us or by another process.
    fn learn_words(&mut self) -> Result<(), Failure> {
        let mut statement = self.prepare("SELECT id, text FROM words")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            self.names.learn_word(
                id.cast_unsigned(),
                row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?,
            );
        }
        Ok(())
    }
}

impl Dictionary for Session<'_> {
    fn id_of(&mut self, text: &str) -> Result<u64, Failure> {
        if let Some(id) = self.names.word_id(text) {
            return Ok(id);
        }
        let stored: Option<i64> = self
            .prepare("SELECT id FROM words WHERE text = ?1")?
            .query_row([text], |row| row.get(0))
            .optional()?;
        let id = match stored {
            Some(id) => id,
            None => {
                self.prepare("INSERT INTO words (text) VALUES (?1)")?
                    .execute([text])?;
                self.connection.last_insert_rowid()
            }
        };
        self.names.learn_word(id.cast_unsigned(), text);
        Ok(id.cast_unsigned())
    }

    fn text_of(&mut self, id: u64) -> Result<&str, Failure> {
        if self.names.word(id).is_none() {
            self.learn_words()?;
        }
        Ok(self.names.word(id).ok_or(Unreadable::UnknownWord(id))?)
    }
}
