//! Reads keys in keyset pages (protocol 3.2).

use serde_json::Value;

use frappe_sync_model::{DocKey, DocType, Filter, KeyOrder, KeyPage, KeyQuery, SiteError};

use crate::answer::unexpected;
use crate::list::{KEYS_PER_PAGE, List, after_name};
use crate::transport::Transport;
use crate::wire_document::key_of;

const KEY_FIELDS: [&str; 4] = ["name", "modified", "creation", "owner"];

/// Reads one page of keys.
pub(crate) async fn keys(transport: &Transport, query: &KeyQuery) -> Result<KeyPage, SiteError> {
    let mut fields = KEY_FIELDS.to_vec();
    if query.with_lft {
        fields.push("lft");
    }
    let keyset = Keyset::of(&query.order);
    let list = List {
        doctype: &query.doctype,
        parent: None,
        fields,
        filters: query
            .filters
            .iter()
            .cloned()
            .chain(keyset.filters)
            .collect(),
        or_filters: keyset.or_filters,
        order_by: keyset.order_by,
        limit: query.limit.max(1),
    };
    let request = list.request(format!("read keys of {}", query.doctype));
    let rows = transport.send(&request).await?.into_rows(&request)?;
    Ok(KeyPage {
        full: rows.len() >= query.limit.max(1),
        keys: parsed(&rows).ok_or_else(|| unexpected(&request, "a name in every row"))?,
    })
}

/// Reads the keys of all documents that match, in the order of names.
pub(crate) async fn matching_keys(
    transport: &Transport,
    doctype: &DocType,
    filters: &[Filter],
) -> Result<Vec<DocKey>, SiteError> {
    let mut query = KeyQuery {
        doctype: doctype.clone(),
        filters: filters.to_vec(),
        order: KeyOrder::Name { after: None },
        limit: KEYS_PER_PAGE,
        with_lft: false,
    };
    let mut found = Vec::new();
    loop {
        let page = keys(transport, &query).await?;
        let last = page.keys.last().map(|key| key.name.clone());
        found.extend(page.keys);
        if !page.full {
            return Ok(found);
        }
        query.order = KeyOrder::Name { after: last };
    }
}

fn parsed(rows: &[Value]) -> Option<Vec<DocKey>> {
    rows.iter()
        .map(|row| row.as_object().and_then(key_of))
        .collect()
}

/// An order with the place in it, in the site's terms.
struct Keyset {
    filters: Vec<Filter>,
    or_filters: Vec<Filter>,
    order_by: &'static str,
}

impl Keyset {
    fn of(order: &KeyOrder) -> Self {
        match order {
            // The site reads this as `modified >= from and (modified > from or name > after)`.
            KeyOrder::Modified { from, after } => Self {
                filters: vec![Filter::new("modified", ">=", from.as_str())],
                or_filters: after
                    .iter()
                    .flat_map(|name| {
                        [
                            Filter::new("modified", ">", from.as_str()),
                            after_name(name),
                        ]
                    })
                    .collect(),
                order_by: "modified asc, name asc",
            },
            KeyOrder::Name { after } => Self {
                filters: after.iter().map(after_name).collect(),
                or_filters: Vec::new(),
                order_by: "name asc",
            },
        }
    }
}
