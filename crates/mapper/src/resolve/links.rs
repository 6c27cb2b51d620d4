//! Links to DocTypes that no mapping covers.

use std::collections::BTreeMap;

use frappe_sync_model::{DocType, PerSide, Side};

use super::naming::names_mean_the_same;
use super::problems::Problems;
use super::scope::Scope;
use crate::file::MappingFile;
use crate::source::Position;
use crate::yaml_error::listed;
use crate::{FieldMapping, LinkRule, TableMapping};

/// Refuses links to unmapped DocTypes whose names a site hands out: the name would arrive, and mean
/// another document.
///
/// A target whose metadata is not given gets no verdict.
pub(super) fn check_links(
    file: &MappingFile,
    scope: &Scope<'_>,
    fields: &[FieldMapping],
    tables: &[TableMapping],
    problems: &mut Problems<'_>,
) {
    if file.shared_names {
        return;
    }
    let mut by_target: BTreeMap<(&str, &str), Unmapped> = BTreeMap::new();
    for (linking, doctypes) in linking_fields(file, fields, tables) {
        let handed_out = PerSide::from_fn(|side| is_handed_out(scope, side, &doctypes[side]));
        if handed_out.a || handed_out.b {
            let unmapped = by_target
                .entry((doctypes.a.as_str(), doctypes.b.as_str()))
                .or_insert(Unmapped {
                    handed_out,
                    linkings: Vec::new(),
                });
            unmapped.linkings.push(linking);
        }
    }
    for ((a, b), unmapped) in by_target {
        let (side, target, who) = match unmapped.handed_out {
            PerSide { a: true, b: true } => (Side::A, a, "both sites hand out"),
            PerSide { a: true, .. } => (Side::A, a, "`a` hands out"),
            PerSide { .. } => (Side::B, b, "`b` hands out"),
        };
        let linkings = unmapped.linkings;
        let paths: Vec<&str> = linkings
            .iter()
            .map(|linking| linking.path.as_str())
            .collect();
        let link = if paths.len() == 1 { "links" } else { "link" };
        let named_at = linkings.iter().find_map(|linking| linking.named_at);
        problems.add_with_help(
            named_at.unwrap_or(file.places.doctypes[side]),
            format!(
                "{} {link} to `{target}`, which no mapping covers and whose names {who}",
                listed(&paths)
            ),
            format!(
                "map `{target}` too, leave what links to it out with `except`, or write \
                 `shared_names: true` if the two sites were once one"
            ),
        );
    }
}

/// A DocType that no mapping covers.
struct Unmapped {
    /// Whether each site hands out its names.
    handed_out: PerSide<bool>,
    /// What links to it.
    linkings: Vec<Linking>,
}

fn is_handed_out(scope: &Scope<'_>, side: Side, doctype: &DocType) -> bool {
    let known = scope.metas[side].get(doctype);
    known.is_some_and(|bundle| !names_mean_the_same(&bundle.doctype))
        && !scope.covers(side, doctype)
}

/// A field that links, and where the file names it.
struct Linking {
    path: String,
    named_at: Option<Position>,
}

fn linking_fields<'m>(
    file: &MappingFile,
    fields: &'m [FieldMapping],
    tables: &'m [TableMapping],
) -> Vec<(Linking, &'m PerSide<DocType>)> {
    let mut linkings = Vec::new();
    // What a table of values says is no name that was handed out.
    let is_named = |field: &&FieldMapping| {
        let values = field.values.as_ref();
        values.is_none_or(|values| {
            !Side::BOTH
                .into_iter()
                .all(|side| values.parks_the_rest(side))
        })
    };
    for field in fields.iter().filter(is_named) {
        if let LinkRule::Link { doctypes } = &field.link {
            let linking = Linking {
                path: field.id.to_string(),
                named_at: file.fields.names(&field.id),
            };
            linkings.push((linking, doctypes));
        }
    }
    for table in tables {
        let entry = file
            .tables
            .iter()
            .find(|entry| entry.names.a.value == table.id);
        for field in table.fields.iter().filter(is_named) {
            if let LinkRule::Link { doctypes } = &field.link {
                let linking = Linking {
                    path: format!("{}[].{}", table.id, field.id),
                    named_at: entry.and_then(|entry| entry.fields.names(&field.id)),
                };
                linkings.push((linking, doctypes));
            }
        }
    }
    linkings
}
