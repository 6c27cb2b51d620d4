//! The documents that a run wrote to, each with all that the run did to it.

use std::collections::{BTreeMap, HashMap};

use frappe_sync_model::{
    BeforeImage, DocName, Document, Intent, IntentId, IntentKind, MappingName, OperationAction,
    OperationId, OperationRecord, Pair, PairId, Side, Site, SiteTime, StateStore, UndoMark,
    UndoStep,
};

use crate::Clock;
use crate::error::EngineError;
use crate::session::Session;

/// A document that a run wrote to.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Its mapping, by its place in the session.
    pub(super) mapping: usize,
    /// The side that was written to.
    pub(super) side: Side,
    /// What was done to it, oldest first.
    pub(super) operations: Vec<OperationRecord>,
    /// The pair as it was before the first write; `None` where the run made the document.
    pub(super) pair: Option<Pair>,
    /// The mapped values as they were before the first write that changed any.
    pub(super) document: Option<Document>,
    /// Whether anything was kept for it.
    pub(super) is_kept: bool,
    /// The run wrote to its counterpart, too.
    pub(super) wrote_both: bool,
    /// Writes of it whose outcome the state does not know yet.
    pub(super) intents: Vec<Intent>,
}

impl Candidate {
    /// Returns its name after the run.
    pub(super) fn name(&self) -> &DocName {
        &self.last().names[self.side]
    }

    /// Returns the last thing that was done to it.
    pub(super) fn last(&self) -> &OperationRecord {
        self.operations
            .last()
            .expect("a candidate is made of an operation")
    }

    /// Tells whether anything of this kind was done to it.
    pub(super) fn had(&self, action: OperationAction) -> bool {
        self.operations
            .iter()
            .any(|operation| operation.action == action)
    }

    /// Tells whether the run made it.
    pub(super) fn is_made(&self) -> bool {
        self.operations
            .first()
            .is_some_and(|first| first.action == OperationAction::Create)
    }

    /// Returns its `modified` as the run left it; `None` where that is not certain.
    pub(super) fn left_at(&self) -> Option<&SiteTime> {
        self.last().modified.as_ref()
    }

    /// Returns the numbers of its operations.
    pub(super) fn ids(&self) -> Vec<OperationId> {
        self.operations
            .iter()
            .filter_map(|operation| operation.id)
            .collect()
    }

    /// Returns the mark of an undo that has taken it back.
    pub(super) fn done_before(&self) -> Option<&UndoMark> {
        let marks = self.operations.iter().map(|operation| {
            let mark = operation.undo.as_ref()?;
            (mark.step == UndoStep::Done).then_some(mark)
        });
        marks.collect::<Option<Vec<_>>>()?.into_iter().next_back()
    }

    /// Tells whether the write that takes it back may have left.
    pub(super) fn is_begun(&self) -> bool {
        self.operations
            .iter()
            .any(|operation| operation.undo.is_some())
    }
}

/// Returns the documents that a run wrote to, in the order in which it did so first.
pub(super) fn candidates<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    operations: Vec<OperationRecord>,
    unsettled: &[Intent],
) -> Result<Vec<Candidate>, EngineError> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut by_name: HashMap<(MappingName, Side, DocName), usize> = HashMap::new();
    let pending = unsettled
        .iter()
        .filter_map(|intent| Some((intent, as_operation(intent)?)));
    let done = operations.into_iter().map(|operation| (None, operation));
    for (intent, operation) in done.chain(pending.map(|(intent, made)| (Some(intent), made))) {
        let Some(mapping) = session
            .mappings
            .iter()
            .position(|mapping| mapping.name == operation.mapping)
        else {
            continue;
        };
        let image = image_of(session, operation.intent)?;
        let place = |name: &DocName| (operation.mapping.clone(), operation.side, name.clone());
        let now = place(&operation.names[operation.side]);
        let before = match (
            &operation.action,
            image.as_ref().and_then(|i| i.pair.as_ref()),
        ) {
            (OperationAction::Rename, Some(pair)) => place(&pair.sides[operation.side].name),
            _ => now.clone(),
        };
        let known = by_name
            .remove(&before)
            .filter(|_| operation.action != OperationAction::Create);
        let index = known.unwrap_or_else(|| {
            found.push(Candidate {
                mapping,
                side: operation.side,
                operations: Vec::new(),
                pair: None,
                document: None,
                is_kept: false,
                wrote_both: false,
                intents: Vec::new(),
            });
            found.len() - 1
        });
        by_name.insert(now, index);
        let candidate = &mut found[index];
        if let Some(image) = image {
            candidate.is_kept = true;
            if !operation_made_it(candidate, &operation) {
                candidate.pair = candidate.pair.take().or(image.pair);
                candidate.document = candidate.document.take().or(image.document);
            }
        }
        candidate.intents.extend(intent.cloned());
        candidate.operations.push(operation);
    }
    share_first_pairs(&mut found);
    Ok(found)
}

/// Tells whether there was nothing before this operation: it made the document, or came after what did.
fn operation_made_it(candidate: &Candidate, operation: &OperationRecord) -> bool {
    candidate.is_made()
        || (candidate.operations.is_empty() && operation.action == OperationAction::Create)
}

/// Where a run wrote to both documents of a pair, the pair before the first of the two writes is that of both.
fn share_first_pairs(found: &mut [Candidate]) {
    let mut of_pair: BTreeMap<PairId, Vec<usize>> = BTreeMap::new();
    for (index, candidate) in found.iter().enumerate() {
        if let Some(id) = candidate.pair.as_ref().and_then(|pair| pair.id) {
            of_pair.entry(id).or_default().push(index);
        }
    }
    for places in of_pair.into_values().filter(|places| places.len() > 1) {
        let first = found[places[0]].pair.clone();
        for place in places {
            found[place].pair.clone_from(&first);
            found[place].wrote_both = true;
        }
    }
}

fn image_of<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    intent: Option<IntentId>,
) -> Result<Option<BeforeImage>, EngineError> {
    match intent {
        Some(intent) => Ok(session.store().image(intent)?),
        None => Ok(None),
    }
}

/// Takes an update whose outcome is not known yet as one that arrived; whether it did, a look at the document
/// tells.
fn as_operation(intent: &Intent) -> Option<OperationRecord> {
    let IntentKind::Update { name, .. } = &intent.kind else {
        return None;
    };
    let mut names = frappe_sync_model::PerSide::from_fn(|_| intent.source.name.clone());
    names[intent.side] = name.clone();
    Some(OperationRecord {
        id: None,
        run: intent.run.clone(),
        mapping: intent.mapping.clone(),
        side: intent.side,
        action: OperationAction::Update,
        names,
        at: intent.sent_at,
        reason: format!("changed on `{}`", intent.side.other()),
        intent: intent.id,
        modified: None,
        creation: None,
        undo: None,
    })
}
