//! Documents that are known under another name.

use frappe_sync_model::{Counterpart, DocKey, DocName, Document, Side, Site, StateStore, Todo};

use super::batch::Fresh;
use crate::Clock;
use crate::error::EngineError;
use crate::poll::vanished;
use crate::vanished::keys_of;

impl<S: Site, T: StateStore, C: Clock> Fresh<'_, '_, S, T, C> {
    /// Leaves those queued that may be known under another name, since `creation` and `owner` survive a rename:
    /// the pairs that have lost their document find it.
    pub(super) async fn not_renamed(
        &mut self,
        keys: Vec<DocKey>,
    ) -> Result<Vec<DocKey>, EngineError> {
        let side = self.side;
        let mut known = self.made_when_these_were(side, &keys)?;
        known.retain(|pair| pair.gone != Some(side));
        let lost = self.without_their_document(side, known).await?;
        let (waiting, rest) = keys.into_iter().partition(|key: &DocKey| {
            lost.iter()
                .any(|pair| pair.creation == key.creation && pair.owner == key.owner)
        });
        let waiting: Vec<DocKey> = waiting;
        if !waiting.is_empty() {
            tracing::debug!(count = waiting.len(), "may have been renamed");
        }
        Ok(rest)
    }

    /// Returns the names of those found on the other side that are the document of a pair under its old name: the
    /// pair goes on under the new one.
    pub(super) async fn renamed_since(
        &self,
        found: &[Document],
    ) -> Result<Vec<DocName>, EngineError> {
        let other = self.side.other();
        let keys = || found.iter().map(|document| &document.key);
        let is_of = |pair: &Counterpart, key: &DocKey| {
            pair.creation == key.creation && pair.owner == key.owner && pair.name != key.name
        };
        let mut known = self.made_when_these_were(other, keys())?;
        known.retain(|pair| pair.gone.is_none() && keys().any(|key| is_of(pair, key)));
        let lost = self.without_their_document(other, known).await?;
        let renamed = keys().filter(|key| lost.iter().any(|pair| is_of(pair, key)));
        Ok(renamed.map(|key| key.name.clone()).collect())
    }

    fn made_when_these_were<'k>(
        &self,
        side: Side,
        keys: impl IntoIterator<Item = &'k DocKey>,
    ) -> Result<Vec<Counterpart>, EngineError> {
        let creations: Vec<_> = keys
            .into_iter()
            .filter_map(|key| key.creation.clone())
            .collect();
        let (store, name) = (self.session.store(), self.session.name_of(self.mapping));
        Ok(store.counterparts_by_creation(name, side, &creations)?)
    }

    /// Leaves the pairs whose document is not under its name any more, and queues them as vanished. Documents that were
    /// made at one moment, and are all there, are just that.
    async fn without_their_document(
        &self,
        side: Side,
        mut pairs: Vec<Counterpart>,
    ) -> Result<Vec<Counterpart>, EngineError> {
        let session = self.session;
        if pairs.is_empty() {
            return Ok(pairs);
        }
        let names: Vec<DocName> = pairs.iter().map(|pair| pair.name.clone()).collect();
        let there = keys_of(session, self.mapping, side, &names).await?;
        pairs.retain(|pair| {
            there
                .get(&pair.name)
                .is_none_or(|key| key.creation != pair.creation)
        });
        if !pairs.is_empty() {
            let lost: Vec<Todo> = pairs.iter().map(vanished).collect();
            let name = session.name_of(self.mapping);
            session.store().stage(name, side, &lost, None)?;
        }
        Ok(pairs)
    }
}
