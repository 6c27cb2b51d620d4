//! Parked documents of a sync: the JSON shape of `frappe-sync/parked@1`.

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    DocName, DocType, MappingName, Parked, ParkedCause, Side, StateError, StateStore as _, SyncName,
};
use frappe_sync_store::SyncState;
use serde::Serialize;

use super::losers::doctypes_of;

/// Parked documents of a sync, `frappe-sync/parked@1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ParkedReport {
    /// `frappe-sync/parked@1`.
    pub(crate) format: &'static str,
    /// The sync.
    pub(crate) sync: SyncName,
    /// The documents, by mapping, site and name.
    pub(crate) parked: Vec<ParkedEntry>,
}

/// A document that could not be applied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ParkedEntry {
    /// The mapping.
    pub(crate) mapping: MappingName,
    /// The site that the document stands on.
    pub(crate) site: Side,
    /// Its DocType there.
    pub(crate) doctype: DocType,
    /// Its name there.
    pub(crate) name: DocName,
    /// Its counterpart on the other site, where it has one.
    pub(crate) counterpart: Option<DocName>,
    /// Why.
    pub(crate) cause: ParkedCause,
    /// What to tell a person, in the site's own words where it gave any.
    pub(crate) message: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// When it was first parked.
    pub(crate) since: DateTime<Utc>,
    /// When it is due again, unless its cause goes away before.
    pub(crate) next_try: DateTime<Utc>,
}

/// Reads the parked documents of a sync.
pub(crate) fn read(store: &SyncState) -> Result<ParkedReport, StateError> {
    let mut parked = Vec::new();
    for document in store.parked(None)? {
        let names = std::slice::from_ref(&document.key.name);
        let pairs = store.counterparts(&document.mapping, document.side, names)?;
        parked.push(ParkedEntry {
            counterpart: pairs.into_iter().next().map(|pair| pair.other),
            ..ParkedEntry::from(document)
        });
    }
    Ok(ParkedReport {
        format: "frappe-sync/parked@1",
        sync: store.name().clone(),
        parked,
    })
}

impl ParkedEntry {
    /// Tells whether it is the document of this DocType and name.
    pub(crate) fn is(&self, doctype: &str, name: &str) -> bool {
        self.doctype.as_str() == doctype && self.name.as_str() == name
    }
}

/// Its counterpart is left open.
impl From<Parked> for ParkedEntry {
    fn from(parked: Parked) -> Self {
        Self {
            site: parked.side,
            doctype: doctypes_of(&parked.mapping)[parked.side].clone(),
            mapping: parked.mapping,
            name: parked.key.name,
            counterpart: None,
            cause: parked.cause,
            message: parked.message,
            attempts: parked.attempts,
            since: parked.since,
            next_try: parked.retry_at,
        }
    }
}
