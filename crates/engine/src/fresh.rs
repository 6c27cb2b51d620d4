//! Documents without a pair: renamed, already there on the other side, or to be made.

use std::collections::{BTreeMap, HashMap, HashSet};

use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{
    Baseline, Batch, BodyQuery, DocKey, DocName, Document, Filter, Identity, Pair, ParkedCause,
    PerSide, Selection, Side, Site, StateStore, Todo, TodoReason, canonical,
};

use crate::create::Creator;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::links::{Links, folded};
use crate::recover::side_of;
use crate::report::NoteReport;
use crate::session::{Mode, Session};
use crate::view::View;
use crate::work::{Pass, Worked};
use crate::{Clock, paired};

/// Works on documents of `side` that have no pair.
pub(crate) async fn work<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    side: Side,
    keys: Vec<DocKey>,
    pass: Pass,
) -> Result<Worked, EngineError> {
    let mut fresh = Fresh {
        session,
        ledger,
        mapping,
        side,
        worked: Worked::default(),
    };
    let keys = fresh.not_under_way(keys);
    let keys = fresh.not_renamed(keys).await?;
    if keys.is_empty() {
        return Ok(fresh.worked);
    }
    let names: Vec<DocName> = keys.iter().map(|key| key.name.clone()).collect();
    let documents = fresh.read(side, Selection::Names(names)).await?;
    fresh.gone(&keys, &documents)?;
    let documents = fresh.only_drafts(documents)?;
    let matched = fresh.match_up(documents).await?;
    if !matched.pairs.is_empty() {
        fresh.ledger.summary.link += matched.pairs.len() as u64;
        let worked =
            paired::decide_and_write(session, fresh.ledger, mapping, side, matched.pairs, pass)
                .await?;
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
struct Matched {
    /// Documents with their counterpart, as pairs without baselines.
    pairs: Vec<(Pair, PerSide<Document>)>,
    /// Documents that stand on this side only.
    alone: Vec<Document>,
}

struct Fresh<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    ledger: &'a mut Ledger,
    mapping: usize,
    side: Side,
    worked: Worked,
}

impl<S: Site, T: StateStore, C: Clock> Fresh<'_, '_, S, T, C> {
    fn effective(&self) -> &EffectiveMapping {
        &self.session.mappings[self.mapping]
    }

    /// Leaves those queued whose counterpart may just be being made.
    fn not_under_way(&self, keys: Vec<DocKey>) -> Vec<DocKey> {
        let name = self.session.name_of(self.mapping);
        keys.into_iter()
            .filter(|key| !self.ledger.is_under_way(name, self.side, &key.name))
            .collect()
    }

    /// Finds those that are known under another name: `creation` and `owner` survive a rename.
    async fn not_renamed(&mut self, keys: Vec<DocKey>) -> Result<Vec<DocKey>, EngineError> {
        let (session, side) = (self.session, self.side);
        let name = session.name_of(self.mapping);
        let creations: Vec<_> = keys.iter().filter_map(|key| key.creation.clone()).collect();
        let known = session
            .store()
            .counterparts_by_creation(name, side, &creations)?;
        if known.is_empty() {
            return Ok(keys);
        }
        let old_names: Vec<DocName> = known.iter().map(|pair| pair.name.clone()).collect();
        let doctype = &session.mappings[self.mapping].doctypes[side];
        let still_there: HashSet<DocName> = session
            .site(side)
            .existing(doctype, &old_names)
            .await
            .on(side)?
            .into_iter()
            .collect();
        let vanished: Vec<DocName> = old_names
            .into_iter()
            .filter(|name| !still_there.contains(name))
            .collect();
        let mut free: Vec<Pair> = session.store().pairs(name, side, &vanished)?;
        let mut batch = Batch::default();
        let mut rest = Vec::new();
        for key in keys {
            let fits = |pair: &Pair| {
                pair.sides[side].creation == key.creation && pair.sides[side].owner == key.owner
            };
            let Some(at) = free.iter().position(fits) else {
                rest.push(key);
                continue;
            };
            let mut pair = free.remove(at);
            let message = format!("was `{}`; the pair goes on", pair.sides[side].name);
            self.ledger.notes.insert(NoteReport {
                kind: "renamed".to_owned(),
                site: side,
                doctype: doctype.clone(),
                name: Some(key.name.clone()),
                message,
            });
            pair.sides[side].name = key.name.clone();
            pair.open = true;
            batch.pairs.push(pair);
            let todo = Todo {
                key,
                reason: TodoReason::OpenPair,
            };
            batch.again.push((name.clone(), side, todo));
            self.worked.waiting += 1;
            self.worked.dealt += 1;
        }
        session.store().commit(&batch)?;
        Ok(rest)
    }

    async fn read(&self, side: Side, selection: Selection) -> Result<Vec<Document>, EngineError> {
        let effective = self.effective();
        let query = BodyQuery {
            meta: &effective.meta[side],
            selection,
            tables: effective.table_fields(side),
        };
        self.session.site(side).documents(&query).await.on(side)
    }

    /// Takes those off the queue that are not there any more.
    fn gone(&mut self, keys: &[DocKey], documents: &[Document]) -> Result<(), EngineError> {
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

    /// Parks submitted and cancelled documents.
    fn only_drafts(&mut self, documents: Vec<Document>) -> Result<Vec<Document>, EngineError> {
        let (drafts, others): (Vec<_>, Vec<_>) = documents
            .into_iter()
            .partition(|document| document.docstatus == 0);
        for document in others {
            let state = if document.docstatus == 1 {
                "submitted"
            } else {
                "cancelled"
            };
            let message = format!(
                "it is {state}; this version brings over drafts only (submitting, cancelling and \
                 amending come with the next one)"
            );
            self.park(&document.key, ParkedCause::Docstatus, message)?;
        }
        Ok(drafts)
    }

    fn park(
        &mut self,
        key: &DocKey,
        cause: ParkedCause,
        message: String,
    ) -> Result<(), EngineError> {
        let name = self.session.name_of(self.mapping);
        let now = self.session.parts.clock.now();
        let parked = self.ledger.park(name, self.side, key, cause, message, now);
        let batch = Batch {
            done: vec![(name.clone(), self.side, key.name.clone())],
            park: vec![parked],
            ..Batch::default()
        };
        self.session.store().commit(&batch)?;
        self.worked.dealt += 1;
        Ok(())
    }

    /// Looks across by identity.
    async fn match_up(&mut self, documents: Vec<Document>) -> Result<Matched, EngineError> {
        let other = self.side.other();
        let candidates = match self.effective().identity.clone() {
            Identity::Name => {
                let names = documents
                    .iter()
                    .map(|document| document.name().clone())
                    .collect();
                self.read(other, Selection::Names(names)).await?
            }
            Identity::Key(fields) => self.by_key(&documents, &fields).await?,
            Identity::Create => self.made_by_hooks().await?,
        };
        let names: Vec<DocName> = candidates
            .iter()
            .map(|found| found.name().clone())
            .collect();
        let name = self.session.name_of(self.mapping);
        let taken: HashSet<DocName> = self
            .session
            .store()
            .counterparts(name, other, &names)?
            .into_iter()
            .map(|pair| pair.name)
            .collect();
        let mut index = self.index(&documents, candidates)?;
        let mut matched = Matched::default();
        for document in documents {
            let Some(key) = self.identity_of(self.side, &document)? else {
                matched.alone.push(document);
                continue;
            };
            let found = index.get_mut(&key).map(std::mem::take).unwrap_or_default();
            let (busy, mut found): (Vec<_>, Vec<_>) = found
                .into_iter()
                .partition(|found| taken.contains(found.name()));
            match found.len() {
                0 if busy.is_empty() || self.effective().identity == Identity::Create => {
                    matched.alone.push(document);
                }
                0 => {
                    let message = format!(
                        "`{}` on site `{other}` is what it should pair with, but is the counterpart of \
                         another document",
                        busy[0].name()
                    );
                    self.park(&document.key, ParkedCause::Collision, message)?;
                }
                1 => {
                    let counterpart = found.remove(0);
                    matched.pairs.push(self.pair(document, counterpart));
                }
                several => {
                    let names: Vec<&str> =
                        found.iter().map(|found| found.name().as_str()).collect();
                    let message = format!(
                        "{several} documents of site `{other}` have its identity: {}",
                        names.join(", ")
                    );
                    self.park(&document.key, ParkedCause::AmbiguousIdentity, message)?;
                }
            }
        }
        Ok(matched)
    }

    fn index(
        &self,
        documents: &[Document],
        candidates: Vec<Document>,
    ) -> Result<BTreeMap<String, Vec<Document>>, EngineError> {
        let other = self.side.other();
        let mut index: BTreeMap<String, Vec<Document>> = BTreeMap::new();
        if self.effective().identity == Identity::Create {
            // Without an identity, only a document that says the same in everything is the same one.
            let links = self.links(documents, &candidates)?;
            for candidate in candidates {
                let view = self.view(other, &candidate, &links);
                let twin = documents.iter().find(|document| {
                    let own = self.view(self.side, document, &links);
                    holds_nothing_else(&view, &own)
                });
                if let Some(twin) = twin {
                    index
                        .entry(folded(twin.name()))
                        .or_default()
                        .push(candidate);
                }
            }
            return Ok(index);
        }
        for candidate in candidates {
            if let Some(key) = self.identity_of(other, &candidate)? {
                index.entry(key).or_default().push(candidate);
            }
        }
        Ok(index)
    }

    fn links(&self, documents: &[Document], candidates: &[Document]) -> Result<Links, EngineError> {
        let mut links = Links::new(self.session);
        links.resolve(self.session, self.mapping, self.side, documents)?;
        links.resolve(self.session, self.mapping, self.side.other(), candidates)?;
        Ok(links)
    }

    fn view(&self, side: Side, document: &Document, links: &Links) -> View {
        View::new(
            &self.session.fingerprints,
            self.effective(),
            side,
            document,
            links,
        )
    }

    /// Returns what makes a document the one that it is, alike on both sides; `None` where a part of its
    /// natural key is empty or names a document without counterpart.
    fn identity_of(&self, side: Side, document: &Document) -> Result<Option<String>, EngineError> {
        let effective = self.effective();
        let Identity::Key(fields) = &effective.identity else {
            return Ok(Some(folded(document.name())));
        };
        let mut links = Links::new(self.session);
        links.resolve(self.session, self.mapping, side, [document])?;
        let mut key = String::new();
        for id in fields {
            let Some(field) = effective.fields.iter().find(|field| &field.id == id) else {
                return Ok(None);
            };
            let Some(value) = document.fields.get(field.names[side].as_str()) else {
                return Ok(None);
            };
            let value = match side {
                Side::A => crate::compose::field_value(
                    field,
                    side,
                    &document.fields,
                    &document.fields,
                    &links,
                )
                .ok(),
                Side::B => Some(value.clone()),
            };
            let Some(value) = value else { return Ok(None) };
            let form = canonical(&value, field.meta.b.kind);
            if form.is_empty() {
                return Ok(None);
            }
            key.push_str(&folded(&DocName::new(form.as_str())));
            key.push('\u{1f}');
        }
        Ok(Some(key))
    }

    async fn by_key(
        &self,
        documents: &[Document],
        fields: &[frappe_sync_model::FieldName],
    ) -> Result<Vec<Document>, EngineError> {
        let effective = self.effective();
        let other = self.side.other();
        let Some(field) = fields
            .first()
            .and_then(|id| effective.fields.iter().find(|field| &field.id == id))
        else {
            return Ok(Vec::new());
        };
        let links = self.links(documents, &[])?;
        let values: std::collections::BTreeSet<String> = documents
            .iter()
            .filter_map(|document| {
                let fields = &document.fields;
                crate::compose::field_value(field, self.side, fields, fields, &links).ok()
            })
            .map(|value| {
                canonical(&value, field.meta[other].kind)
                    .as_str()
                    .to_owned()
            })
            .filter(|value| !value.is_empty())
            .collect();
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let filter = Filter::is_in(field.names[other].as_str(), values);
        self.read(other, Selection::Filters(vec![filter])).await
    }

    /// Reads what appeared under our own user without a create of ours: hooks make contacts, prices and
    /// addresses by themselves.
    async fn made_by_hooks(&mut self) -> Result<Vec<Document>, EngineError> {
        let other = self.side.other();
        let session = self.session;
        if session.mode == Mode::Plan || !self.effective().direction.writes_to(other) {
            return Ok(Vec::new());
        }
        let name = session.name_of(self.mapping).clone();
        let since = self
            .ledger
            .looked_until
            .get(&(name.clone(), other))
            .unwrap_or(&session.started[other])
            .clone();
        let now = session.facts[other]
            .clock
            .local_at(session.parts.clock.now());
        self.ledger.looked_until.insert(
            (name.clone(), other),
            now.earlier(chrono::TimeDelta::seconds(5)),
        );
        let filters = [
            Filter::new("owner", "=", session.facts[other].user.as_str()),
            Filter::new("creation", ">=", since.as_str()),
        ];
        let doctype = &self.effective().doctypes[other];
        let keys = session
            .site(other)
            .matching_keys(doctype, &filters)
            .await
            .on(other)?;
        let names: Vec<DocName> = keys.into_iter().map(|key| key.name).collect();
        let ours: HashSet<DocName> = session
            .store()
            .counterparts(&name, other, &names)?
            .into_iter()
            .map(|pair| pair.name)
            .collect();
        let strangers: Vec<DocName> = names
            .into_iter()
            .filter(|name| !ours.contains(name))
            .collect();
        if strangers.is_empty() {
            return Ok(Vec::new());
        }
        self.read(other, Selection::Names(strangers)).await
    }

    fn pair(&self, document: Document, counterpart: Document) -> (Pair, PerSide<Document>) {
        let documents = match self.side {
            Side::A => PerSide {
                a: document,
                b: counterpart,
            },
            Side::B => PerSide {
                a: counterpart,
                b: document,
            },
        };
        let pair = Pair {
            id: None,
            mapping: self.session.name_of(self.mapping).clone(),
            sides: documents.as_ref().map(|document| side_of(&document.key)),
            open: false,
            baseline: Baseline::default(),
        };
        (pair, documents)
    }

    /// Takes those off the queue that this mapping does not bring over.
    fn may_be_made(&mut self, alone: Vec<Document>) -> Result<Vec<Document>, EngineError> {
        if self.effective().direction.writes_to(self.side.other()) {
            return Ok(alone);
        }
        let name = self.session.name_of(self.mapping).clone();
        let mut done = Vec::new();
        for document in &alone {
            done.push((name.clone(), self.side, document.name().clone()));
            self.ledger.notes.insert(NoteReport {
                kind: "only_here".to_owned(),
                site: self.side,
                doctype: self.effective().doctypes[self.side].clone(),
                name: Some(document.name().clone()),
                message: "has no counterpart, and the mapping does not write to the other site"
                    .to_owned(),
            });
        }
        self.worked.dealt += done.len();
        self.session.store().commit(&Batch {
            done,
            ..Batch::default()
        })?;
        Ok(Vec::new())
    }
}

/// Tells whether all that `candidate` holds is also held by `document`, and that it holds something.
fn holds_nothing_else(candidate: &View, document: &View) -> bool {
    let mut something = false;
    let mut contained = |held: &HashMap<_, _>, other: &HashMap<_, _>| {
        held.iter().all(
            |(id, value): (
                &&frappe_sync_model::FieldName,
                &&frappe_sync_planner::SideValue,
            )| {
                if value.empty {
                    return true;
                }
                something = true;
                other
                    .get(id)
                    .is_some_and(|there: &&frappe_sync_planner::SideValue| {
                        value.common.is_some() && value.common == there.common
                    })
            },
        )
    };
    let fields = contained(
        &candidate.fields.iter().collect(),
        &document.fields.iter().collect(),
    );
    let tables = candidate.tables.iter().all(|(id, rows)| {
        let Some(other) = document.tables.get(id) else {
            return rows.is_empty();
        };
        rows.len() <= other.len()
            && rows.iter().zip(other).all(|(row, there)| {
                contained(&row.fields.iter().collect(), &there.fields.iter().collect())
            })
    });
    fields && tables && something
}
