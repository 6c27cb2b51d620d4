//! Intents, requests, and what became of them.

use std::collections::VecDeque;

use frappe_sync_model::{
    Batch, Document, Identity, Intent, IntentKind, NewDocument, ParkedCause, Selection, Site,
    SiteError, SiteErrorKind, StateStore,
};

use super::creator::{Creator, Made, Ready};
use super::load;
use crate::Clock;
use crate::error::EngineError;
use crate::past;
use crate::recover::{Ended, look, resolve_creates};
use crate::work::Pass;

impl<'a, 'p, S: Site, T: StateStore, C: Clock> Creator<'a, 'p, S, T, C> {
    /// Sends documents, in one transaction if the site lets them. Returns whether it did.
    ///
    /// The chunk before is read back meanwhile: the site makes documents one after another anyway.
    pub(super) async fn send(&mut self, ready: Vec<Ready>) -> Result<bool, EngineError> {
        if self.session.mappings[self.mapping].is_of_files() {
            return Box::pin(self.transfer(ready)).await;
        }
        if self.session.mappings[self.mapping].is_of_tags() {
            return Box::pin(self.put_tags(ready)).await;
        }
        if self.loads() {
            return Box::pin(self.load(ready)).await;
        }
        let mut parts = VecDeque::from([ready]);
        let mut whole = true;
        while let Some(mut part) = parts.pop_front() {
            let intents = self.begin(&part)?;
            let documents: Vec<NewDocument> = part
                .iter()
                .map(|ready| ready.body.document.clone())
                .collect();
            let to = self.from.other();
            let earlier = self.made.take();
            let site = self.session.site(to);
            let insert = async {
                match documents.as_slice() {
                    [one] => site.insert(one).await.map(|made| vec![made.name]),
                    many => site.insert_many(many).await,
                }
            };
            let (answer, read) =
                futures::future::join(insert, self.read_back(earlier.as_ref())).await;
            // Where reading back fails, both chunks stay open intents, for the next run to look for.
            let read = read?;
            if let Some(made) = earlier {
                self.settle(made, read).await?;
            }
            match answer {
                Ok(names) if names.len() == part.len() => {
                    self.made = Some(Made {
                        part,
                        intents,
                        names,
                    });
                }
                Ok(_) => self.unknown(&intents).await?,
                Err(error) if error.kind == SiteErrorKind::OutcomeUnknown => {
                    self.unknown(&intents).await?;
                }
                Err(error) if error.concerns_one_document() => {
                    whole = false;
                    // What a document in it committed by itself is there all the same.
                    let there =
                        look(self.session, self.mapping, to, &intents, Ended::Perhaps).await?;
                    if !there.is_empty() {
                        let found: Vec<Intent> = there
                            .iter()
                            .map(|made| intents[made.index].clone())
                            .collect();
                        resolve_creates(
                            self.session,
                            self.ledger,
                            self.mapping,
                            to,
                            &found,
                            Ended::Perhaps,
                        )
                        .await?;
                        let mut at = 0;
                        part.retain(|_| {
                            at += 1;
                            !there.iter().any(|made| made.index == at - 1)
                        });
                    }
                    self.forget(&intents)?;
                    if part.len() > 1 {
                        let second = part.split_off(part.len() / 2);
                        parts.push_front(second);
                        parts.push_front(part);
                    } else if let Some(one) = part.pop() {
                        self.refused(&one, &error)?;
                    }
                }
                Err(source) => {
                    self.forget(&intents)?;
                    return Err(EngineError::Site { side: to, source });
                }
            }
        }
        Ok(whole)
    }

    /// Settles the last chunk that was made.
    pub(super) async fn flush(&mut self) -> Result<(), EngineError> {
        let Some(made) = self.made.take() else {
            return Ok(());
        };
        let documents = self.read_back(Some(&made)).await?;
        self.settle(made, documents).await
    }

    pub(crate) async fn read_back(
        &self,
        made: Option<&Made>,
    ) -> Result<Vec<Document>, EngineError> {
        let Some(made) = made else {
            return Ok(Vec::new());
        };
        let to = self.from.other();
        let names = Selection::Names(made.names.clone());
        self.session.documents(self.mapping, to, names).await
    }

    /// Puts the intents of a chunk on the disk.
    pub(crate) fn begin(&mut self, part: &[Ready]) -> Result<Vec<Intent>, EngineError> {
        let session = self.session;
        let chunk = part.first().map_or_else(String::new, |first| {
            format!(
                "{}:{}:{}",
                session.parts.run,
                session.name_of(self.mapping),
                first.source.name()
            )
        });
        self.begin_as(part, chunk)
    }

    /// The same, where the chunk is called like this.
    pub(super) fn begin_as(
        &mut self,
        part: &[Ready],
        chunk: String,
    ) -> Result<Vec<Intent>, EngineError> {
        let (session, to) = (self.session, self.from.other());
        let mapping = &session.mappings[self.mapping];
        let now = session.parts.clock.now();
        let certain = session.name_is_certain(self.mapping, to);
        let loads = self.loads();
        let mut intents: Vec<Intent> = part
            .iter()
            .zip(0..)
            .map(|(ready, place)| Intent {
                id: None,
                run: session.parts.run.clone(),
                mapping: mapping.name.clone(),
                side: to,
                source: ready.source.key.clone(),
                kind: IntentKind::Create {
                    expected_name: (certain && (loads || !self.is_amendment(&ready.source)))
                        .then(|| ready.source.name().clone()),
                    place,
                    chunk: chunk.clone(),
                },
                sent: load::forgotten(ready.body.plan.sent_to(to), self.from, &ready.lossy),
                sent_at: now,
                site_time: session.facts[to].clock.local_at(now),
            })
            .collect();
        let ids = session.store().begin(&intents)?;
        for (intent, id) in intents.iter_mut().zip(ids) {
            intent.id = Some(id);
        }
        let kept = intents.iter().map(|intent| (intent, None, None));
        past::keep_all(session, &mapping.name, kept)?;
        self.ledger.intents.extend(intents.iter().cloned());
        Ok(intents)
    }

    /// Drops the intents of writes that are known to have done nothing.
    pub(crate) fn forget(&mut self, intents: &[Intent]) -> Result<(), EngineError> {
        let done: Vec<_> = intents.iter().filter_map(|intent| intent.id).collect();
        self.ledger
            .intents
            .retain(|intent| intent.id.is_none_or(|id| !done.contains(&id)));
        self.session.store().commit(&Batch {
            intents_done: done,
            ..Batch::default()
        })?;
        Ok(())
    }

    /// The answer was lost: looks at once; what is not found waits until it cannot come any more.
    pub(crate) async fn unknown(&mut self, intents: &[Intent]) -> Result<(), EngineError> {
        self.pair_what_is_there(intents, Ended::Perhaps)
            .await
            .map(drop)
    }

    /// Pairs what is there of these creates, and returns how many were.
    pub(super) async fn pair_what_is_there(
        &mut self,
        intents: &[Intent],
        ended: Ended,
    ) -> Result<usize, EngineError> {
        let to = self.from.other();
        let found =
            resolve_creates(self.session, self.ledger, self.mapping, to, intents, ended).await?;
        // Those that were found are looked at again, now as pairs.
        self.worked.dealt += found;
        self.worked.waiting += found;
        Ok(found)
    }

    /// The site refused one document.
    pub(crate) fn refused(&mut self, one: &Ready, error: &SiteError) -> Result<(), EngineError> {
        if error.kind == SiteErrorKind::Duplicate {
            let is_amendment = self.is_amendment(&one.source);
            let name = self.session.name_of(self.mapping);
            let tries = self
                .ledger
                .stale
                .entry((name.clone(), self.from, one.source.name().clone()))
                .or_default();
            *tries += 1;
            if *tries > 1 && is_amendment {
                let message = format!(
                    "what it amends was amended on site `{}` too: {}",
                    self.from.other(),
                    error.message
                );
                let cause = ParkedCause::IndependentAmendments;
                return self.park(&one.source.key.clone(), cause, message);
            }
            // Somebody, or a hook, made it just now: the next look pairs it.
            let may_look =
                self.session.mappings[self.mapping].identity != Identity::Create || is_amendment;
            if *tries <= 2 && may_look && self.pass != Pass::Last {
                self.worked.waiting += 1;
                return Ok(());
            }
        }
        let cause = parked_cause(error);
        self.park(&one.source.key.clone(), cause, error.message.clone())
    }
}

/// Turns a site's refusal into the cause of a parked document.
pub(crate) fn parked_cause(error: &SiteError) -> ParkedCause {
    match &error.kind {
        SiteErrorKind::NotPermitted => ParkedCause::NotPermitted,
        SiteErrorKind::Duplicate => ParkedCause::Collision,
        SiteErrorKind::Refused { exc_type } => ParkedCause::Refused {
            exc_type: exc_type.clone(),
        },
        _ => ParkedCause::Refused {
            exc_type: String::new(),
        },
    }
}
