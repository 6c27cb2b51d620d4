//! What the two sites say differently of the fields that a mapping reaches.

use frappe_sync_mapper::{EffectiveMapping, FieldMapping, LeftOutReason, ValueTable};
use frappe_sync_model::{FieldKind, FieldMeta, PerSide, Side};

use super::Finding;
use super::pair::SitePair;
use crate::render::text::listed;

/// What a text takes where its fieldtype has no length of its own, in characters (protocol 5.5).
const DATA: u32 = 140;
/// What `Small Text` and `Text` take, in bytes.
const TEXT: u32 = 65_535;

/// Compares the fields that travel, and tells which stay behind because the sites differ.
pub(super) fn check_schema(mapping: &EffectiveMapping, pair: &SitePair<'_>) -> Vec<Finding> {
    let mut findings = stay_behind(mapping, pair);
    for (path, field) in travelling(mapping) {
        for target in Side::BOTH {
            if field.direction.writes_to(target) && field.computed.is_none() {
                findings.extend(differences(mapping, &path, field, target, pair));
            }
        }
    }
    findings
}

/// Returns every field that travels with its path: `status`, or `items[].qty`.
pub(crate) fn travelling(
    mapping: &EffectiveMapping,
) -> impl Iterator<Item = (String, &FieldMapping)> {
    let own = mapping.fields.iter();
    let rows = mapping.tables.iter().flat_map(|table| {
        let fields = table.fields.iter();
        fields.map(move |field| (format!("{}[].{}", table.id, field.id), field))
    });
    own.map(|field| (field.id.to_string(), field)).chain(rows)
}

/// Returns what one finding of a mapping is about.
pub(super) fn place_of_mapping(mapping: &EffectiveMapping) -> String {
    format!("mapping `{}`", mapping.name)
}

/// Tells of fields that stay because one site has no such field, or another kind of it.
fn stay_behind(mapping: &EffectiveMapping, pair: &SitePair<'_>) -> Vec<Finding> {
    let place = place_of_mapping(mapping);
    let mut findings = Vec::new();
    for side in Side::BOTH {
        let lonely = lonely_fields(mapping, side);
        if lonely.is_empty() {
            continue;
        }
        let (here, across) = (pair.name(side), pair.name(side.other()));
        findings.push(Finding::warn(
            &place,
            format!("`{across}` has no field {}, so it stays on `{here}`", listed(&lonely)),
            format!(
                "make it on `{across}` too, as a Custom Field, or name it under `except_if_present` if it \
                 shall stay"
            ),
        ));
    }
    for left_out in mapping
        .left_out
        .iter()
        .filter(|left_out| left_out.side == Side::A)
    {
        let (what, a, b) = match &left_out.reason {
            LeftOutReason::KindsDiffer(a, b) => ("is", a, b),
            LeftOutReason::TargetsDiffer(a, b) => ("links to", a, b),
            _ => continue,
        };
        findings.push(Finding::warn(
            &place,
            format!(
                "`{}` {what} `{a}` on `{}` and `{b}` on `{}`, so it stays behind",
                left_out.field,
                pair.name(Side::A),
                pair.name(Side::B),
            ),
            "make the two fields alike, or name it under `except_if_present` if it shall stay",
        ));
    }
    findings
}

/// Returns the fields that only this side has, without those that would stay anyway. Where the mapping lists
/// what travels, nobody misses the others.
pub(crate) fn lonely_fields(mapping: &EffectiveMapping, side: Side) -> Vec<String> {
    let lists = |reason: &LeftOutReason| *reason == LeftOutReason::NotListed;
    if mapping
        .left_out
        .iter()
        .any(|left_out| lists(&left_out.reason))
    {
        return Vec::new();
    }
    mapping
        .left_out
        .iter()
        .filter(|left_out| left_out.side == side && left_out.reason == LeftOutReason::MissingAcross)
        .filter(|left_out| {
            field_at(mapping, side, &left_out.field).is_none_or(|field| !stays_anyway(field))
        })
        .map(|left_out| left_out.field.clone())
        .collect()
}

/// Finds a field of a side by its path.
pub(super) fn field_at<'m>(
    mapping: &'m EffectiveMapping,
    side: Side,
    path: &str,
) -> Option<&'m FieldMeta> {
    let bundle = &mapping.meta[side];
    match path.split_once("[].") {
        Some((table, field)) => bundle.child_of(table)?.field(field),
        None => bundle
            .doctype
            .field(path.strip_suffix("[]").unwrap_or(path)),
    }
}

fn stays_anyway(field: &FieldMeta) -> bool {
    field.is_virtual
        || field.kind == FieldKind::Password
        || (field.read_only && field.no_copy)
        || (field.fetch_from.is_some() && !field.fetch_if_empty)
}

/// Tells in what the field of `target` takes less than the other side may hold.
fn differences(
    mapping: &EffectiveMapping,
    path: &str,
    field: &FieldMapping,
    target: Side,
    pair: &SitePair<'_>,
) -> Vec<Finding> {
    let place = place_of_mapping(mapping);
    let (to, from) = (&field.meta[target], &field.meta[target.other()]);
    let (there, here) = (pair.name(target), pair.name(target.other()));
    let mut findings = Vec::new();
    if let Some(values) = &field.values {
        findings.extend(untold_choices(
            &place,
            path,
            values,
            target.other(),
            from,
            here,
        ));
    }
    let unknown = match field.values {
        // What the table gives was checked with the mapping.
        Some(_) => Vec::new(),
        None => unknown_choices(from, to),
    };
    if !unknown.is_empty() {
        findings.push(Finding::warn(
            &place,
            format!(
                "`{path}` can be {} on `{here}`, which `{there}` refuses",
                listed(&unknown)
            ),
            format!("add it to the options of the field on `{there}`, under Customize Form"),
        ));
    }
    let (most, less) = (capacity(from), capacity(to));
    if less < most {
        findings.push(Finding::warn(
            &place,
            format!(
                "`{path}` takes {} on `{here}` and {} on `{there}`, which refuses a longer value",
                size(from, most),
                size(to, less)
            ),
            format!("make the field on `{there}` as long, under Customize Form"),
        ));
    }
    let is_given = field.default[target].is_some();
    if to.required && !from.required && !is_given && !has_value_of_its_own(to) {
        findings.push(Finding::warn(
            &place,
            format!("`{path}` is mandatory on `{there}` and may be empty on `{here}`"),
            format!("make it mandatory on `{here}` too, or optional on `{there}`"),
        ));
    }
    if to.unique && !from.unique {
        findings.push(Finding::warn(
            &place,
            format!("`{path}` is unique on `{there}` and not on `{here}`"),
            format!("make it unique on `{here}` too: a second document of one value is refused"),
        ));
    }
    findings
}

/// Tells which choices a table of values leaves to be parked.
fn untold_choices(
    place: &str,
    path: &str,
    values: &ValueTable,
    side: Side,
    from: &FieldMeta,
    here: &str,
) -> Option<Finding> {
    if from.kind != FieldKind::Select || !values.parks_the_rest(side) {
        return None;
    }
    let choices = from.options.split('\n').map(str::trim);
    let untold: Vec<String> = choices
        .filter(|choice| !choice.is_empty() && !values.names(side, choice))
        .map(str::to_owned)
        .collect();
    (!untold.is_empty()).then(|| {
        Finding::warn(
            place,
            format!(
                "`{path}` can be {} on `{here}`, which the table of values does not name: such documents are parked",
                listed(&untold)
            ),
            "name it under `values`, or say with `rest` what becomes of it",
        )
    })
}

/// Tells whether a document gets a value in this field that nobody sent (protocol 5.3).
pub(super) fn has_value_of_its_own(field: &FieldMeta) -> bool {
    let choice =
        field.kind == FieldKind::Select && !field.options.trim_start_matches(' ').is_empty();
    let first_is_empty = field.options.starts_with('\n');
    field.default.is_some()
        || matches!(field.kind, FieldKind::Check | FieldKind::Time)
        || (choice && !first_is_empty)
}

/// Returns the choices of a Select that the other one lacks. A series takes any value (protocol 5.2).
fn unknown_choices(from: &FieldMeta, to: &FieldMeta) -> Vec<String> {
    let are_select = PerSide { a: from, b: to }.map(|field| field.kind == FieldKind::Select);
    if !(are_select.a && are_select.b) || to.options.trim().is_empty() || to.name == "naming_series"
    {
        return Vec::new();
    }
    let known: Vec<&str> = to.options.split('\n').map(str::trim).collect();
    from.options
        .split('\n')
        .map(str::trim)
        .filter(|choice| !choice.is_empty() && !known.contains(choice))
        .map(str::to_owned)
        .collect()
}

/// Returns the most that a text field takes.
fn capacity(field: &FieldMeta) -> u32 {
    match field.fieldtype.as_str() {
        "Small Text" | "Text" => TEXT,
        "Data" | "Read Only" | "Phone" | "Color" | "Barcode" | "Icon" | "Autocomplete" => {
            if field.length == 0 {
                DATA
            } else {
                field.length
            }
        }
        _ => u32::MAX,
    }
}

fn size(field: &FieldMeta, capacity: u32) -> String {
    match capacity {
        u32::MAX => format!("any length ({})", field.fieldtype),
        _ => format!("{capacity} characters"),
    }
}
