//! Which child tables travel, and which fields of their rows.

use frappe_sync_model::{
    DocType, DocTypeMeta, FieldKind, FieldMeta, FieldName, MetaBundle, PerSide, Side,
};

use super::field_rule::{never_travels, stays_by_default};
use super::fields::map_fields;
use super::given::give_defaults;
use super::mapping::check_filters;
use super::matter::{Matter, leave_path_out, on_both};
use super::problems::Problems;
use super::scope::Scope;
use crate::selection::{Presence, Selection, TableEntry};
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
    for names in table_names(matter, entries) {
        let entry = entries
            .iter()
            .find(|entry| entry.names.a.value == names.a && entry.names.b.value == names.b);
        let pair = match pair_of(matter, bundles, &names, entry) {
            Ok(pair) => pair,
            Err(reasons) => {
                refuse(matter, &names, entry, reasons, problems, left_out);
                continue;
            }
        };
        let whole = Selection::default();
        let name = &names.a;
        let direction = entry.and_then(|entry| entry.direction.as_ref());
        let rows = Matter {
            metas: pair.map(|(_, child)| child),
            selection: entry.map_or(&whole, |entry| &entry.fields),
            table: Some(name),
            parents: Some(matter.metas),
            direction: direction.map_or(matter.direction, |direction| direction.value),
            conflict: entry
                .and_then(|entry| entry.conflict)
                .unwrap_or(matter.conflict),
            missing: matter.missing,
            follows_docstatus: false,
            carries_files: matter.carries_files,
        };
        rows.check_names(problems);
        let mut fields = map_fields(&rows, scope, problems, left_out);
        if fields.is_empty() {
            let reasons = on_both(LeftOutReason::NothingInCommon);
            refuse(matter, &names, entry, reasons, problems, left_out);
            continue;
        }
        let given = give_defaults(&rows, &mut fields, problems);
        let key = entry.map_or_else(Vec::new, |entry| read_key(&rows, entry, &fields, problems));
        let filters = entry.map_or_else(PerSide::default, |entry| entry.filters.clone());
        if let Some(entry) = entry {
            for side in Side::BOTH {
                let places = &entry.filter_places[side];
                check_filters(side, rows.metas[side], &filters[side], places, problems);
            }
        }
        tables.push(TableMapping {
            id: name.clone(),
            names: pair.map(|(table, _)| table.name.clone()),
            child: pair.map(|(table, _)| DocType::from(table.options.as_str())),
            direction: rows.direction,
            conflict: rows.conflict,
            fields,
            key,
            filter_kinds: PerSide::from_fn(|side| {
                let asked = filters[side].iter();
                asked
                    .filter_map(|filter| {
                        let field = rows.metas[side].field(&filter.field)?;
                        Some((filter.field.clone(), field.kind))
                    })
                    .collect()
            }),
            filters,
            given,
        });
    }
    tables.sort_by(|one, other| one.id.cmp(&other.id));
    tables
}

/// Returns every table of `a` with its name on `b`, then those of `b` that go with none of `a`.
fn table_names(matter: &Matter<'_>, entries: &[TableEntry]) -> Vec<PerSide<FieldName>> {
    let tables = |side: Side| {
        let fields = matter.metas[side].fields.iter();
        fields.filter(|field| field.kind == FieldKind::Table)
    };
    let across = |side: Side, name: &FieldName| {
        let entry = entries
            .iter()
            .find(|entry| entry.names[side].value == *name);
        entry.map_or_else(
            || name.clone(),
            |entry| entry.names[side.other()].value.clone(),
        )
    };
    let of_a = tables(Side::A).map(|field| PerSide {
        a: field.name.clone(),
        b: across(Side::A, &field.name),
    });
    let only_b = tables(Side::B)
        .map(|field| PerSide {
            a: across(Side::B, &field.name),
            b: field.name.clone(),
        })
        .filter(|names| matter.field(Side::A, &names.a).is_none());
    of_a.chain(only_b).collect()
}

/// Says of every entry under `tables` whether there is such a table.
fn check_entries(matter: &Matter<'_>, entries: &[TableEntry], problems: &mut Problems<'_>) {
    let tables = |side: Side| -> Vec<&str> {
        let fields = matter.metas[side].fields.iter();
        fields
            .filter(|field| field.kind == FieldKind::Table)
            .map(|field| field.name.as_str())
            .collect()
    };
    for entry in entries {
        if entry.presence == Presence::Optional {
            continue;
        }
        let PerSide { a, b } = entry.names.as_ref();
        if a.value != b.value {
            for side in Side::BOTH {
                let named = &entry.names[side];
                let known = tables(side);
                if !known.contains(&named.value.as_str()) {
                    let message = format!(
                        "`{}` has no child table `{}` on `{side}`",
                        matter.metas[side].name, named.value
                    );
                    problems.add_unlisted(named.at, message, named.value.as_str(), &known);
                }
            }
            continue;
        }
        let name = &a.value;
        let mut known = tables(Side::A);
        for table in tables(Side::B) {
            if !known.contains(&table) {
                known.push(table);
            }
        }
        if known.contains(&name.as_str()) {
            continue;
        }
        let doctypes = matter.metas.map(|meta| &meta.name);
        let message = if doctypes.a == doctypes.b {
            format!("`{}` has no child table `{name}`", doctypes.a)
        } else {
            format!(
                "neither `{}` nor `{}` has a child table `{name}`",
                doctypes.a, doctypes.b
            )
        };
        problems.add_unlisted(a.at, message, name.as_str(), &known);
    }
}

/// Returns the table field and the rows' DocType of each side, or why the table does not travel.
fn pair_of<'m>(
    matter: &Matter<'m>,
    bundles: PerSide<&'m MetaBundle>,
    names: &PerSide<FieldName>,
    entry: Option<&TableEntry>,
) -> Result<PerSide<(&'m FieldMeta, &'m DocTypeMeta)>, Reasons> {
    let found = PerSide::from_fn(|side| matter.field(side, &names[side]));
    let (a, b) = match (found.a, found.b) {
        (Some(a), Some(b)) => (a, b),
        (here, _) => {
            let side = if here.is_some() { Side::A } else { Side::B };
            let mut reasons = PerSide { a: None, b: None };
            reasons[side] = Some(if matter.selection.excludes(&names[side]) {
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
    match matter.not_selected(names.as_ref()) {
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
    if entry.is_none() && matter.selection.names(&names.a).is_none() {
        either(pair.map(stays_by_default))?;
    }
    let children = PerSide::from_fn(|side| bundles[side].child_of(names[side].as_str()));
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
    names: &PerSide<FieldName>,
    entry: Option<&TableEntry>,
    reasons: Reasons,
    problems: &mut Problems<'_>,
    left_out: &mut Vec<LeftOut>,
) {
    let named = entry
        .filter(|entry| entry.presence == Presence::Required)
        .map(|entry| entry.names.a.at);
    let Some(at) = named.or_else(|| matter.selection.names(&names.a)) else {
        for side in Side::BOTH {
            let mut of_side = PerSide { a: None, b: None };
            of_side[side] = reasons[side].clone();
            leave_path_out(&format!("{}[]", names[side]), of_side, left_out);
        }
        return;
    };
    // Where one of its names is no table, that it cannot travel goes without saying.
    let misnamed = entry.is_some_and(|entry| {
        let mut names = Side::BOTH.into_iter().map(|side| entry.names[side].at);
        names.any(|at| problems.speak_of(at))
    });
    if misnamed || problems.speak_of(at) {
        return;
    }
    let PerSide { a, b } = reasons;
    for (side, reason) in [(Side::A, a), (Side::B, b)] {
        if let Some(reason) = reason {
            problems.add(
                at,
                format!(
                    "the table `{}` cannot travel: {reason} (on `{side}`)",
                    names[side]
                ),
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
