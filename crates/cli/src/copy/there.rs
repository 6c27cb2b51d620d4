//! Which of the documents that others link to the target has already.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use frappe_sync_connector::FrappeSite;
use frappe_sync_mapper::{EffectiveMapping, FieldMapping, LinkRule};
use frappe_sync_model::{
    DocName, DocType, Filter, Identity, PerSide, Side, Site as _, SiteError, StateStore as _,
    canonical,
};
use frappe_sync_store::SyncState;
use serde_json::Value;

use crate::error::CliError;
use crate::failure;

/// So many documents are looked for with one request.
const AT_ONCE: usize = 500;

/// A site that could not be asked, or the state file.
#[derive(Debug)]
pub(super) enum AskError {
    /// The site.
    Site(Side, SiteError),
    /// Anything else.
    Cli(CliError),
}

impl From<CliError> for AskError {
    fn from(error: CliError) -> Self {
        Self::Cli(error)
    }
}

pub(super) fn on(side: Side) -> impl FnOnce(SiteError) -> AskError {
    move |error| AskError::Site(side, error)
}

/// Returns those of these names that the target does not have. Where our user may not list the DocType, it is
/// taken to have them: the site itself will judge the links.
pub(super) async fn without_name(
    target: &FrappeSite,
    doctype: &DocType,
    names: &BTreeSet<DocName>,
) -> Result<BTreeSet<DocName>, AskError> {
    let asked: Vec<DocName> = names.iter().cloned().collect();
    let found = match target.existing(doctype, &asked).await {
        Err(error) if error.concerns_one_document() => return Ok(BTreeSet::new()),
        found => found.map_err(on(Side::B))?,
    };
    let found: HashSet<String> = found.iter().map(|name| folded(name.as_str())).collect();
    let mut missing = names.clone();
    missing.retain(|name| !found.contains(&folded(name.as_str())));
    Ok(missing)
}

/// Returns those of these documents that have no counterpart on the target, neither by an earlier copy nor by
/// what makes two documents of the mapping the same one.
///
/// It only says how far links are followed: the engine pairs for itself.
pub(super) async fn without_counterpart(
    sites: &PerSide<FrappeSite>,
    store: Option<&SyncState>,
    mapping: &EffectiveMapping,
    names: &BTreeSet<DocName>,
) -> Result<BTreeSet<DocName>, AskError> {
    let mut alone = names.clone();
    if let Some(store) = store {
        let asked: Vec<DocName> = names.iter().cloned().collect();
        let pairs = store.counterparts(&mapping.name, Side::A, &asked);
        for pair in pairs.map_err(failure::of_state)? {
            if pair.gone.is_none() {
                alone.remove(&pair.name);
            }
        }
    }
    match &mapping.identity {
        Identity::Name => without_name(&sites.b, &mapping.doctypes.b, &alone).await,
        Identity::Create => Ok(alone),
        Identity::Key(fields) => {
            let key: Vec<&FieldMapping> = mapping
                .fields
                .iter()
                .filter(|field| fields.contains(&field.id) && field.link == LinkRule::None)
                .collect();
            without_key(sites, mapping, &key, alone).await
        }
    }
}

async fn without_key(
    sites: &PerSide<FrappeSite>,
    mapping: &EffectiveMapping,
    key: &[&FieldMapping],
    mut alone: BTreeSet<DocName>,
) -> Result<BTreeSet<DocName>, AskError> {
    if key.is_empty() {
        return Ok(alone);
    }
    let names: Vec<DocName> = alone.iter().cloned().collect();
    for names in names.chunks(AT_ONCE) {
        let by_name = Filter::is_in("name", names.iter().map(DocName::as_str));
        let here = rows(sites, mapping, Side::A, key, by_name).await?;
        // Each is looked for by the first part of its key that is not empty.
        let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for row in &here {
            let part = key.iter().find_map(|field| {
                let value = part_of(row, field, Side::A);
                (!value.is_empty()).then(|| (field.names.b.as_str(), value))
            });
            if let Some((field, value)) = part {
                wanted.entry(field).or_default().insert(value);
            }
        }
        let mut there = HashSet::new();
        for (field, values) in wanted {
            let found = rows(sites, mapping, Side::B, key, Filter::is_in(field, values)).await?;
            there.extend(found.iter().map(|row| key_of(row, key, Side::B)));
        }
        for row in &here {
            if there.contains(&key_of(row, key, Side::A))
                && let Some(name) = row.get("name").and_then(Value::as_str)
            {
                alone.remove(name);
            }
        }
    }
    Ok(alone)
}

async fn rows(
    sites: &PerSide<FrappeSite>,
    mapping: &EffectiveMapping,
    side: Side,
    key: &[&FieldMapping],
    filter: Filter,
) -> Result<Vec<Value>, AskError> {
    let mut fields = vec!["name"];
    fields.extend(key.iter().map(|field| field.names[side].as_str()));
    let doctype = &mapping.doctypes[side];
    let rows = sites[side].rows(doctype, &fields, &[filter], 0).await;
    rows.map_err(on(side))
}

fn part_of(row: &Value, field: &FieldMapping, side: Side) -> String {
    let value = row.get(field.names[side].as_str()).unwrap_or(&Value::Null);
    canonical(value, field.meta[side].kind).as_str().to_owned()
}

fn key_of(row: &Value, key: &[&FieldMapping], side: Side) -> Vec<String> {
    key.iter()
        .map(|field| folded(&part_of(row, field, side)))
        .collect()
}

/// Folds a text roughly as a site's collation does (protocol 3.2).
fn folded(text: &str) -> String {
    text.trim_end().to_lowercase()
}
