//! Level by level, chunk by chunk.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use frappe_sync_mapper::LinkRule;
use frappe_sync_model::{
    DocKey, DocName, Document, FieldPath, Intent, ParkedCause, Side, Site, StateStore,
};
use frappe_sync_planner::{LinkEdge, creation_levels};

use crate::Clock;
use crate::compose::NewBody;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::park::park_alone;
use crate::posting::Posting;
use crate::session::{Mode, Session};
use crate::work::{Pass, Worked};

/// The first chunk of a DocType in a run, before it is known how fast the site makes them: so few that even
/// orders, at a fifth of a second each, do not hold a series for much longer than a chunk should.
const FIRST_CHUNK: usize = 20;

/// The most documents that `frappe.client.insert_many` takes (protocol 4.2).
const MOST_IN_CHUNK: usize = 200;

/// The first load, and the most in one. Each document of a load commits by itself, so that nothing is held for long; a job
/// of a thousand is some ten seconds of a worker's time, and what is sent and read back stays small.
const FIRST_LOAD: usize = 100;
const MOST_IN_LOAD: usize = 1000;

/// How long a load should take, in seconds: it has a worker of the site to itself.
const LOAD_SECONDS: f64 = 15.0;

/// After this many failed chunks in a row, documents go one by one.
const FAILED_CHUNKS: u32 = 5;

/// Makes counterparts for documents of `from` on the other side.
pub(crate) struct Creator<'a, 'p, S, T, C> {
    pub(crate) session: &'a Session<'p, S, T, C>,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) mapping: usize,
    /// The side that the documents stand on.
    pub(crate) from: Side,
    pub(super) pass: Pass,
    pub(crate) worked: Worked,
    /// The chunk that was made last, until it is settled.
    pub(super) made: Option<Made>,
}

/// A chunk that was made, and is still to be read back.
#[derive(Default)]
pub(crate) struct Made {
    pub(crate) part: Vec<Ready>,
    pub(crate) intents: Vec<Intent>,
    pub(crate) names: Vec<DocName>,
}

/// A document that is about to be made.
pub(crate) struct Ready {
    pub(crate) source: Document,
    pub(crate) body: NewBody,
    /// Values that could not be sent as they are; their source counts as never agreed on until they arrived.
    pub(crate) lossy: Vec<FieldPath>,
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
    pub(crate) async fn create(
        mut self,
        mut sources: Vec<Document>,
    ) -> Result<Worked, EngineError> {
        let place = (
            self.session.name_of(self.mapping).clone(),
            self.from.other(),
        );
        let measured = self.ledger.chunk_sizes.get(&place).copied();
        let loads = self.loads();
        let first = if loads { FIRST_LOAD } else { FIRST_CHUNK };
        let mut chunk_size = measured.unwrap_or(first);
        let mut failed_chunks = 0;
        let meta = &self.session.mappings[self.mapping].meta[self.from.other()];
        if Posting::orders(&meta.doctype) {
            sources.sort_by_cached_key(Posting::of);
        }
        for level in self.levels(sources) {
            let (mut alone, mut waiting) = self.refused_before(level);
            while !waiting.is_empty() || !alone.is_empty() {
                if self.session.is_cancelled() {
                    self.flush().await?;
                    return Ok(self.worked);
                }
                let sources: Vec<Document> = match waiting.len() {
                    // In a load, nothing takes another document back with it.
                    0 if loads => alone.drain(..chunk_size.min(alone.len())).collect(),
                    0 => alone.pop_front().into_iter().collect(),
                    left => waiting.drain(..chunk_size.min(left)).collect(),
                };
                let sources = self.planned_for(sources);
                let ready = self.compose(sources).await?;
                let ready = self.permitted(ready)?;
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
                    self.ledger.chunk_sizes.insert(place.clone(), chunk_size);
                } else {
                    failed_chunks += 1;
                    if failed_chunks >= FAILED_CHUNKS && !loads {
                        chunk_size = 1;
                    }
                }
            }
            // The next level links to this one.
            self.flush().await?;
        }
        Ok(self.worked)
    }

    /// Tells whether what is made keeps its name though the site would give its own.
    pub(super) fn loads(&self) -> bool {
        self.session.mappings[self.mapping].loads_names(self.from.other())
    }

    /// Parts documents that the site refused in an earlier run from the others. In a chunk they would most
    /// likely take the good ones back with them, at every run until their cause is mended.
    fn refused_before(&self, level: Vec<Document>) -> (VecDeque<Document>, VecDeque<Document>) {
        let name = self.session.name_of(self.mapping);
        level.into_iter().partition(|document| {
            let place = (name.clone(), self.from, document.name().clone());
            self.ledger
                .parked
                .get(&place)
                .is_some_and(|parked| matches!(parked.cause, ParkedCause::Refused { .. }))
        })
    }

    /// Sizes the next chunk so that the site's series and rows are not held for long.
    pub(super) fn next_chunk(&self, count: usize, took: Duration) -> usize {
        let (target, most) = match self.loads() {
            true => (LOAD_SECONDS, MOST_IN_LOAD),
            false if self.session.parts.options.maintenance => (10.0, MOST_IN_CHUNK),
            false => (2.0, MOST_IN_CHUNK),
        };
        let each = took.as_secs_f64() / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        // A clock that stands still says nothing of the speed.
        if each <= f64::EPSILON {
            return most;
        }
        let fitting = (1..=most)
            .rev()
            .find(|size| each * f64::from(u32::try_from(*size).unwrap_or(u32::MAX)) <= target);
        fitting.unwrap_or(1)
    }

    /// Sorts documents that link to each other.
    pub(super) fn levels(&self, sources: Vec<Document>) -> Vec<Vec<Document>> {
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
        // A cycle of links that must be set: each is tried, and told with what it misses; so is what needs one of it.
        sorted.extend(levels.stuck.into_iter().map(&mut take));
        sorted.push(take(levels.blocked));
        sorted
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
            self.from,
            key,
            cause,
            message,
        )?;
        self.worked.dealt += 1;
        Ok(())
    }
}
