//! What hooks made by themselves.

use std::collections::{BTreeSet, HashMap, HashSet};

use frappe_sync_model::{
    DocName, Document, Filter, Identity, Selection, Site, SiteTime, StateStore,
};

use super::batch::{Fresh, Matched};
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::session::Mode;
use crate::view::View;

/// No site is older.
const BEGINNING: &str = "2000-01-01 00:00:00";

impl<S: Site, T: StateStore, C: Clock> Fresh<'_, '_, S, T, C> {
    /// Reads what appeared under our own user without a create of ours: hooks make contacts, prices and
    /// addresses by themselves.
    pub(super) async fn made_by_hooks(&mut self) -> Result<Vec<Document>, EngineError> {
        let other = self.side.other();
        let session = self.session;
        if session.mode == Mode::Plan || !self.effective().direction.writes_to(other) {
            return Ok(Vec::new());
        }
        let name = session.name_of(self.mapping).clone();
        let since = self
            .ledger
            .looked_until
            .get(&(name.clone(), other))
            .unwrap_or(&session.started[other])
            .clone();
        let since = match session.mode {
            // A state that is made anew knows none of what our user made.
            Mode::Rebuild => SiteTime::new(BEGINNING),
            _ => since,
        };
        let now = session.facts[other]
            .clock
            .local_at(session.parts.clock.now());
        self.ledger.looked_until.insert(
            (name.clone(), other),
            now.earlier(chrono::TimeDelta::seconds(5)),
        );
        let filters = [
            Filter::new("owner", "=", session.facts[other].user.as_str()),
            Filter::new("creation", ">=", since.as_str()),
        ];
        let doctype = &self.effective().doctypes[other];
        let keys = session
            .site(other)
            .matching_keys(doctype, &filters)
            .await
            .on(other)?;
        let names: Vec<DocName> = keys.into_iter().map(|key| key.name).collect();
        // What a hook made may belong to a document of a later batch.
        let place = (name.clone(), other);
        let mut names: BTreeSet<DocName> = names.into_iter().collect();
        names.extend(self.ledger.made_by_hooks.remove(&place).unwrap_or_default());
        let names: Vec<DocName> = names.into_iter().collect();
        let ours: HashSet<DocName> = session
            .store()
            .counterparts(&name, other, &names)?
            .into_iter()
            .map(|pair| pair.name)
            .collect();
        let strangers: Vec<DocName> = names
            .into_iter()
            .filter(|name| !ours.contains(name))
            .collect();
        if strangers.is_empty() {
            return Ok(Vec::new());
        }
        self.ledger.made_by_hooks.insert(place, strangers.clone());
        self.read(other, Selection::Names(strangers)).await
    }

    /// Pairs documents that no key found with what hooks made of them: a hook may leave a part of the key empty,
    /// or the document itself may hold none of it.
    pub(super) async fn adopt(&mut self, matched: &mut Matched) -> Result<(), EngineError> {
        let Identity::Key(key) = self.effective().identity.clone() else {
            return Ok(());
        };
        if matched.alone.is_empty() {
            return Ok(());
        }
        let other = self.side.other();
        let mut made = self.made_by_hooks().await?;
        made.retain(|candidate| {
            let mut paired = matched
                .pairs
                .iter()
                .map(|(pair, _)| &pair.sides[other].name);
            paired.all(|name| name != candidate.name())
        });
        if made.is_empty() {
            return Ok(());
        }
        let links = self.links(&matched.alone, &made)?;
        let mut candidates: Vec<(View, Document)> = made
            .into_iter()
            .map(|candidate| (self.view(other, &candidate, &links), candidate))
            // Without any part of the key it could be everybody's.
            .filter(|(view, _)| {
                let mut parts = key.iter().filter_map(|id| view.fields.get(id));
                parts.any(|value| !value.empty)
            })
            .collect();
        for document in std::mem::take(&mut matched.alone) {
            let own = self.view(self.side, &document, &links);
            let twin = candidates
                .iter()
                .position(|(candidate, _)| holds_nothing_else(candidate, &own));
            match twin {
                Some(twin) => {
                    let (_, counterpart) = candidates.remove(twin);
                    matched.pairs.push(self.pair(document, counterpart));
                }
                None => matched.alone.push(document),
            }
        }
        Ok(())
    }
}

/// Tells whether all that `candidate` holds is also held by `document`, and that it holds something.
pub(super) fn holds_nothing_else(candidate: &View, document: &View) -> bool {
    let mut something = false;
    let mut contained = |held: &HashMap<_, _>, other: &HashMap<_, _>| {
        held.iter().all(
            |(id, value): (
                &&frappe_sync_model::FieldName,
                &&frappe_sync_planner::SideValue,
            )| {
                if value.empty {
                    return true;
                }
                let Some(there): Option<&&frappe_sync_planner::SideValue> = other.get(id) else {
                    return false;
                };
                // A link to what has no pair as yet says nothing for or against.
                if !there.empty && (value.common.is_none() || there.common.is_none()) {
                    return true;
                }
                something = true;
                value.common == there.common
                    || value.back == Some(there.own)
                    || there.back == Some(value.own)
            },
        )
    };
    let fields = contained(
        &candidate.fields.iter().collect(),
        &document.fields.iter().collect(),
    );
    let tables = candidate.tables.iter().all(|(id, rows)| {
        let Some(other) = document.tables.get(id) else {
            return rows.is_empty();
        };
        rows.len() <= other.len()
            && rows.iter().zip(other).all(|(row, there)| {
                contained(&row.fields.iter().collect(), &there.fields.iter().collect())
            })
    });
    fields && tables && something
}
