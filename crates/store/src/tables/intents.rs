//! Writes whose outcome is not known yet.

use frappe_sync_model::{Intent, IntentId, MappingName, RunId, SiteTime};
use rusqlite::params;

use crate::codec::{self, Dictionary};
use crate::columns::{Moment, SideColumn, SiteTimeColumn};
use crate::error::Failure;
use crate::session::Session;
use crate::tables::doc_key;

/// Stores an intent and returns its row, which no other intent ever had or will have.
pub(crate) fn put(session: &mut Session<'_>, intent: &Intent) -> Result<IntentId, Failure> {
    let mapping = session.mapping_row(&intent.mapping)?;
    let owner = session.id_of(&intent.source.owner)?.cast_signed();
    let sent = codec::encode(&intent.sent, session)?;
    session
        .prepare(
            "INSERT INTO intents (mapping, run, side, name, modified, creation, owner, lft, kind,
                 sent, sent_at, site_time)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            mapping.0,
            intent.run.as_str(),
            SideColumn(intent.side),
            intent.source.name.as_str(),
            SiteTimeColumn::of(intent.source.modified.as_ref()),
            SiteTimeColumn::of(intent.source.creation.as_ref()),
            owner,
            intent.source.lft,
            serde_json::to_string(&intent.kind)?,
            sent,
            Moment(intent.sent_at),
            intent.site_time.as_str(),
        ])?;
    Ok(IntentId(session.connection.last_insert_rowid()))
}

/// Removes an intent that is resolved; one that was removed before is no error.
pub(crate) fn remove(session: &Session<'_>, id: IntentId) -> Result<(), Failure> {
    session
        .prepare("DELETE FROM intents WHERE id = ?1")?
        .execute([id.0])?;
    Ok(())
}

/// Returns the open intents of this sync, oldest first.
pub(crate) fn open(session: &mut Session<'_>) -> Result<Vec<Intent>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(Vec::new());
    };
    let mut statement = session.prepare(
        "SELECT intents.id, mappings.name, run, side, intents.name, modified, creation, owner, lft,
             kind, sent, sent_at, site_time
         FROM intents JOIN mappings ON mappings.id = intents.mapping
         WHERE mappings.sync = ?1 ORDER BY intents.id",
    )?;
    let mut rows = statement.query([sync.0])?;
    let mut intents = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |column| -> Result<&str, Failure> {
            Ok(row
                .get_ref(column)?
                .as_str()
                .map_err(rusqlite::Error::from)?)
        };
        let sent = row.get_ref(10)?.as_blob().map_err(rusqlite::Error::from)?;
        intents.push(Intent {
            id: Some(IntentId(row.get(0)?)),
            mapping: MappingName::from(text(1)?),
            run: RunId::from(text(2)?),
            side: row.get::<_, SideColumn>(3)?.0,
            source: doc_key::read(session, row, 4)?,
            kind: serde_json::from_str(text(9)?)?,
            sent: codec::decode(sent, session)?,
            sent_at: row.get::<_, Moment>(11)?.0,
            site_time: SiteTime::new(text(12)?),
        });
    }
    Ok(intents)
}
