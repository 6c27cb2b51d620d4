//! Amendments without a pair: they follow what they amend, and never a name.

use std::collections::{HashMap, HashSet};

use frappe_sync_model::{
    DocName, Document, Filter, Identity, ParkedCause, Selection, Side, Site, StateStore,
};
use serde_json::Value;

use super::batch::{Fresh, Matched};
use crate::Clock;
use crate::create::amended_by;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::links::folded;
use crate::park::park_alone;
use crate::session::{Mode, Session};
use crate::work::Pass;

impl<S: Site, T: StateStore, C: Clock> Fresh<'_, '_, S, T, C> {
    /// Returns the name of what a document of `side` amends.
    pub(super) fn amended<'d>(&self, side: Side, document: &'d Document) -> Option<&'d str> {
        let field = self.effective().amendment()?;
        amended_by(field.names[side].as_str(), document)
    }

    /// Matches the amendments among `documents`, and returns the others.
    ///
    /// An amendment belongs with the amendment of its predecessor's counterpart. Where there is one without a pair,
    /// both sites amended on their own, and nobody can say that the two mean the same: both are parked. Only when the
    /// mapping is looked at for the first time are they what the two sites have in common.
    pub(super) async fn amendments(
        &mut self,
        documents: Vec<Document>,
        matched: &mut Matched,
    ) -> Result<Vec<Document>, EngineError> {
        let (amendments, mut others): (Vec<_>, Vec<_>) = documents
            .into_iter()
            .partition(|document| self.amended(self.side, document).is_some());
        if amendments.is_empty() {
            return Ok(others);
        }
        let predecessors: Vec<DocName> = amendments
            .iter()
            .filter_map(|document| self.amended(self.side, document))
            .map(DocName::from)
            .collect();
        let (store, name) = (self.session.store(), self.session.name_of(self.mapping));
        let counterparts: HashMap<DocName, DocName> = store
            .counterparts(name, self.side, &predecessors)?
            .into_iter()
            .filter(|pair| pair.gone.is_none())
            .map(|pair| (pair.name, pair.other))
            .collect();
        let to_come: HashSet<DocName> = store
            .queued(name, self.side, &predecessors)?
            .into_iter()
            .map(|todo| todo.key.name)
            .collect();
        let is_first_look = is_first_look(self.session, self.mapping)?;
        let mut twins = self.unpaired_amendments_of(counterparts.values()).await?;
        for document in amendments {
            let predecessor = DocName::from(self.amended(self.side, &document).unwrap_or_default());
            let Some(counterpart) = counterparts.get(&predecessor) else {
                if to_come.contains(&predecessor) && self.pass != Pass::Last {
                    self.worked.waiting += 1;
                } else {
                    others.push(document);
                }
                continue;
            };
            let found = twins.remove(&folded(counterpart)).unwrap_or_default();
            match (self.twin_of(&document, found), is_first_look) {
                (Twin::None, _) => matched.alone.push(document),
                (Twin::One(twin), true) => matched.pairs.push(self.pair(document, *twin)),
                (Twin::One(twin), false) => self.park_independent(&document, &[*twin])?,
                (Twin::Several(found), _) => self.park_independent(&document, &found)?,
            }
        }
        Ok(others)
    }

    /// Reads the documents of the other side that amend one of these and have no pair, by what they amend.
    async fn unpaired_amendments_of(
        &self,
        amended: impl Iterator<Item = &DocName>,
    ) -> Result<HashMap<String, Vec<Document>>, EngineError> {
        let (session, other) = (self.session, self.side.other());
        let effective = self.effective();
        let mut amended: Vec<&str> = amended.map(DocName::as_str).collect();
        amended.sort_unstable();
        amended.dedup();
        let Some(field) = effective.amendment().filter(|_| !amended.is_empty()) else {
            return Ok(HashMap::new());
        };
        let field = field.names[other].as_str();
        let filters = [Filter::is_in(field, amended)];
        let keys = session
            .site(other)
            .matching_keys(&effective.doctypes[other], &filters)
            .await
            .on(other)?;
        let names: Vec<DocName> = keys.into_iter().map(|key| key.name).collect();
        let paired: HashSet<DocName> = session
            .store()
            .counterparts(&effective.name, other, &names)?
            .into_iter()
            .map(|pair| pair.name)
            .collect();
        let free: Vec<DocName> = names
            .into_iter()
            .filter(|name| !paired.contains(name))
            .collect();
        let mut by_amended: HashMap<String, Vec<Document>> = HashMap::new();
        if free.is_empty() {
            return Ok(by_amended);
        }
        for document in self.read(other, Selection::Names(free)).await? {
            if let Some(amended) = amended_by(field, &document) {
                let amended = folded(&DocName::from(amended));
                by_amended.entry(amended).or_default().push(document);
            }
        }
        Ok(by_amended)
    }

    fn twin_of(&self, document: &Document, mut found: Vec<Document>) -> Twin {
        if found.len() > 1 && self.effective().identity == Identity::Name {
            let is_namesake = |twin: &Document| folded(twin.name()) == folded(document.name());
            if let Some(place) = found.iter().position(is_namesake) {
                return Twin::One(Box::new(found.remove(place)));
            }
        }
        match found.len() {
            0 => Twin::None,
            1 => Twin::One(Box::new(found.remove(0))),
            _ => Twin::Several(found),
        }
    }

    /// Parks an amendment and what the other site made of the same document.
    fn park_independent(
        &mut self,
        document: &Document,
        found: &[Document],
    ) -> Result<(), EngineError> {
        let (here, other) = (self.side, self.side.other());
        let amended = self.amended(here, document).unwrap_or_default();
        let say = |twin: &Document, there: Side| {
            format!(
                "both sites amended `{amended}` on their own, here and as `{}` on site `{there}`: cancel or delete \
                 one of the two, or leave both",
                twin.name()
            )
        };
        let cause = || ParkedCause::IndependentAmendments;
        for twin in found {
            let message = say(document, here);
            park_alone(
                self.session,
                self.ledger,
                self.mapping,
                other,
                &twin.key,
                cause(),
                message,
            )?;
        }
        let message = found
            .first()
            .map_or_else(String::new, |twin| say(twin, other));
        self.park(&document.key, cause(), message)
    }
}

/// What the other side made of what a document amends.
enum Twin {
    None,
    One(Box<Document>),
    Several(Vec<Document>),
}

fn look_note<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
) -> String {
    format!("looked_at:{}", session.name_of(mapping))
}

/// Tells whether no run has worked through a mapping yet.
fn is_first_look<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
) -> Result<bool, EngineError> {
    let note = session.store().note(&look_note(session, mapping))?;
    Ok(note.is_none())
}

/// Remembers which mappings were worked through.
pub(crate) fn first_look_is_over<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &Ledger,
) -> Result<(), EngineError> {
    if session.mode != Mode::Run {
        return Ok(());
    }
    for mapping in session.selected() {
        // What a plan does not have is still to be looked at for the first time.
        let is_bounded = ledger.gate.is_some();
        if is_bounded && session.store().counts(session.name_of(mapping))?.todo > 0 {
            continue;
        }
        let follows = session.mappings[mapping].follows_docstatus();
        if follows && !ledger.stopped.contains(&mapping) && is_first_look(session, mapping)? {
            let note = look_note(session, mapping);
            session.store().put_note(&note, &Value::Bool(true))?;
        }
    }
    Ok(())
}
