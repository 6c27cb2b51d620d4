//! One batch of documents without a pair.

use std::collections::{HashMap, HashSet};

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{
    Baseline, Batch, Cancelled, DocKey, DocName, Document, IntentKind, Pair, ParkedCause, PerSide,
    Selection, Side, Site, StateStore,
};

use super::ahead::ReadAhead;
use crate::chosen::Part;
use crate::create::Creator;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::park::park_alone;
use crate::recover::side_of;
use crate::report::NoteReport;
use crate::session::{Mode, Session};
use crate::work::{Pass, Worked};
use crate::{Clock, paired};

/// Works on documents of `side` that have no pair.
pub(crate) async fn work<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    keys: Vec<DocKey>,
    ahead: ReadAhead,
    pass: Pass,
) -> Result<Worked, EngineError> {
    let mut fresh = Fresh {
        session,
        ledger,
        mapping,
        side,
        pass,
        worked: Worked::default(),
    };
    let keys = fresh.not_under_way(keys);
    let keys = fresh.not_renamed(keys).await?;
    if keys.is_empty() {
        return Ok(fresh.worked);
    }
    let (mut documents, unread) = ahead.take(&keys);
    if !unread.is_empty() {
        documents.extend(fresh.read(side, Selection::Names(unread)).await?);
        // As they were made on their own site, so that a series counts them in that order.
        let places: HashMap<&DocName, usize> = keys
            .iter()
            .enumerate()
            .map(|(place, key)| (&key.name, place))
            .collect();
        documents.sort_by_key(|document| places.get(document.name()).copied());
    }
    fresh.gone(&keys, &documents)?;
    let matched = fresh.match_up(documents).await?;
    fresh.ledger.summary.link += matched.pairs.len() as u64;
    let pairs = fresh.leave_linked(matched.pairs)?;
    if !pairs.is_empty() {
        let worked =
            paired::decide_and_write(session, fresh.ledger, mapping, side, pairs, pass).await?;
        fresh.worked += worked;
    }
    let to_make = fresh.may_be_made(matched.alone)?;
    let mut worked = fresh.worked;
    if !to_make.is_empty() {
        let creator = Creator::new(session, ledger, mapping, side, pass);
        worked += creator.create(to_make).await?;
    }
    Ok(worked)
}

/// What looking across brought.
#[derive(Default)]
pub(super) struct Matched {
    /// Documents with their counterpart, as pairs without baselines.
    pub(super) pairs: Vec<(Pair, PerSide<Document>)>,
    /// Documents that stand on this side only.
    pub(super) alone: Vec<Document>,
}

pub(super) struct Fresh<'a, 'p, S, T, C> {
    pub(super) session: &'a Session<'p, S, T, C>,
    pub(super) ledger: &'a mut Ledger,
    pub(super) mapping: usize,
    pub(super) side: Side,
    pub(super) pass: Pass,
    pub(super) worked: Worked,
}

impl<S: Site, T: StateStore, C: Clock> Fresh<'_, '_, S, T, C> {
    pub(super) fn effective(&self) -> &EffectiveMapping {
        &self.session.mappings[self.mapping]
    }

    /// Leaves those queued whose counterpart may just be being made, those of our user that may be what is being
    /// made, and those whose name a delete that may still be under way would take away again.
    pub(super) fn not_under_way(&self, keys: Vec<DocKey>) -> Vec<DocKey> {
        let name = self.session.name_of(self.mapping);
        let user = &self.session.facts[self.side].user;
        let is_made_here = self.ledger.intents.iter().any(|intent| {
            &intent.mapping == name
                && intent.side == self.side
                && matches!(intent.kind, IntentKind::Create { .. })
        });
        keys.into_iter()
            .filter(|key| !self.ledger.is_under_way(name, self.side, key))
            .filter(|key| !(is_made_here && &key.owner == user))
            .filter(|key| {
                !self
                    .ledger
                    .is_being_removed(name, self.side.other(), &key.name)
            })
            .collect()
    }

    pub(super) async fn read(
        &self,
        side: Side,
        selection: Selection,
    ) -> Result<Vec<Document>, EngineError> {
        self.session.documents(self.mapping, side, selection).await
    }

    /// Takes those off the queue that are not there any more.
    pub(super) fn gone(
        &mut self,
        keys: &[DocKey],
        documents: &[Document],
    ) -> Result<(), EngineError> {
        let there: HashSet<&DocName> = documents.iter().map(Document::name).collect();
        let name = self.session.name_of(self.mapping).clone();
        let gone: Vec<_> = keys
            .iter()
            .filter(|key| !there.contains(&key.name))
            .map(|key| (name.clone(), self.side, key.name.clone()))
            .collect();
        let unpark = gone
            .iter()
            .filter(|place| self.ledger.unpark(place))
            .cloned()
            .collect::<Vec<_>>();
        self.worked.dealt += gone.len();
        self.session.store().commit(&Batch {
            done: gone,
            unpark,
            ..Batch::default()
        })?;
        Ok(())
    }

    pub(super) fn park(
        &mut self,
        key: &DocKey,
        cause: ParkedCause,
        message: String,
    ) -> Result<(), EngineError> {
        park_alone(
            self.session,
            self.ledger,
            self.mapping,
            self.side,
            key,
            cause,
            message,
        )?;
        self.worked.dealt += 1;
        Ok(())
    }

    pub(super) fn pair(
        &self,
        document: Document,
        counterpart: Document,
    ) -> (Pair, PerSide<Document>) {
        let documents = PerSide::of(self.side, document, counterpart);
        let pair = Pair {
            id: None,
            mapping: self.session.name_of(self.mapping).clone(),
            sides: documents.as_ref().map(|document| side_of(&document.key)),
            open: false,
            gone: None,
            baseline: Baseline::default(),
        };
        (pair, documents)
    }

    /// Stores the pairs of documents that were only linked to, open and as they are; returns the others.
    fn leave_linked(
        &mut self,
        pairs: Vec<(Pair, PerSide<Document>)>,
    ) -> Result<Vec<(Pair, PerSide<Document>)>, EngineError> {
        let (asked, linked): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(_, documents)| {
            let name = documents[self.side].name();
            self.session.part_of(self.mapping, self.side, name) == Part::Whole
        });
        let mut batch = Batch::default();
        for (pair, _) in linked {
            self.worked.dealt += 1;
            for side in Side::BOTH {
                let place = (pair.mapping.clone(), side, pair.sides[side].name.clone());
                if self.ledger.unpark(&place) {
                    batch.unpark.push(place.clone());
                }
                batch.done.push(place);
            }
            batch.pairs.push(Pair { open: true, ..pair });
        }
        self.session.store().commit(&batch)?;
        Ok(asked)
    }

    /// Takes those off the queue that this mapping does not bring over.
    pub(super) fn may_be_made(
        &mut self,
        alone: Vec<Document>,
    ) -> Result<Vec<Document>, EngineError> {
        if self.session.mode == Mode::Rebuild {
            // They stay queued, for the next run.
            return Ok(Vec::new());
        }
        let effective = self.effective();
        let writes_across = effective.direction.writes_to(self.side.other());
        let skips_cancelled = effective.cancelled == Cancelled::Skip;
        let doctype = effective.doctypes[self.side].clone();
        let mapping = effective.name.clone();
        let mut done = Vec::new();
        let mut to_make = Vec::new();
        for document in alone {
            if self
                .session
                .part_of(self.mapping, self.side, document.name())
                == Part::PairedOnly
            {
                done.push((mapping.clone(), self.side, document.name().clone()));
                continue;
            }
            let (kind, message) = if !writes_across {
                (
                    "only_here",
                    "has no counterpart, and the mapping does not write to the other site",
                )
            } else if skips_cancelled && document.docstatus == 2 {
                (
                    "cancelled_skipped",
                    "is cancelled and has no counterpart, and the mapping skips those",
                )
            } else {
                to_make.push(document);
                continue;
            };
            let place = (mapping.clone(), self.side, document.name().clone());
            done.push(place);
            self.ledger.notes.insert(NoteReport {
                kind: kind.to_owned(),
                site: self.side,
                doctype: doctype.clone(),
                name: Some(document.name().clone()),
                message: message.to_owned(),
            });
        }
        let unpark: Vec<_> = done
            .iter()
            .filter(|place| self.ledger.unpark(place))
            .cloned()
            .collect();
        self.worked.dealt += done.len();
        self.session.store().commit(&Batch {
            done,
            unpark,
            ..Batch::default()
        })?;
        Ok(to_make)
    }
}
