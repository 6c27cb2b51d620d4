//! What both sites say of the DocTypes that are to be mapped.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_connector::{FrappeSite, Permission, Permissions};
use frappe_sync_engine::{Metas, read_metadata};
use frappe_sync_model::{DocType, Filter, PerSide, Side, SiteError};
use serde_json::Value;

/// Lists the DocTypes of a module on one site, without child tables.
///
/// # Errors
///
/// As every read; our user may not see DocTypes.
pub(crate) async fn doctypes_of_module(
    site: &FrappeSite,
    module: &str,
) -> Result<BTreeSet<DocType>, SiteError> {
    let filters = [
        Filter::new("module", "=", module),
        Filter::new("istable", "=", 0),
    ];
    let rows = site.rows(&"DocType".into(), &["name"], &filters, 0).await?;
    let names = rows.iter().filter_map(|row| row.get("name")?.as_str());
    Ok(names.map(DocType::from).collect())
}

/// What was read so far; each DocType is read once.
pub(crate) struct Survey<'a> {
    sites: &'a PerSide<FrappeSite>,
    metas: PerSide<Metas>,
    asked: BTreeSet<DocType>,
    rights: BTreeMap<DocType, PerSide<Permissions>>,
}

impl<'a> Survey<'a> {
    pub(super) fn of(sites: &'a PerSide<FrappeSite>) -> Self {
        Self {
            sites,
            metas: PerSide::from_fn(|_| Metas::new()),
            asked: BTreeSet::new(),
            rights: BTreeMap::new(),
        }
    }

    /// Returns what both sites say of everything that was read.
    pub(crate) fn metas(&self) -> &PerSide<Metas> {
        &self.metas
    }

    /// Returns what our user may do with a DocType that was read.
    pub(super) fn rights(&self, doctype: &DocType) -> PerSide<Permissions> {
        self.rights.get(doctype).cloned().unwrap_or_default()
    }

    /// Tells whether a DocType was described in full on a side.
    pub(crate) fn knows(&self, side: Side, doctype: &DocType) -> bool {
        self.asked.contains(doctype) && self.metas[side].contains_key(doctype)
    }

    /// Reads what is not known of these DocTypes.
    pub(crate) async fn read(
        &mut self,
        doctypes: &BTreeSet<DocType>,
    ) -> Result<(), (Side, SiteError)> {
        let new: BTreeSet<DocType> = doctypes.difference(&self.asked).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        let (a, b) = tokio::join!(
            read_metadata(&self.sites.a, &new),
            read_metadata(&self.sites.b, &new),
        );
        let a = a.map_err(|error| (Side::A, error))?;
        let b = b.map_err(|error| (Side::B, error))?;
        for (known, read) in [(&mut self.metas.a, a), (&mut self.metas.b, b)] {
            for (doctype, bundle) in read {
                // Of what others link to only the naming is read, which must not take the place of all of it.
                if new.contains(&doctype) || !self.asked.contains(&doctype) {
                    known.insert(doctype, bundle);
                }
            }
        }
        self.asked.extend(new.iter().cloned());
        let asked = new.into_iter().map(async |doctype| {
            let (a, b) = tokio::join!(
                granted(&self.sites.a, &doctype),
                granted(&self.sites.b, &doctype),
            );
            (doctype, a, b)
        });
        for (doctype, a, b) in futures::future::join_all(asked).await {
            let a = a.map_err(|error| (Side::A, error))?;
            let b = b.map_err(|error| (Side::B, error))?;
            self.rights.insert(doctype, PerSide { a, b });
        }
        Ok(())
    }
}

/// Asks for all rights that a mapping may need; a site without the DocType grants none.
async fn granted(site: &FrappeSite, doctype: &DocType) -> Result<Permissions, SiteError> {
    match site.doc_permissions(doctype, &Permission::ALL).await {
        Err(error) if error.concerns_one_document() => Ok(Permissions::default()),
        granted => granted,
    }
}

/// Reads which of these DocTypes are there on a site; where we may not read DocTypes, all of them may be.
pub(crate) async fn present(
    site: &FrappeSite,
    doctypes: &[&str],
) -> Result<BTreeSet<String>, SiteError> {
    let filters = [Filter::is_in("name", doctypes.iter().copied())];
    match site.rows(&"DocType".into(), &["name"], &filters, 0).await {
        Ok(rows) => Ok(rows
            .iter()
            .filter_map(|row| row.get("name").and_then(Value::as_str))
            .map(str::to_owned)
            .collect()),
        Err(error) if error.concerns_one_document() => Ok(doctypes
            .iter()
            .map(|doctype| (*doctype).to_owned())
            .collect()),
        Err(error) => Err(error),
    }
}
