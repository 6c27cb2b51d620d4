//! Amendments: made once what they amend is cancelled.

use std::collections::HashMap;

use frappe_sync_model::{Cancelled, DocName, Document, Pair, ParkedCause, Site, StateStore};

use super::creator::Creator;
use crate::Clock;
use crate::compose::MissingLink;
use crate::error::EngineError;
use crate::gate::waits_for;
use crate::stage::is_cancelled;
use crate::work::Pass;

/// Returns the name of the document that this one amends, if it does (protocol 5.2).
pub(crate) fn amended_by<'d>(field: &str, document: &'d Document) -> Option<&'d str> {
    let name = document.fields.get(field)?.as_str()?;
    (!name.is_empty()).then_some(name)
}

impl<S: Site, T: StateStore, C: Clock> Creator<'_, '_, S, T, C> {
    /// Returns the pairs of what these documents amend, by the name on their side.
    pub(super) fn predecessors(
        &self,
        sources: &[Document],
    ) -> Result<HashMap<DocName, Pair>, EngineError> {
        let mapping = &self.session.mappings[self.mapping];
        let Some(field) = mapping.amendment() else {
            return Ok(HashMap::new());
        };
        let field = field.names[self.from].as_str();
        let names: Vec<DocName> = sources
            .iter()
            .filter_map(|source| amended_by(field, source))
            .map(DocName::from)
            .collect();
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let pairs = self
            .session
            .store()
            .pairs(&mapping.name, self.from, &names)?;
        Ok(pairs
            .into_iter()
            .filter(|pair| pair.gone.is_none())
            .map(|pair| (pair.sides[self.from].name.clone(), pair))
            .collect())
    }

    /// Returns the pair of what a document amends, where its counterpart is not cancelled as far as is known: a site
    /// takes no amendment before (protocol 7).
    pub(super) fn to_be_cancelled<'p>(
        &self,
        source: &Document,
        predecessors: &'p HashMap<DocName, Pair>,
    ) -> Option<&'p Pair> {
        let session = self.session;
        let field = session.mappings[self.mapping].amendment()?;
        let amended = amended_by(field.names[self.from].as_str(), source)?;
        let pair = predecessors.get(amended)?;
        let to = self.from.other();
        (!is_cancelled(&session.fingerprints, &pair.baseline, to)).then_some(pair)
    }

    /// Leaves an amendment queued, or parks it where what it amends will not be cancelled in this run.
    pub(super) fn wait_for_cancel(
        &mut self,
        source: &Document,
        amended: &Pair,
    ) -> Result<(), EngineError> {
        let (from, to) = (self.from, self.from.other());
        let message = format!(
            "it amends `{}`, whose counterpart `{}` on site `{to}` is not cancelled",
            amended.sides[from].name, amended.sides[to].name
        );
        if self.pass != Pass::Last {
            self.worked.waiting += 1;
            let doctypes = &self.session.mappings[self.mapping].doctypes;
            let place = (to, &doctypes[from], source.name());
            waits_for(self.ledger, place, || message.clone());
            return Ok(());
        }
        self.park(&source.key, ParkedCause::Docstatus, message)
    }

    /// Tells whether a missing target is a cancelled document that the mapping leaves out.
    pub(super) fn was_skipped(&self, missing: &MissingLink) -> bool {
        let mapping = &self.session.mappings[self.mapping];
        mapping.cancelled == Cancelled::Skip
            && mapping
                .amendment()
                .is_some_and(|field| field.names[self.from] == missing.field)
    }

    /// Tells whether a document amends another one.
    pub(super) fn is_amendment(&self, source: &Document) -> bool {
        let mapping = &self.session.mappings[self.mapping];
        mapping
            .amendment()
            .is_some_and(|field| amended_by(field.names[self.from].as_str(), source).is_some())
    }
}
