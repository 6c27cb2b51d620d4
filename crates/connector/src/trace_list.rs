//! Lists of traces, read whole in the order in which they were left.

use serde_json::{Map, Value};

use frappe_sync_model::{DocName, DocType, Filter, SiteError, SiteTime};

use crate::answer::unexpected;
use crate::list::{List, after_name};
use crate::request::Request;
use crate::transport::Transport;
use crate::wire_document::{name_of, time_of};

/// How many traces are read with one request.
pub(crate) const TRACES_PER_PAGE: usize = 1000;

/// Documents of which each tells of one event, oldest first.
pub(crate) struct TraceList<'a> {
    pub(crate) doctype: DocType,
    /// Beside `name` and `creation`.
    pub(crate) fields: &'a [&'a str],
    pub(crate) filters: Vec<Filter>,
    /// Left at this moment or later.
    pub(crate) since: Option<&'a SiteTime>,
}

/// Where a trace stands in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) creation: SiteTime,
    pub(crate) name: DocName,
}

impl Place {
    fn of(row: &Map<String, Value>) -> Option<Self> {
        Some(Self {
            creation: row.get("creation").and_then(time_of)?,
            name: row.get("name").and_then(name_of)?,
        })
    }
}

impl TraceList<'_> {
    /// Reads all of it, page by page. `parse` gives nothing for a row that lacks what it must hold.
    pub(crate) async fn read<T>(
        &self,
        transport: &Transport,
        parse: impl Fn(Place, &Map<String, Value>) -> Option<T>,
    ) -> Result<Vec<T>, SiteError> {
        let mut traces = Vec::new();
        let mut place: Option<Place> = None;
        loop {
            let request = self.page_after(place.as_ref());
            let rows = transport.send(&request).await?.into_rows(&request)?;
            let before = place.clone();
            for row in &rows {
                let lacking = || unexpected(&request, "name, creation and document in every row");
                let row = row.as_object().ok_or_else(lacking)?;
                let at = Place::of(row).ok_or_else(lacking)?;
                traces.push(parse(at.clone(), row).ok_or_else(lacking)?);
                place = Some(at);
            }
            if rows.len() < TRACES_PER_PAGE {
                return Ok(traces);
            }
            if place == before {
                return Err(unexpected(&request, "other rows than the page before"));
            }
        }
    }

    fn page_after(&self, place: Option<&Place>) -> Request {
        let from = place.map(|place| &place.creation).or(self.since);
        let mut filters = self.filters.clone();
        filters.extend(from.map(|from| Filter::new("creation", ">=", from.as_str())));
        // Read as `creation >= from and (creation > from or name > after)`, as with keys (protocol 3.2).
        let or_filters = place.into_iter().flat_map(|place| {
            [
                Filter::new("creation", ">", place.creation.as_str()),
                after_name(&place.name),
            ]
        });
        let list = List {
            doctype: &self.doctype,
            parent: None,
            fields: ["name", "creation"]
                .iter()
                .chain(self.fields)
                .copied()
                .collect(),
            filters,
            or_filters: or_filters.collect(),
            order_by: "creation asc, name asc",
            limit: TRACES_PER_PAGE,
        };
        list.request(format!("read {}", self.doctype))
    }
}
