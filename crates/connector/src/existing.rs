//! Tells which names exist.

use futures::future::try_join_all;

use frappe_sync_model::{DocName, DocType, Filter, SiteError};

use crate::answer::unexpected;
use crate::list::{List, NAMES_PER_PAGE};
use crate::transport::Transport;
use crate::wire_document::name_of;

/// Returns those of the names that exist, as the site spells them, page by page in the order of names.
pub(crate) async fn existing(
    transport: &Transport,
    doctype: &DocType,
    names: &[DocName],
) -> Result<Vec<DocName>, SiteError> {
    let pages = names
        .chunks(NAMES_PER_PAGE)
        .map(|names| existing_page(transport, doctype, names));
    let pages = try_join_all(pages).await?;
    Ok(pages.into_iter().flatten().collect())
}

async fn existing_page(
    transport: &Transport,
    doctype: &DocType,
    names: &[DocName],
) -> Result<Vec<DocName>, SiteError> {
    let list = List {
        doctype,
        parent: None,
        fields: vec!["name"],
        filters: vec![Filter::is_in("name", names.iter().map(DocName::as_str))],
        or_filters: Vec::new(),
        order_by: "name asc",
        limit: 0,
    };
    let request = list.request(format!("look up names of {doctype}"));
    let rows = transport.send(&request).await?.into_rows(&request)?;
    rows.iter()
        .map(|row| row.get("name").and_then(name_of))
        .collect::<Option<_>>()
        .ok_or_else(|| unexpected(&request, "a name in every row"))
}
