//! Reading the keys of one side: in full, or from the cursor on.

use chrono::TimeDelta;
use frappe_sync_model::{Cursor, DocName, KeyOrder, KeyQuery, Side, Site, StateStore};

use crate::Clock;
use crate::error::{EngineError, OnSide};
use crate::ledger::Ledger;
use crate::session::Session;

/// What reading a side brought.
pub(super) struct SideRead {
    pub(super) queued: u64,
    pub(super) empty: bool,
}

pub(super) struct Reading<'a, 'p, S, T, C> {
    pub(super) session: &'a Session<'p, S, T, C>,
    pub(super) mapping: usize,
    /// Nothing is known of the mapping yet, so no key needs to be looked up.
    pub(super) all: bool,
    /// The mapping is another one than it was: what was compared under it counts no more.
    pub(super) compare_all: bool,
}

impl<S: Site, T: StateStore, C: Clock> Reading<'_, '_, S, T, C> {
    pub(super) async fn side(&self, side: Side, ledger: &Ledger) -> Result<SideRead, EngineError> {
        let name = self.session.name_of(self.mapping);
        let Some(cursor) = self.session.store().cursor(name, side)? else {
            return self.in_full(side, ledger).await;
        };
        let zone = self.session.facts[side].clock.time_zone.name();
        // Under another zone, or a clock that was put back, new edits lie below the cursor.
        let moved =
            cursor.time_zone != zone || cursor.modified.is_after(&self.session.started[side]);
        if moved || self.sweep_is_due(side)? {
            self.sweep(side, ledger).await
        } else {
            self.since(side, cursor, ledger).await
        }
    }

    /// Returns the cursor after a reading that nothing can hide from.
    pub(super) fn cursor_at_start(&self, side: Side) -> Cursor {
        Cursor {
            modified: self.session.started[side].clone(),
            name: None,
            time_zone: self.session.facts[side].clock.time_zone.name().to_owned(),
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
            let cursor = (!page.full).then(|| self.cursor_at_start(side));
            self.session
                .store()
                .stage(&effective.name, side, &todos, cursor.as_ref())?;
            if !page.full {
                break;
            }
        }
        self.note_sweep(side)?;
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
}
