//! Addresses of files across the two sites, resolved in bulk.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use frappe_sync_mapper::{FILE, FileAcross, FileAddress, files_of};
use frappe_sync_model::{BodyQuery, DocName, Document, Filter, Selection, Side, Site, StateStore};
use serde_json::Value;

use crate::Clock;
use crate::create::PLANNED_PREFIX;
use crate::error::{EngineError, OnSide};
use crate::session::Session;

/// The files that documents of a batch show, by side and path.
#[derive(Debug, Default)]
pub(crate) struct FileAddresses {
    known: HashMap<(Side, String), Vec<KnownFile>>,
}

/// A `File` that travels.
#[derive(Debug)]
struct KnownFile {
    name: DocName,
    /// Where its counterpart is; `None` where it has none yet.
    across: Option<FileAddress>,
}

impl FileAddresses {
    /// Looks up every file that these documents show, and its counterpart: two requests for a batch, none where
    /// nothing is shown.
    pub(crate) async fn resolve<'d, S: Site, T: StateStore, C: Clock>(
        &mut self,
        session: &Session<'_, S, T, C>,
        mapping: usize,
        side: Side,
        documents: impl IntoIterator<Item = &'d Document>,
    ) -> Result<(), EngineError> {
        let Some(files) = session.mapping_of(side, &FILE.into()) else {
            return Ok(());
        };
        let effective = &session.mappings[mapping];
        let paths: BTreeSet<String> = documents
            .into_iter()
            .flat_map(|document| files_of(effective, side, document))
            .map(|address| address.path)
            .filter(|path| !self.known.contains_key(&(side, path.clone())))
            .collect();
        if paths.is_empty() {
            return Ok(());
        }
        for path in &paths {
            self.known.insert((side, path.clone()), Vec::new());
        }
        let mut found: Vec<(String, DocName)> = Vec::new();
        let filters = vec![Filter::is_in("file_url", paths)];
        let read = read(session, files, side, Selection::Filters(filters)).await?;
        found.extend(read.into_iter().filter_map(|file| {
            let path = file_url(&file)?.to_owned();
            travels(session, files, side, &file).then(|| (path, file.name().clone()))
        }));
        let names: Vec<DocName> = found.iter().map(|(_, name)| name.clone()).collect();
        let across = counterparts(session, files, side, &names).await?;
        for (path, name) in found {
            let across = across.get(&name).cloned();
            let known = self.known.entry((side, path)).or_default();
            known.push(KnownFile { name, across });
        }
        Ok(())
    }

    /// Returns where a file is on the other side.
    pub(crate) fn across(&self, from: Side, asked: &FileAddress) -> FileAcross {
        let Some(known) = self.known.get(&(from, asked.path.clone())) else {
            return FileAcross::Unknown;
        };
        // Files of one address hold the same bytes; the one that is asked for by name goes first.
        let asked_for = known
            .iter()
            .find(|file| Some(&file.name) == asked.file.as_ref());
        let in_order = || asked_for.into_iter().chain(known);
        match in_order().find_map(|file| file.across.clone()) {
            Some(address) => FileAcross::At(address),
            None => in_order().next().map_or(FileAcross::Unknown, |file| {
                FileAcross::Waits(file.name.clone())
            }),
        }
    }
}

/// Tells whether a `File` is attached to a document whose files travel.
fn travels<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    files: usize,
    side: Side,
    file: &Document,
) -> bool {
    let attached_to = file.fields.get("attached_to_doctype");
    let attached_to = attached_to.and_then(Value::as_str).unwrap_or_default();
    let on = session.mappings[files].hangs.iter();
    let mut doctypes = on.flat_map(|hangs| &hangs.on);
    doctypes.any(|doctypes| doctypes[side] == *attached_to)
}

/// Returns where the counterparts of these files are.
async fn counterparts<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    files: usize,
    side: Side,
    names: &[DocName],
) -> Result<HashMap<DocName, FileAddress>, EngineError> {
    let other = side.other();
    let pairs = session
        .store()
        .counterparts(session.name_of(files), side, names)?;
    let across: BTreeMap<DocName, DocName> = pairs
        .into_iter()
        .filter(|pair| pair.gone.is_none())
        .map(|pair| (pair.name, pair.other))
        .collect();
    let (planned, stored): (Vec<&DocName>, Vec<&DocName>) = across
        .values()
        .partition(|name| name.as_str().starts_with(PLANNED_PREFIX));
    let mut urls: HashMap<DocName, String> = planned
        .into_iter()
        .map(|name| (name.clone(), name.to_string()))
        .collect();
    if !stored.is_empty() {
        let stored = Selection::Names(stored.into_iter().cloned().collect());
        for file in read(session, files, other, stored).await? {
            if let Some(url) = file_url(&file) {
                urls.insert(file.name().clone(), url.to_owned());
            }
        }
    }
    Ok(across
        .into_iter()
        .filter_map(|(name, other)| {
            let path = urls.get(&other)?.clone();
            let file = Some(other);
            Some((name, FileAddress { path, file }))
        })
        .collect())
}

async fn read<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    files: usize,
    side: Side,
    selection: Selection,
) -> Result<Vec<Document>, EngineError> {
    let query = BodyQuery {
        meta: &session.mappings[files].meta[side],
        selection,
        tables: Vec::new(),
    };
    session.site(side).documents(&query).await.on(side)
}

/// Returns the address of a `File`.
pub(super) fn file_url(file: &Document) -> Option<&str> {
    let url = file.fields.get("file_url")?.as_str()?;
    (!url.is_empty()).then_some(url)
}
