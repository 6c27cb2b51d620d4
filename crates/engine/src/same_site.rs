//! Whether a site is the site that it was: judged before anything else, since on another one every difference
//! would look like somebody's work.

use std::collections::{BTreeMap, HashMap, HashSet};

use frappe_sync_model::{
    DocKey, DocName, MappingName, PairSide, Presence, Side, Site, SiteErrorKind, SiteTime,
    StateStore, TraceQuery,
};

use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::report::GuardReport;
use crate::session::Session;
use crate::vanished::keys_of;

/// The name of the guard.
const SAME_SITE: &str = "same_site";

/// The documents that were settled last, by which a site is known.
const SAMPLE: usize = 50;

/// They are looked for in no more than this many DocTypes, one request each.
const MOST_DOCTYPES: usize = 2;

/// So many of the latest deletes are looked into, for one that was renamed first.
const MOST_RECORDS: usize = 20;

/// Checks that each side still has what was settled last: under its name, made when it was, and saved no
/// earlier; or renamed, or deleted with a trace.
///
/// # Errors
///
/// [`EngineError::Guard`] where the latest of them, or more than half of them, are not as they must be.
pub(crate) async fn judge<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
) -> Result<(), EngineError> {
    if session.parts.options.allow.contains(SAME_SITE) {
        return Ok(());
    }
    let (a, b) =
        futures::future::join(judge_side(session, Side::A), judge_side(session, Side::B)).await;
    a.and(b)
}

async fn judge_side<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
) -> Result<(), EngineError> {
    let sample = sample(session, side)?;
    let mut found: BTreeMap<usize, HashMap<DocName, DocKey>> = BTreeMap::new();
    for mapping in sample.iter().map(|(mapping, _)| *mapping) {
        if found.contains_key(&mapping) {
            continue;
        }
        let of_mapping = sample.iter().filter(|(of, _)| *of == mapping);
        let names: Vec<DocName> = of_mapping.map(|(_, own)| own.name.clone()).collect();
        found.insert(mapping, keys_of(session, mapping, side, &names).await?);
    }
    let mut wrong = Vec::new();
    for (place, (mapping, own)) in sample.iter().enumerate() {
        let key = found.get(mapping).and_then(|keys| keys.get(&own.name));
        if let Some(what) = wrongness(session, *mapping, side, own, key).await? {
            wrong.push((place, *mapping, own, what));
        }
    }
    let latest_is_wrong = wrong.first().is_some_and(|(place, ..)| *place == 0);
    let Some((_, mapping, own, what)) = wrong.first() else {
        return Ok(());
    };
    if !latest_is_wrong && wrong.len() * 2 <= sample.len() {
        return Ok(());
    }
    let doctype = &session.mappings[*mapping].doctypes[side];
    Err(EngineError::Guard(Box::new(GuardReport {
        name: SAME_SITE.to_owned(),
        limit: "what was settled last is still there".to_owned(),
        seen: format!("{} of {} are not", wrong.len(), sample.len()),
        mapping: None,
        message: format!(
            "site `{side}` is not the site that it was: {doctype} `{}`, one of the documents settled last, {what}",
            own.name
        ),
        remedy: "if the address is wrong or the two are swapped, put them right; if the site was restored from a \
                 backup or copied, run `state rebuild`, which pairs both sites anew and writes to neither; if \
                 documents were saved after its clock was put back, or removed by hand from the database, let \
                 this guard pass once"
            .to_owned(),
    })))
}

/// Returns the documents that were settled last, latest first, of at most so many mappings.
fn sample<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
) -> Result<Vec<(usize, PairSide)>, EngineError> {
    let mut sample = Vec::new();
    let mut mappings: Vec<MappingName> = Vec::new();
    let parked = parked_names(session, side)?;
    for (name, own) in session.store().last_settled(side, SAMPLE)? {
        // What is parked is not settled: what we saw last of it may be told in another clock's time.
        if parked.contains(&(name.clone(), own.name.clone())) {
            continue;
        }
        let Some(mapping) = session.mappings.iter().position(|m| m.name == name) else {
            continue;
        };
        if !mappings.contains(&name) {
            if mappings.len() == MOST_DOCTYPES {
                continue;
            }
            mappings.push(name);
        }
        sample.push((mapping, own));
    }
    Ok(sample)
}

/// Says what is wrong with a document of the sample; `None` where nothing is, or a trace explains it.
async fn wrongness<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    own: &PairSide,
    key: Option<&DocKey>,
) -> Result<Option<&'static str>, EngineError> {
    if let Some(key) = key
        && (own.creation.is_none() || key.creation == own.creation)
    {
        let older = is_older(session, mapping, side, own, key)?;
        return Ok(older.then_some("was saved earlier than we saw it"));
    }
    if is_explained(session, mapping, side, own).await? {
        return Ok(None);
    }
    Ok(Some(match key {
        Some(_) => "was made at another moment",
        None => "is not there, and nothing tells that it was deleted or renamed",
    }))
}

/// Tells whether a document was saved earlier than we saw it, beyond doubt: neither another zone nor the hour that
/// daylight saving repeats makes a later time look earlier.
fn is_older<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    own: &PairSide,
    key: &DocKey,
) -> Result<bool, EngineError> {
    let clock = &session.facts[side].clock;
    let cursor = session.store().cursor(session.name_of(mapping), side)?;
    if cursor.is_none_or(|cursor| cursor.time_zone != clock.time_zone.name()) {
        return Ok(false);
    }
    let instants = |time: &Option<SiteTime>| time.as_ref().and_then(|time| clock.instant_of(time));
    Ok(match (instants(&own.modified), instants(&key.modified)) {
        (Some((settled, _)), Some((_, now))) => settled > now,
        _ => false,
    })
}

/// Tells whether a document was renamed, deleted with a record, or is only hidden from us.
async fn is_explained<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    own: &PairSide,
) -> Result<bool, EngineError> {
    let site = session.site(side);
    let doctype = &session.mappings[mapping].doctypes[side];
    if let Some(creation) = &own.creation {
        let made_then = frappe_sync_model::Filter::new("creation", "=", creation.as_str());
        let keys = site.matching_keys(doctype, &[made_then]).await.on(side)?;
        if keys.iter().any(|key| key.owner == own.owner) {
            return Ok(true);
        }
    }
    let query = TraceQuery {
        doctypes: vec![doctype.clone()],
        since: own.creation.clone(),
        names: Vec::new(),
    };
    let records = match site.deletions(&query).await {
        // Without the records, a delete is as good as any other reason for one document to be missing.
        Err(error) if error.kind == SiteErrorKind::NotPermitted => return Ok(true),
        other => other.on(side)?,
    };
    if records.iter().any(|record| record.name == own.name) {
        return Ok(true);
    }
    // It may have been renamed first, and then the record has a name that we never saw.
    for record in records.iter().rev().take(MOST_RECORDS) {
        let key = site.deleted_key(&record.record).await.on(side)?;
        let is_it = |key: DocKey| key.creation == own.creation && key.owner == own.owner;
        if key.is_some_and(is_it) {
            return Ok(true);
        }
    }
    let presence = site.presence(doctype, &own.name).await.on(side)?;
    Ok(presence == Presence::Hidden)
}

/// Returns the names that parked documents and their counterparts have on a side.
fn parked_names<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
) -> Result<HashSet<(MappingName, DocName)>, EngineError> {
    let mut names = HashSet::new();
    let mut across: BTreeMap<MappingName, Vec<DocName>> = BTreeMap::new();
    for parked in session.store().parked(None)? {
        if parked.side == side {
            names.insert((parked.mapping, parked.key.name));
        } else {
            let of_mapping = across.entry(parked.mapping).or_default();
            of_mapping.push(parked.key.name);
        }
    }
    for (mapping, of_mapping) in across {
        let pairs = session
            .store()
            .counterparts(&mapping, side.other(), &of_mapping)?;
        names.extend(pairs.into_iter().map(|pair| (mapping.clone(), pair.other)));
    }
    Ok(names)
}
