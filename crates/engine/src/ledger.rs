//! What a run has done so far, and what it must remember until its end.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use frappe_sync_model::{
    DocKey, DocName, FieldPath, Intent, IntentKind, MappingName, Parked, ParkedCause, PerSide,
    Side, SiteTime, StateStore,
};

use crate::error::EngineError;
use crate::foreseen::Foreseen;
use crate::gate::Gate;
use crate::links::{KnownTargets, folded};
use crate::packed::PackedOperations;
use crate::report::{ConflictReport, GuardReport, NoteReport, Operation, RefusedReport, Summary};

/// Attempts that follow each other run by run, before a parked document is left alone for longer.
const PROMPT_ATTEMPTS: u32 = 5;

/// The longest time that a parked document is left alone.
const LONGEST_REST: TimeDelta = TimeDelta::hours(6);

/// A document, by mapping, side and name.
pub(crate) type DocRef = (MappingName, Side, DocName);

/// What a run has done so far.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Counts.
    pub(crate) summary: Summary,
    /// Writes that are known to have arrived, by the side they went to.
    pub(crate) applied_to: PerSide<u64>,
    /// Conflicts found.
    pub(crate) conflicts: Vec<ConflictReport>,
    /// Values that a site would not take.
    pub(crate) refused: Vec<RefusedReport>,
    /// What else is told; a set, since a document may be looked at twice.
    pub(crate) notes: BTreeSet<NoteReport>,
    /// The guard that stopped something.
    pub(crate) guard: Option<GuardReport>,
    /// The operations, in plan mode.
    pub(crate) operations: PackedOperations,
    /// In plan mode, documents that the plan comes to again.
    pub(crate) foreseen: Foreseen,
    /// Parked documents that the run found, so that attempts are counted and entries taken away.
    pub(crate) parked: HashMap<DocRef, Parked>,
    /// Intents whose outcome is not known.
    pub(crate) intents: Vec<Intent>,
    /// Conflicts that waited for a person when the run began, by mapping and name on `a`.
    pub(crate) open_conflicts: HashMap<(MappingName, DocName), Vec<FieldPath>>,
    /// How often a document changed under our hands.
    pub(crate) stale: HashMap<DocRef, u32>,
    /// Targets of unmapped DocTypes that exist.
    pub(crate) known: KnownTargets,
    /// Documents that were told as dealt with while they were made, chunk by chunk.
    pub(crate) told_as_made: u64,
    /// How many documents a site makes in the time that a chunk may take, as measured last.
    pub(crate) chunk_sizes: HashMap<(MappingName, Side), usize>,
    /// How far counters of series are known to be, by side and what stands before the number.
    pub(crate) series: HashMap<(Side, String), u64>,
    /// How many loads there were.
    pub(crate) loads: u64,
    /// Why a side takes no documents of a mapping under given names.
    pub(crate) no_loads: HashMap<(usize, Side), String>,
    /// Mappings with pairs that wait for the pass in which documents are cancelled.
    pub(crate) to_cancel: BTreeSet<usize>,
    /// In plan mode, cancels of documents that the plan itself makes or submits, by mapping.
    pub(crate) planned_cancels: HashMap<usize, Vec<Operation>>,
    /// Mappings that a guard stopped.
    pub(crate) stopped: HashSet<usize>,
    /// The plan that bounds the run, where one does.
    pub(crate) gate: Option<Gate>,
    /// Missing link targets that the sites were asked for.
    pub(crate) asked_for: HashSet<DocRef>,
    /// Since when documents of our user on a side may be some hook's, per mapping.
    pub(crate) looked_until: HashMap<(MappingName, Side), SiteTime>,
    /// Documents that would pair with one that is to be deleted, and wait for that.
    waiting_for_removal: HashMap<DocRef, Vec<(Side, DocKey)>>,
    /// Documents of our user on a side that no create of ours made, and that nothing was paired with so far.
    pub(crate) made_by_hooks: HashMap<(MappingName, Side), Vec<DocName>>,
}

impl Ledger {
    /// Loads what earlier runs left.
    pub(crate) fn load<T: StateStore>(store: &T) -> Result<Self, EngineError> {
        let parked = store.parked(None)?.into_iter().map(|parked| {
            (
                (parked.mapping.clone(), parked.side, parked.key.name.clone()),
                parked,
            )
        });
        let mut open_conflicts: HashMap<_, Vec<_>> = HashMap::new();
        for conflict in store.open_conflicts()? {
            let place = (conflict.mapping, conflict.names.a);
            open_conflicts.entry(place).or_default().push(conflict.path);
        }
        Ok(Self {
            open_conflicts,
            parked: parked.collect(),
            intents: store.open_intents()?,
            ..Self::default()
        })
    }

    /// Notes that a document waits for the delete of another one.
    pub(crate) fn wait_for_removal(&mut self, removed: DocRef, waiting: (Side, DocKey)) {
        let waiting_for = self.waiting_for_removal.entry(removed).or_default();
        if !waiting_for.contains(&waiting) {
            waiting_for.push(waiting);
        }
    }

    /// Returns the documents that wait for the delete of this one.
    pub(crate) fn waiting_for_removal(&mut self, removed: &DocRef) -> Vec<(Side, DocKey)> {
        self.waiting_for_removal.remove(removed).unwrap_or_default()
    }

    /// Makes the entry that parks a document.
    pub(crate) fn park(
        &mut self,
        mapping: &MappingName,
        side: Side,
        key: &DocKey,
        cause: ParkedCause,
        message: String,
        now: DateTime<Utc>,
    ) -> Parked {
        let place = (mapping.clone(), side, key.name.clone());
        let earlier = self.parked.get(&place);
        let attempts = earlier.map_or(0, |parked| parked.attempts) + 1;
        let parked = Parked {
            mapping: mapping.clone(),
            side,
            key: key.clone(),
            retry_at: now + rest(&cause, attempts),
            cause,
            message,
            attempts,
            since: earlier.map_or(now, |parked| parked.since),
        };
        self.parked.insert(place, parked.clone());
        parked
    }

    /// Remembers a cancel that a plan comes to when all else is done.
    pub(crate) fn plan_cancel(&mut self, mapping: usize, operation: Operation) {
        self.planned_cancels
            .entry(mapping)
            .or_default()
            .push(operation);
        self.to_cancel.insert(mapping);
    }

    /// Takes a document out of the parked ones; tells whether it was one.
    pub(crate) fn unpark(&mut self, place: &DocRef) -> bool {
        self.parked.remove(place).is_some()
    }

    /// Tells whether a delete, a merge or a rename that may still be under way takes this name of a side away.
    pub(crate) fn is_being_removed(
        &self,
        mapping: &MappingName,
        side: Side,
        name: &DocName,
    ) -> bool {
        let is_meant = |intent: &Intent| match &intent.kind {
            IntentKind::Delete { .. } => folded(&intent.source.name) == folded(name),
            IntentKind::Rename { from, .. } => folded(from) == folded(name),
            IntentKind::Create { .. } | IntentKind::Update { .. } => false,
        };
        let mut of_side = self
            .intents
            .iter()
            .filter(|intent| &intent.mapping == mapping && intent.side == side);
        of_side.any(is_meant)
    }

    /// Tells whether a create that may still be under way takes this name of a side as soon as it is free.
    pub(crate) fn is_being_made(&self, mapping: &MappingName, side: Side, name: &DocName) -> bool {
        self.intents.iter().any(|intent| match &intent.kind {
            IntentKind::Create { expected_name, .. } => {
                let takes = |expected: &DocName| folded(expected) == folded(name);
                &intent.mapping == mapping
                    && intent.side == side
                    && expected_name.as_ref().is_some_and(takes)
            }
            _ => false,
        })
    }

    /// Tells whether an update of this document may still be under way.
    ///
    /// It is told by `modified` and its user whether one has arrived (protocol 6.1); a rename of ours changes both.
    pub(crate) fn is_being_updated(
        &self,
        mapping: &MappingName,
        side: Side,
        name: &DocName,
    ) -> bool {
        self.intents.iter().any(|intent| match &intent.kind {
            IntentKind::Update { name: updated, .. } => {
                &intent.mapping == mapping && intent.side == side && folded(updated) == folded(name)
            }
            _ => false,
        })
    }

    /// Tells whether a create of this document is under way without a known outcome.
    ///
    /// It may have been renamed since the create was sent.
    pub(crate) fn is_under_way(&self, mapping: &MappingName, source: Side, key: &DocKey) -> bool {
        self.intents.iter().any(|intent| {
            let same_origin = intent.source.creation.is_some()
                && intent.source.creation == key.creation
                && intent.source.owner == key.owner;
            &intent.mapping == mapping
                && intent.side == source.other()
                && (intent.source.name == key.name || same_origin)
                && matches!(intent.kind, IntentKind::Create { .. })
        })
    }
}

/// Says how long a parked document is left alone. One whose target is missing costs the site nothing and is
/// looked at as soon as the target is there; so it only rests for the case that this is missed.
fn rest(cause: &ParkedCause, attempts: u32) -> TimeDelta {
    if matches!(cause, ParkedCause::MissingTarget { .. }) {
        return LONGEST_REST;
    }
    if attempts <= PROMPT_ATTEMPTS {
        return TimeDelta::zero();
    }
    let doublings = (attempts - PROMPT_ATTEMPTS).min(10);
    TimeDelta::minutes(1 << doublings).min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_document_is_tried_run_by_run_and_then_rests_longer_and_longer() {
        let cause = ParkedCause::NotPermitted;
        assert_eq!(rest(&cause, 1), TimeDelta::zero());
        assert_eq!(rest(&cause, 5), TimeDelta::zero());
        assert_eq!(rest(&cause, 6), TimeDelta::minutes(2));
        assert_eq!(rest(&cause, 7), TimeDelta::minutes(4));
        assert_eq!(rest(&cause, 4000), LONGEST_REST);
    }
}
