//! Looking for what creates may have made.

use std::collections::HashSet;

use chrono::TimeDelta;
use frappe_sync_mapper::{EffectiveMapping, Hanging};
use frappe_sync_model::{
    Counterpart, DocKey, DocName, Document, FieldName, Filter, Intent, IntentKind, Renaming,
    Selection, Side, Site, SiteTime, StateStore, TraceQuery,
};
use frappe_sync_planner::RowInput;

use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::hanging::{may_be_that_comment, may_come_of};
use crate::links::{Links, folded};
use crate::session::Session;
use crate::stage::DOCSTATUS;
use crate::vanished::{is_over, last_name, renamings};
use crate::view::View;

/// A site's clock may be behind the one that we measured by this much.
const CLOCK_MARGIN: TimeDelta = TimeDelta::seconds(5);

/// What is known of the requests that may have made the documents looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The site answered: what they made is there.
    Answered,
    /// They may be under way for as long as a request can run.
    Perhaps,
    /// A job of the site that makes them has not come to its end.
    UnderWay,
    /// They have come to their end: what is not there was not made.
    Over,
}

/// A document that a create is taken to have made.
#[derive(Debug)]
pub(crate) struct Made {
    /// The place of its intent among those looked for.
    pub(crate) index: usize,
    /// What is there.
    pub(crate) document: Document,
    /// What was sent is in it, or it has the name that was certain. Without that, a hook may have made it as well, and
    /// what differs in it is nobody's rewriting of ours.
    pub(crate) certain: bool,
}

/// Looks for the documents that these creates may have made.
pub(crate) async fn look<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    intents: &[Intent],
    ended: Ended,
) -> Result<Vec<Made>, EngineError> {
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
    let free = unpaired(session, effective, side, keys)?;
    if free.is_empty() {
        return Ok(Vec::new());
    }
    let read = session.documents(mapping, side, Selection::Names(free));
    let mut documents = read.await?;
    documents.sort_by(|left, right| {
        (&left.key.creation, left.name()).cmp(&(&right.key.creation, right.name()))
    });
    let renamings = told(session, mapping, side, (intents, &documents), since).await?;
    let links = Links::new(session);
    let views = documents.into_iter().map(|document| {
        let view = View::new(&session.fingerprints, effective, side, &document, &links);
        (view, document)
    });
    let matching = Matching {
        mapping: effective,
        side,
        intents,
        renamings: &renamings,
        is_over: &|intent| match ended {
            Ended::Answered | Ended::Over => true,
            Ended::UnderWay => false,
            Ended::Perhaps => is_over(session, intent),
        },
    };
    Ok(matching.match_up(views.collect()))
}

/// Leaves the names of those that are no pair's document. A name alone says little: a site gives one again that was
/// deleted, and a pair's document may have been renamed. `creation` and `owner` stay (protocol 6.2).
fn unpaired<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: &EffectiveMapping,
    side: Side,
    keys: Vec<DocKey>,
) -> Result<Vec<DocName>, EngineError> {
    let names: Vec<DocName> = keys.iter().map(|key| key.name.clone()).collect();
    let creations: Vec<_> = keys.iter().filter_map(|key| key.creation.clone()).collect();
    let store = session.store();
    let mut known = store.counterparts(&mapping.name, side, &names)?;
    known.extend(store.counterparts_by_creation(&mapping.name, side, &creations)?);
    known.retain(|pair| pair.gone != Some(side));
    let there: HashSet<(&DocName, Option<&SiteTime>)> = keys
        .iter()
        .map(|key| (&key.name, key.creation.as_ref()))
        .collect();
    // Pairs of a document that was never seen, or is there under its name: theirs is the one of that name.
    let (by_name, by_creation): (Vec<&Counterpart>, Vec<&Counterpart>) =
        known.iter().partition(|pair| {
            pair.creation.is_none() || there.contains(&(&pair.name, pair.creation.as_ref()))
        });
    let own_names: HashSet<(&DocName, Option<&SiteTime>)> = by_name
        .into_iter()
        .map(|pair| (&pair.name, pair.creation.as_ref()))
        .collect();
    let renamed: HashSet<Option<&SiteTime>> = by_creation
        .into_iter()
        .map(|pair| pair.creation.as_ref())
        .collect();
    let is_paired = |key: &DocKey| {
        let creation = key.creation.as_ref();
        own_names.contains(&(&key.name, creation))
            || own_names.contains(&(&key.name, None))
            || renamed.contains(&creation)
    };
    let free = keys.iter().filter(|key| !is_paired(key));
    Ok(free.map(|key| key.name.clone()).collect())
}

/// Reads what the site tells of renames since; nothing where every document that was certain of its name has it.
async fn told<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    (intents, documents): (&[Intent], &[Document]),
    since: SiteTime,
) -> Result<Vec<Renaming>, EngineError> {
    let there: HashSet<String> = documents
        .iter()
        .map(|document| folded(document.name()))
        .collect();
    let mut names = intents.iter().filter_map(expected_name);
    if names.all(|name| there.contains(&folded(name))) {
        return Ok(Vec::new());
    }
    let query = TraceQuery {
        doctypes: vec![session.mappings[mapping].doctypes[side].clone()],
        since: Some(since.earlier(CLOCK_MARGIN)),
        names: Vec::new(),
    };
    renamings(session, side, &query).await
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

/// What tells which document came of which create.
struct Matching<'a> {
    mapping: &'a EffectiveMapping,
    side: Side,
    intents: &'a [Intent],
    renamings: &'a [Renaming],
    /// Whether a request cannot be under way any more.
    is_over: &'a dyn Fn(&Intent) -> bool,
}

impl Matching<'_> {
    /// By name where it was certain, by everything that was sent being there, and for what the site rewrote by the order
    /// within one request.
    fn match_up(&self, documents: Vec<(View, Document)>) -> Vec<Made> {
        let Self {
            mapping,
            side,
            intents,
            renamings,
            is_over,
        } = *self;
        let mut free: Vec<Option<(View, Document)>> = documents.into_iter().map(Some).collect();
        let mut order: Vec<usize> = (0..intents.len()).collect();
        order.sort_by_key(|index| place(&intents[*index]));
        let is_named = |intent: &Intent, _: &View, document: &Document| {
            expected_name(intent).is_some_and(|name| folded(name) == folded(document.name()))
        };
        let is_whole = |intent: &Intent, view: &View, _: &Document| {
            let (equal, all) = likeness(intent, view, side, |_| false);
            equal == all && expected_name(intent).is_none()
        };
        let is_told = |intent: &Intent, _: &View, document: &Document| {
            expected_name(intent).is_some_and(|name| {
                renamings.iter().any(|renaming| &renaming.old == name)
                    && last_name(renamings, name) == *document.name()
            })
        };
        // Under another name than the one that was certain, and untold, everything else must be there, and nothing may be
        // to come.
        let is_renamed = |intent: &Intent, view: &View, _: &Document| {
            let of_the_name = |id: &FieldName| {
                let mut fields = mapping.fields.iter();
                fields.any(|field| &field.id == id && field.on_create_only)
            };
            let (equal, all) = likeness(intent, view, side, of_the_name);
            equal == all && all > 0 && is_over(intent)
        };
        // The site rewrote something in it. At least half of it must still be what was sent.
        let is_half = |intent: &Intent, view: &View, _: &Document| {
            let (equal, all) = likeness(intent, view, side, |_| false);
            let may_be_it = match mapping.hangs.as_ref().map(|hangs| hangs.what) {
                Some(Hanging::Files) => may_come_of(intent, view, side),
                Some(Hanging::Comments) => may_be_that_comment(intent, view, side),
                // One tag of a document is not another one.
                Some(Hanging::Tags) => false,
                None => true,
            };
            equal * 2 >= all && all > 0 && expected_name(intent).is_none() && may_be_it
        };
        let rules: [(&Fits<'_>, bool); 5] = [
            (&is_named, true),
            (&is_told, true),
            (&is_whole, true),
            (&is_renamed, true),
            (&is_half, false),
        ];
        let mut found = Vec::new();
        for (rule, certain) in rules {
            order.retain(|index| {
                let fits = |slot: &Option<(View, Document)>| {
                    let fits = |(view, document): &(View, Document)| {
                        rule(&intents[*index], view, document)
                    };
                    slot.as_ref().is_some_and(fits)
                };
                let taken = free.iter().position(fits).and_then(|at| free[at].take());
                let is_open = taken.is_none();
                found.extend(taken.map(|(_, document)| Made {
                    index: *index,
                    document,
                    certain,
                }));
                is_open
            });
        }
        // As many are left as creates are open that cannot run any more: they are those, whatever people made of them. One
        // that has nothing of them and that nobody saved since is what an app made.
        let may_be_one = |(view, document): &(View, Document)| {
            let has_some = |index: &usize| likeness(&intents[*index], view, side, |_| false).0 > 0;
            document.key.modified != document.key.creation || order.iter().any(has_some)
        };
        let left: Vec<(View, Document)> = free.into_iter().flatten().filter(may_be_one).collect();
        let is_settled = |index: &usize| {
            let intent = &intents[*index];
            let is_told_apart = mapping.is_of_files() || mapping.is_of_tags();
            expected_name(intent).is_none() && is_over(intent) && !is_told_apart
        };
        if left.len() == order.len() && order.iter().all(is_settled) {
            let made = order.into_iter().zip(left);
            found.extend(made.map(|(index, (_, document))| Made {
                index,
                document,
                certain: false,
            }));
        } else {
            // Some of them were deleted. What has a third of one create, and nothing of another, is of that one.
            let settled: Vec<usize> = order.into_iter().filter(is_settled).collect();
            found.extend(self.told_apart(&settled, left));
        }
        found
    }

    /// Matches documents and creates that have something in common with each other alone.
    fn told_apart(&self, order: &[usize], left: Vec<(View, Document)>) -> Vec<Made> {
        let alike =
            |index: usize, view: &View| likeness(&self.intents[index], view, self.side, |_| false);
        let shares = |index: usize, view: &View| alike(index, view).0 > 0;
        let partner = |view: &View| {
            let mut sharing = order.iter().filter(|index| shares(**index, view));
            let index = *sharing.next()?;
            let (equal, all) = alike(index, view);
            (sharing.next().is_none() && equal * 3 >= all).then_some(index)
        };
        let partners: Vec<Option<usize>> = left.iter().map(|(view, _)| partner(view)).collect();
        let is_alone = |index: usize| {
            let sharing = left.iter().filter(|(view, _)| shares(index, view));
            sharing.count() == 1
        };
        let alone: Vec<Option<usize>> = partners
            .into_iter()
            .map(|partner| partner.filter(|index| is_alone(*index)))
            .collect();
        left.into_iter()
            .zip(alone)
            .filter_map(|((_, document), index)| {
                index.map(|index| Made {
                    index,
                    document,
                    certain: false,
                })
            })
            .collect()
    }
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
            let as_sent = view.fields.get(id).filter(|value| value.own == sent);
            // Nor does it tell anything that both leave a field empty.
            if as_sent.is_none_or(|value| !value.empty) {
                all += 1;
                equal += usize::from(as_sent.is_some());
            }
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
