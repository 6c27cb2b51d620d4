//! Which child tables travel, and which fields of their rows.

use frappe_sync_model::{
    DocType, DocTypeMeta, FieldKind, FieldMeta, FieldName, MetaBundle, PerSide, Side,
};

use super::field_rule::{never_travels, stays_by_default};
use super::fields::map_fields;
use super::matter::{Matter, leave_path_out, on_both};
use super::problems::Problems;
use super::scope::Scope;
use crate::file::{Presence, Selection, TableEntry};
use crate::{FieldMapping, LeftOut, LeftOutReason, TableMapping};

type Reasons = PerSide<Option<LeftOutReason>>;

/// Decides on every child table of the two DocTypes; what travels comes back by id.
pub(super) fn map_tables(
    matter: &Matter<'_>,
    bundles: PerSide<&MetaBundle>,
    entries: &[TableEntry],
    scope: &Scope<'_>,
    problems: &mut Problems<'_>,
    left_out: &mut Vec<LeftOut>,
) -> Vec<TableMapping> {
    check_entries(matter, entries, problems);
    let mut tables = Vec::new();
    for name in table_names(matter) {
        let entry = entries.iter().find(|entry| entry.table.value == *name);
        let pair = match pair_of(matter, bundles, name, entry) {
            Ok(pair) => pair,
            Err(reasons) => {
                refuse(matter, name, entry, reasons, problems, left_out);
                continue;
            }
        };
        let whole = Selection::default();
        let rows = Matter {
            metas: pair.map(|(_, child)| child),
            selection: entry.map_or(&whole, |entry| &entry.fields),
            table: Some(name),
            direction: matter.direction,
            follows_docstatus: false,
            carries_files: matter.carries_files,
        };
        rows.check_names(problems);
        let fields = map_fields(&rows, scope, problems, left_out);
        if fields.is_empty() {
            let reasons = on_both(LeftOutReason::NothingInCommon);
            refuse(matter, name, entry, reasons, problems, left_out);
            continue;
        }
        let key = entry.map_or_else(Vec::new, |entry| read_key(&rows, entry, &fields, problems));
        tables.push(TableMapping {
            id: name.clone(),
            names: pair.map(|(table, _)| table.name.clone()),
            child: pair.map(|(table, _)| DocType::from(table.options.as_str())),
            fields,
            key,
        });
    }
    tables.sort_by(|one, other| one.id.cmp(&other.id));
    tables
}

/// Returns every table field of `a`, then those of `b` that `a` has no field for.
fn table_names<'m>(matter: &Matter<'m>) -> Vec<&'m FieldName> {
    let tables = |side: Side| {
        let fields = matter.metas[side].fields.iter();
        fields.filter(|field| field.kind == FieldKind::Table)
    };
    let only_b = tables(Side::B).filter(|field| matter.field(Side::A, &field.name).is_none());
    tables(Side::A)
        .chain(only_b)
        .map(|field| &field.name)
        .collect()
}

/// Says of every entry under `tables` whether there is such a table.
fn check_entries(matter: &Matter<'_>, entries: &[TableEntry], problems: &mut Problems<'_>) {
    let known = table_names(matter);
    for entry in entries {
        let name = &entry.table.value;
        if entry.presence == Presence::Optional || known.contains(&name) {
            continue;
        }
        let PerSide { a, b } = matter.metas.map(|meta| &meta.name);
        let message = if a == b {
            format!("`{a}` has no child table `{name}`")
        } else {
            format!("neither `{a}` nor `{b}` has a child table `{name}`")
        };
        let words: Vec<&str> = known.iter().map(|known| known.as_str()).collect();
        problems.add_unlisted(entry.table.at, message, name.as_str(), &words);
    }
}

/// Returns the table field and the rows' DocType of each side, or why the table does not travel.
fn pair_of<'m>(
    matter: &Matter<'m>,
    bundles: PerSide<&'m MetaBundle>,
    name: &FieldName,
    entry: Option<&TableEntry>,
) -> Result<PerSide<(&'m FieldMeta, &'m DocTypeMeta)>, Reasons> {
    let found = PerSide::from_fn(|side| matter.field(side, name));
    let (a, b) = match (found.a, found.b) {
        (Some(a), Some(b)) => (a, b),
        (here, _) => {
            let side = if here.is_some() { Side::A } else { Side::B };
            let mut reasons = PerSide { a: None, b: None };
            reasons[side] = Some(if matter.selection.excludes(name) {
                LeftOutReason::Except
            } else {
                LeftOutReason::MissingAcross
            });
            return Err(reasons);
        }
    };
    let pair = PerSide { a, b };
    let either = |reasons: Reasons| match reasons {
        PerSide { a: None, b: None } => Ok(()),
        reasons => Err(reasons),
    };
    either(pair.map(never_travels))?;
    match matter.not_selected(name) {
        // An entry under `tables` names the table as `only` would.
        Some(LeftOutReason::NotListed) if entry.is_some() => {}
        Some(reason) => return Err(on_both(reason)),
        None => {}
    }
    if a.kind != b.kind {
        return Err(PerSide::from_fn(|side| {
            let (here, across) = (pair[side], pair[side.other()]);
            Some(LeftOutReason::KindsDiffer(
                here.fieldtype.clone(),
                across.fieldtype.clone(),
            ))
        }));
    }
    if entry.is_none() && matter.selection.names(name).is_none() {
        either(pair.map(stays_by_default))?;
    }
    let children = PerSide::from_fn(|side| bundles[side].child_of(name.as_str()));
    match (children.a, children.b) {
        (Some(a_child), Some(b_child)) => Ok(PerSide {
            a: (a, a_child),
            b: (b, b_child),
        }),
        _ => Err(PerSide::from_fn(|side| {
            let unknown = || LeftOutReason::ChildUnknown(pair[side].options.clone());
            children[side].is_none().then(unknown)
        })),
    }
}

/// Leaves a table out, or says that the mapping names one that cannot travel.
fn refuse(
    matter: &Matter<'_>,
    name: &FieldName,
    entry: Option<&TableEntry>,
    reasons: Reasons,
    problems: &mut Problems<'_>,
    left_out: &mut Vec<LeftOut>,
) {
    let named = entry
        .filter(|entry| entry.presence == Presence::Required)
        .map(|entry| entry.table.at);
    let Some(at) = named.or_else(|| matter.selection.names(name)) else {
        leave_path_out(&format!("{name}[]"), reasons, left_out);
        return;
    };
    let PerSide { a, b } = reasons;
    for (side, reason) in [(Side::A, a), (Side::B, b)] {
        if let Some(reason) = reason {
            problems.add(
                at,
                format!("the table `{name}` cannot travel: {reason} (on `{side}`)"),
            );
            return;
        }
    }
}

/// Checks the key of a table's rows: fields of theirs that travel.
fn read_key(
    rows: &Matter<'_>,
    entry: &TableEntry,
    fields: &[FieldMapping],
    problems: &mut Problems<'_>,
) -> Vec<FieldName> {
    for named in &entry.key {
        let name = &named.value;
        if fields.iter().any(|field| field.id == *name) {
            continue;
        }
        if rows.known_fields().any(|known| *name == known) {
            let message = format!("`{name}` does not travel, so it cannot tell rows apart");
            problems.add(named.at, message);
        } else {
            let known = fields.iter().map(|field| field.id.as_str());
            problems.add_unknown(named.at, rows.no_such_field(name), name.as_str(), known);
        }
    }
    entry.key.iter().map(|named| named.value.clone()).collect()
}
