//! Deletes and renames that the sites tell of themselves: a hint at what the next sweep would find anyway.

use std::collections::BTreeMap;

use frappe_sync_model::{
    DocName, DocType, Side, Site, SiteErrorKind, SiteTime, StateStore, Todo, TraceQuery,
};
use serde::{Deserialize, Serialize};

use crate::error::{EngineError, OnSide};
use crate::poll::vanished;
use crate::session::Session;
use crate::{Clock, Event};

/// Until when the traces of a side were read.
#[derive(Debug, Serialize, Deserialize)]
struct ReadUntil {
    /// The site's time.
    time: SiteTime,
    /// The zone that it was told in.
    time_zone: String,
}

/// Queues the paired documents of which a site says that they were deleted, renamed or merged since it was last
/// asked. One request each a side, for all mappings.
pub(crate) async fn follow<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
) -> Result<(), EngineError> {
    session.parts.progress.event(Event::Phase("traces"));
    let (a, b) =
        futures::future::join(follow_side(session, Side::A), follow_side(session, Side::B)).await;
    a.and(b)
}

async fn follow_side<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
) -> Result<(), EngineError> {
    let store = session.store();
    let note = format!("traces:{side}");
    let zone = session.facts[side].clock.time_zone.name();
    let last = store
        .note(&note)?
        .and_then(|note| serde_json::from_value::<ReadUntil>(note).ok());
    // Nothing can be missed at the beginning, nor under another zone: then every key is read.
    if let Some(last) = last.filter(|last| last.time_zone == zone) {
        let query = TraceQuery {
            doctypes: session
                .mappings
                .iter()
                .map(|mapping| mapping.doctypes[side].clone())
                .collect(),
            since: Some(last.time.earlier(session.parts.options.lag)),
            names: Vec::new(),
        };
        let named = names_in_traces(session, side, &query).await?;
        for (doctype, names) in named {
            let Some(mapping) = session.mapping_of(side, &doctype) else {
                continue;
            };
            let mapping = session.name_of(mapping);
            let todos: Vec<Todo> = store
                .counterparts(mapping, side, &names)?
                .iter()
                .filter(|pair| pair.gone.is_none())
                .map(vanished)
                .collect();
            if !todos.is_empty() {
                store.stage(mapping, side, &todos, None)?;
            }
        }
    }
    let until = ReadUntil {
        time: session.started[side].clone(),
        time_zone: zone.to_owned(),
    };
    if let Ok(value) = serde_json::to_value(&until) {
        store.put_note(&note, &value)?;
    }
    Ok(())
}

/// Returns the names that documents had before they were deleted or renamed.
async fn names_in_traces<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    side: Side,
    query: &TraceQuery,
) -> Result<BTreeMap<DocType, Vec<DocName>>, EngineError> {
    let site = session.site(side);
    let (deletions, renamings) =
        futures::future::join(site.deletions(query), site.renamings(query)).await;
    let mut named: BTreeMap<DocType, Vec<DocName>> = BTreeMap::new();
    match deletions {
        Ok(deletions) => {
            for deletion in deletions {
                named
                    .entry(deletion.doctype)
                    .or_default()
                    .push(deletion.name);
            }
        }
        // Not everybody may read them; the sweep finds what they would tell.
        Err(error) if error.kind == SiteErrorKind::NotPermitted => {}
        Err(error) => return Err(error).on(side),
    }
    match renamings {
        Ok(renamings) => {
            for renaming in renamings {
                named
                    .entry(renaming.doctype)
                    .or_default()
                    .push(renaming.old);
            }
        }
        Err(error) if error.kind == SiteErrorKind::NotPermitted => {}
        Err(error) => return Err(error).on(side),
    }
    Ok(named)
}
