//! The columns `name, modified, creation, owner, lft` of a document, in several tables.

use frappe_sync_model::{DocKey, DocName};
use rusqlite::Row;

use crate::codec::Dictionary;
use crate::columns::SiteTimeColumn;
use crate::error::Failure;
use crate::session::Session;

/// Reads the five columns from number `first` on.
pub(crate) fn read(
    session: &mut Session<'_>,
    row: &Row<'_>,
    first: usize,
) -> Result<DocKey, Failure> {
    let owner: i64 = row.get(first + 3)?;
    Ok(DocKey {
        name: doc_name(row, first)?,
        modified: row
            .get::<_, Option<SiteTimeColumn>>(first + 1)?
            .map(|time| time.0),
        creation: row
            .get::<_, Option<SiteTimeColumn>>(first + 2)?
            .map(|time| time.0),
        owner: session.text_of(owner.cast_unsigned())?.to_owned(),
        lft: row.get(first + 4)?,
    })
}

/// Reads a name.
pub(crate) fn doc_name(row: &Row<'_>, column: usize) -> rusqlite::Result<DocName> {
    Ok(DocName::from(row.get_ref(column)?.as_str()?))
}
