//! What the state file knows of documents that differ: parked, in conflict, or under way.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    DocKey, DocName, FieldPath, Intent, IntentKind, PairId, PerSide, Side, Site, SiteTime,
    StateStore,
};

use super::Cause;
use crate::Clock;
use crate::error::EngineError;
use crate::session::Session;

/// What waits in one mapping, and why.
pub(super) struct Known {
    /// Why documents of a side are parked, by name.
    parked: PerSide<HashMap<DocName, String>>,
    /// Values that wait for a person, by the document's name on `a`.
    conflicts: HashMap<DocName, HashSet<FieldPath>>,
    /// When the writes that have an unknown outcome were sent, by pair.
    pairs_under_way: HashMap<PairId, DateTime<Utc>>,
    /// Creates that have an unknown outcome.
    creates: Vec<Intent>,
    /// From when on documents of a side may not have been looked at; `None` where it was never read in full.
    pub(super) read_until: PerSide<Option<SiteTime>>,
}

impl Known {
    /// Loads it.
    pub(super) fn load<S: Site, T: StateStore, C: Clock>(
        session: &Session<'_, S, T, C>,
        mapping: usize,
    ) -> Result<Self, EngineError> {
        let (name, store) = (session.name_of(mapping), session.store());
        let mut parked: PerSide<HashMap<_, _>> = PerSide::default();
        for entry in store.parked(Some(name))? {
            parked[entry.side].insert(entry.key.name, entry.message);
        }
        let mut conflicts: HashMap<_, HashSet<_>> = HashMap::new();
        for conflict in store.open_conflicts()? {
            if &conflict.mapping == name {
                let of_document = conflicts.entry(conflict.names.a).or_default();
                of_document.insert(conflict.path);
            }
        }
        let (mut creates, mut pairs_under_way) = (Vec::new(), HashMap::new());
        for intent in store.open_intents()? {
            if &intent.mapping != name {
                continue;
            }
            match intent.kind {
                IntentKind::Create { .. } => creates.push(intent),
                IntentKind::Update { pair, .. }
                | IntentKind::Delete { pair, .. }
                | IntentKind::Rename { pair, .. } => {
                    pairs_under_way.insert(pair, intent.sent_at);
                }
            }
        }
        let is_complete = store.mapping(name)?.is_some_and(|state| state.complete);
        let mut read_until = PerSide::default();
        for side in Side::BOTH {
            let cursor = store.cursor(name, side)?.filter(|_| is_complete);
            read_until[side] =
                cursor.map(|cursor| cursor.modified.earlier(session.parts.options.lag));
        }
        Ok(Self {
            parked,
            conflicts,
            pairs_under_way,
            creates,
            read_until,
        })
    }

    /// Returns why a document of a side is parked.
    pub(super) fn parked(&self, side: Side, name: &DocName) -> Option<&str> {
        self.parked[side].get(name).map(String::as_str)
    }

    /// Returns why a pair as a whole waits, and what is known beyond that.
    pub(super) fn of_pair(
        &self,
        pair: Option<PairId>,
        names: PerSide<&DocName>,
    ) -> Option<(Cause, Option<String>)> {
        if let Some(sent) = pair.and_then(|pair| self.pairs_under_way.get(&pair)) {
            return Some((Cause::Unknown, Some(sent_at(*sent))));
        }
        let mut sides = Side::BOTH.into_iter();
        let message = sides.find_map(|side| self.parked(side, names[side]))?;
        Some((Cause::Parked, Some(message.to_owned())))
    }

    /// Tells whether a value waits for a person.
    pub(super) fn is_in_conflict(&self, a_name: &DocName, path: &FieldPath) -> bool {
        let Some(paths) = self.conflicts.get(a_name) else {
            return false;
        };
        let of_table = match path {
            FieldPath::RowField(table, ..) => paths.contains(&FieldPath::Table(table.clone())),
            _ => false,
        };
        of_table || paths.contains(path)
    }

    /// Tells whether anything of a document waits for a person.
    pub(super) fn has_conflict(&self, a_name: &DocName) -> bool {
        self.conflicts.contains_key(a_name)
    }

    /// Returns when a create from this document was sent whose outcome is not known.
    pub(super) fn create_under_way(&self, source: Side, key: &DocKey) -> Option<String> {
        let found = self.creates.iter().find(|intent| {
            let same_origin = intent.source.creation.is_some()
                && intent.source.creation == key.creation
                && intent.source.owner == key.owner;
            intent.side == source.other() && (intent.source.name == key.name || same_origin)
        });
        found.map(|intent| sent_at(intent.sent_at))
    }
}

fn sent_at(sent: DateTime<Utc>) -> String {
    format!("sent at {}", sent.format("%Y-%m-%d %H:%M:%S UTC"))
}
