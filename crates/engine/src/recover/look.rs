//! Looking for what creates may have made.

use std::collections::HashSet;

use chrono::TimeDelta;
use frappe_sync_mapper::EffectiveMapping;
use frappe_sync_model::{
    DocName, Document, FieldName, Filter, Intent, IntentKind, Selection, Side, Site, StateStore,
};
use frappe_sync_planner::RowInput;

use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::links::{Links, folded};
use crate::session::Session;
use crate::stage::DOCSTATUS;
use crate::vanished::is_over;
use crate::view::View;

/// A site's clock may be behind the one that we measured by this much.
const CLOCK_MARGIN: TimeDelta = TimeDelta::seconds(5);

/// Looks for the documents that these creates may have made, and returns those found by the intent's index.
pub(crate) async fn look<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    intents: &[Intent],
) -> Result<Vec<(usize, Document)>, EngineError> {
    let effective = &session.mappings[mapping];
    let now = session.parts.clock.now();
    let local = session.facts[side].clock.local_at(now);
    // Where the site's clocks were put back since, what was made afterwards looks older than the intent.
    let earliest = |intent: &Intent| {
        let as_if_unchanged = local.earlier(now - intent.sent_at);
        if intent.site_time.is_after(&as_if_unchanged) {
            as_if_unchanged
        } else {
            intent.site_time.clone()
        }
    };
    let Some(since) = intents.iter().map(earliest).min() else {
        return Ok(Vec::new());
    };
    // Not by name, even where that was certain: somebody may have renamed what was made.
    let filters = [
        Filter::new("owner", "=", session.facts[side].user.as_str()),
        Filter::new("creation", ">=", since.earlier(CLOCK_MARGIN).as_str()),
    ];
    let keys = session
        .site(side)
        .matching_keys(&effective.doctypes[side], &filters)
        .await
        .on(side)?;
    let names: Vec<DocName> = keys.into_iter().map(|key| key.name).collect();
    let paired: HashSet<DocName> = session
        .store()
        .counterparts(&effective.name, side, &names)?
        .into_iter()
        .map(|pair| pair.name)
        .collect();
    let free: Vec<DocName> = names
        .into_iter()
        .filter(|name| !paired.contains(name))
        .collect();
    if free.is_empty() {
        return Ok(Vec::new());
    }
    let read = session.documents(mapping, side, Selection::Names(free));
    let mut documents = read.await?;
    documents.sort_by(|left, right| {
        (&left.key.creation, left.name()).cmp(&(&right.key.creation, right.name()))
    });
    Ok(match_up(session, effective, side, intents, documents))
}

fn expected_name(intent: &Intent) -> Option<&DocName> {
    match &intent.kind {
        IntentKind::Create { expected_name, .. } => expected_name.as_ref(),
        _ => None,
    }
}

fn place(intent: &Intent) -> (&str, u32) {
    match &intent.kind {
        IntentKind::Create { chunk, place, .. } => (chunk, *place),
        _ => ("", 0),
    }
}

/// Tells whether a document may have come of a create.
type Fits<'a> = dyn Fn(&Intent, &View, &Document) -> bool + 'a;

/// Tells which document came of which create: by name where it was certain, by everything that was sent
/// being there, and for what the site rewrote by the order within one request.
fn match_up<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: &EffectiveMapping,
    side: Side,
    intents: &[Intent],
    documents: Vec<Document>,
) -> Vec<(usize, Document)> {
    let links = Links::new(session);
    let mut free: Vec<Option<(View, Document)>> = documents
        .into_iter()
        .map(|document| {
            let view = View::new(&session.fingerprints, mapping, side, &document, &links);
            Some((view, document))
        })
        .collect();
    let mut order: Vec<usize> = (0..intents.len()).collect();
    order.sort_by_key(|index| place(&intents[*index]));
    let is_named = |intent: &Intent, _: &View, document: &Document| {
        expected_name(intent).is_some_and(|name| folded(name) == folded(document.name()))
    };
    let is_whole = |intent: &Intent, view: &View, _: &Document| {
        let (equal, all) = likeness(intent, view, side, |_| false);
        equal == all && expected_name(intent).is_none()
    };
    // Under another name than the one that was certain, everything else must be there, and nothing may be to come.
    let is_renamed = |intent: &Intent, view: &View, _: &Document| {
        let of_the_name = |id: &FieldName| {
            let mut fields = mapping.fields.iter();
            fields.any(|field| &field.id == id && field.on_create_only)
        };
        let (equal, all) = likeness(intent, view, side, of_the_name);
        equal == all && all > 0 && is_over(session, intent)
    };
    // The site rewrote something in it. At least half of it must still be what was sent.
    let is_half = |intent: &Intent, view: &View, _: &Document| {
        let (equal, all) = likeness(intent, view, side, |_| false);
        equal * 2 >= all && all > 0 && expected_name(intent).is_none()
    };
    let rules: [&Fits<'_>; 4] = [&is_named, &is_whole, &is_renamed, &is_half];
    let mut found = Vec::new();
    for rule in rules {
        order.retain(|index| {
            let fits = |slot: &Option<(View, Document)>| {
                let fits =
                    |(view, document): &(View, Document)| rule(&intents[*index], view, document);
                slot.as_ref().is_some_and(fits)
            };
            let taken = free.iter().position(fits).and_then(|at| free[at].take());
            let is_open = taken.is_none();
            found.extend(taken.map(|(_, document)| (*index, document)));
            is_open
        });
    }
    // As many are left as creates are open that cannot run any more: they are those, whatever people made of them.
    let left: Vec<Document> = free
        .into_iter()
        .flatten()
        .map(|(_, document)| document)
        .collect();
    let is_settled = |index: &usize| {
        let intent = &intents[*index];
        expected_name(intent).is_none() && is_over(session, intent)
    };
    if left.len() == order.len() && order.iter().all(is_settled) {
        found.extend(order.into_iter().zip(left));
    }
    found
}

/// Counts the sent values that a document holds, and all that were sent.
fn likeness(
    intent: &Intent,
    view: &View,
    side: Side,
    is_left_out: impl Fn(&FieldName) -> bool,
) -> (usize, usize) {
    let (mut equal, mut all) = (0, 0);
    for (id, sent) in &intent.sent.fields {
        // Every draft has it in common with every other.
        if id == DOCSTATUS || is_left_out(id) {
            continue;
        }
        if let Some(sent) = sent[side] {
            all += 1;
            equal += usize::from(view.fields.get(id).is_some_and(|value| value.own == sent));
        }
    }
    for (id, rows) in &intent.sent.tables {
        let mut free: Vec<&RowInput> = view.tables.get(id).into_iter().flatten().collect();
        for row in rows {
            // Rows may have been moved or dropped since: each is compared with the one that is most like it.
            let shared = |held: &RowInput| {
                let fields = row.fields.iter();
                fields
                    .filter(|(field, sent)| {
                        let held = held.fields.get(*field).map(|value| value.own);
                        sent[side].is_some() && held == sent[side]
                    })
                    .count()
            };
            all += row
                .fields
                .values()
                .filter(|sent| sent[side].is_some())
                .count();
            let best = (0..free.len()).max_by_key(|at| (shared(free[*at]), free.len() - at));
            if let Some(at) = best {
                equal += shared(free.remove(at));
            }
        }
    }
    (equal, all)
}
