//! What a site says of the DocTypes that mappings reach (protocol 9).

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_model::{
    BodyQuery, DocName, DocType, DocTypeMeta, FieldKind, FieldMeta, MetaBundle, Naming, Selection,
    Site, SiteError, SiteErrorKind,
};
use serde_json::Value;

const AUTONAME: &str = "autoname";

/// The metadata of one site: DocTypes in full with their children; of those that they link to, how they are
/// named.
pub type Metas = BTreeMap<DocType, MetaBundle>;

/// Reads the metadata of these DocTypes. One that is not there is left out: the mapper says so, with its
/// place in the file.
///
/// # Errors
///
/// Where the site cannot be asked, or does not let us read a DocType that is there.
pub async fn read_metadata<S: Site>(
    site: &S,
    doctypes: &BTreeSet<DocType>,
) -> Result<Metas, SiteError> {
    let read = futures::future::join_all(doctypes.iter().map(|doctype| site.meta(doctype))).await;
    let mut metas = Metas::new();
    for (doctype, bundle) in doctypes.iter().zip(read) {
        match bundle {
            Ok(bundle) => {
                metas.insert(doctype.clone(), bundle);
            }
            Err(error) if error.kind == SiteErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let linked = naming_of_links(site, &metas).await?;
    metas.extend(linked);
    Ok(metas)
}

/// Reads how the DocTypes are named that the mapped ones link to, in one request. Where we may not read
/// DocTypes, links to them get no verdict.
async fn naming_of_links<S: Site>(site: &S, metas: &Metas) -> Result<Metas, SiteError> {
    let targets: BTreeSet<DocName> = metas
        .values()
        .flat_map(|bundle| std::iter::once(&bundle.doctype).chain(bundle.children.values()))
        .flat_map(|meta| &meta.fields)
        .filter(|field| field.kind == FieldKind::Link && !field.options.is_empty())
        .filter(|field| !metas.contains_key(field.options.as_str()))
        .map(|field| DocName::from(field.options.as_str()))
        .collect();
    if targets.is_empty() {
        return Ok(Metas::new());
    }
    let mut doctype = naming_only("DocType".into(), Naming::Prompt);
    doctype.doctype.fields.push(autoname());
    let query = BodyQuery {
        meta: &doctype,
        selection: Selection::Names(targets.into_iter().collect()),
        tables: Vec::new(),
    };
    let found = match site.documents(&query).await {
        Ok(found) => found,
        Err(error) if error.concerns_one_document() => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(found
        .into_iter()
        .map(|document| {
            let name = DocType::from(document.name().as_str());
            let autoname = document.fields.get(AUTONAME).and_then(Value::as_str);
            let naming = Naming::of_autoname(autoname.unwrap_or_default());
            (name.clone(), naming_only(name, naming))
        })
        .collect())
}

/// The field of a DocType that says how its documents are named.
fn autoname() -> FieldMeta {
    FieldMeta {
        name: AUTONAME.into(),
        label: "Auto Name".to_owned(),
        fieldtype: "Data".to_owned(),
        kind: FieldKind::Text,
        options: String::new(),
        length: 0,
        required: false,
        unique: false,
        read_only: false,
        no_copy: false,
        fetch_from: None,
        fetch_if_empty: false,
        is_virtual: false,
        set_only_once: false,
        allow_on_submit: false,
        permlevel: 0,
        default: None,
    }
}

fn naming_only(name: DocType, naming: Naming) -> MetaBundle {
    MetaBundle {
        doctype: DocTypeMeta {
            name,
            naming,
            is_submittable: false,
            is_tree: false,
            is_single: false,
            is_table: false,
            is_virtual: false,
            title_field: None,
            fields: Vec::new(),
        },
        children: BTreeMap::new(),
    }
}
