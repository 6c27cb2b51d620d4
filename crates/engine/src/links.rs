//! Links across the two sites, resolved in bulk.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use frappe_sync_mapper::{
    FileAcross, FileAddress, LinkContext, clearing_links_of, links_of, row_parents_of,
};
use frappe_sync_model::{DocName, DocType, Document, Pair, Side, Site, StateStore};

use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::hanging::FileAddresses;
use crate::session::Session;

/// Counterparts of the documents that a batch links to.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// DocTypes of either side that are mapped, with their name across.
    across: HashMap<(Side, DocType), DocType>,
    /// Counterparts that are known.
    names: HashMap<(Side, DocType, DocName), DocName>,
    /// Counterparts of rows that are known, by DocType and name of their document.
    rows: HashMap<(Side, DocType, DocName), HashMap<DocName, DocName>>,
    /// Files that are shown.
    files: FileAddresses,
    /// Documents of unmapped DocTypes that the other side lacks.
    lacking: HashSet<(Side, DocType, DocName)>,
}

impl Links {
    /// Knows which DocTypes are mapped, and no counterpart yet.
    pub(crate) fn new<S: Site, T: StateStore, C: Clock>(session: &Session<'_, S, T, C>) -> Self {
        let across = session.mappings.iter().flat_map(|mapping| {
            Side::BOTH.map(|side| {
                (
                    (side, mapping.doctypes[side].clone()),
                    mapping.doctypes[side.other()].clone(),
                )
            })
        });
        Self {
            across: across.collect(),
            names: HashMap::new(),
            rows: HashMap::new(),
            files: FileAddresses::default(),
            lacking: HashSet::new(),
        }
    }

    /// Asks for the documents of unmapped DocTypes that these link to by fields which may stay empty; every other such
    /// link is asked for before it is written.
    pub(crate) async fn ask_for_clearing<'d, S: Site, T: StateStore, C: Clock>(
        &mut self,
        session: &Session<'_, S, T, C>,
        known: &mut KnownTargets,
        mapping: usize,
        from: Side,
        documents: impl IntoIterator<Item = &'d Document>,
    ) -> Result<(), EngineError> {
        let effective = &session.mappings[mapping];
        let wanted: BTreeSet<(DocType, DocName)> = documents
            .into_iter()
            .flat_map(|document| clearing_links_of(effective, from, document))
            .filter(|(doctype, _)| session.mapping_of(from, doctype).is_none())
            .collect();
        if !wanted.is_empty() {
            let absent = known.missing(session, from.other(), wanted).await?;
            self.lack(from, &absent);
        }
        Ok(())
    }

    /// Knows that the other side lacks these documents of unmapped DocTypes.
    pub(crate) fn lack(&mut self, from: Side, absent: &HashSet<(DocType, DocName)>) {
        let absent = absent.iter().cloned();
        self.lacking
            .extend(absent.map(|(doctype, name)| (from, doctype, name)));
    }

    /// Knows the documents of these pairs as counterparts of each other, stored or not.
    pub(crate) fn know<'d, S: Site, T: StateStore, C: Clock>(
        &mut self,
        session: &Session<'_, S, T, C>,
        mapping: usize,
        pairs: impl IntoIterator<Item = &'d Pair>,
    ) {
        for pair in pairs {
            for side in Side::BOTH {
                let doctype = session.mappings[mapping].doctypes[side].clone();
                let name = pair.sides[side].name.clone();
                let other = pair.sides[side.other()].name.clone();
                self.names.insert((side, doctype, name), other);
            }
        }
    }

    /// Looks up the counterparts of everything that these documents link to or show.
    pub(crate) async fn resolve_all<'d, S: Site, T: StateStore, C: Clock>(
        &mut self,
        session: &Session<'_, S, T, C>,
        mapping: usize,
        side: Side,
        documents: impl IntoIterator<Item = &'d Document> + Clone,
    ) -> Result<(), EngineError> {
        self.resolve(session, mapping, side, documents.clone())?;
        self.files.resolve(session, mapping, side, documents).await
    }

    /// Looks up the counterparts of everything that these documents link to.
    pub(crate) fn resolve<'d, S: Site, T: StateStore, C: Clock>(
        &mut self,
        session: &Session<'_, S, T, C>,
        mapping: usize,
        side: Side,
        documents: impl IntoIterator<Item = &'d Document> + Clone,
    ) -> Result<(), EngineError> {
        self.resolve_rows(session, mapping, side, documents.clone())?;
        let mut wanted: BTreeMap<usize, BTreeSet<DocName>> = BTreeMap::new();
        for document in documents {
            for (doctype, name) in links_of(&session.mappings[mapping], side, document) {
                if let Some(target) = session.mapping_of(side, &doctype) {
                    wanted.entry(target).or_default().insert(name);
                }
            }
        }
        for (target, names) in wanted {
            let names: Vec<DocName> = names.into_iter().collect();
            let doctype = &session.mappings[target].doctypes[side];
            for found in session
                .store()
                .counterparts(session.name_of(target), side, &names)?
            {
                if found.gone.is_some() {
                    // Its counterpart was deleted: there is nothing to link to.
                    continue;
                }
                self.names
                    .insert((side, doctype.clone(), found.name), found.other);
            }
        }
        Ok(())
    }

    /// Looks up the counterparts of the rows of everything of which these documents name rows.
    fn resolve_rows<'d, S: Site, T: StateStore, C: Clock>(
        &mut self,
        session: &Session<'_, S, T, C>,
        mapping: usize,
        side: Side,
        documents: impl IntoIterator<Item = &'d Document>,
    ) -> Result<(), EngineError> {
        let mut wanted: BTreeMap<DocType, BTreeSet<DocName>> = BTreeMap::new();
        for document in documents {
            for (doctype, name) in row_parents_of(&session.mappings[mapping], side, document) {
                wanted.entry(doctype).or_default().insert(name);
            }
        }
        for (doctype, names) in wanted {
            let Some(target) = session.mapping_of(side, &doctype) else {
                continue;
            };
            let names: Vec<DocName> = names.into_iter().collect();
            let pairs = session
                .store()
                .pairs(session.name_of(target), side, &names)?;
            for pair in pairs.into_iter().filter(|pair| pair.gone.is_none()) {
                let rows = pair.baseline.tables.values().flatten().map(|row| {
                    let across = &row.names[side.other()];
                    // A plan knows what it makes by the stand-in of the document only.
                    let across = match across.as_str() {
                        "" => &pair.sides[side.other()].name,
                        _ => across,
                    };
                    (row.names[side].clone(), across.clone())
                });
                let place = (side, doctype.clone(), pair.sides[side].name.clone());
                self.rows.insert(place, rows.collect());
            }
        }
        Ok(())
    }
}

impl LinkContext for Links {
    fn doctype_across(&self, from: Side, doctype: &DocType) -> Option<DocType> {
        // An unmapped DocType is expected under the same name on both sides.
        Some(
            self.across
                .get(&(from, doctype.clone()))
                .unwrap_or(doctype)
                .clone(),
        )
    }

    fn counterpart(&self, from: Side, doctype: &DocType, name: &DocName) -> Option<DocName> {
        if self.across.contains_key(&(from, doctype.clone())) {
            return self
                .names
                .get(&(from, doctype.clone(), name.clone()))
                .cloned();
        }
        // So is a document of an unmapped DocType; that it exists is checked before it is written.
        let place = (from, doctype.clone(), name.clone());
        (!self.lacking.contains(&place)).then(|| name.clone())
    }

    fn row_across(
        &self,
        from: Side,
        doctype: &DocType,
        parent: &DocName,
        row: &DocName,
    ) -> Option<DocName> {
        let rows = self.rows.get(&(from, doctype.clone(), parent.clone()))?;
        rows.get(row).cloned()
    }

    fn file_across(&self, from: Side, address: &FileAddress) -> FileAcross {
        self.files.across(from, address)
    }
}

/// Documents of unmapped DocTypes that were found on a site, remembered for one run.
#[derive(Debug, Default)]
pub(crate) struct KnownTargets {
    known: HashSet<(Side, DocType, String)>,
}

/// More than this many are not remembered; they are asked for again.
const MOST_KNOWN: usize = 50_000;

impl KnownTargets {
    /// Returns those of `wanted` that do not exist on `side`. Frappe 14 and 15 accept some dangling
    /// links in silence (protocol 5.5), so this is asked before anything is written.
    pub(crate) async fn missing<S: Site, T: StateStore, C: Clock>(
        &mut self,
        session: &Session<'_, S, T, C>,
        side: Side,
        wanted: BTreeSet<(DocType, DocName)>,
    ) -> Result<HashSet<(DocType, DocName)>, EngineError> {
        if self.known.len() > MOST_KNOWN {
            self.known.clear();
        }
        let mut ask: BTreeMap<DocType, Vec<DocName>> = BTreeMap::new();
        for (doctype, name) in wanted {
            if !self.known.contains(&(side, doctype.clone(), folded(&name))) {
                ask.entry(doctype).or_default().push(name);
            }
        }
        let mut missing = HashSet::new();
        for (doctype, names) in ask {
            let found = session.site(side).existing(&doctype, &names).await;
            // A DocType that we may not list proves nothing; the site itself will judge the link.
            let found = match found {
                Err(error) if error.concerns_one_document() => continue,
                other => other.on(side)?,
            };
            let found: HashSet<String> = found.iter().map(folded).collect();
            for name in names {
                if found.contains(&folded(&name)) {
                    self.known.insert((side, doctype.clone(), folded(&name)));
                } else {
                    missing.insert((doctype.clone(), name));
                }
            }
        }
        Ok(missing)
    }
}

/// Folds a name roughly as a site's collation does (protocol 3.2). Only used to match what the site
/// itself returned for a name that was asked for.
pub(crate) fn folded(name: &DocName) -> String {
    name.as_str().trim_end().to_lowercase()
}
