//! What a state file is told apart by, made once when the file is.

use frappe_sync_model::FingerprintKey;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// The id of a state file, and the secret of its fingerprints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) state_id: String,
    pub(crate) key: FingerprintKey,
}

impl Identity {
    /// Draws a new identity.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self {
            state_id: Uuid::now_v7().to_string(),
            key: FingerprintKey::new(key),
        })
    }

    /// Returns the identity of a file; `None` where its making was interrupted.
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        connection
            .query_row(
                "SELECT state_id, fingerprint_key FROM identity WHERE id = 1",
                [],
                |row| {
                    Ok(Self {
                        state_id: row.get(0)?,
                        key: FingerprintKey::new(row.get(1)?),
                    })
                },
            )
            .optional()
    }

    /// Gives a file this identity unless it has one, and returns the one that it has.
    pub(crate) fn settle(self, connection: &Connection) -> rusqlite::Result<Self> {
        connection.execute(
            "INSERT INTO identity (id, state_id, fingerprint_key) VALUES (1, ?1, ?2)
             ON CONFLICT (id) DO NOTHING",
            (&self.state_id, self.key.as_bytes()),
        )?;
        Ok(Self::read(connection)?.unwrap_or(self))
    }
}
