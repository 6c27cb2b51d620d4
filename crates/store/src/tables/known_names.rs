//! Names of documents that anything is known of.

use frappe_sync_model::{DocName, Side};

use crate::columns::SideColumn;
use crate::error::Failure;
use crate::names::MappingRow;
use crate::session::Session;
use crate::tables::doc_key::doc_name;
use crate::tables::row_limit;

/// Returns up to `limit` names on a side that pairs, the queue or parked documents have, the latest pairs first.
pub(crate) fn last(
    session: &Session<'_>,
    mapping: MappingRow,
    side: Side,
    limit: usize,
) -> Result<Vec<DocName>, Failure> {
    let mut statement = session.prepare(&format!(
        "SELECT name FROM todos WHERE mapping = ?1 AND side = ?2
         UNION SELECT name FROM parked WHERE mapping = ?1 AND side = ?2
         UNION SELECT name FROM (SELECT {side}_name AS name FROM pairs
             WHERE mapping = ?1 ORDER BY id DESC LIMIT ?3)
         LIMIT ?3"
    ))?;
    let mut rows = statement.query((mapping.0, SideColumn(side), row_limit(limit)))?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        names.push(doc_name(row, 0)?);
    }
    Ok(names)
}
