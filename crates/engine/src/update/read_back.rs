//! What a read-back proves of a write.

use std::collections::HashMap;

use frappe_sync_model::{
    DocName, Document, ParkedCause, PerSide, Selection, Side, Site, SiteError, SiteErrorKind,
    SiteTime, StateStore, Written,
};

use super::outcome::Outcome;
use crate::Clock;
use crate::create::parked_cause;
use crate::decide::Decision;
use crate::error::EngineError;
use crate::links::Links;
use crate::session::Session;
use crate::settle::{ReadBack, settle};
use crate::view::View;

pub(super) type Backs = PerSide<HashMap<DocName, (View, Document)>>;

/// Reads back every document that was, or may have been, written.
pub(super) async fn read_back<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    decisions: &[Decision],
    tried: &[PerSide<Option<Result<Written, SiteError>>>],
) -> Result<Backs, EngineError> {
    let effective = &session.mappings[mapping];
    let links = Links::new(session);
    let mut backs = Backs::default();
    for side in Side::BOTH {
        let names: Vec<DocName> = decisions
            .iter()
            .zip(tried)
            .filter(|(_, tried)| match &tried[side] {
                Some(Ok(_)) => true,
                Some(Err(error)) => error.kind == SiteErrorKind::OutcomeUnknown,
                None => false,
            })
            .map(|(decision, _)| decision.documents[side].name().clone())
            .collect();
        if names.is_empty() {
            continue;
        }
        let documents = session
            .documents(mapping, side, Selection::Names(names))
            .await?;
        backs[side] = documents
            .into_iter()
            .map(|document| {
                let view = View::new(&session.fingerprints, effective, side, &document, &links);
                (document.name().clone(), (view, document))
            })
            .collect();
    }
    Ok(backs)
}

/// Says what became of one pair.
pub(super) fn judge<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    mut decision: Decision,
    tried: PerSide<Option<Result<Written, SiteError>>>,
    backs: &Backs,
    fatal: &mut Option<(Side, SiteError)>,
) -> Outcome {
    let mut readable: PerSide<Option<ReadBack<'_>>> = PerSide::default();
    let mut modified: PerSide<Option<Option<SiteTime>>> = PerSide::default();
    let mut refused = None;
    let mut changed = false;
    let mut unknown = false;
    let PerSide { a, b } = tried;
    for (side, answer) in [(Side::A, a), (Side::B, b)] {
        let Some(answer) = answer else { continue };
        let back = backs[side].get(decision.documents[side].name());
        let answered = match answer {
            Ok(written) => written.modified,
            Err(error) => match error.kind {
                SiteErrorKind::OutcomeUnknown => None,
                SiteErrorKind::Stale | SiteErrorKind::NotFound => {
                    changed = true;
                    continue;
                }
                _ if error.concerns_one_document() => {
                    refused = Some((side, parked_cause(&error), error.message));
                    continue;
                }
                _ => {
                    fatal.get_or_insert((side, error));
                    changed = true;
                    continue;
                }
            },
        };
        let Some((view, document)) = back else {
            changed = true;
            continue;
        };
        let base = &decision.documents[side].key.modified;
        let moved = match (&document.key.modified, base) {
            (Some(now), Some(base)) => !now.same_moment(base),
            _ => true,
        };
        if !moved && answered.is_none() {
            unknown = true;
            continue;
        }
        let as_answered = match (&answered, &document.key.modified) {
            (Some(answered), Some(now)) => answered.same_moment(now),
            _ => false,
        };
        let ours = as_answered || session.is_ours(side, document);
        // A state that is not provably ours is looked at again, whatever its values.
        modified[side] = Some(if ours {
            document.key.modified.clone()
        } else {
            None
        });
        if answered.is_some()
            && let Some((to, next)) = decision.advance
            && to == side
            && document.docstatus < next.docstatus()
        {
            let message = format!(
                "the site answered that it was saved, and its `docstatus` is still {}",
                document.docstatus
            );
            refused = Some((side, ParkedCause::Docstatus, message));
            continue;
        }
        readable[side] = Some(ReadBack { view, ours });
    }
    let wrote = Side::BOTH.iter().any(|side| readable[*side].is_some());
    if let Some((to, cause, message)) = refused
        && !wrote
    {
        return Outcome::Refused {
            decision: Box::new(decision),
            to,
            cause,
            message,
        };
    }
    if !wrote {
        let decision = Box::new(decision);
        return if unknown && !changed {
            Outcome::Unknown(decision)
        } else {
            Outcome::Changed(decision)
        };
    }
    let mut settled = settle(&decision.plan, &decision.pair.baseline, readable);
    if changed || unknown {
        settled.again = true;
    }
    for side in Side::BOTH {
        if readable[side].is_none() {
            // Not counted, and not remembered, as written.
            decision.changes[side].clear();
        }
    }
    tracing::debug!(doc.r#type = %session.mappings[mapping].name, again = settled.again, "settled");
    Outcome::Written {
        decision: Box::new(decision),
        settled,
        modified,
    }
}
