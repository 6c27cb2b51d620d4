//! What writes were about to overwrite: pairs here, values in the journal.

use chrono::{DateTime, Utc};
use frappe_sync_model::{Baseline, BeforeImage, Document, IntentId, MappingName, Pair};
use rusqlite::{OptionalExtension, params};

use crate::codec;
use crate::columns::Moment;
use crate::error::Failure;
use crate::journal;
use crate::session::Session;

/// Keeps an image; its values are on the disk when this returns.
pub(crate) fn put(
    session: &mut Session<'_>,
    mapping: &MappingName,
    image: &BeforeImage,
) -> Result<(), Failure> {
    let row = session.mapping_row(mapping)?;
    let (pair, baseline) = match &image.pair {
        Some(pair) => {
            let baseline = codec::encode(&pair.baseline, session)?;
            // Baselines have a form of their own, a fraction of the size.
            let bare = Pair {
                baseline: Baseline::default(),
                ..pair.clone()
            };
            (Some(serde_json::to_string(&bare)?), Some(baseline))
        }
        None => (None, None),
    };
    session
        .prepare(
            "INSERT OR REPLACE INTO images (intent, mapping, at, pair, baseline)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            image.intent.0,
            row.0,
            Moment(image.at),
            pair,
            baseline
        ])?;
    Ok(())
}

/// Returns the image of a write of this sync.
pub(crate) fn of_intent(
    session: &mut Session<'_>,
    intent: IntentId,
) -> Result<Option<BeforeImage>, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(None);
    };
    let stored = session
        .prepare(
            "SELECT at, pair, baseline
             FROM images JOIN mappings ON mappings.id = images.mapping
             WHERE intent = ?1 AND mappings.sync = ?2",
        )?
        .query_row((intent.0, sync.0), |row| {
            Ok((
                row.get::<_, Moment>(0)?.0,
                row.get::<_, Option<String>>(1)?,
                row.get::<_, Option<Vec<u8>>>(2)?,
            ))
        })
        .optional()?;
    let Some((at, pair, baseline)) = stored else {
        return Ok(None);
    };
    let pair = match (pair, baseline) {
        (Some(pair), Some(baseline)) => {
            let bare: Pair = serde_json::from_str(&pair)?;
            Some(Pair {
                baseline: codec::decode(&baseline, session)?,
                ..bare
            })
        }
        _ => None,
    };
    let document: Option<Document> = journal::image(session.journal, session.sync, intent)
        .map_err(|failure| Failure::Journal(Box::new(failure)))?;
    Ok(Some(BeforeImage {
        intent,
        at,
        pair,
        document,
    }))
}

/// Removes images of this sync that were kept before a moment, and returns how many there were.
pub(crate) fn prune(session: &mut Session<'_>, older_than: DateTime<Utc>) -> Result<u64, Failure> {
    let Some(sync) = session.find_sync()? else {
        return Ok(0);
    };
    let removed = session
        .prepare(
            "DELETE FROM images
             WHERE at < ?1 AND mapping IN (SELECT id FROM mappings WHERE sync = ?2)",
        )?
        .execute((Moment(older_than), sync.0))?;
    Ok(removed as u64)
}
