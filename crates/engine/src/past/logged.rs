//! Entries of the log of operations.

use frappe_sync_model::{
    DocKey, DocName, Document, Intent, IntentKind, OperationAction, OperationRecord, Pair, PerSide,
    Side, Site, SiteTime, StateStore,
};

use crate::Clock;
use crate::decide::Decision;
use crate::report::Action;
use crate::session::Session;

/// A document was made.
pub(crate) fn made<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
    pair: &Pair,
) -> OperationRecord {
    let reason = format!("exists on `{}` only", intent.side.other());
    of_pair(session, intent, OperationAction::Create, pair, reason)
}

/// A document was changed, submitted or cancelled; `modified` is what was read back, where that is ours.
pub(crate) fn written<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: Option<&Intent>,
    decision: &Decision,
    to: Side,
    modified: Option<SiteTime>,
) -> OperationRecord {
    let from = to.other();
    let is_conflict = decision.losses.iter().any(|loss| loss.side == to);
    let (action, reason) = match decision.action(to) {
        Action::Submit => (OperationAction::Submit, format!("submitted on `{from}`")),
        Action::Cancel => (OperationAction::Cancel, format!("cancelled on `{from}`")),
        _ if is_conflict => (
            OperationAction::Update,
            "both changed; the policy decided".to_owned(),
        ),
        _ => (OperationAction::Update, format!("changed on `{from}`")),
    };
    OperationRecord {
        id: None,
        run: session.parts.run.clone(),
        mapping: decision.pair.mapping.clone(),
        side: to,
        action,
        names: decision
            .documents
            .as_ref()
            .map(|document| document.name().clone()),
        at: session.parts.clock.now(),
        reason,
        intent: intent.and_then(|intent| intent.id),
        modified,
        creation: decision.documents[to].key.creation.clone(),
        undo: None,
    }
}

/// An update whose answer was lost turns out to have arrived.
pub(crate) fn landed<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
    documents: &PerSide<Document>,
) -> OperationRecord {
    let to = intent.side;
    let names = documents.as_ref().map(|document| document.name().clone());
    let reason = format!(
        "changed on `{}`; its answer was lost, and it had arrived",
        to.other()
    );
    OperationRecord {
        modified: documents[to].key.modified.clone(),
        creation: documents[to].key.creation.clone(),
        ..of_intent(session, intent, OperationAction::Update, names, reason)
    }
}

/// A document was deleted, or merged into another.
pub(crate) fn removed<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
) -> OperationRecord {
    let (side, name) = (intent.side, intent.source.name.clone());
    let known = session
        .store()
        .counterparts(&intent.mapping, side, std::slice::from_ref(&name));
    // The log is for people: where the counterpart cannot be told, its name is left empty.
    let other = known
        .ok()
        .and_then(|known| known.into_iter().next())
        .map_or_else(|| DocName::new(""), |pair| pair.other);
    let (action, reason) = match &intent.kind {
        IntentKind::Rename { to, .. } => (
            OperationAction::Merge,
            format!(
                "merged into the counterpart of `{to}` on `{}`",
                side.other()
            ),
        ),
        _ => (
            OperationAction::Delete,
            format!("deleted on `{}`", side.other()),
        ),
    };
    OperationRecord {
        modified: intent.source.modified.clone(),
        creation: intent.source.creation.clone(),
        ..of_intent(
            session,
            intent,
            action,
            PerSide::of(side, name, other),
            reason,
        )
    }
}

/// A document was renamed.
pub(crate) fn renamed<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
    pair: &Pair,
) -> OperationRecord {
    let reason = format!("renamed on `{}`", intent.side.other());
    of_pair(session, intent, OperationAction::Rename, pair, reason)
}

/// A submitted document was cancelled, to be deleted next.
pub(crate) fn cancelled<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    pair: &Pair,
    side: Side,
    key: &DocKey,
) -> OperationRecord {
    let other = pair.sides[side.other()].name.clone();
    OperationRecord {
        id: None,
        run: session.parts.run.clone(),
        mapping: pair.mapping.clone(),
        side,
        action: OperationAction::Cancel,
        names: PerSide::of(side, key.name.clone(), other),
        at: session.parts.clock.now(),
        reason: format!("deleted on `{}`", side.other()),
        intent: None,
        modified: key.modified.clone(),
        creation: key.creation.clone(),
        undo: None,
    }
}

/// What left the pair as it is now.
fn of_pair<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
    action: OperationAction,
    pair: &Pair,
    reason: String,
) -> OperationRecord {
    let names = pair.sides.as_ref().map(|side| side.name.clone());
    let own = &pair.sides[intent.side];
    OperationRecord {
        modified: own.modified.clone(),
        creation: own.creation.clone(),
        ..of_intent(session, intent, action, names, reason)
    }
}

fn of_intent<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: &Intent,
    action: OperationAction,
    names: PerSide<DocName>,
    reason: String,
) -> OperationRecord {
    OperationRecord {
        id: None,
        run: intent.run.clone(),
        mapping: intent.mapping.clone(),
        side: intent.side,
        action,
        names,
        at: session.parts.clock.now(),
        reason,
        intent: intent.id,
        modified: None,
        creation: None,
        undo: None,
    }
}
