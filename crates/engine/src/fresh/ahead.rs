//! Bodies that are read while the batch before is being written.

use std::collections::{HashMap, HashSet};

use frappe_sync_model::{DocKey, DocName, Document, Selection, Side, Site, StateStore, Todo};

use crate::Clock;
use crate::session::Session;

/// Bodies of documents without a pair, read at most one batch before they are needed.
///
/// An edit since then moves `modified`, so that the next poll shows it; a write to the document itself
/// would carry the `modified` of this reading and be refused.
#[derive(Debug, Default)]
pub(crate) struct ReadAhead(HashMap<DocName, Document>);

impl ReadAhead {
    /// Takes the bodies of these documents, in their order, and returns which are still to be read.
    pub(super) fn take(mut self, keys: &[DocKey]) -> (Vec<Document>, Vec<DocName>) {
        let mut unread = Vec::new();
        let mut documents = Vec::with_capacity(keys.len());
        for key in keys {
            match self.0.remove(&key.name) {
                Some(document) => documents.push(document),
                None => unread.push(key.name.clone()),
            }
        }
        (documents, unread)
    }
}

/// Reads the bodies of those queued documents that have no pair.
///
/// Nothing depends on it: what it cannot read is read again when its batch comes, and fails there.
pub(crate) async fn read_ahead<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    mapping: usize,
    side: Side,
    todos: &[Todo],
) -> ReadAhead {
    let effective = &session.mappings[mapping];
    let mut names: Vec<DocName> = todos.iter().map(|todo| todo.key.name.clone()).collect();
    let Ok(paired) = session.store().counterparts(&effective.name, side, &names) else {
        return ReadAhead::default();
    };
    let paired: HashSet<DocName> = paired.into_iter().map(|pair| pair.name).collect();
    names.retain(|name| !paired.contains(name));
    if names.is_empty() {
        return ReadAhead::default();
    }
    let documents = session
        .documents(mapping, side, Selection::Names(names))
        .await
        .unwrap_or_default();
    ReadAhead(
        documents
            .into_iter()
            .map(|document| (document.name().clone(), document))
            .collect(),
    )
}
