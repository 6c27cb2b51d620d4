//! Documents that are known under another name.

use frappe_sync_model::{Counterpart, DocKey, DocName, Document, Site, StateStore, Todo};

use super::batch::Fresh;
use crate::Clock;
use crate::error::EngineError;
use crate::poll::vanished;
use crate::vanished::keys_of;

impl<S: Site, T: StateStore, C: Clock> Fresh<'_, '_, S, T, C> {
    /// Leaves those queued that may be known under another name, since `creation` and `owner` survive a rename:
    /// the pairs that have lost their document are queued as vanished, and find it.
    pub(super) async fn not_renamed(
        &mut self,
        keys: Vec<DocKey>,
    ) -> Result<Vec<DocKey>, EngineError> {
        let (session, side) = (self.session, self.side);
        let name = session.name_of(self.mapping);
        let creations: Vec<_> = keys.iter().filter_map(|key| key.creation.clone()).collect();
        let mut known = session
            .store()
            .counterparts_by_creation(name, side, &creations)?;
        known.retain(|pair| pair.gone != Some(side));
        if known.is_empty() {
            return Ok(keys);
        }
        let old_names: Vec<DocName> = known.iter().map(|pair| pair.name.clone()).collect();
        let there = keys_of(session, self.mapping, side, &old_names).await?;
        // Documents that were made at one moment, and are all there, are just that.
        known.retain(|pair| {
            there
                .get(&pair.name)
                .is_none_or(|key| key.creation != pair.creation)
        });
        let lost: Vec<Todo> = known.iter().map(vanished).collect();
        if lost.is_empty() {
            return Ok(keys);
        }
        session.store().stage(name, side, &lost, None)?;
        let (waiting, rest) = keys.into_iter().partition(|key: &DocKey| {
            known
                .iter()
                .any(|pair| pair.creation == key.creation && pair.owner == key.owner)
        });
        let waiting: Vec<DocKey> = waiting;
        tracing::debug!(count = waiting.len(), "may have been renamed");
        Ok(rest)
    }

    /// Returns the names of those found on the other side that are the document of a pair under its old name. The pair
    /// is queued as vanished, and goes on under the new name.
    pub(super) async fn renamed_since(
        &self,
        found: &[Document],
    ) -> Result<Vec<DocName>, EngineError> {
        let (session, other) = (self.session, self.side.other());
        let name = session.name_of(self.mapping);
        let keys = || found.iter().map(|document| &document.key);
        let creations: Vec<_> = keys().filter_map(|key| key.creation.clone()).collect();
        let mut known = session
            .store()
            .counterparts_by_creation(name, other, &creations)?;
        let is_of = |pair: &Counterpart, key: &DocKey| {
            pair.creation == key.creation && pair.owner == key.owner && pair.name != key.name
        };
        known.retain(|pair| pair.gone.is_none() && keys().any(|key| is_of(pair, key)));
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<DocName> = known.iter().map(|pair| pair.name.clone()).collect();
        let there = keys_of(session, self.mapping, other, &names).await?;
        known.retain(|pair| {
            there
                .get(&pair.name)
                .is_none_or(|key| key.creation != pair.creation)
        });
        let lost: Vec<Todo> = known.iter().map(vanished).collect();
        session.store().stage(name, other, &lost, None)?;
        let renamed = keys().filter(|key| known.iter().any(|pair| is_of(pair, key)));
        Ok(renamed.map(|key| key.name.clone()).collect())
    }
}
