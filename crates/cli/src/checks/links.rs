//! Links to DocTypes that no mapping covers: what they name must be there under the same name.

use std::collections::{BTreeMap, BTreeSet};

use frappe_sync_connector::FrappeSite;
use frappe_sync_mapper::{EffectiveMapping, LinkRule};
use frappe_sync_model::{DocType, PerSide, Side, SiteError};
use serde_json::Value;

use super::Finding;
use super::pair::SitePair;
use super::schema::travelling;
use crate::failure;
use crate::render::text::{count, listed};

/// How many names of a DocType are compared. What is missing among more is found by the run, which asks for
/// the names that documents hold.
const COMPARED: usize = 2000;

/// A DocType without a mapping that mapped fields link to.
#[derive(Debug, Default)]
struct Unmapped {
    /// The fields, each with its DocType: `customer_group` of `Customer`.
    fields: BTreeSet<String>,
    /// The sides to which links to it are written.
    written: BTreeSet<Side>,
}

/// Compares the names of every DocType that is linked to and not mapped, with one request to each site.
pub(super) async fn check_links(
    mappings: &[EffectiveMapping],
    pair: &SitePair<'_>,
    place: &str,
) -> Vec<Finding> {
    let unmapped = unmapped_targets(mappings);
    let read = unmapped.into_iter().map(async |((a, b), target)| {
        let doctypes = PerSide { a, b };
        let (a, b) = tokio::join!(
            names(&pair.sites.a, &doctypes.a),
            names(&pair.sites.b, &doctypes.b),
        );
        (doctypes, target, PerSide { a, b })
    });
    let mut findings = Vec::new();
    let (mut complete, mut large) = (0, Vec::new());
    for (doctypes, target, names) in futures::future::join_all(read).await {
        let names =
            match names {
                PerSide { a: Ok(a), b: Ok(b) } => PerSide { a, b },
                PerSide { a, b } => {
                    for (side, failed) in [(Side::A, a.err()), (Side::B, b.err())] {
                        findings.extend(failed.and_then(|error| {
                            unreadable(error, side, &doctypes[side], &target, pair)
                        }));
                    }
                    continue;
                }
            };
        if names.a.len() > COMPARED || names.b.len() > COMPARED {
            large.push(doctypes.a.to_string());
            continue;
        }
        let before = findings.len();
        for side in &target.written {
            findings.extend(missing(&names, *side, &doctypes, &target, pair));
        }
        complete += u64::from(findings.len() == before);
    }
    if complete > 0 {
        let doctypes = count(complete, "DocType");
        let message = format!(
            "{doctypes} that mapped fields link to, and no mapping covers, hold the same names on both sites"
        );
        findings.insert(0, Finding::ok(place, message));
    }
    if !large.is_empty() {
        let message = format!(
            "links lead to {}, which no mapping covers and which hold too many documents to compare here: \
             what is missing is parked by the run",
            listed(&large)
        );
        findings.push(Finding::ok(place, message));
    }
    findings
}

fn unmapped_targets(mappings: &[EffectiveMapping]) -> BTreeMap<(DocType, DocType), Unmapped> {
    let covered = |side: Side, doctype: &DocType| {
        let mut mapped = mappings.iter().map(|mapping| &mapping.doctypes[side]);
        mapped.any(|mapped| mapped == doctype)
    };
    let mut unmapped: BTreeMap<(DocType, DocType), Unmapped> = BTreeMap::new();
    for mapping in mappings {
        for (path, field) in travelling(mapping) {
            let LinkRule::Link { doctypes } = &field.link else {
                continue;
            };
            // A field that holds a DocType's name names no document.
            if doctypes.a == "DocType" || covered(Side::A, &doctypes.a) {
                continue;
            }
            let target = unmapped
                .entry((doctypes.a.clone(), doctypes.b.clone()))
                .or_default();
            target
                .fields
                .insert(format!("`{path}` of `{}`", mapping.name));
            let writes = |side: &Side| mapping.direction.writes_to(*side);
            target.written.extend(Side::BOTH.into_iter().filter(writes));
        }
    }
    unmapped
}

/// Reads names as a site compares them: without regard to case (protocol 3.2).
async fn names(
    site: &FrappeSite,
    doctype: &DocType,
) -> Result<BTreeMap<String, String>, SiteError> {
    let rows = site.rows(doctype, &["name"], &[], COMPARED + 1).await?;
    let names = rows.iter().filter_map(|row| match row.get("name")? {
        Value::String(name) => Some(name.clone()),
        other => Some(other.to_string()),
    });
    Ok(names.map(|name| (name.to_lowercase(), name)).collect())
}

/// Tells which names of the other side are not there on `side`.
fn missing(
    names: &PerSide<BTreeMap<String, String>>,
    side: Side,
    doctypes: &PerSide<DocType>,
    target: &Unmapped,
    pair: &SitePair<'_>,
) -> Option<Finding> {
    let others = names[side.other()].iter();
    let missing: Vec<String> = others
        .filter(|(folded, _)| !names[side].contains_key(*folded))
        .map(|(_, name)| name.clone())
        .collect();
    if missing.is_empty() {
        return None;
    }
    let (here, there) = (pair.name(side.other()), pair.name(side));
    let doctype = &doctypes[side.other()];
    Some(Finding::warn(
        format!("links to `{doctype}`"),
        format!(
            "`{there}` lacks {}, which `{here}` has; no mapping covers `{doctype}`, to which {} links",
            listed(&missing),
            fields(target)
        ),
        format!(
            "map `{doctype}` too, or make them on `{there}`: a document that links to one of them is parked \
             until then"
        ),
    ))
}

fn fields(target: &Unmapped) -> String {
    let mut fields = target.fields.iter();
    let first = fields.next().map_or("", String::as_str);
    match fields.len() {
        0 => first.to_owned(),
        more => format!("{first}, with {},", count(more as u64, "other field")),
    }
}

/// Tells why the names of one site are not known.
fn unreadable(
    error: SiteError,
    side: Side,
    doctype: &DocType,
    target: &Unmapped,
    pair: &SitePair<'_>,
) -> Option<Finding> {
    let site = pair.configs[side];
    if !error.concerns_one_document() {
        let place = super::sites::place_of(site);
        let error = failure::of_site(error, site);
        return Finding::of_error(&place, &error).into_iter().next();
    }
    Some(Finding::warn(
        format!("links to `{doctype}`"),
        format!(
            "the documents on `{}` cannot be listed, so nobody knows whether what {} links to is there",
            site.name,
            fields(target)
        ),
        format!("give a role of the user read on `{doctype}`"),
    ))
}
