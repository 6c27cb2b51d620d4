//! Looking for documents by what survives a rename.

use std::collections::{HashMap, HashSet};

use frappe_sync_model::{
    Deletion, DocKey, DocName, Filter, Pair, Renaming, Side, Site, SiteErrorKind, SiteTime,
    StateStore, TraceQuery,
};

use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::session::Session;

/// This many names or moments go into one request.
const ASKED_AT_ONCE: usize = 500;

/// Reads the keys of these names, past every filter.
pub(crate) async fn keys_of<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    names: &[DocName],
) -> Result<HashMap<DocName, DocKey>, EngineError> {
    let doctype = &session.mappings[mapping].doctypes[side];
    let mut found = HashMap::new();
    for names in names.chunks(ASKED_AT_ONCE) {
        let filter = Filter::is_in("name", names.iter().map(|name| name.as_str()));
        let keys = session.site(side).matching_keys(doctype, &[filter]).await;
        found.extend(
            keys.on(side)?
                .into_iter()
                .map(|key| (key.name.clone(), key)),
        );
    }
    Ok(found)
}

/// What was found of pairs whose document is not under its name any more.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Its key under the new name, by the old name.
    pub(crate) renamed: HashMap<DocName, DocKey>,
    /// Old names of which several documents could be the one: made at one moment by one user.
    pub(crate) unclear: HashSet<DocName>,
}

/// What was made at one moment by one user.
#[derive(Default)]
struct Alike<'a> {
    /// Pairs that have lost such a document.
    pairs: Vec<&'a Pair>,
    /// Such documents that have no pair of their own.
    keys: Vec<&'a DocKey>,
}

/// Looks for the documents of these pairs by `creation` and `owner`.
pub(crate) async fn found_by_creation<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    lost: &[&Pair],
) -> Result<Found, EngineError> {
    let mut creations: Vec<&SiteTime> = lost
        .iter()
        .filter_map(|pair| pair.sides[side].creation.as_ref())
        .collect();
    creations.sort();
    creations.dedup();
    let doctype = &session.mappings[mapping].doctypes[side];
    let mut candidates: Vec<DocKey> = Vec::new();
    for creations in creations.chunks(ASKED_AT_ONCE) {
        let filter = Filter::is_in("creation", creations.iter().map(|moment| moment.as_str()));
        let keys = session.site(side).matching_keys(doctype, &[filter]).await;
        candidates.extend(keys.on(side)?);
    }
    let candidates = without_pair(session, mapping, side, candidates)?;
    let mut found = Found::default();
    let mut by_origin: HashMap<(&SiteTime, &str), Alike> = HashMap::new();
    for pair in lost {
        let origin = &pair.sides[side];
        if let Some(creation) = &origin.creation {
            by_origin
                .entry((creation, &origin.owner))
                .or_default()
                .pairs
                .push(pair);
        }
    }
    for key in &candidates {
        if let Some(creation) = &key.creation
            && let Some(alike) = by_origin.get_mut(&(creation, key.owner.as_str()))
        {
            alike.keys.push(key);
        }
    }
    let mut twins = Vec::new();
    for Alike { pairs, keys } in by_origin.into_values() {
        match (pairs.as_slice(), keys.as_slice()) {
            (_, []) => {}
            ([pair], [key]) => {
                found
                    .renamed
                    .insert(pair.sides[side].name.clone(), (*key).clone());
            }
            _ => twins.push((pairs, keys)),
        }
    }
    for (pairs, keys) in twins {
        by_comments(session, mapping, side, &pairs, &keys, &mut found).await?;
    }
    Ok(found)
}

/// Leaves out the documents that have a pair of their own under the name that they have now.
fn without_pair<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    keys: Vec<DocKey>,
) -> Result<Vec<DocKey>, EngineError> {
    let names: Vec<DocName> = keys.iter().map(|key| key.name.clone()).collect();
    let known: HashMap<DocName, Option<SiteTime>> = session
        .store()
        .counterparts(session.name_of(mapping), side, &names)?
        .into_iter()
        .map(|pair| (pair.name, pair.creation))
        .collect();
    // A pair that knows the name with another `creation` speaks of a document that had it before.
    let is_its_own = |key: &DocKey| match known.get(&key.name) {
        Some(creation) => creation == &key.creation || creation.is_none(),
        None => false,
    };
    Ok(keys.into_iter().filter(|key| !is_its_own(key)).collect())
}

/// Tells documents that were made at one moment apart by the comments that renames leave.
async fn by_comments<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    pairs: &[&Pair],
    keys: &[&DocKey],
    found: &mut Found,
) -> Result<(), EngineError> {
    let names: Vec<DocName> = pairs
        .iter()
        .map(|pair| pair.sides[side].name.clone())
        .collect();
    let renamings = renamings_of(session, mapping, side, &names).await?;
    for name in names {
        let last = last_name(&renamings, &name);
        match keys.iter().find(|key| key.name == last) {
            Some(key) => {
                found.renamed.insert(name, (*key).clone());
            }
            None => {
                found.unclear.insert(name);
            }
        }
    }
    Ok(())
}

/// Reads what a site tells of renames and merges of these names; nothing where we may not read it.
pub(crate) async fn renamings_of<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    names: &[DocName],
) -> Result<Vec<Renaming>, EngineError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let query = TraceQuery {
        doctypes: vec![session.mappings[mapping].doctypes[side].clone()],
        since: None,
        names: names.to_vec(),
    };
    renamings(session, side, &query).await
}

/// Reads what a site tells of renames and merges; nothing where we may not read it.
pub(crate) async fn renamings<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
    query: &TraceQuery,
) -> Result<Vec<Renaming>, EngineError> {
    match session.site(side).renamings(query).await {
        Err(error) if error.kind == SiteErrorKind::NotPermitted => Ok(Vec::new()),
        other => other.on(side),
    }
}

/// Reads what a site tells of deletes of these names; `None` where we may not read it.
pub(crate) async fn deletions_of<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    names: &[DocName],
) -> Result<Option<Vec<Deletion>>, EngineError> {
    if names.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let query = TraceQuery {
        doctypes: vec![session.mappings[mapping].doctypes[side].clone()],
        since: None,
        names: names.to_vec(),
    };
    match session.site(side).deletions(&query).await {
        Err(error) if error.kind == SiteErrorKind::NotPermitted => Ok(None),
        other => other.on(side).map(Some),
    }
}

/// Follows a document from name to name.
pub(crate) fn last_name(renamings: &[Renaming], name: &DocName) -> DocName {
    let mut name = name.clone();
    for renaming in renamings {
        if renaming.old == name {
            name = renaming.new.clone();
        }
    }
    name
}
