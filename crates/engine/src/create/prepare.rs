//! Bodies to be sent, and what cannot be sent yet.

use std::collections::{BTreeSet, HashMap};

use frappe_sync_mapper::{FILE, links_of, strict_links_of};
use frappe_sync_model::{DocName, DocType, Document, ParkedCause, Site, StateStore};

use super::creator::{Creator, Ready};
use super::load;
use crate::Clock;
use crate::compose::{Absence, MissingLink, new_body};
use crate::error::EngineError;
use crate::links::Links;
use crate::session::Session;
use crate::work::Pass;

impl<'a, 'p, S: Site, T: StateStore, C: Clock> Creator<'a, 'p, S, T, C> {
    /// Builds the bodies; parks or leaves those whose links cannot be set.
    pub(super) async fn compose(
        &mut self,
        sources: Vec<Document>,
    ) -> Result<Vec<Ready>, EngineError> {
        let (session, from) = (self.session, self.from);
        let mapping = &session.mappings[self.mapping];
        let mut links = Links::new(session);
        links
            .resolve_all(session, self.mapping, from, &sources)
            .await?;
        let absent = self.absent_targets(&sources).await?;
        links.lack(from, &absent);
        let loads = self.loads();
        let keeps_name = session.name_is_certain(self.mapping, from.other())
            && (loads
                || mapping.meta[from.other()]
                    .doctype
                    .naming
                    .keeps_client_name());
        let predecessors = self.predecessors(&sources)?;
        let mut ready = Vec::new();
        for source in sources {
            if let Some(amended) = self.to_be_cancelled(&source, &predecessors) {
                self.wait_for_cancel(&source, amended)?;
                continue;
            }
            let gone = strict_links_of(mapping, from, &source)
                .into_iter()
                .find(|target| absent.contains(target));
            if let Some((doctype, name)) = gone {
                let message = format!(
                    "it links to {doctype} `{name}`, which does not exist on site `{}`; {doctype} is \
                     not mapped",
                    from.other()
                );
                let cause = ParkedCause::MissingTarget {
                    field: String::new(),
                    doctype,
                    name,
                };
                self.park(&source.key, cause, message)?;
                continue;
            }
            let name = keeps_name.then(|| source.name().clone());
            let mut absences = HashMap::new();
            let body = loop {
                let absence = |missing: &MissingLink| {
                    let place = (missing.doctype.clone(), missing.name.clone());
                    absences.get(&place).copied().unwrap_or(Absence::Blocks)
                };
                match new_body(
                    &session.fingerprints,
                    mapping,
                    from,
                    &source,
                    name.clone(),
                    &links,
                    absence,
                ) {
                    Err(missing) => {
                        let place = (missing.doctype.clone(), missing.name.clone());
                        if absences.contains_key(&place) {
                            break Err(missing);
                        }
                        let absence = self.absence_of(&missing)?;
                        absences.insert(place, absence);
                    }
                    Ok(body) => break Ok(body),
                }
            };
            match body {
                Ok(mut body) => {
                    let mut lossy = Vec::new();
                    if loads {
                        load::as_draft(&session.fingerprints, from, &mut body);
                        lossy = load::lossy(mapping, from, &body);
                    }
                    ready.push(Ready {
                        source,
                        body,
                        lossy,
                    });
                }
                Err(missing) if self.stays_with_its_document(&missing)? => {
                    self.leave(&source.key)?;
                }
                Err(missing) => {
                    if self.pass != Pass::Last && is_to_come(self.session, &missing)? {
                        self.worked.waiting += 1;
                        self.waits(&source, &missing);
                    } else {
                        let (cause, message) = missing_target(&missing);
                        self.park(&source.key, cause, message)?;
                    }
                }
            }
        }
        Ok(ready)
    }

    fn absence_of(&self, missing: &MissingLink) -> Result<Absence, EngineError> {
        // A file comes after the document that it is attached to, or is parked alone.
        if missing.doctype == *FILE && !missing.name.as_str().starts_with('/') {
            return Ok(Absence::Comes);
        }
        Ok(if is_to_come(self.session, missing)? {
            match self.pass {
                Pass::Last => Absence::Blocks,
                _ => Absence::Comes,
            }
        } else if self.was_skipped(missing) {
            Absence::LeftOut
        } else {
            Absence::Blocks
        })
    }

    /// Asks for the documents of unmapped DocTypes that these link to.
    pub(super) async fn absent_targets(
        &mut self,
        sources: &[Document],
    ) -> Result<std::collections::HashSet<(DocType, DocName)>, EngineError> {
        let mapping = &self.session.mappings[self.mapping];
        let wanted: BTreeSet<(DocType, DocName)> = sources
            .iter()
            .flat_map(|source| links_of(mapping, self.from, source))
            .filter(|(doctype, _)| {
                *doctype != "DocType" && self.session.mapping_of(self.from, doctype).is_none()
            })
            .collect();
        self.ledger
            .known
            .missing(self.session, self.from.other(), wanted)
            .await
    }
}

/// Tells whether a missing target is queued, so that it may be there later in this run.
pub(crate) fn is_to_come<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    missing: &MissingLink,
) -> Result<bool, EngineError> {
    let Some(target) = session.mapping_of(missing.from, &missing.doctype) else {
        return Ok(false);
    };
    let names = std::slice::from_ref(&missing.name);
    let mapping = session.name_of(target);
    Ok(!session
        .store()
        .queued(mapping, missing.from, names)?
        .is_empty()
        || !session
            .store()
            .counterparts(mapping, missing.from, names)?
            .is_empty())
}

/// Says what is missing, and what to do.
pub(crate) fn missing_target(missing: &MissingLink) -> (ParkedCause, String) {
    let MissingLink {
        from,
        field,
        doctype,
        name,
        untold,
        ..
    } = missing;
    if let Some(why) = untold {
        return (ParkedCause::Mapping, format!("`{field}`: {why}"));
    }
    let message = format!(
        "`{field}` links to {doctype} `{name}`, which has no counterpart on site `{}`: it is left out \
         by a mapping or filter, parked itself, or does not exist on `{from}`",
        from.other()
    );
    let cause = ParkedCause::MissingTarget {
        field: field.to_string(),
        doctype: doctype.clone(),
        name: name.clone(),
    };
    (cause, message)
}
