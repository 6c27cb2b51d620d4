//! Which value fields of two DocTypes travel.

use frappe_sync_model::{DocType, DocTypeMeta, FieldKind, FieldMeta, FieldName, PerSide, Side};

use super::computed::computed_fields;
use super::field_rule::{is_fixed_at_create, is_posting_switch, never_travels, stays_by_default};
use super::matter::{Matter, on_both};
use super::problems::Problems;
use super::scope::Scope;
use super::values::value_table;
use crate::selection::FieldEntry;
use crate::source::Placed;
use crate::{FieldMapping, LeftOut, LeftOutReason, LinkRule};

type Reasons = PerSide<Option<LeftOutReason>>;

const NO_REASON: Reasons = PerSide { a: None, b: None };

/// Decides on every value field of the two DocTypes; what travels comes back by id.
pub(super) fn map_fields(
    matter: &Matter<'_>,
    scope: &Scope<'_>,
    problems: &mut Problems<'_>,
    left_out: &mut Vec<LeftOut>,
) -> Vec<FieldMapping> {
    let mut fields = Vec::new();
    for here in value_fields(matter.metas.a) {
        let Some(across) = matter.partner(Side::A, &here.name) else {
            missing_across(matter, Side::A, here, left_out);
            continue;
        };
        let pair = PerSide { a: here, b: across };
        match reasons_against(matter, pair, scope) {
            NO_REASON => fields.push(field_mapping(matter, pair, scope, problems)),
            reasons => refuse(
                matter,
                pair.map(|field| &field.name),
                reasons,
                problems,
                left_out,
            ),
        }
    }
    for here in value_fields(matter.metas.b) {
        if matter.partner(Side::B, &here.name).is_none() {
            missing_across(matter, Side::B, here, left_out);
        }
    }
    drop_untyped_links(matter, &mut fields, problems, left_out);
    fields.extend(computed_fields(matter, problems));
    fields.sort_by(|one, other| one.id.cmp(&other.id));
    fields
}

fn value_fields(meta: &DocTypeMeta) -> impl Iterator<Item = &FieldMeta> {
    meta.fields.iter().filter(|field| field.kind.holds_value())
}

fn missing_across(matter: &Matter<'_>, side: Side, field: &FieldMeta, left_out: &mut Vec<LeftOut>) {
    if matter.selection.computes(side, &field.name) {
        return;
    }
    let reason = if matter.selection.excludes(&field.name) {
        LeftOutReason::Except
    } else if matter.goes_elsewhere(side, &field.name) {
        LeftOutReason::GoesElsewhere
    } else {
        LeftOutReason::MissingAcross
    };
    let mut reasons = NO_REASON;
    reasons[side] = Some(reason);
    matter.leave_out(&field.name, reasons, left_out);
}

/// Returns why a field that both sides have does not travel.
fn reasons_against(matter: &Matter<'_>, pair: PerSide<&FieldMeta>, scope: &Scope<'_>) -> Reasons {
    let name = &pair.a.name;
    let is_amendment = matter.is_amendment(name);
    let never = pair.map(never_travels);
    if never != NO_REASON && !is_amendment {
        return never;
    }
    if let Some(reason) = matter.not_selected(pair.map(|field| &field.name)) {
        return on_both(reason);
    }
    let entry = matter.selection.entry(Side::A, name);
    let has_table = entry.is_some_and(|entry| entry.values.is_some());
    if pair.a.kind != pair.b.kind && !has_table && !(entry.is_some() && are_akin(pair)) {
        return each_side(pair, LeftOutReason::KindsDiffer, |field| &field.fieldtype);
    }
    if matter.selection.names(name).is_none() && !is_amendment {
        let default = pair.map(stays_by_default);
        if default != NO_REASON {
            return default;
        }
        if Side::BOTH
            .iter()
            .any(|side| is_posting_switch(pair[*side], matter.metas[*side]))
        {
            return on_both(LeftOutReason::PostingSwitch);
        }
    }
    if pair.a.kind == FieldKind::Link && !has_table {
        let targets = pair.map(|field| DocType::from(field.options.as_str()));
        if !scope.are_counterparts(&targets.a, &targets.b) {
            return each_side(pair, LeftOutReason::TargetsDiffer, |field| &field.options);
        }
    }
    NO_REASON
}

/// Tells whether two kinds hold values that can stand for each other, where the mapping says that they shall.
fn are_akin(pair: PerSide<&FieldMeta>) -> bool {
    let akin = [
        [FieldKind::Text, FieldKind::Select],
        [FieldKind::Int, FieldKind::Decimal],
    ];
    akin.iter()
        .any(|kinds| kinds.contains(&pair.a.kind) && kinds.contains(&pair.b.kind))
}

/// Makes a reason that names what is here and what is across, for each side.
fn each_side(
    pair: PerSide<&FieldMeta>,
    reason: fn(String, String) -> LeftOutReason,
    what: fn(&FieldMeta) -> &String,
) -> Reasons {
    PerSide::from_fn(|side| {
        let (here, across) = (what(pair[side]), what(pair[side.other()]));
        Some(reason(here.clone(), across.clone()))
    })
}

/// Leaves a field out, or says that the mapping names one that cannot travel.
fn refuse(
    matter: &Matter<'_>,
    names: PerSide<&FieldName>,
    reasons: Reasons,
    problems: &mut Problems<'_>,
    left_out: &mut Vec<LeftOut>,
) {
    let Some(at) = matter.selection.names(names.a) else {
        for side in Side::BOTH {
            let mut of_side = NO_REASON;
            of_side[side] = reasons[side].clone();
            matter.leave_out(names[side], of_side, left_out);
        }
        return;
    };
    for side in Side::BOTH {
        if let Some(reason) = &reasons[side] {
            let name = names[side];
            problems.add(
                at,
                format!("`{name}` cannot travel: {reason} (on `{side}`)"),
            );
            return;
        }
    }
}

fn field_mapping(
    matter: &Matter<'_>,
    pair: PerSide<&FieldMeta>,
    scope: &Scope<'_>,
    problems: &mut Problems<'_>,
) -> FieldMapping {
    let on_create_only = matter.is_amendment(&pair.a.name)
        || Side::BOTH
            .into_iter()
            .any(|side| is_fixed_at_create(pair[side], matter.metas[side]));
    let entry = matter.selection.entry(Side::A, &pair.a.name);
    let mut field = FieldMapping {
        id: pair.a.name.clone(),
        names: pair.map(|field| field.name.clone()),
        meta: pair.map(FieldMeta::clone),
        direction: matter.direction,
        conflict: matter.conflict,
        on_create_only,
        link: link_rule(matter, pair),
        missing: matter.missing,
        values: None,
        default: PerSide::default(),
        computed: None,
    };
    if let Some(entry) = entry {
        take_rules(matter, entry, &mut field, scope, problems);
    }
    field
}

/// Takes what the file says of one field.
fn take_rules(
    matter: &Matter<'_>,
    entry: &FieldEntry,
    field: &mut FieldMapping,
    scope: &Scope<'_>,
    problems: &mut Problems<'_>,
) {
    if let Some(direction) = &entry.direction {
        if matter.may_go(direction.value) {
            field.direction = direction.value;
        } else {
            problems.add(direction.at, matter.rows_go_one_way());
        }
    }
    field.conflict = entry.conflict.unwrap_or(field.conflict);
    if let Some(missing) = &entry.missing {
        if field.link == LinkRule::None {
            let message = format!("`{}` is no link, so that none can be missing", field.id);
            problems.add(missing.at, message);
        }
        field.missing = missing.value;
    }
    if let Some(row_of) = &entry.row_of {
        match row_rule(matter, row_of, scope) {
            Ok(rule) => field.link = rule,
            Err(message) => problems.add(row_of.at, message),
        }
    }
    if let Some(values) = &entry.values {
        field.values = Some(value_table(values, field, scope, problems));
    }
}

/// Makes the rule of a field that names a row of the document which the field `row_of` links to.
fn row_rule(
    matter: &Matter<'_>,
    row_of: &Placed<FieldName>,
    scope: &Scope<'_>,
) -> Result<LinkRule, String> {
    let name = &row_of.value;
    let across = matter.selection.name_across(Side::A, name);
    let of = PerSide {
        a: name.clone(),
        b: across.unwrap_or_else(|| name.clone()),
    };
    let mut doctypes = PerSide::from_fn(|_| DocType::from(""));
    for side in Side::BOTH {
        let field = matter
            .field(side, &of[side])
            .ok_or_else(|| matter.not_on(side, &of[side]))?;
        if field.kind != FieldKind::Link {
            return Err(format!(
                "`{}` names no document of which this could be a row: it is no link on `{side}`",
                of[side]
            ));
        }
        doctypes[side] = DocType::from(field.options.as_str());
        if !scope.covers(side, &doctypes[side]) {
            return Err(format!(
                "no mapping covers `{}`, so that its rows have no counterparts",
                doctypes[side]
            ));
        }
    }
    Ok(LinkRule::Row { of, doctypes })
}

fn link_rule(matter: &Matter<'_>, pair: PerSide<&FieldMeta>) -> LinkRule {
    match pair.a.kind {
        FieldKind::Link => LinkRule::Link {
            doctypes: pair.map(|field| DocType::from(field.options.as_str())),
        },
        FieldKind::DynamicLink => LinkRule::Dynamic {
            type_field: pair.map(|field| FieldName::from(field.options.as_str())),
        },
        FieldKind::Attach if matter.carries_files => LinkRule::File,
        FieldKind::Text if matter.carries_files && pair.a.is_rich_text() => LinkRule::FilesInText,
        _ if gives_a_type(matter.metas.a, pair.a) || gives_a_type(matter.metas.b, pair.b) => {
            LinkRule::to_doctype()
        }
        _ => LinkRule::None,
    }
}

/// Tells whether a field, a Select for example, holds the DocType of a Dynamic Link beside it.
fn gives_a_type(meta: &DocTypeMeta, field: &FieldMeta) -> bool {
    meta.fields
        .iter()
        .any(|link| link.kind == FieldKind::DynamicLink && field.name == link.options.as_str())
}

/// A Dynamic Link says nothing without its DocType, so it stays where that stays.
fn drop_untyped_links(
    matter: &Matter<'_>,
    fields: &mut Vec<FieldMapping>,
    problems: &mut Problems<'_>,
    left_out: &mut Vec<LeftOut>,
) {
    let travelling: Vec<PerSide<FieldName>> =
        fields.iter().map(|field| field.names.clone()).collect();
    fields.retain(|field| {
        let LinkRule::Dynamic { type_field } = &field.link else {
            return true;
        };
        if travelling.contains(type_field) {
            return true;
        }
        let reasons = type_field
            .clone()
            .map(|name| Some(LeftOutReason::TypeLeftOut(name.to_string())));
        refuse(matter, field.names.as_ref(), reasons, problems, left_out);
        false
    });
}
