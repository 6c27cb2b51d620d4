//! What takes the writes to one document back, and what stands in the way.

use frappe_sync_model::{
    Deletion, DocName, Document, IntentKind, OperationAction, Selection, Site, SiteTime, StateStore,
};
use serde_json::{Map, Value};

use super::candidate::Candidate;
use super::difference::{details, difference};
use super::report::{UndoAction, UndoOutcome, UndoneDocument};
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::links::Links;
use crate::report::CounterpartReport;
use crate::session::Session;
use crate::settle::has_changed;
use crate::vanished::{deletions_of, is_over};
use crate::view::View;

/// What is to be sent to a site.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Nothing, and nothing is settled either.
    Nothing,
    /// Nothing: the document is as it was before the run, and the state is to follow.
    AsBefore(Option<Box<Document>>),
    /// Its old name, if that is another one, and values.
    PutBack {
        now: Box<Document>,
        rename_to: Option<DocName>,
        changes: Map<String, Value>,
    },
    /// A delete.
    Delete(Box<Document>),
    /// A restore from this `Deleted Document`.
    Restore(DocName),
}

/// A document with what is to be done about it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) candidate: Candidate,
    pub(super) step: Step,
    pub(super) told: UndoneDocument,
}

/// Judges one document by what is under its name now.
pub(super) async fn judge<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    candidate: Candidate,
    now: Option<Document>,
) -> Result<Judged, EngineError> {
    let mut judging = Judging {
        session,
        told: told(session, &candidate),
        candidate: &candidate,
    };
    let step = judging.step(now).await?;
    let told = judging.told;
    Ok(Judged {
        candidate,
        step,
        told,
    })
}

/// Reads the document that is under the name of a candidate.
pub(super) async fn read<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    candidate: &Candidate,
    name: &DocName,
) -> Result<Option<Document>, EngineError> {
    let names = Selection::Names(vec![name.clone()]);
    let found = session
        .documents(candidate.mapping, candidate.side, names)
        .await?;
    Ok(found.into_iter().next())
}

fn told<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    candidate: &Candidate,
) -> UndoneDocument {
    let (side, other) = (candidate.side, candidate.side.other());
    let mapping = &session.mappings[candidate.mapping];
    let last = candidate.last();
    let counterpart = &last.names[other];
    let action = if candidate.had(OperationAction::Merge) {
        UndoAction::Nothing
    } else if last.action == OperationAction::Delete {
        UndoAction::Restore
    } else if candidate.is_made() {
        UndoAction::Delete
    } else if candidate.document.is_none() && candidate.had(OperationAction::Rename) {
        UndoAction::Rename
    } else {
        UndoAction::PutBack
    };
    let done: Vec<String> = candidate
        .operations
        .iter()
        .map(|operation| format!("{}: {}", operation.action.as_str(), operation.reason))
        .collect();
    UndoneDocument {
        site: side,
        doctype: mapping.doctypes[side].clone(),
        name: candidate.name().clone(),
        counterpart: (!counterpart.as_str().is_empty()).then(|| CounterpartReport {
            doctype: mapping.doctypes[other].clone(),
            name: counterpart.clone(),
        }),
        action,
        outcome: UndoOutcome::Planned,
        changes: Vec::new(),
        new_name: None,
        reason: done.join("; "),
        by: None,
        at: None,
    }
}

struct Judging<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    candidate: &'a Candidate,
    told: UndoneDocument,
}

impl<S: Site, T: StateStore, C: Clock> Judging<'_, '_, S, T, C> {
    async fn step(&mut self, now: Option<Document>) -> Result<Step, EngineError> {
        let candidate = self.candidate;
        if let Some(mark) = candidate.done_before() {
            self.told.outcome = UndoOutcome::DoneBefore;
            self.told.reason = format!("undo `{}` has taken it back", mark.by);
            return Ok(Step::Nothing);
        }
        if !candidate.is_kept {
            return Ok(self.impossible(
                "what it overwrote was not kept: `undo` was not switched on, or that was too long ago",
            ));
        }
        if candidate.had(OperationAction::Merge) {
            return Ok(
                self.impossible("a merge cannot be taken apart: links to it lead elsewhere now")
            );
        }
        if let Some(run) = self.written_since()? {
            return Ok(self.left(
                format!("run `{run}` wrote to it again: undo that one first"),
                None,
            ));
        }
        if candidate.last().action == OperationAction::Delete {
            return self.restore(now).await;
        }
        if candidate.is_made() {
            return self.delete(now).await;
        }
        let has_advanced =
            candidate.had(OperationAction::Submit) || candidate.had(OperationAction::Cancel);
        if has_advanced {
            return Ok(self.impossible(
                "the run submitted or cancelled it, and a site goes back behind neither: cancel or amend it by hand",
            ));
        }
        self.put_back(now).await
    }

    fn impossible(&mut self, reason: &str) -> Step {
        self.told.outcome = UndoOutcome::Impossible;
        self.told.reason = reason.to_owned();
        Step::Nothing
    }

    fn left(&mut self, reason: String, saved: Option<&Document>) -> Step {
        self.told.outcome = UndoOutcome::Left;
        self.told.reason = reason;
        if let Some(saved) = saved {
            self.told.by = Some(saved.modified_by.clone());
            self.told.at.clone_from(&saved.key.modified);
        }
        Step::Nothing
    }

    /// Returns a later run that wrote to the document, unless that was taken back.
    fn written_since(&self) -> Result<Option<frappe_sync_model::RunId>, EngineError> {
        let candidate = self.candidate;
        let name = self.session.name_of(candidate.mapping);
        let store = self.session.store();
        let last = store.operations_of(name, candidate.side, candidate.name(), 1)?;
        Ok(last.into_iter().next().and_then(|last| {
            let is_later = last.id > candidate.last().id && candidate.last().id.is_some();
            let is_done = last
                .undo
                .is_some_and(|mark| mark.step == frappe_sync_model::UndoStep::Done);
            (is_later && !is_done && last.run != candidate.last().run).then_some(last.run)
        }))
    }

    /// Tells whether a document is as the run left it: saved by nobody since, or by our user (a site's own hook
    /// on another write of ours) with the values that were agreed on.
    fn is_as_left(&self, now: &Document) -> Result<bool, EngineError> {
        let (session, candidate) = (self.session, self.candidate);
        let same = |left: &SiteTime| {
            let saved = now.key.modified.as_ref();
            saved.is_some_and(|saved| saved.same_moment(left))
        };
        if candidate.left_at().is_some_and(same) {
            return Ok(true);
        }
        if !session.is_ours(candidate.side, now) {
            return Ok(false);
        }
        let mapping = session.name_of(candidate.mapping);
        let name = std::slice::from_ref(now.name());
        let pairs = session.store().pairs(mapping, candidate.side, name)?;
        let view = View::new(
            &session.fingerprints,
            &session.mappings[candidate.mapping],
            candidate.side,
            now,
            &Links::new(session),
        );
        Ok(pairs
            .first()
            .is_some_and(|pair| !has_changed(&view, candidate.side, &pair.baseline)))
    }

    /// Tells whether a document is the one that was written, and not another one that has its name.
    fn is_it(&self, now: &Document) -> bool {
        let made = self.candidate.last().creation.as_ref();
        made.is_none() || now.key.creation.as_ref() == made
    }

    async fn delete(&mut self, now: Option<Document>) -> Result<Step, EngineError> {
        let Some(now) = now.filter(|now| self.is_it(now)) else {
            return self.gone().await;
        };
        match now.docstatus {
            0 => {}
            1 => {
                return Ok(self.impossible(
                    "it is submitted, with all that its site made of that: cancel it by hand",
                ));
            }
            _ => return Ok(self.impossible("it is cancelled: delete it by hand")),
        }
        if !self.is_as_left(&now)? {
            return Ok(self.left("was saved since".to_owned(), Some(&now)));
        }
        Ok(Step::Delete(Box::new(now)))
    }

    /// What the run made is not there any more.
    async fn gone(&mut self) -> Result<Step, EngineError> {
        let ours = &self.session.facts[self.candidate.side].user;
        let record = self.record().await?.ok().flatten();
        let by_another = record.as_ref().filter(|record| &record.by != ours);
        if self.candidate.is_begun() && by_another.is_none() {
            return Ok(Step::AsBefore(None));
        }
        let step = self.left("is not there any more".to_owned(), None);
        if let Some(record) = record {
            self.told.by = Some(record.by);
            self.told.at = Some(record.at);
        }
        Ok(step)
    }

    /// Returns the last record of the document's delete; an error where our user may not read such records.
    async fn record(&self) -> Result<Result<Option<Deletion>, ()>, EngineError> {
        let (session, candidate) = (self.session, self.candidate);
        let (mapping, side) = (candidate.mapping, candidate.side);
        let name = std::slice::from_ref(candidate.name());
        let Some(records) = deletions_of(session, mapping, side, name).await? else {
            return Ok(Err(()));
        };
        for record in records.into_iter().rev() {
            let key = session
                .site(side)
                .deleted_key(&record.record)
                .await
                .on(side)?;
            let made = candidate.last().creation.as_ref();
            if key.is_some_and(|key| made.is_none() || key.creation.as_ref() == made) {
                return Ok(Ok(Some(record)));
            }
        }
        Ok(Ok(None))
    }

    async fn restore(&mut self, now: Option<Document>) -> Result<Step, EngineError> {
        if self.candidate.is_made() {
            return Ok(Step::AsBefore(None));
        }
        if self.candidate.had(OperationAction::Cancel) {
            return Ok(self.impossible(
                "it was submitted; what is restored is a draft: submit it again by hand",
            ));
        }
        let record = match self.record().await? {
            Ok(Some(record)) => record,
            Ok(None) => {
                return Ok(self.impossible("its site keeps no `Deleted Document` of it"));
            }
            Err(()) => {
                return Ok(self.impossible(
                    "the sync's user may not read `Deleted Document` there, so it cannot be restored",
                ));
            }
        };
        match (now, record.restored) {
            (Some(now), true) if self.candidate.is_begun() => {
                Ok(Step::AsBefore(Some(Box::new(now))))
            }
            (_, true) => Ok(self.left("was restored since".to_owned(), None)),
            (Some(now), false) => {
                Ok(self.left("another document has its name".to_owned(), Some(&now)))
            }
            (None, false) => Ok(Step::Restore(record.record)),
        }
    }

    async fn put_back(&mut self, now: Option<Document>) -> Result<Step, EngineError> {
        let (session, candidate) = (self.session, self.candidate);
        let side = candidate.side;
        let old = candidate.pair.as_ref().map(|pair| &pair.sides[side].name);
        let now = match now.filter(|now| self.is_it(now)) {
            Some(now) => Some(now),
            // An undo that was killed may have given it its old name already.
            None => match old {
                Some(old) if candidate.is_begun() => read(session, candidate, old).await?,
                _ => None,
            },
        };
        let Some(now) = now.filter(|now| self.is_it(now)) else {
            return self.gone().await;
        };
        if now.docstatus == 2 {
            return Ok(self.impossible("it is cancelled, and nothing is written to it"));
        }
        if let Some(before) = &candidate.document
            && before.docstatus != now.docstatus
        {
            return Ok(self.left("was submitted since".to_owned(), Some(&now)));
        }
        let effective = &session.mappings[candidate.mapping];
        let changes = candidate
            .document
            .as_ref()
            .map(|before| difference(effective, side, before, &now))
            .unwrap_or_default();
        let rename_to = old.filter(|old| *old != now.name()).cloned();
        if let Some(step) = self.still_open(&now) {
            return Ok(step);
        }
        if changes.is_empty() && rename_to.is_none() {
            return Ok(Step::AsBefore(Some(Box::new(now))));
        }
        let is_ours = session.is_ours(side, &now);
        let arrived_late = !candidate.intents.is_empty() && is_ours;
        if !arrived_late && !self.is_as_left(&now)? {
            // A site that stores something else than it was sent is not sent it again.
            if candidate.is_begun() && is_ours {
                return Ok(Step::AsBefore(Some(Box::new(now))));
            }
            return Ok(self.left("was saved since".to_owned(), Some(&now)));
        }
        if let Some(before) = &candidate.document {
            self.told.changes = details(effective, side, &changes, before, &now);
        }
        self.told.new_name.clone_from(&rename_to);
        Ok(Step::PutBack {
            now: Box::new(now),
            rename_to,
            changes,
        })
    }

    /// Leaves a document to which a write of the run may still be on its way.
    fn still_open(&mut self, now: &Document) -> Option<Step> {
        let is_open = self.candidate.intents.iter().any(|intent| {
            let IntentKind::Update { base, .. } = &intent.kind else {
                return false;
            };
            let untouched = now
                .key
                .modified
                .as_ref()
                .is_some_and(|now| now.same_moment(base));
            untouched && !is_over(self.session, intent)
        });
        is_open.then(|| {
            self.left(
                "a write to it may still be under way: try again later".to_owned(),
                None,
            )
        })
    }
}
