//! Reading keys: what is to be looked at.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use frappe_sync_model::{
    Counterpart, Cursor, DocKey, DocName, Filter, KeyOrder, KeyQuery, MappingState, ParkedCause,
    Side, Site, SiteTime, StateStore, Todo, TodoReason,
};
use frappe_sync_planner::empty_side;

use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::report::GuardReport;
use crate::session::{Mode, Session};
use crate::{Clock, Event};

/// A list of names this long goes into one request.
const NAMES_PER_REQUEST: usize = 500;

/// Queues everything that is to be looked at in one mapping.
pub(crate) async fn poll<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
) -> Result<(), EngineError> {
    let store = session.store();
    let name = session.name_of(mapping);
    let effective = session.mappings[mapping].effective_form();
    let known = store.mapping(name)?;
    let mut all_parked = false;
    let mut compare_all = false;
    match &known {
        Some(state) if state.effective == effective => {
            all_parked = state.schema != session.schema;
        }
        // Fields, filters or direction changed: everything is compared once, on kept baselines.
        Some(_) => {
            all_parked = true;
            compare_all = true;
            store.drop_cursors(name)?;
        }
        None => {}
    }
    let reading = Reading {
        session,
        mapping,
        all: known.is_none(),
        compare_all,
    };
    let (a, b) =
        futures::future::join(reading.side(Side::A, ledger), reading.side(Side::B, ledger)).await;
    for (side, result) in [(Side::A, a), (Side::B, b)] {
        let read = result?;
        session.parts.progress.event(Event::Polled {
            mapping: name.clone(),
            side,
            queued: read.queued,
        });
        let pairs = if read.empty {
            store.counts(name)?.pairs
        } else {
            0
        };
        let hit = empty_side(name, side, 0, usize::try_from(pairs).unwrap_or(usize::MAX));
        if let Some(hit) = hit
            && !session.parts.options.allow.contains(hit.name)
        {
            stop(session, ledger, mapping, GuardReport::of(hit, name));
        }
    }
    store.requeue(name, session.parts.clock.now(), all_parked)?;
    let state = MappingState {
        effective,
        schema: session.schema.clone(),
        complete: true,
    };
    if known.as_ref() != Some(&state) {
        store.put_mapping(name, &state)?;
    }
    Ok(())
}

/// Queues the parked documents whose missing target has come, or is about to: those of earlier mappings
/// are paired by now.
pub(crate) fn requeue_resolved<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &Ledger,
    mapping: usize,
) -> Result<(), EngineError> {
    let name = session.name_of(mapping);
    for parked in ledger
        .parked
        .values()
        .filter(|parked| &parked.mapping == name)
    {
        let ParkedCause::MissingTarget {
            doctype,
            name: target,
            ..
        } = &parked.cause
        else {
            continue;
        };
        let come = match session.mapping_of(parked.side, doctype) {
            Some(other) => !session
                .store()
                .counterparts(
                    session.name_of(other),
                    parked.side,
                    std::slice::from_ref(target),
                )?
                .is_empty(),
            // Of an unmapped DocType: the site is asked when the document is written.
            None => true,
        };
        if come {
            let todo = Todo {
                key: parked.key.clone(),
                reason: TodoReason::ParkedDue,
            };
            session.store().stage(name, parked.side, &[todo], None)?;
        }
    }
    Ok(())
}

/// Stops a mapping and all that link to it.
pub(crate) fn stop<S: Site, T: StateStore, C: Clock>(
    session: &Session<'_, S, T, C>,
    ledger: &mut Ledger,
    mapping: usize,
    guard: GuardReport,
) {
    ledger.guard.get_or_insert(guard);
    if session.mode == Mode::Plan {
        // A plan writes nothing: it shows what the guard is there to stop.
        return;
    }
    let mut reached = vec![mapping];
    while let Some(stopped) = reached.pop() {
        if ledger.stopped.insert(stopped) {
            reached.extend(
                (0..session.mappings.len())
                    .filter(|index| session.needs[*index].contains(&stopped)),
            );
        }
    }
}

struct SideRead {
    queued: u64,
    empty: bool,
}

struct Reading<'a, 'p, S, T, C> {
    session: &'a Session<'p, S, T, C>,
    mapping: usize,
    /// Nothing is known of the mapping yet, so no key needs to be looked up.
    all: bool,
    /// The mapping is another one than it was: what was compared under it counts no more.
    compare_all: bool,
}

impl<S: Site, T: StateStore, C: Clock> Reading<'_, '_, S, T, C> {
    async fn side(&self, side: Side, ledger: &Ledger) -> Result<SideRead, EngineError> {
        let name = self.session.name_of(self.mapping);
        let store = self.session.store();
        let zone = self.session.facts[side].clock.time_zone.name();
        match store.cursor(name, side)? {
            Some(cursor) if cursor.time_zone == zone => self.since(side, cursor, ledger).await,
            _ => self.in_full(side, ledger).await,
        }
    }

    /// Reads every key, by name: nothing can hide from that, not even a `modified` that is empty.
    async fn in_full(&self, side: Side, ledger: &Ledger) -> Result<SideRead, EngineError> {
        let effective = &self.session.mappings[self.mapping];
        let mut after = None;
        let mut read = SideRead {
            queued: 0,
            empty: true,
        };
        loop {
            let query = KeyQuery {
                doctype: effective.doctypes[side].clone(),
                filters: effective.filters[side].clone(),
                order: KeyOrder::Name { after },
                limit: self.session.parts.options.keys_per_page,
                with_lft: effective.meta[side].doctype.is_tree,
            };
            let page = self.session.site(side).keys(&query).await.on(side)?;
            read.empty &= page.keys.is_empty();
            after = page.keys.last().map(|key| key.name.clone());
            let todos = self.to_look_at(side, page.keys, ledger, false).await?;
            read.queued += todos.len() as u64;
            let cursor = (!page.full).then(|| Cursor {
                modified: self.session.started[side].clone(),
                name: None,
                time_zone: self.session.facts[side].clock.time_zone.name().to_owned(),
            });
            self.session
                .store()
                .stage(&effective.name, side, &todos, cursor.as_ref())?;
            if !page.full {
                break;
            }
        }
        Ok(read)
    }

    /// Reads the keys from the cursor on, less the lag window.
    async fn since(
        &self,
        side: Side,
        cursor: Cursor,
        ledger: &Ledger,
    ) -> Result<SideRead, EngineError> {
        let effective = &self.session.mappings[self.mapping];
        let store = self.session.store();
        let start = &self.session.started[side];
        let latest = store.latest_modified(&effective.name, side)?;
        // Reading from the latest pair on as well proves, at no cost, that the side still shows something.
        let mut from = cursor.modified.earlier(self.lag(side));
        if let Some(latest) = &latest
            && from.is_after(latest)
        {
            from = latest.clone();
        }
        let mut after: Option<DocName> = None;
        let mut cursor = cursor;
        let mut read = SideRead {
            queued: 0,
            empty: true,
        };
        loop {
            let query = KeyQuery {
                doctype: effective.doctypes[side].clone(),
                filters: Vec::new(),
                order: KeyOrder::Modified {
                    from: from.clone(),
                    after: after.clone(),
                },
                limit: self.session.parts.options.keys_per_page,
                with_lft: effective.meta[side].doctype.is_tree,
            };
            let page = self.session.site(side).keys(&query).await.on(side)?;
            read.empty &= page.keys.is_empty();
            if let Some(last) = page.keys.last()
                && let Some(modified) = &last.modified
            {
                from = modified.clone();
                after = Some(last.name.clone());
                // Never past the site's clock, or later edits would lie behind a date in the future.
                let passed = if modified.is_after(start) {
                    start
                } else {
                    modified
                };
                if passed.is_after(&cursor.modified) {
                    cursor.modified = passed.clone();
                    cursor.name = (passed == modified).then(|| last.name.clone());
                }
            }
            let todos = self.to_look_at(side, page.keys, ledger, true).await?;
            read.queued += todos.len() as u64;
            store.stage(&effective.name, side, &todos, Some(&cursor))?;
            if !page.full {
                break;
            }
        }
        let gone = read.empty && latest.is_some() && self.shows_nothing(side).await?;
        Ok(SideRead {
            empty: gone,
            ..read
        })
    }

    /// The lag window; longer where the clocks were changed within it.
    fn lag(&self, side: Side) -> TimeDelta {
        let clock = &self.session.facts[side].clock;
        let lag = self.session.parts.options.lag;
        let now = self.session.parts.clock.now();
        let local = |moment| clock.local_at(moment).to_naive();
        let earlier = now - lag - TimeDelta::hours(2);
        let passed = local(now).zip(local(earlier)).map(|(now, then)| now - then);
        if passed == Some(lag + TimeDelta::hours(2)) {
            lag
        } else {
            lag + TimeDelta::hours(1)
        }
    }

    async fn shows_nothing(&self, side: Side) -> Result<bool, EngineError> {
        let query = KeyQuery {
            doctype: self.session.mappings[self.mapping].doctypes[side].clone(),
            filters: Vec::new(),
            order: KeyOrder::Name { after: None },
            limit: 1,
            with_lft: false,
        };
        Ok(self
            .session
            .site(side)
            .keys(&query)
            .await
            .on(side)?
            .keys
            .is_empty())
    }

    /// Leaves out the keys whose state was compared already, and unpaired ones that the filters keep out.
    async fn to_look_at(
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
            Some(pair) => !pair.open && same(&pair.modified, &key.modified),
            None => {
                let place = (effective.name.clone(), side, key.name.clone());
                ledger
                    .parked
                    .get(&place)
                    .is_some_and(|p| same(&p.key.modified, &key.modified))
            }
        };
        let mut keys: Vec<DocKey> = keys.into_iter().filter(|key| !is_compared(key)).collect();
        if apply_filters && !effective.filters[side].is_empty() {
            let unpaired = keys.iter().filter(|key| !paired.contains_key(&key.name));
            let admitted = self
                .admitted(side, unpaired.map(|key| key.name.clone()).collect())
                .await?;
            keys.retain(|key| paired.contains_key(&key.name) || admitted.contains(&key.name));
        }
        Ok(keys
            .into_iter()
            .map(|key| Todo {
                key,
                reason: TodoReason::Seen,
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
