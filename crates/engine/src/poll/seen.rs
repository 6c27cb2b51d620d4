//! Which of the keys that were read are to be looked at.

use std::collections::{HashMap, HashSet};

use frappe_sync_model::{
    Counterpart, DocKey, DocName, Filter, Side, Site, SiteTime, StateStore, Todo, TodoReason,
};

use super::side::Reading;
use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;

/// A list of names this long goes into one request.
const NAMES_PER_REQUEST: usize = 500;

impl<S: Site, T: StateStore, C: Clock> Reading<'_, '_, S, T, C> {
    /// Leaves out the keys whose state was compared already, and unpaired ones that the filters keep out.
    pub(super) async fn to_look_at(
        &self,
        side: Side,
        keys: Vec<DocKey>,
        ledger: &Ledger,
        apply_filters: bool,
    ) -> Result<Vec<Todo>, EngineError> {
        let effective = &self.session.mappings[self.mapping];
        let mut paired: HashMap<DocName, Counterpart> = HashMap::new();
        if !self.all {
            let names: Vec<DocName> = keys.iter().map(|key| key.name.clone()).collect();
            let found = self
                .session
                .store()
                .counterparts(&effective.name, side, &names)?;
            paired.extend(found.into_iter().map(|pair| (pair.name.clone(), pair)));
        }
        let is_compared = |key: &DocKey| match paired.get(&key.name) {
            _ if self.compare_all => false,
            Some(pair) => !pair.open && same(&pair.modified, &key.modified) && is_of(pair, key),
            None => {
                let place = (effective.name.clone(), side, key.name.clone());
                ledger
                    .parked
                    .get(&place)
                    .is_some_and(|p| same(&p.key.modified, &key.modified))
            }
        };
        let mut keys: Vec<DocKey> = keys.into_iter().filter(|key| !is_compared(key)).collect();
        let unpaired = keys.iter().filter(|key| !paired.contains_key(&key.name));
        self.made_by_a_known_run(side, unpaired, ledger)?;
        if apply_filters && !effective.filters[side].is_empty() {
            let unpaired = keys.iter().filter(|key| !paired.contains_key(&key.name));
            let admitted = self
                .admitted(side, unpaired.map(|key| key.name.clone()).collect())
                .await?;
            keys.retain(|key| paired.contains_key(&key.name) || admitted.contains(&key.name));
        }
        let reason = |key: &DocKey| match paired.get(&key.name) {
            // Another document has the name of a paired one: what became of that is found out first.
            Some(pair) if !is_of(pair, key) => TodoReason::Vanished,
            _ => TodoReason::Seen,
        };
        Ok(keys
            .into_iter()
            .map(|key| Todo {
                reason: reason(&key),
                key,
            })
            .collect())
    }

    async fn admitted(
        &self,
        side: Side,
        names: Vec<DocName>,
    ) -> Result<HashSet<DocName>, EngineError> {
        let effective = &self.session.mappings[self.mapping];
        let mut admitted = HashSet::new();
        for names in names.chunks(NAMES_PER_REQUEST) {
            let mut filters = effective.filters[side].clone();
            filters.push(Filter::is_in(
                "name",
                names.iter().map(|name| name.as_str()),
            ));
            let site = self.session.site(side);
            let keys = site
                .matching_keys(&effective.doctypes[side], &filters)
                .await
                .on(side)?;
            admitted.extend(keys.into_iter().map(|key| key.name));
        }
        Ok(admitted)
    }
}

fn same(stored: &Option<SiteTime>, seen: &Option<SiteTime>) -> bool {
    match (stored, seen) {
        (Some(stored), Some(seen)) => stored.same_moment(seen),
        (None, None) => true,
        _ => false,
    }
}

/// Tells whether a key may be the paired document itself: a name that was deleted and used again belongs
/// to another document, with another `creation`.
pub(super) fn is_of(pair: &Counterpart, key: &DocKey) -> bool {
    match (&pair.creation, &key.creation) {
        (Some(known), Some(seen)) => known.same_moment(seen),
        _ => true,
    }
}
