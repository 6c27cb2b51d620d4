//! Documents that are known under another name.

use std::collections::HashSet;

use frappe_sync_model::{Batch, DocKey, DocName, Pair, Site, StateStore, Todo, TodoReason};

use super::batch::Fresh;
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::report::NoteReport;

impl<S: Site, T: StateStore, C: Clock> Fresh<'_, '_, S, T, C> {
    /// Finds those that are known under another name: `creation` and `owner` survive a rename.
    pub(super) async fn not_renamed(
        &mut self,
        keys: Vec<DocKey>,
    ) -> Result<Vec<DocKey>, EngineError> {
        let (session, side) = (self.session, self.side);
        let name = session.name_of(self.mapping);
        let creations: Vec<_> = keys.iter().filter_map(|key| key.creation.clone()).collect();
        let known = session
            .store()
            .counterparts_by_creation(name, side, &creations)?;
        if known.is_empty() {
            return Ok(keys);
        }
        let old_names: Vec<DocName> = known.iter().map(|pair| pair.name.clone()).collect();
        let doctype = &session.mappings[self.mapping].doctypes[side];
        let still_there: HashSet<DocName> = session
            .site(side)
            .existing(doctype, &old_names)
            .await
            .on(side)?
            .into_iter()
            .collect();
        let vanished: Vec<DocName> = old_names
            .into_iter()
            .filter(|name| !still_there.contains(name))
            .collect();
        let mut free: Vec<Pair> = session.store().pairs(name, side, &vanished)?;
        let mut batch = Batch::default();
        let mut rest = Vec::new();
        for key in keys {
            let fits = |pair: &Pair| {
                pair.sides[side].creation == key.creation && pair.sides[side].owner == key.owner
            };
            let Some(at) = free.iter().position(fits) else {
                rest.push(key);
                continue;
            };
            let mut pair = free.remove(at);
            let message = format!("was `{}`; the pair goes on", pair.sides[side].name);
            self.ledger.notes.insert(NoteReport {
                kind: "renamed".to_owned(),
                site: side,
                doctype: doctype.clone(),
                name: Some(key.name.clone()),
                message,
            });
            pair.sides[side].name = key.name.clone();
            pair.open = true;
            batch.pairs.push(pair);
            let todo = Todo {
                key,
                reason: TodoReason::OpenPair,
            };
            batch.again.push((name.clone(), side, todo));
            self.worked.waiting += 1;
            self.worked.dealt += 1;
        }
        session.store().commit(&batch)?;
        Ok(rest)
    }
}
