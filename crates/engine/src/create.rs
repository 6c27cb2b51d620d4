//! Making documents: level by level, in chunks of one transaction, each with its intents on the disk first.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use frappe_sync_mapper::{LinkRule, links_of};
use frappe_sync_model::{
    Batch, BodyQuery, DocKey, DocName, DocType, Document, Identity, Intent, IntentKind,
    NewDocument, Pair, PairSide, ParkedCause, PerSide, Selection, Side, Site, SiteError,
    SiteErrorKind, StateStore, Todo, TodoReason,
};
use frappe_sync_planner::{LinkEdge, creation_levels};

use crate::compose::{MissingLink, NewBody, describe_body, new_body};
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::links::{Links, folded};
use crate::recover::{look, new_pair, resolve_creates, settle_created, side_of};
use crate::report::{Action, BaseReport, CounterpartReport, Operation, RefusedReport};
use crate::session::{Mode, Session};
use crate::work::{Pass, Worked};
use crate::{Clock, Event};

/// The most documents that `frappe.client.insert_many` takes (protocol 4.2).
const MOST_IN_CHUNK: usize = 200;

/// The first chunk of a run, before the site's speed is known.
const FIRST_CHUNK: usize = 100;

/// After this many failed chunks in a row, documents go one by one.
const FAILED_CHUNKS: u32 = 5;

/// Makes counterparts for documents of `from` on the other side.
pub(crate) struct Creator<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    ledger: &'a mut Ledger,
    mapping: usize,
    /// The side that the documents stand on.
    from: Side,
    pass: Pass,
    worked: Worked,
    /// The chunk that was made last, until it is settled.
    made: Option<Made>,
}

/// A chunk that was made, and is still to be read back.
struct Made {
    part: Vec<Ready>,
    intents: Vec<Intent>,
    names: Vec<DocName>,
}

/// A document that is about to be made.
struct Ready {
    source: Document,
    body: NewBody,
}

impl<'a, 'p, S: Site, T: StateStore, C: Clock> Creator<'a, 'p, S, T, C> {
    /// Makes counterparts for documents of `from` in one pass.
    pub(crate) fn new(
        session: &'a Session<'p, S, T, C>,
        ledger: &'a mut Ledger,
        mapping: usize,
        from: Side,
        pass: Pass,
    ) -> Self {
        Self {
            session,
            ledger,
            mapping,
            from,
            pass,
            worked: Worked::default(),
            made: None,
        }
    }

    /// Makes them, those that others link to first.
    pub(crate) async fn create(mut self, sources: Vec<Document>) -> Result<Worked, EngineError> {
        let mut chunk_size = FIRST_CHUNK;
        let mut failed_chunks = 0;
        for level in self.levels(sources) {
            let mut waiting: VecDeque<Document> = level.into();
            while !waiting.is_empty() {
                if self.session.is_cancelled() {
                    self.flush().await?;
                    return Ok(self.worked);
                }
                let size = chunk_size.min(waiting.len());
                let sources: Vec<Document> = waiting.drain(..size).collect();
                let ready = self.compose(sources).await?;
                if ready.is_empty() {
                    continue;
                }
                if self.session.mode == Mode::Plan {
                    self.plan(ready)?;
                    continue;
                }
                let count = ready.len();
                let began = self.session.parts.clock.now();
                let whole = self.send(ready).await?;
                let took = (self.session.parts.clock.now() - began)
                    .to_std()
                    .unwrap_or_default();
                if whole {
                    failed_chunks = 0;
                    chunk_size = self.next_chunk(count, took);
                } else {
                    failed_chunks += 1;
                    if failed_chunks >= FAILED_CHUNKS {
                        chunk_size = 1;
                    }
                }
            }
            // The next level links to this one.
            self.flush().await?;
        }
        Ok(self.worked)
    }

    /// Sizes the next chunk so that the site's series and rows are not held for long.
    fn next_chunk(&self, count: usize, took: Duration) -> usize {
        let target = if self.session.parts.options.maintenance {
            10.0
        } else {
            2.0
        };
        let each = took.as_secs_f64() / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        // A clock that stands still says nothing of the speed.
        if each <= f64::EPSILON {
            return MOST_IN_CHUNK;
        }
        let fitting = (1..=MOST_IN_CHUNK)
            .rev()
            .find(|size| each * f64::from(u32::try_from(*size).unwrap_or(u32::MAX)) <= target);
        fitting.unwrap_or(1)
    }

    /// Sorts documents that link to each other.
    fn levels(&self, sources: Vec<Document>) -> Vec<Vec<Document>> {
        let mapping = &self.session.mappings[self.mapping];
        let places: HashMap<DocName, usize> = sources
            .iter()
            .enumerate()
            .map(|(place, document)| (document.name().clone(), place))
            .collect();
        let own = &mapping.doctypes[self.from];
        let mut edges = Vec::new();
        for (place, document) in sources.iter().enumerate() {
            for field in &mapping.fields {
                let LinkRule::Link { doctypes } = &field.link else {
                    continue;
                };
                let value = document.fields.get(field.names[self.from].as_str());
                let target = value.and_then(|value| value.as_str()).unwrap_or("");
                if &doctypes[self.from] != own || target.is_empty() {
                    continue;
                }
                if let Some(&to) = places.get(target)
                    && to != place
                {
                    let mandatory = field.meta[self.from.other()].required;
                    let tag = edges.len();
                    edges.push(LinkEdge {
                        from: place,
                        to,
                        mandatory,
                        tag,
                    });
                }
            }
        }
        let levels = creation_levels(sources.len(), &edges);
        let mut slots: Vec<Option<Document>> = sources.into_iter().map(Some).collect();
        let mut take = |places: Vec<usize>| -> Vec<Document> {
            places
                .into_iter()
                .filter_map(|place| slots[place].take())
                .collect()
        };
        let mut sorted: Vec<Vec<Document>> = levels.levels.into_iter().map(&mut take).collect();
        // A cycle of links that must be set: each is tried, and told with what it misses.
        sorted.extend(levels.stuck.into_iter().map(take));
        sorted
    }

    /// Builds the bodies; parks or leaves those whose links cannot be set.
    async fn compose(&mut self, sources: Vec<Document>) -> Result<Vec<Ready>, EngineError> {
        let (session, from) = (self.session, self.from);
        let mapping = &session.mappings[self.mapping];
        let mut links = Links::new(session);
        links.resolve(session, self.mapping, from, &sources)?;
        let absent = self.absent_targets(&sources).await?;
        let keeps_name = session.name_is_certain(self.mapping, from.other())
            && mapping.meta[from.other()]
                .doctype
                .naming
                .keeps_client_name();
        let mut ready = Vec::new();
        for source in sources {
            let gone = links_of(mapping, from, &source)
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
            let mut missing_queued = HashMap::new();
            let body = loop {
                let may_wait = |missing: &MissingLink| {
                    let place = (missing.doctype.clone(), missing.name.clone());
                    missing_queued.get(&place).copied().unwrap_or(false)
                };
                match new_body(
                    &session.fingerprints,
                    mapping,
                    from,
                    &source,
                    name.clone(),
                    &links,
                    may_wait,
                ) {
                    Err(missing) => {
                        let place = (missing.doctype.clone(), missing.name.clone());
                        if missing_queued.contains_key(&place) {
                            break Err(missing);
                        }
                        let comes = self.pass != Pass::Last && self.is_to_come(&missing)?;
                        missing_queued.insert(place, comes);
                    }
                    Ok(body) => break Ok(body),
                }
            };
            match body {
                Ok(body) => ready.push(Ready { source, body }),
                Err(missing) => {
                    if self.pass != Pass::Last && self.is_to_come(&missing)? {
                        self.worked.waiting += 1;
                    } else {
                        let (cause, message) = missing_target(&missing);
                        self.park(&source.key, cause, message)?;
                    }
                }
            }
        }
        Ok(ready)
    }

    /// Asks for the documents of unmapped DocTypes that these link to.
    async fn absent_targets(
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

    fn is_to_come(&self, missing: &MissingLink) -> Result<bool, EngineError> {
        is_to_come(self.session, missing)
    }

    fn park(
        &mut self,
        key: &DocKey,
        cause: ParkedCause,
        message: String,
    ) -> Result<(), EngineError> {
        let name = self.session.name_of(self.mapping);
        let now = self.session.parts.clock.now();
        let parked = self.ledger.park(name, self.from, key, cause, message, now);
        let batch = Batch {
            done: vec![(name.clone(), self.from, key.name.clone())],
            park: vec![parked],
            ..Batch::default()
        };
        self.session.store().commit(&batch)?;
        self.worked.dealt += 1;
        Ok(())
    }

    /// Writes the operations of a plan.
    fn plan(&mut self, ready: Vec<Ready>) -> Result<(), EngineError> {
        let (session, from, to) = (self.session, self.from, self.from.other());
        let mapping = &session.mappings[self.mapping];
        let certain = session.name_is_certain(self.mapping, to);
        let mut batch = Batch::default();
        for Ready { source, body } in ready {
            let id = self.ledger.operations.len() as u64 + 1;
            let name = certain.then(|| source.name().clone());
            let stand_in = name
                .clone()
                .unwrap_or_else(|| DocName::new(format!("{PLANNED_PREFIX}{id}")));
            let mut base = PerSide::default();
            base[from] = source.key.modified.clone();
            self.ledger.operations.push(Operation {
                id,
                site: to,
                doctype: mapping.doctypes[to].clone(),
                name,
                counterpart: Some(CounterpartReport {
                    doctype: mapping.doctypes[from].clone(),
                    name: source.name().clone(),
                }),
                action: Action::Create,
                base: BaseReport {
                    a_modified: base.a,
                    b_modified: base.b,
                },
                changes: describe_body(&body.document),
                after: Vec::new(),
                reason: format!("exists on `{from}` only"),
            });
            let place = (
                to,
                mapping.doctypes[to].as_str().to_owned(),
                stand_in.clone(),
            );
            self.ledger.planned.insert(place, id);
            self.ledger.summary.create += 1;
            self.ledger.applied_to[to] += 1;
            let made = PairSide {
                name: stand_in,
                creation: None,
                owner: String::new(),
                modified: None,
            };
            let sides = match to {
                Side::A => PerSide {
                    a: made,
                    b: side_of(&source.key),
                },
                Side::B => PerSide {
                    a: side_of(&source.key),
                    b: made,
                },
            };
            let baseline = body.plan.sent_to(to);
            let pair = Pair {
                id: None,
                mapping: mapping.name.clone(),
                sides,
                open: false,
                baseline,
            };
            batch.pairs.push(pair);
            batch
                .done
                .push((mapping.name.clone(), from, source.name().clone()));
            self.worked.dealt += 1;
        }
        session.store().commit(&batch)?;
        Ok(())
    }

    /// Sends documents, in one transaction if the site lets them. Returns whether it did.
    ///
    /// The chunk before is read back meanwhile: the site makes documents one after another anyway.
    async fn send(&mut self, ready: Vec<Ready>) -> Result<bool, EngineError> {
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
            let (answer, read) = futures::future::join(insert, self.read_back(&earlier)).await;
            // Where reading back fails, both chunks stay open intents, for the next run to look for.
            let read = read?;
            if let Some(made) = earlier {
                self.settle(made, read)?;
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
                    let there = look(self.session, self.mapping, to, &intents).await?;
                    if !there.is_empty() {
                        let found: Vec<Intent> =
                            there.iter().map(|(at, _)| intents[*at].clone()).collect();
                        resolve_creates(self.session, self.ledger, self.mapping, to, &found)
                            .await?;
                        let mut at = 0;
                        part.retain(|_| {
                            at += 1;
                            !there.iter().any(|(found, _)| *found == at - 1)
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
    async fn flush(&mut self) -> Result<(), EngineError> {
        let made = self.made.take();
        let documents = self.read_back(&made).await?;
        match made {
            Some(made) => self.settle(made, documents),
            None => Ok(()),
        }
    }

    async fn read_back(&self, made: &Option<Made>) -> Result<Vec<Document>, EngineError> {
        let Some(made) = made else {
            return Ok(Vec::new());
        };
        let to = self.from.other();
        let mapping = &self.session.mappings[self.mapping];
        let query = BodyQuery {
            meta: &mapping.meta[to],
            selection: Selection::Names(made.names.clone()),
            tables: mapping.table_fields(to),
        };
        self.session.site(to).documents(&query).await.on(to)
    }

    /// Puts the intents of a chunk on the disk.
    fn begin(&mut self, part: &[Ready]) -> Result<Vec<Intent>, EngineError> {
        let (session, to) = (self.session, self.from.other());
        let mapping = &session.mappings[self.mapping];
        let now = session.parts.clock.now();
        let certain = session.name_is_certain(self.mapping, to);
        let chunk = part.first().map_or_else(String::new, |first| {
            format!(
                "{}:{}:{}",
                session.parts.run,
                mapping.name,
                first.source.name()
            )
        });
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
                    expected_name: certain.then(|| ready.source.name().clone()),
                    place,
                    chunk: chunk.clone(),
                },
                sent: ready.body.plan.sent_to(to),
                sent_at: now,
                site_time: session.facts[to].clock.local_at(now),
            })
            .collect();
        let ids = session.store().begin(&intents)?;
        for (intent, id) in intents.iter_mut().zip(ids) {
            intent.id = Some(id);
        }
        self.ledger.intents.extend(intents.iter().cloned());
        Ok(intents)
    }

    /// Drops the intents of writes that are known to have done nothing.
    fn forget(&mut self, intents: &[Intent]) -> Result<(), EngineError> {
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
    async fn unknown(&mut self, intents: &[Intent]) -> Result<(), EngineError> {
        let to = self.from.other();
        let found = resolve_creates(self.session, self.ledger, self.mapping, to, intents).await?;
        // Those that were found are looked at again, now as pairs.
        self.worked.dealt += found;
        self.worked.waiting += found;
        Ok(())
    }

    /// Settles what was made by what was read back.
    fn settle(&mut self, made: Made, documents: Vec<Document>) -> Result<(), EngineError> {
        let (session, to) = (self.session, self.from.other());
        let mapping = &session.mappings[self.mapping];
        let Made {
            part,
            intents,
            names,
        } = made;
        let mut by_name: HashMap<String, Document> = documents
            .into_iter()
            .map(|document| (folded(document.name()), document))
            .collect();
        let mut batch = Batch::default();
        for ((ready, intent), name) in part.iter().zip(&intents).zip(&names) {
            self.ledger.summary.create += 1;
            self.ledger.applied_to[to] += 1;
            self.worked.dealt += 1;
            batch.intents_done.extend(intent.id);
            let place = (mapping.name.clone(), self.from, ready.source.name().clone());
            if self.ledger.unpark(&place) {
                batch.unpark.push(place.clone());
            }
            let Some(document) = by_name.remove(&folded(name)) else {
                // It was made and cannot be seen: paired by name, so that it is never made twice.
                batch.pairs.push(unseen_pair(mapping, intent, name));
                batch.done.push(place);
                continue;
            };
            let settled = settle_created(session, mapping, to, &intent.sent, &document);
            for (side, path) in &settled.refused {
                self.ledger.refused.push(RefusedReport {
                    site: *side,
                    doctype: mapping.doctypes[*side].clone(),
                    name: document.name().clone(),
                    path: path.clone(),
                });
            }
            let mut pair = new_pair(mapping, intent, &document, settled);
            pair.open |= !ready.body.deferred.is_empty();
            if pair.open {
                let key = ready.source.key.clone();
                let todo = Todo {
                    key,
                    reason: TodoReason::Deferred,
                };
                batch.again.push((mapping.name.clone(), self.from, todo));
                self.worked.waiting += 1;
            } else {
                batch.done.push(place);
            }
            batch.pairs.push(pair);
        }
        session.store().commit(&batch)?;
        let done: BTreeSet<_> = batch.intents_done.iter().copied().collect();
        self.ledger
            .intents
            .retain(|intent| intent.id.is_none_or(|id| !done.contains(&id)));
        session.parts.progress.event(Event::Documents {
            count: part.len() as u64,
        });
        Ok(())
    }

    /// The site refused one document.
    fn refused(&mut self, one: &Ready, error: &SiteError) -> Result<(), EngineError> {
        if error.kind == SiteErrorKind::Duplicate {
            let name = self.session.name_of(self.mapping);
            let tries = self
                .ledger
                .stale
                .entry((name.clone(), self.from, one.source.name().clone()))
                .or_default();
            *tries += 1;
            // Somebody, or a hook, made it just now: the next look pairs it.
            if *tries <= 2 && self.session.mappings[self.mapping].identity != Identity::Create {
                self.worked.waiting += 1;
                return Ok(());
            }
        }
        let cause = parked_cause(error);
        self.park(&one.source.key.clone(), cause, error.message.clone())
    }
}

/// Starts the stand-in name of a document that a plan will make, where its name is not certain.
pub(crate) const PLANNED_PREFIX: &str = "\u{2}op:";

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
        ..
    } = missing;
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

fn unseen_pair(
    mapping: &frappe_sync_mapper::EffectiveMapping,
    intent: &Intent,
    name: &DocName,
) -> Pair {
    let made = PairSide {
        name: name.clone(),
        creation: None,
        owner: String::new(),
        modified: None,
    };
    let source = side_of(&intent.source);
    let sides = match intent.side {
        Side::A => PerSide { a: made, b: source },
        Side::B => PerSide { a: source, b: made },
    };
    Pair {
        id: None,
        mapping: mapping.name.clone(),
        sides,
        open: true,
        baseline: frappe_sync_model::Baseline::default(),
    }
}
