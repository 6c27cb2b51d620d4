//! The counters of a site, raised before documents come whose names they would hand out (protocol 5.2).

use std::collections::BTreeMap;

use frappe_sync_mapper::counted;
use frappe_sync_model::{Naming, ParkedCause, Side, Site, SiteError, StateStore};
use serde_json::Value;

use crate::Clock;
use crate::create::{Creator, Ready, parked_cause};
use crate::error::EngineError;
use crate::report::NoteReport;

/// The field that says which series a document is named by.
const NAMING_SERIES: &str = "naming_series";

impl<S: Site, T: StateStore, C: Clock> Creator<'_, '_, S, T, C> {
    /// Sees to it that the site hands out none of the names of these documents, now or later. Where it cannot be seen to,
    /// they are parked.
    pub(super) async fn beyond_their_numbers(
        &mut self,
        ready: Vec<Ready>,
    ) -> Result<Vec<Ready>, EngineError> {
        for (prefix, number) in self.numbers(&ready) {
            let Err(error) = self.raise(&prefix, number).await else {
                continue;
            };
            let to = self.from.other();
            if !error.concerns_one_document() {
                return Err(EngineError::Site {
                    side: to,
                    source: error,
                });
            }
            let message = format!(
                "the series `{prefix}` of site `{to}` cannot be raised to {number}, so that it would hand out this \
                 name again ({}): make the sync's user a System Manager there, or write `naming: own`",
                error.message
            );
            let cause = match parked_cause(&error) {
                ParkedCause::NotPermitted => ParkedCause::NotPermitted,
                _ => ParkedCause::Mapping,
            };
            for one in ready {
                self.park(&one.source.key, cause.clone(), message.clone())?;
            }
            return Ok(Vec::new());
        }
        Ok(ready)
    }

    /// Returns how far each counter must be for these documents.
    fn numbers(&self, ready: &[Ready]) -> BTreeMap<String, u64> {
        let to = self.from.other();
        let meta = &self.session.mappings[self.mapping].meta[to].doctype;
        let Naming::SiteGiven(autoname) = &meta.naming else {
            return BTreeMap::new();
        };
        let series = meta.field(NAMING_SERIES);
        let options = series.map_or("", |field| field.options.as_str());
        let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
        for one in ready {
            let name = one.source.name().as_str();
            let values = &one.body.document.body;
            let own = values.get(NAMING_SERIES).and_then(Value::as_str);
            let mut rules: Vec<&str> = own.into_iter().collect();
            rules.extend(options.lines());
            if autoname.contains('#') {
                rules.push(autoname);
            }
            let rules = rules.into_iter().map(str::trim);
            let found = rules
                .filter(|rule| !rule.is_empty())
                .map(|rule| counted(rule, name, values))
                .find(|found| !found.is_empty());
            for counter in found.unwrap_or_default() {
                let known = numbers.entry(counter.prefix).or_default();
                *known = counter.number.max(*known);
            }
        }
        numbers
    }

    /// Raises a counter, never lowers it, and only believes what it shows afterwards.
    async fn raise(&mut self, prefix: &str, number: u64) -> Result<(), SiteError> {
        let to = self.from.other();
        let place = (to, prefix.to_owned());
        if self
            .ledger
            .series
            .get(&place)
            .is_some_and(|known| *known >= number)
        {
            return Ok(());
        }
        let site = self.session.site(to);
        let mut current = site.series(prefix).await?;
        if current < number {
            // As far as the source's own, where it tells: so what is still to come collides with nothing.
            let own = self.session.site(self.from).series(prefix).await;
            let wanted = own.unwrap_or_default().max(number);
            site.raise_series(prefix, wanted).await?;
            current = site.series(prefix).await?;
            if current < wanted {
                let kind = frappe_sync_model::SiteErrorKind::Refused {
                    exc_type: String::new(),
                };
                let message = format!("it stays at {current}");
                return Err(SiteError::new(kind, message));
            }
            self.tell_of_series(to, prefix, current);
        }
        self.ledger.series.insert(place, current);
        Ok(())
    }

    fn tell_of_series(&mut self, to: Side, prefix: &str, current: u64) {
        self.ledger.notes.insert(NoteReport {
            kind: "series_raised".to_owned(),
            site: to,
            doctype: self.session.mappings[self.mapping].doctypes[to].clone(),
            name: None,
            message: format!("the series `{prefix}` was raised to {current}"),
        });
    }
}
