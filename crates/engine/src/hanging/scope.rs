//! Files and comments of documents that do not travel.

use frappe_sync_model::{Batch, DocKey, Site, StateStore};

use crate::Clock;
use crate::compose::MissingLink;
use crate::create::Creator;
use crate::error::EngineError;

impl<S: Site, T: StateStore, C: Clock> Creator<'_, '_, S, T, C> {
    /// Tells whether a file or a comment hangs on a document that a filter leaves out, or whose counterpart was deleted: then it
    /// stays where it is, like that document. One that is queued, parked or being made may still come.
    pub(crate) fn stays_with_its_document(
        &self,
        missing: &MissingLink,
    ) -> Result<bool, EngineError> {
        let session = self.session;
        if session.mappings[self.mapping].hangs.is_none() {
            return Ok(false);
        }
        let Some(target) = session.mapping_of(missing.from, &missing.doctype) else {
            return Ok(true);
        };
        let name = session.name_of(target);
        let names = std::slice::from_ref(&missing.name);
        let place = (name.clone(), missing.from, missing.name.clone());
        let pairs = session.store().counterparts(name, missing.from, names)?;
        let is_being_made = self.ledger.intents.iter().any(|intent| {
            &intent.mapping == name
                && intent.side == missing.from.other()
                && intent.source.name == missing.name
        });
        Ok(pairs.iter().all(|pair| pair.gone.is_some())
            && session
                .store()
                .queued(name, missing.from, names)?
                .is_empty()
            && !self.ledger.parked.contains_key(&place)
            && !is_being_made)
    }

    /// Takes one off the queue. A sweep finds it again, should its document travel by then.
    pub(crate) fn leave(&mut self, file: &DocKey) -> Result<(), EngineError> {
        let name = self.session.name_of(self.mapping).clone();
        let place = (name, self.from, file.name.clone());
        let unpark = self.ledger.unpark(&place).then(|| place.clone());
        self.worked.dealt += 1;
        self.session.store().commit(&Batch {
            done: vec![place],
            unpark: unpark.into_iter().collect(),
            ..Batch::default()
        })?;
        Ok(())
    }
}
