//! Documents that have no counterpart, and why.

use std::collections::{HashMap, HashSet};

use frappe_sync_mapper::links_of;
use frappe_sync_model::{
    Cancelled, Counterpart, DocKey, DocName, Filter, KeyOrder, KeyQuery, Selection, Side, Site,
    SiteTime, StateStore,
};

use super::Cause;
use super::certificate::AloneReport;
use super::known::Known;
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::session::Session;

/// This many names or moments go into one request.
const ASKED_AT_ONCE: usize = 500;

/// The documents of one side, counted.
#[derive(Debug, Default)]
pub(super) struct CountedSide {
    /// Those that are paired, or that the filters let through.
    pub(super) within: u64,
    /// Those that the filters leave out.
    pub(super) filtered: u64,
    /// Those without a counterpart.
    pub(super) alone: Vec<AloneReport>,
}

/// Reads every key of a side, page by page, and says of each document without a counterpart why it has none.
pub(super) async fn count_side<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    known: &Known,
    mapping: usize,
    side: Side,
) -> Result<CountedSide, EngineError> {
    let effective = &session.mappings[mapping];
    let looking = Looking {
        session,
        known,
        mapping,
        side,
    };
    let (mut counted, mut after) = (CountedSide::default(), None);
    loop {
        if session.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        let query = KeyQuery {
            doctype: effective.doctypes[side].clone(),
            // What is paired is followed past the filters, so it is read past them.
            filters: Vec::new(),
            order: KeyOrder::Name { after },
            limit: session.parts.options.keys_per_page,
            with_lft: false,
        };
        let page = session.site(side).keys(&query).await.on(side)?;
        after = page.keys.last().map(|key| key.name.clone());
        let full = page.full;
        looking.page(page.keys, &mut counted).await?;
        if !full {
            return Ok(counted);
        }
    }
}

struct Looking<'p, 'a, S, T, C> {
    session: &'p Session<'a, S, T, C>,
    known: &'p Known,
    mapping: usize,
    side: Side,
}

impl<S: Site, T: StateStore, C: Clock> Looking<'_, '_, S, T, C> {
    async fn page(&self, keys: Vec<DocKey>, counted: &mut CountedSide) -> Result<(), EngineError> {
        let names: Vec<DocName> = keys.iter().map(|key| key.name.clone()).collect();
        let name = self.session.name_of(self.mapping);
        let found = self.session.store().counterparts(name, self.side, &names)?;
        let pairs: HashMap<DocName, Counterpart> = found
            .into_iter()
            .map(|pair| (pair.name.clone(), pair))
            .collect();
        let total = keys.len() as u64;
        let mut alone = Vec::new();
        for key in keys {
            match pairs.get(&key.name).map(|pair| pair.gone) {
                Some(None) => {}
                Some(Some(gone)) if gone != self.side => counted.alone.push(AloneReport {
                    name: key.name,
                    cause: Cause::DeletesIgnored,
                    message: None,
                }),
                // A tombstone speaks of another document, that had the name before.
                Some(Some(_)) | None => alone.push(key),
            }
        }
        let before = alone.len();
        let alone = self.within_filters(alone).await?;
        let alone = self.on_what_travels(alone).await?;
        let outside = (before - alone.len()) as u64;
        // What hangs on another document is none of ours; it was not left out of anything.
        if self.session.mappings[self.mapping].hangs.is_none() {
            counted.filtered += outside;
        }
        counted.within += total - outside;
        for keys in alone.chunks(ASKED_AT_ONCE) {
            self.explain(keys, &mut counted.alone).await?;
        }
        Ok(())
    }

    /// Leaves what hangs on documents that travel; what hangs on others stays with them. Of anything else all is left.
    async fn on_what_travels(&self, keys: Vec<DocKey>) -> Result<Vec<DocKey>, EngineError> {
        let (session, side) = (self.session, self.side);
        let mapping = &session.mappings[self.mapping];
        if mapping.hangs.is_none() {
            return Ok(keys);
        }
        let mut left = Vec::new();
        for keys in keys.chunks(ASKED_AT_ONCE) {
            let names = keys.iter().map(|key| key.name.clone()).collect();
            let read = session.documents(self.mapping, side, Selection::Names(names));
            for document in read.await? {
                let mut travels = false;
                for (doctype, name) in links_of(mapping, side, &document) {
                    if let Some(of) = session.mapping_of(side, &doctype) {
                        let store = session.store();
                        let pairs = store.counterparts(session.name_of(of), side, &[name])?;
                        travels |= pairs.iter().any(|pair| pair.gone.is_none());
                    }
                }
                if travels {
                    left.push(document.key);
                }
            }
        }
        Ok(left)
    }

    async fn within_filters(&self, keys: Vec<DocKey>) -> Result<Vec<DocKey>, EngineError> {
        let filters = &self.session.mappings[self.mapping].filters[self.side];
        if filters.is_empty() {
            return Ok(keys);
        }
        let mut within = Vec::new();
        for keys in keys.chunks(ASKED_AT_ONCE) {
            let admitted = self.matching(filters, keys).await?;
            let admitted = keys.iter().filter(|key| admitted.contains(&key.name));
            within.extend(admitted.cloned());
        }
        Ok(within)
    }

    /// Returns those of the documents that filters let through.
    async fn matching(
        &self,
        filters: &[Filter],
        keys: &[DocKey],
    ) -> Result<HashSet<DocName>, EngineError> {
        let mut filters = filters.to_vec();
        let names = keys.iter().map(|key| key.name.as_str());
        filters.push(Filter::is_in("name", names));
        let doctype = &self.session.mappings[self.mapping].doctypes[self.side];
        let site = self.session.site(self.side);
        let found = site.matching_keys(doctype, &filters).await.on(self.side)?;
        Ok(found.into_iter().map(|key| key.name).collect())
    }

    /// Says of documents without a counterpart why they have none.
    async fn explain(
        &self,
        keys: &[DocKey],
        alone: &mut Vec<AloneReport>,
    ) -> Result<(), EngineError> {
        let effective = &self.session.mappings[self.mapping];
        let skips = effective.cancelled == Cancelled::Skip
            && effective.meta[self.side].doctype.is_submittable;
        let cancelled = if skips {
            let filters = [Filter::new("docstatus", "=", 2)];
            self.matching(&filters, keys).await?
        } else {
            HashSet::new()
        };
        let store = self.session.store();
        let names: Vec<DocName> = keys.iter().map(|key| key.name.clone()).collect();
        let queued = store.queued(&effective.name, self.side, &names)?;
        let queued: HashSet<DocName> = queued.into_iter().map(|todo| todo.key.name).collect();
        let renamed = self.renamed(keys)?;
        for key in keys {
            let (cause, message) = if let Some(sent) = self.known.create_under_way(self.side, key) {
                (Cause::Unknown, Some(sent))
            } else if let Some(message) = self.known.parked(self.side, &key.name) {
                (Cause::Parked, Some(message.to_owned()))
            } else if let Some(old) = renamed.get(&key.name) {
                (
                    Cause::NotYetSynced,
                    Some(format!("it was renamed from `{old}`")),
                )
            } else if !effective.direction.writes_to(self.side.other()) {
                (Cause::Direction, None)
            } else if cancelled.contains(&key.name) {
                (Cause::CancelledSkipped, None)
            } else if queued.contains(&key.name) || self.is_new(key) {
                (Cause::NotYetSynced, None)
            } else {
                (Cause::Unexplained, None)
            };
            alone.push(AloneReport {
                name: key.name.clone(),
                cause,
                message,
            });
        }
        Ok(())
    }

    /// Returns the names that paired documents had before, by the name that they have now.
    fn renamed(&self, keys: &[DocKey]) -> Result<HashMap<DocName, DocName>, EngineError> {
        let creations: Vec<SiteTime> = keys.iter().filter_map(|key| key.creation.clone()).collect();
        let name = self.session.name_of(self.mapping);
        let store = self.session.store();
        let mut by_creation: HashMap<SiteTime, Vec<Counterpart>> = HashMap::new();
        for pair in store.counterparts_by_creation(name, self.side, &creations)? {
            if let Some(creation) = pair.creation.clone() {
                by_creation.entry(creation).or_default().push(pair);
            }
        }
        let old_name = |key: &DocKey| {
            let pairs = by_creation.get(key.creation.as_ref()?)?;
            // Documents that were made in one request share a moment: they prove nothing.
            match pairs.as_slice() {
                [pair] if pair.owner == key.owner && pair.gone.is_none() => Some(pair.name.clone()),
                _ => None,
            }
        };
        let renamed = keys
            .iter()
            .filter_map(|key| Some((key.name.clone(), old_name(key)?)));
        Ok(renamed.collect())
    }

    /// Tells whether a document was made or saved since the side was last read.
    fn is_new(&self, key: &DocKey) -> bool {
        match (&self.known.read_until[self.side], &key.modified) {
            (None, _) | (_, None) => true,
            (Some(until), Some(modified)) => !until.is_after(modified),
        }
    }
}
