//! What stays the same through one run: the sites' facts, the mappings in order, the fingerprints.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{
    BodyQuery, DocName, DocType, Document, Fingerprinter, Identity, MappingName, NameKeeping, Pair,
    PerSide, Selection, Side, Site, SiteFacts, SiteTime, StateStore,
};
use frappe_sync_planner::newer_side;

use crate::chosen::Part;
use crate::error::{EngineError, OnSide};
use crate::order::{edges, in_order};
use crate::{Clock, Parts};

/// Whether writes go to the sites or into a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Writes go to the sites.
    Run,
    /// Writes become operations of a plan; the store is a copy that is thrown away.
    Plan,
    /// Nothing is written: documents are paired, and what differs waits.
    Rebuild,
}

/// What one run works with, unchanging.
pub(crate) struct Session<'a, S, T, C> {
    /// What was given from outside.
    pub(crate) parts: &'a Parts<'a, S, T, C>,
    /// Run or plan.
    pub(crate) mode: Mode,
    /// What each site told of itself.
    pub(crate) facts: PerSide<SiteFacts>,
    /// The mappings, those that others link to first.
    pub(crate) mappings: Vec<EffectiveMapping>,
    /// For each mapping, the mappings that it links to.
    pub(crate) needs: Vec<HashSet<usize>>,
    /// Fingerprint of both sites' schema.
    pub(crate) schema: String,
    /// Makes fingerprints under the state file's key.
    pub(crate) fingerprints: Fingerprinter,
    /// Each site's time when the run began.
    pub(crate) started: PerSide<SiteTime>,
    /// When the run before this one ended; `None` where there was none, or it was killed.
    pub(crate) last_ended: Option<DateTime<Utc>>,
    /// Which mapping a DocType of a side belongs to.
    by_doctype: PerSide<HashMap<DocType, usize>>,
}

impl<'a, S: Site, T: StateStore, C: Clock> Session<'a, S, T, C> {
    /// Puts the mappings in order.
    pub(crate) fn new(
        parts: &'a Parts<'a, S, T, C>,
        mode: Mode,
        facts: PerSide<SiteFacts>,
        mappings: Vec<EffectiveMapping>,
        schema: String,
        last_ended: Option<DateTime<Utc>>,
    ) -> Self {
        let mappings = in_order(mappings);
        let by_doctype = PerSide::from_fn(|side| by_doctype(&mappings, side));
        let all: Vec<&EffectiveMapping> = mappings.iter().collect();
        let needs = edges(&all).into_iter().fold(
            vec![HashSet::new(); mappings.len()],
            |mut needs, edge| {
                needs[edge.from].insert(edge.to);
                needs
            },
        );
        let now = parts.clock.now();
        let started = PerSide::from_fn(|side| facts[side].clock.local_at(now));
        Self {
            parts,
            mode,
            mappings,
            needs,
            schema,
            fingerprints: Fingerprinter::new(parts.store.fingerprint_key()),
            started,
            last_ended,
            by_doctype,
            facts,
        }
    }

    /// Returns a site.
    pub(crate) fn site(&self, side: Side) -> &'a S {
        self.parts.sites[side]
    }

    /// Reads documents of a mapping with the child tables that travel, and with what its expressions make of them.
    pub(crate) async fn documents(
        &self,
        mapping: usize,
        side: Side,
        selection: Selection,
    ) -> Result<Vec<Document>, EngineError> {
        let effective = &self.mappings[mapping];
        let query = BodyQuery {
            meta: &effective.meta[side],
            selection,
            tables: effective.table_fields(side),
        };
        let mut documents = self.site(side).documents(&query).await.on(side)?;
        for document in &mut documents {
            effective.compute(side, document);
        }
        Ok(documents)
    }

    /// Reads the documents of pairs on one side, by name.
    pub(crate) async fn documents_of(
        &self,
        mapping: usize,
        side: Side,
        pairs: &[Pair],
    ) -> Result<HashMap<DocName, Document>, EngineError> {
        let names = pairs
            .iter()
            .map(|pair| pair.sides[side].name.clone())
            .collect();
        let documents = self
            .documents(mapping, side, Selection::Names(names))
            .await?;
        Ok(documents
            .into_iter()
            .map(|document| (document.name().clone(), document))
            .collect())
    }

    /// Returns the state.
    pub(crate) fn store(&self) -> &'a T {
        self.parts.store
    }

    /// Returns the mapping that a DocType of a side belongs to.
    pub(crate) fn mapping_of(&self, side: Side, doctype: &DocType) -> Option<usize> {
        self.by_doctype[side].get(doctype).copied()
    }

    /// Returns a mapping's name.
    pub(crate) fn name_of(&self, mapping: usize) -> &MappingName {
        &self.mappings[mapping].name
    }

    /// Returns the mappings that this run works on: all of them, unless it was asked for some.
    pub(crate) fn selected(&self) -> impl Iterator<Item = usize> + use<'_, 'a, S, T, C> {
        let only = &self.parts.options.only;
        (0..self.mappings.len()).filter(move |index| {
            let mapping = &self.mappings[*index];
            // Files and comments go with what they hang on.
            let on = mapping.hangs.iter().flat_map(|hangs| &hangs.on);
            let mut doctypes = std::iter::once(&mapping.doctypes).chain(on);
            only.is_empty()
                || doctypes.any(|names| only.contains(&names.a) || only.contains(&names.b))
        })
    }

    /// Tells how far a document of a side takes part in this run.
    pub(crate) fn part_of(&self, mapping: usize, side: Side, name: &DocName) -> Part {
        match &self.parts.options.chosen {
            Some(chosen) if chosen.side == side => chosen.part_of(self.name_of(mapping), name),
            _ => Part::Whole,
        }
    }

    /// Tells whether our own user saved a document last.
    pub(crate) fn is_ours(&self, side: Side, document: &Document) -> bool {
        document.modified_by == self.facts[side].user
    }

    /// Tells which of two documents people saved later, if the clocks allow to tell.
    ///
    /// A `modified` that our own write made says nothing of when a person changed the value.
    pub(crate) fn newer(&self, documents: PerSide<&Document>) -> Option<Side> {
        let instants = PerSide::from_fn(|side| {
            let document = documents[side];
            if self.is_ours(side, document) {
                return None;
            }
            self.facts[side]
                .clock
                .instant_of(document.key.modified.as_ref()?)
        });
        newer_side(instants.a, instants.b, TimeDelta::seconds(2))
    }

    /// Tells whether a document that is made on `side` gets the name of its source.
    pub(crate) fn name_is_certain(&self, mapping: usize, side: Side) -> bool {
        let mapping = &self.mappings[mapping];
        let naming = &mapping.meta[side].doctype.naming;
        let keeps = mapping.naming == NameKeeping::Keep
            && (mapping.loads_names(side) || naming.keeps_client_name());
        let is_taken = naming.is_chosen() || naming.keeps_client_name();
        keeps || (mapping.identity == Identity::Name && is_taken)
    }

    /// Tells whether the run was asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.parts.cancel.is_cancelled()
    }
}

fn by_doctype(mappings: &[EffectiveMapping], side: Side) -> HashMap<DocType, usize> {
    mappings
        .iter()
        .enumerate()
        .map(|(index, mapping)| (mapping.doctypes[side].clone(), index))
        .collect()
}
