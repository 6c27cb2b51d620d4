//! The key sweep: every key of a side, by name. It finds what no cursor can: deletes, renames, documents
//! without `modified`, and what slipped behind the cursor.

use chrono::{DateTime, Utc};
use frappe_sync_model::{
    Counterpart, DocKey, DocName, KeyOrder, KeyQuery, PairId, Side, Site, StateStore, Todo,
    TodoReason,
};
use serde_json::json;

use super::seen::is_of;
use super::side::{Reading, SideRead};
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;

impl<S: Site, T: StateStore, C: Clock> Reading<'_, '_, S, T, C> {
    /// Tells whether the last sweep was long enough ago.
    pub(super) fn sweep_is_due(&self, side: Side) -> Result<bool, EngineError> {
        let now = self.session.parts.clock.now();
        let note = self.session.store().note(&self.sweep_note(side))?;
        let last = note
            .as_ref()
            .and_then(|note| note.as_str())
            .and_then(|text| text.parse::<DateTime<Utc>>().ok());
        // A clock of ours that was put back must not put the sweep off.
        Ok(last.is_none_or(|last| now - last >= self.session.parts.options.sweep || last > now))
    }

    /// Remembers that every key of a side was read.
    pub(super) fn note_sweep(&self, side: Side) -> Result<(), EngineError> {
        let now = self.session.parts.clock.now().to_rfc3339();
        self.session
            .store()
            .put_note(&self.sweep_note(side), &json!(now))?;
        Ok(())
    }

    fn sweep_note(&self, side: Side) -> String {
        format!("swept:{}:{side}", self.session.name_of(self.mapping))
    }

    /// Reads every key of a side, and queues what changed, what is new, and every pair whose document was
    /// not shown.
    ///
    /// The mapping's filters are not applied to what is paired: a document that left them is followed.
    pub(super) async fn sweep(&self, side: Side, ledger: &Ledger) -> Result<SideRead, EngineError> {
        let effective = &self.session.mappings[self.mapping];
        let store = self.session.store();
        let mut seen = Seen::default();
        let mut after: Option<DocName> = None;
        let mut read = SideRead {
            queued: 0,
            empty: true,
        };
        loop {
            let query = KeyQuery {
                doctype: effective.doctypes[side].clone(),
                filters: Vec::new(),
                order: KeyOrder::Name { after },
                limit: self.session.parts.options.keys_per_page,
                with_lft: effective.meta[side].doctype.is_tree,
            };
            let page = self.session.site(side).keys(&query).await.on(side)?;
            read.empty &= page.keys.is_empty();
            after = page.keys.last().map(|key| key.name.clone());
            self.mark_seen(side, &page.keys, &mut seen)?;
            let todos = self.to_look_at(side, page.keys, ledger, true).await?;
            read.queued += todos.len() as u64;
            store.stage(&effective.name, side, &todos, None)?;
            if !page.full {
                break;
            }
        }
        read.queued += self.queue_unseen(side, &seen)?;
        store.stage(
            &effective.name,
            side,
            &[],
            Some(&self.cursor_at_start(side)),
        )?;
        self.note_sweep(side)?;
        Ok(read)
    }

    fn mark_seen(&self, side: Side, keys: &[DocKey], seen: &mut Seen) -> Result<(), EngineError> {
        let name = self.session.name_of(self.mapping);
        let names: Vec<DocName> = keys.iter().map(|key| key.name.clone()).collect();
        let pairs = self.session.store().counterparts(name, side, &names)?;
        for pair in pairs {
            let key = keys.iter().find(|key| key.name == pair.name);
            if key.is_some_and(|key| is_of(&pair, key)) {
                seen.insert(pair.pair);
            }
        }
        Ok(())
    }

    /// Queues the pairs of a side that the sweep did not come across.
    fn queue_unseen(&self, side: Side, seen: &Seen) -> Result<u64, EngineError> {
        let name = self.session.name_of(self.mapping);
        let store = self.session.store();
        let limit = self.session.parts.options.keys_per_page;
        let (mut after, mut queued) = (None, 0);
        loop {
            let pairs = store.counterparts_after(name, side, after, limit)?;
            let Some(last) = pairs.last() else {
                return Ok(queued);
            };
            after = Some(last.pair);
            let unseen: Vec<Todo> = pairs
                .iter()
                .filter(|pair| pair.gone != Some(side) && !seen.contains(pair.pair))
                .map(vanished)
                .collect();
            queued += unseen.len() as u64;
            store.stage(name, side, &unseen, None)?;
        }
    }
}

/// Makes the queue entry of a paired document that was not where it was.
pub(crate) fn vanished(pair: &Counterpart) -> Todo {
    Todo {
        key: DocKey {
            name: pair.name.clone(),
            modified: pair.modified.clone(),
            creation: pair.creation.clone(),
            owner: pair.owner.clone(),
            lft: None,
        },
        reason: TodoReason::Vanished,
    }
}

/// The pairs that a sweep came across, one bit each: rows of the state file are numbered densely.
#[derive(Default)]
struct Seen(Vec<u64>);

impl Seen {
    fn insert(&mut self, pair: PairId) {
        let (word, bit) = place(pair);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    fn contains(&self, pair: PairId) -> bool {
        let (word, bit) = place(pair);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }
}

fn place(pair: PairId) -> (usize, u64) {
    let number = u64::try_from(pair.0).unwrap_or_default();
    let word = usize::try_from(number / 64).unwrap_or(usize::MAX);
    (word, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_seen_once_it_was_come_across() {
        let mut seen = Seen::default();
        for number in [1, 63, 64, 1000] {
            assert!(!seen.contains(PairId(number)));
            seen.insert(PairId(number));
            assert!(seen.contains(PairId(number)));
        }
        assert!(!seen.contains(PairId(65)) && !seen.contains(PairId(5000)));
    }
}
