//! The pairs that were saved last.

use std::cmp::Reverse;

use chrono::NaiveDateTime;
use frappe_sync_model::{MappingName, PairSide, Side, SiteTime};
use rusqlite::{OptionalExtension, Row};

use crate::codec::Dictionary;
use crate::columns::SiteTimeColumn;
use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::doc_key::doc_name;
use crate::tables::{mappings, row_limit};

/// Returns the greatest `modified` of a side; text that is no moment is not one.
pub(crate) fn modified(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
) -> Result<Option<SiteTime>, Failure> {
    // Numbers stand before texts, so this is the greatest of the usual times, straight from the index.
    let mut latest = session
        .prepare(&format!(
            "SELECT {side}_modified FROM pairs
             WHERE mapping = ?1 AND gone IS NULL AND {side}_modified < ''
             ORDER BY {side}_modified DESC LIMIT 1"
        ))?
        .query_row([mapping.0], |row| row.get::<_, SiteTimeColumn>(0))
        .optional()?
        .map(|time| time.0);
    let mut statement = session.prepare(&format!(
        "SELECT {side}_modified FROM pairs
         WHERE mapping = ?1 AND gone IS NULL AND {side}_modified >= ''"
    ))?;
    for time in statement.query_map([mapping.0], |row| row.get::<_, SiteTimeColumn>(0))? {
        let SiteTimeColumn(time) = time?;
        if time.to_naive() > latest.as_ref().and_then(SiteTime::to_naive) {
            latest = Some(time);
        }
    }
    Ok(latest)
}

/// Returns the up to `limit` documents of a side with the greatest `modified`, latest first; of those
/// saved at one moment the mapping that was met first comes first, and in it the newest pair.
pub(crate) fn settled(
    session: &mut Session<'_>,
    side: Side,
    limit: usize,
) -> Result<Vec<(MappingName, PairSide)>, Failure> {
    let mut latest = Vec::new();
    for (mapping, name) in mappings::all(session)? {
        let mut statement = session.prepare(&usual_times(side))?;
        let mut rows = statement.query((mapping.0, row_limit(limit)))?;
        while let Some(row) = rows.next()? {
            latest.push((name.clone(), read(session, row)?));
        }
        let mut statement = session.prepare(&unusual_times(side))?;
        let mut rows = statement.query([mapping.0])?;
        while let Some(row) = rows.next()? {
            let document = read(session, row)?;
            if moment(&document).is_some() {
                latest.push((name.clone(), document));
            }
        }
    }
    latest.sort_by_key(|(_, document)| Reverse(moment(document)));
    latest.truncate(limit);
    Ok(latest)
}

/// Asks for the latest pairs whose `modified` is stored as a number, from the end of the index.
pub(crate) fn usual_times(side: Side) -> String {
    format!(
        "SELECT {side}_name, {side}_creation, {side}_owner, {side}_modified FROM pairs
         WHERE mapping = ?1 AND gone IS NULL AND {side}_modified < ''
         ORDER BY {side}_modified DESC, id DESC LIMIT ?2"
    )
}

/// Asks for the pairs whose `modified` is stored as a text, which are few and in no order.
pub(crate) fn unusual_times(side: Side) -> String {
    format!(
        "SELECT {side}_name, {side}_creation, {side}_owner, {side}_modified FROM pairs
         WHERE mapping = ?1 AND gone IS NULL AND {side}_modified >= ''
         ORDER BY {side}_modified DESC, id DESC"
    )
}

fn moment(document: &PairSide) -> Option<NaiveDateTime> {
    document.modified.as_ref().and_then(SiteTime::to_naive)
}

fn read(session: &mut Session<'_>, row: &Row<'_>) -> Result<PairSide, Failure> {
    let time = |column| -> rusqlite::Result<_> {
        Ok(row
            .get::<_, Option<SiteTimeColumn>>(column)?
            .map(|time| time.0))
    };
    let owner: i64 = row.get(2)?;
    Ok(PairSide {
        name: doc_name(row, 0)?,
        creation: time(1)?,
        owner: session.text_of(owner.cast_unsigned())?.to_owned(),
        modified: time(3)?,
    })
}
