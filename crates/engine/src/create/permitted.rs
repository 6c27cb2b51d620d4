//! Creates that are in the plan, where one bounds the run.

use frappe_sync_model::{Document, PerSide, Site, StateStore};

use super::creator::{Creator, Ready};
use crate::Clock;
use crate::compose::MissingLink;
use crate::described;
use crate::error::EngineError;
use crate::gate::{Seen, Wanted, needs, permits, waits_for};
use crate::report::Action;

impl<S: Site, T: StateStore, C: Clock> Creator<'_, '_, S, T, C> {
    /// Leaves those queued that no plan speaks of, before anything is asked about them.
    pub(super) fn planned_for(&mut self, mut sources: Vec<Document>) -> Vec<Document> {
        let (to, doctype) = (self.from.other(), self.doctype());
        if let Some(gate) = &mut self.ledger.gate {
            sources.retain(|source| gate.speaks_of(to, Action::Create, (&doctype, source.name())));
        }
        sources
    }

    /// Leaves those queued that the plan does not make, or not like this.
    pub(super) fn permitted(&mut self, ready: Vec<Ready>) -> Result<Vec<Ready>, EngineError> {
        if self.ledger.gate.is_none() {
            return Ok(ready);
        }
        let (session, from, to) = (self.session, self.from, self.from.other());
        let mapping = &session.mappings[self.mapping];
        let mut permitted = Vec::with_capacity(ready.len());
        for one in ready {
            let mut seen = PerSide::default();
            seen[from] = Some(Seen::of(session, from, &one.source));
            let wanted = Wanted {
                site: to,
                action: Action::Create,
                source: (&mapping.doctypes[from], one.source.name()),
                own: None,
                seen,
                changes: &described::new_document(&one.body.document, mapping, &one.source, to),
                missing: &one.body.deferred,
            };
            if permits(session, self.ledger, &[wanted])? {
                permitted.push(one);
            }
        }
        Ok(permitted)
    }

    /// Notes that a create of the plan waits for a document that is not there.
    pub(super) fn waits(&mut self, source: &Document, missing: &MissingLink) {
        let doctype = self.doctype();
        let place = (self.from.other(), &doctype, source.name());
        waits_for(self.ledger, place, || needs(missing));
    }

    fn doctype(&self) -> frappe_sync_model::DocType {
        self.session.mappings[self.mapping].doctypes[self.from].clone()
    }
}
