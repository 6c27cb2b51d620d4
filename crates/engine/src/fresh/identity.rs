//! Looking across by identity.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use frappe_sync_mapper::Hanging;
use frappe_sync_model::{
    Baseline, Deletes, DocName, Document, FieldName, Filter, Identity, Pair, ParkedCause,
    Selection, Side, Site, StateStore, TodoReason, canonical,
};

use super::batch::{Fresh, Matched};
use super::hooks::holds_nothing_else;
use crate::Clock;
use crate::compose::field_value;
use crate::error::EngineError;
use crate::hanging::{file_name, pick, pick_comment};
use crate::links::{Links, folded};
use crate::stage::DOCSTATUS;
use crate::view::View;

impl<S: Site, T: StateStore, C: Clock> Fresh<'_, '_, S, T, C> {
    /// Looks across by identity.
    pub(super) async fn match_up(
        &mut self,
        documents: Vec<Document>,
    ) -> Result<Matched, EngineError> {
        let other = self.side.other();
        let mut matched = Matched::default();
        let documents = self.amendments(documents, &mut matched).await?;
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
        let mut taken: HashSet<DocName> = HashSet::new();
        let mut left: Vec<DocName> = Vec::new();
        for pair in self.session.store().counterparts(name, other, &names)? {
            match pair.gone {
                // Its counterpart was deleted, so it is free for a document that takes that one's place.
                Some(_) => left.push(pair.name),
                None => drop(taken.insert(pair.name)),
            }
        }
        taken.extend(self.renamed_since(&candidates).await?);
        // What is just being made on this side is not free, whatever it is called by now.
        let is_under_way = |found: &&Document| self.ledger.is_under_way(name, other, &found.key);
        let under_way = candidates.iter().filter(is_under_way);
        let under_way: HashSet<DocName> = under_way.map(|found| found.name().clone()).collect();
        let mut tombstones: HashMap<DocName, Pair> = HashMap::new();
        for pair in self.session.store().pairs(name, other, &left)? {
            tombstones.insert(pair.sides[other].name.clone(), pair);
        }
        let mut index = self.index(&documents, candidates)?;
        let file_names = self.file_names(&documents)?;
        for document in documents {
            let Some(key) = self.identity_of(self.side, &document)? else {
                matched.alone.push(document);
                continue;
            };
            let mut found = index.get_mut(&key).map(std::mem::take).unwrap_or_default();
            // An amendment has the natural key of what it amends, and is another document.
            let amends = self.amended(self.side, &document).is_some();
            found.retain(|found| self.amended(other, found).is_some() == amends);
            if found.iter().any(|found| under_way.contains(found.name())) {
                continue;
            }
            let (busy, mut found): (Vec<_>, Vec<_>) = found
                .into_iter()
                .partition(|found| taken.contains(found.name()));
            if let Some(hangs) = &self.effective().hangs {
                // Equal files on one document are not the same one, nor are two comments of one author; and none is in the
                // way of another.
                let picked = match hangs.what {
                    Hanging::Files => {
                        let names = file_names.get(&key).map_or(&[][..], Vec::as_slice);
                        pick(&document, &mut found, names)
                    }
                    Hanging::Comments => pick_comment(&document, &mut found),
                    Hanging::Tags => found.pop(),
                };
                index.insert(key, std::mem::take(&mut found));
                found.extend(picked);
                if found.is_empty() {
                    matched.alone.push(document);
                    continue;
                }
            }
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
                    let (mut pair, documents) = self.pair(document, counterpart);
                    if let Some(tombstone) = tombstones.remove(&pair.sides[other].name) {
                        if self.is_left_for_removal(&documents[other])? {
                            let place = (name.clone(), other, documents[other].name().clone());
                            let own = documents[self.side].key.clone();
                            self.ledger.wait_for_removal(place, (self.side, own));
                            continue;
                        }
                        pair = self.revived(tombstone, pair);
                    }
                    matched.pairs.push((pair, documents));
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
        self.adopt(&mut matched).await?;
        Ok(matched)
    }

    /// Returns the names of files by what makes them the same one.
    fn file_names(
        &self,
        documents: &[Document],
    ) -> Result<HashMap<String, Vec<String>>, EngineError> {
        let mut names: HashMap<String, Vec<String>> = HashMap::new();
        if self.effective().is_of_files() {
            for document in documents {
                if let Some(key) = self.identity_of(self.side, document)? {
                    let name = file_name(document).to_owned();
                    names.entry(key).or_default().push(name);
                }
            }
        }
        Ok(names)
    }

    /// Tells whether a document whose counterpart was deleted is about to be deleted too: then what would pair with it
    /// waits.
    fn is_left_for_removal(&self, document: &Document) -> Result<bool, EngineError> {
        let name = std::slice::from_ref(document.name());
        let mapping = self.session.name_of(self.mapping);
        let queued = self
            .session
            .store()
            .queued(mapping, self.side.other(), name)?;
        Ok(self.effective().deletes == Deletes::Propagate
            && queued
                .iter()
                .any(|todo| todo.reason == TodoReason::Vanished))
    }

    /// Lets a document take the place of a deleted one. The baselines stay: what the deleted one held is not taken back
    /// from the document that was left.
    fn revived(&self, tombstone: Pair, fresh: Pair) -> Pair {
        let mut pair = Pair {
            open: true,
            gone: None,
            sides: fresh.sides,
            ..tombstone
        };
        // How far the deleted one had got says nothing of the new one.
        pair.baseline.fields.remove(DOCSTATUS);
        pair
    }

    pub(super) fn index(
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

    pub(super) fn links(
        &self,
        documents: &[Document],
        candidates: &[Document],
    ) -> Result<Links, EngineError> {
        let mut links = Links::new(self.session);
        links.resolve(self.session, self.mapping, self.side, documents)?;
        links.resolve(self.session, self.mapping, self.side.other(), candidates)?;
        Ok(links)
    }

    pub(super) fn view(&self, side: Side, document: &Document, links: &Links) -> View {
        let mut view = View::new(
            &self.session.fingerprints,
            self.effective(),
            side,
            document,
            links,
        );
        view.drop_hidden(side, &Baseline::default());
        view
    }

    /// Returns what makes a document the one that it is, alike on both sides; `None` where its whole natural
    /// key is empty, or names a document without counterpart. A part that is empty equals an empty one.
    pub(super) fn identity_of(
        &self,
        side: Side,
        document: &Document,
    ) -> Result<Option<String>, EngineError> {
        let effective = self.effective();
        let Identity::Key(fields) = &effective.identity else {
            return Ok(Some(folded(document.name())));
        };
        let mut links = Links::new(self.session);
        links.resolve(self.session, self.mapping, side, [document])?;
        let mut key = String::new();
        let mut says_something = false;
        for id in fields {
            let Some(field) = effective.fields.iter().find(|field| &field.id == id) else {
                return Ok(None);
            };
            let Some(value) = document.fields.get(field.names[side].as_str()) else {
                return Ok(None);
            };
            let value = match side {
                Side::A => {
                    field_value(field, side, &document.fields, &document.fields, &links).ok()
                }
                Side::B => Some(value.clone()),
            };
            let Some(value) = value else { return Ok(None) };
            let form = canonical(&value, field.meta.b.kind);
            says_something |= !form.is_empty();
            key.push_str(&folded(&DocName::new(form.as_str())));
            key.push('\u{1f}');
        }
        Ok(says_something.then_some(key))
    }

    /// Reads what may have the natural key of one of these documents: each is looked for by the first part
    /// of its key that is not empty.
    pub(super) async fn by_key(
        &self,
        documents: &[Document],
        fields: &[FieldName],
    ) -> Result<Vec<Document>, EngineError> {
        let effective = self.effective();
        let other = self.side.other();
        let links = self.links(documents, &[])?;
        let mut wanted: BTreeMap<&FieldName, BTreeSet<String>> = BTreeMap::new();
        for document in documents {
            let given = &document.fields;
            let part = fields.iter().find_map(|id| {
                let field = effective.fields.iter().find(|field| &field.id == id)?;
                let value = field_value(field, self.side, given, given, &links).ok()?;
                let form = canonical(&value, field.meta[other].kind);
                (!form.is_empty()).then(|| (&field.names[other], form.as_str().to_owned()))
            });
            if let Some((field, value)) = part {
                wanted.entry(field).or_default().insert(value);
            }
        }
        let mut found: BTreeMap<DocName, Document> = BTreeMap::new();
        for (field, values) in wanted {
            let filter = Filter::is_in(field.as_str(), values);
            let read = self.read(other, Selection::Filters(vec![filter])).await?;
            found.extend(
                read.into_iter()
                    .map(|document| (document.name().clone(), document)),
            );
        }
        Ok(found.into_values().collect())
    }
}
