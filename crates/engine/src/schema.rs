//! Metadata, read again only when it changed (protocol 9, 13).

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_mapper::MappingFile;
use frappe_sync_model::{
    DocType, Filter, Fingerprinter, MetaBundle, PerSide, Side, Site, StateStore,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::{EngineError, OnSide};
use crate::metadata::read_metadata;

/// The metadata of one site, as far as a sync's mappings reach.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SiteSchema {
    /// Mapped DocTypes with their children; DocTypes that they link to with their naming only.
    pub(crate) bundles: BTreeMap<DocType, MetaBundle>,
    /// What the site's schema documents looked like; `None` where we may not read them.
    stamp: Option<String>,
    /// Which DocTypes were asked for.
    asked: BTreeSet<DocType>,
}

/// Reads both sites' metadata and returns it with one fingerprint of all of it.
pub(crate) async fn load<S: Site, T: StateStore>(
    sites: &PerSide<&S>,
    store: &T,
    mappings: &[MappingFile],
) -> Result<(PerSide<BTreeMap<DocType, MetaBundle>>, String), EngineError> {
    let (a, b) = futures::future::join(
        load_side(Side::A, sites.a, store, mappings),
        load_side(Side::B, sites.b, store, mappings),
    )
    .await;
    let schemas = PerSide { a: a?, b: b? };
    let whole = json!([schemas.a.bundles, schemas.b.bundles]).to_string();
    let fingerprint = Fingerprinter::new(store.fingerprint_key()).of_bytes(whole.as_bytes());
    Ok((
        schemas.map(|schema| schema.bundles),
        format!("{fingerprint:?}"),
    ))
}

async fn load_side<S: Site, T: StateStore>(
    side: Side,
    site: &S,
    store: &T,
    mappings: &[MappingFile],
) -> Result<SiteSchema, EngineError> {
    let asked: BTreeSet<DocType> = mappings
        .iter()
        .flat_map(|mapping| mapping.doctypes_read(side))
        .collect();
    let key = format!("schema:{side}");
    if let Some(note) = store.note(&key)?
        && let Ok(known) = serde_json::from_value::<SiteSchema>(note)
        && known.asked == asked
        && known.stamp.is_some()
        && stamp(side, site, &known.bundles).await? == known.stamp
    {
        return Ok(known);
    }
    let bundles = read_metadata(site, &asked).await.on(side)?;
    let stamp = stamp(side, site, &bundles).await?;
    let schema = SiteSchema {
        bundles,
        stamp,
        asked,
    };
    if let Ok(note) = serde_json::to_value(&schema) {
        store.put_note(&key, &note)?;
    }
    Ok(schema)
}

/// Says what the schema documents of these DocTypes look like: a change of one changes the stamp.
async fn stamp<S: Site>(
    side: Side,
    site: &S,
    bundles: &BTreeMap<DocType, MetaBundle>,
) -> Result<Option<String>, EngineError> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for bundle in bundles
        .values()
        .filter(|bundle| !bundle.doctype.fields.is_empty())
    {
        names.insert(bundle.doctype.name.as_str());
        names.extend(bundle.children.keys().map(DocType::as_str));
    }
    let asked = [
        ("DocType", "name"),
        ("Custom Field", "dt"),
        ("Property Setter", "doc_type"),
    ];
    let read = futures::future::join_all(asked.map(|(doctype, field)| {
        let filter = Filter::is_in(field, names.iter().copied());
        async move {
            (
                doctype,
                site.matching_keys(&doctype.into(), &[filter]).await,
            )
        }
    }));
    let mut seen = Vec::new();
    for (doctype, keys) in read.await {
        match keys {
            Ok(keys) => seen.extend(keys.into_iter().map(|key| {
                let modified = key
                    .modified
                    .map_or_else(String::new, |time| time.to_string());
                format!("{doctype}/{}/{modified}", key.name)
            })),
            Err(error) if error.concerns_one_document() => return Ok(None),
            Err(source) => return Err(EngineError::Site { side, source }),
        }
    }
    seen.sort();
    Ok(Some(seen.join("\n")))
}
