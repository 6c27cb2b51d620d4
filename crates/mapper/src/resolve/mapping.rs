//! From a file and the metadata of both sides to the mapping that holds.

use std::collections::BTreeMap;

use frappe_sync_model::{
    DOCUMENT_FIELDS, DocType, DocTypeMeta, Docstatus, FieldKind, Filter, Identity, MetaBundle,
    PerSide, ROW_FIELDS, Side,
};

use super::fields::map_fields;
use super::given::give_defaults;
use super::hanging::{COMMENT, TAG_LINK, map_hanging};
use super::identity::{check_identity, check_name_fields};
use super::links::check_links;
use super::matter::Matter;
use super::naming::check_naming;
use super::problems::Problems;
use super::scope::{Metas, Scope};
use super::tables::map_tables;
use crate::address::FILE;
use crate::file::MappingFile;
use crate::source::Position;
use crate::{Diagnostic, EffectiveMapping, nearest};

/// Columns that every DocType has beside the standard fields; filters may ask for them.
const HIDDEN_COLUMNS: [&str; 4] = ["_user_tags", "_comments", "_assign", "_liked_by"];

/// Checks all mapping files of a sync against the metadata of both sites.
///
/// `meta` holds what each site says of the mapped DocTypes and, where the caller has them, of the DocTypes
/// that they link to; a link to a DocType that is not in it is taken as it is. The mappings come back in
/// the order of the files, and after them those of what hangs on their documents, where it travels.
///
/// # Errors
///
/// Everything that is wrong, by file and then by place in the file.
pub fn resolve(
    files: &[MappingFile],
    meta: &PerSide<BTreeMap<DocType, MetaBundle>>,
) -> Result<Vec<EffectiveMapping>, Vec<Diagnostic>> {
    let scope = Scope::of(files, meta);
    let mut mappings = Vec::new();
    let mut diagnostics = Vec::new();
    for file in files {
        let mut problems = Problems::of(file);
        let mapping = resolve_file(file, &scope, &mut problems);
        if problems.is_empty() {
            mappings.extend(mapping);
        }
        diagnostics.extend(problems.into_diagnostics());
    }
    match map_hanging(files, meta) {
        Ok(hanging) => mappings.extend(hanging),
        Err(diagnostic) => diagnostics.push(diagnostic),
    }
    if diagnostics.is_empty() {
        Ok(mappings)
    } else {
        Err(diagnostics)
    }
}

/// Resolves one file; nothing comes back where its DocTypes cannot be mapped at all.
fn resolve_file(
    file: &MappingFile,
    scope: &Scope<'_>,
    problems: &mut Problems<'_>,
) -> Option<EffectiveMapping> {
    let bundles = PerSide::from_fn(|side| bundle_of(file, side, scope.metas, problems));
    check_covered_once(file, scope, problems);
    let bundles = PerSide {
        a: bundles.a?,
        b: bundles.b?,
    };
    check_single(file, &bundles, problems);
    let matter = Matter {
        metas: bundles.map(|bundle| &bundle.doctype),
        selection: &file.fields,
        table: None,
        parents: None,
        direction: file.direction,
        conflict: file.conflict,
        missing: file.missing,
        follows_docstatus: file.docstatus == Docstatus::Follow
            && bundles.a.doctype.is_submittable
            && bundles.b.doctype.is_submittable,
        carries_files: file.files,
    };
    matter.check_names(problems);
    for side in Side::BOTH {
        let (filters, places) = (&file.filters[side], &file.places.filters[side]);
        check_filters(side, matter.metas[side], filters, places, problems);
    }

    let mut left_out = Vec::new();
    let mut fields = map_fields(&matter, scope, problems, &mut left_out);
    let given = give_defaults(&matter, &mut fields, problems);
    let tables = map_tables(
        &matter,
        bundles,
        &file.tables,
        scope,
        problems,
        &mut left_out,
    );
    check_identity(file, &matter, &fields, &left_out, problems);
    check_name_fields(file, &matter, &fields, &left_out, problems);
    check_naming(file, &matter, problems);
    check_links(file, scope, &fields, &tables, problems);

    left_out.sort_by(|one, other| (&one.field, one.side).cmp(&(&other.field, other.side)));
    Some(EffectiveMapping {
        name: file.name(),
        doctypes: file.doctypes.clone(),
        meta: bundles.map(MetaBundle::clone),
        direction: file.direction,
        identity: file.identity.clone(),
        shared_names: file.shared_names,
        naming: file.naming,
        filters: file.filters.clone(),
        conflict: file.conflict,
        prefer: file.prefer,
        deletes: file.deletes,
        docstatus: file.docstatus,
        cancelled: file.cancelled,
        fields,
        tables,
        given,
        left_out,
        hangs: None,
    })
}

/// What to look for where a site does not know a DocType.
const NO_DOCTYPE: &str = "write its name as the site does, with capitals and spaces; the app that brings it must \
                          be installed there";

/// Finds the metadata of a file's DocType on a side, if documents of that DocType can be synced.
fn bundle_of<'s>(
    file: &MappingFile,
    side: Side,
    metas: &'s Metas,
    problems: &mut Problems<'_>,
) -> Option<&'s MetaBundle> {
    let doctype = &file.doctypes[side];
    let at = file.places.doctypes[side];
    let Some(bundle) = metas[side].get(doctype) else {
        let message = format!("`{side}` has no DocType `{doctype}`");
        let known = metas[side].keys().map(DocType::as_str);
        match nearest(doctype.as_str(), known) {
            Some(meant) => problems.add_with_help(at, message, format!("did you mean `{meant}`?")),
            None => problems.add_with_help(at, message, NO_DOCTYPE.to_owned()),
        }
        return None;
    };
    if let Some((what, help)) = unsupported(&bundle.doctype) {
        let message = format!("`{doctype}` {what} on `{side}`, which cannot be mapped");
        problems.add_with_help(at, message, help.to_owned());
        return None;
    }
    Some(bundle)
}

/// Returns why documents of a DocType cannot be synced, and what to do.
fn unsupported(meta: &DocTypeMeta) -> Option<(&'static str, &'static str)> {
    if meta.is_table {
        Some((
            "is a child table",
            "its rows travel with their documents: map the DocType that holds the table",
        ))
    } else if meta.name.as_str() == FILE {
        Some((
            "holds files",
            "files travel with the documents that they are attached to: write `files: true` in the mappings of those",
        ))
    } else if meta.name.as_str() == COMMENT {
        Some((
            "holds comments",
            "comments travel with the documents that they are on: write `comments: true` in the mappings of those",
        ))
    } else if meta.name.as_str() == TAG_LINK {
        Some((
            "holds the tags of documents",
            "tags travel with the documents that they are on: write `tags: true` in the mappings of those",
        ))
    } else if meta.is_virtual {
        Some((
            "is virtual",
            "its documents are computed and never stored: remove this mapping",
        ))
    } else {
        None
    }
}

/// A Single is one document, which is on both sides already: nothing selects it, and nothing tells it from others.
fn check_single(file: &MappingFile, bundles: &PerSide<&MetaBundle>, problems: &mut Problems<'_>) {
    let single = bundles.map(|bundle| bundle.doctype.is_single);
    let at = file.places.doctypes.a;
    if single.a != single.b {
        let which = if single.a { Side::A } else { Side::B };
        let message = format!("`{}` is a Single on `{which}` only", file.doctypes[which]);
        let help = "map a Single to a Single".to_owned();
        problems.add_with_help(at, message, help);
        return;
    }
    if !single.a {
        return;
    }
    for side in Side::BOTH {
        if let Some(at) = file.places.filters[side].first() {
            let message = format!(
                "a filter says nothing of `{}`, a Single",
                file.doctypes[side]
            );
            problems.add_with_help(*at, message, "leave `filters` out".to_owned());
            return;
        }
    }
    if file.identity != Identity::Name {
        let message = format!(
            "`{}` is a Single, and is paired by its name",
            file.doctypes.a
        );
        let at = file.places.identity.unwrap_or(at);
        problems.add_with_help(at, message, "leave `identity` out".to_owned());
    }
    if file.doctypes.a != file.doctypes.b {
        let message = "a Single is called alike on both sites".to_owned();
        problems.add_with_help(at, message, "map Singles of one name".to_owned());
    }
}

/// Links are translated through the mapping of their target, so there can be only one.
fn check_covered_once(file: &MappingFile, scope: &Scope<'_>, problems: &mut Problems<'_>) {
    for side in Side::BOTH {
        if let Some(other) = scope.covered_before(side, file) {
            let place = other.places.doctypes[side];
            let message = format!(
                "`{}` of `{side}` is mapped already, at {}:{}:{}",
                file.doctypes[side], other.file, place.line, place.column
            );
            let help = "a sync maps each DocType of a site once".to_owned();
            problems.add_with_help(file.places.doctypes[side], message, help);
            return;
        }
    }
}

/// Checks that what the filters of a side ask for is stored; a list for both sides is complained of once.
pub(super) fn check_filters(
    side: Side,
    meta: &DocTypeMeta,
    filters: &[Filter],
    places: &[Position],
    problems: &mut Problems<'_>,
) {
    let columns = || {
        let fields = meta.fields.iter();
        let stored = fields.filter(|field| field.kind.holds_value() && !field.is_virtual);
        stored
            .map(|field| field.name.as_str())
            .chain(DOCUMENT_FIELDS)
            .chain(ROW_FIELDS)
    };
    for (filter, at) in filters.iter().zip(places) {
        let name = filter.field.as_str();
        if columns().any(|column| column == name) || HIDDEN_COLUMNS.contains(&name) {
            continue;
        }
        let message = match meta.field(name).map(|field| field.kind) {
            Some(FieldKind::Table | FieldKind::Layout) => {
                format!("`{name}` of `{}` holds no value to filter by", meta.name)
            }
            Some(_) => format!("`{name}` of `{}` is never stored", meta.name),
            None => format!("`{}` has no field `{name}` on `{side}`", meta.name),
        };
        if side == Side::A || !problems.speak_of(*at) {
            problems.add_unknown(*at, message, name, columns());
        }
    }
}
