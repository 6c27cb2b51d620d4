//! Which value fields of two DocTypes travel.

use frappe_sync_model::{DocType, DocTypeMeta, FieldKind, FieldMeta, FieldName, PerSide, Side};

use super::field_rule::{is_fixed_at_create, is_posting_switch, never_travels, stays_by_default};
use super::matter::{Matter, on_both};
use super::problems::Problems;
use super::scope::Scope;
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
        let Some(across) = matter.field(Side::B, &here.name) else {
            missing_across(matter, Side::A, here, left_out);
            continue;
        };
        let pair = PerSide { a: here, b: across };
        match reasons_against(matter, pair, scope) {
            NO_REASON => fields.push(field_mapping(matter, pair)),
            reasons => refuse(matter, &here.name, reasons, problems, left_out),
        }
    }
    for here in value_fields(matter.metas.b) {
        if matter.field(Side::A, &here.name).is_none() {
            missing_across(matter, Side::B, here, left_out);
        }
    }
    drop_untyped_links(matter, &mut fields, problems, left_out);
    fields.sort_by(|one, other| one.id.cmp(&other.id));
    fields
}

fn value_fields(meta: &DocTypeMeta) -> impl Iterator<Item = &FieldMeta> {
    meta.fields.iter().filter(|field| field.kind.holds_value())
}

fn missing_across(matter: &Matter<'_>, side: Side, field: &FieldMeta, left_out: &mut Vec<LeftOut>) {
    let reason = if matter.selection.excludes(&field.name) {
        LeftOutReason::Except
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
    if let Some(reason) = matter.not_selected(name) {
        return on_both(reason);
    }
    if pair.a.kind != pair.b.kind {
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
    if pair.a.kind == FieldKind::Link {
        let targets = pair.map(|field| DocType::from(field.options.as_str()));
        if !scope.are_counterparts(&targets.a, &targets.b) {
            return each_side(pair, LeftOutReason::TargetsDiffer, |field| &field.options);
        }
    }
    NO_REASON
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
    name: &FieldName,
    reasons: Reasons,
    problems: &mut Problems<'_>,
    left_out: &mut Vec<LeftOut>,
) {
    let Some(at) = matter.selection.names(name) else {
        matter.leave_out(name, reasons, left_out);
        return;
    };
    for side in Side::BOTH {
        if let Some(reason) = &reasons[side] {
            problems.add(
                at,
                format!("`{name}` cannot travel: {reason} (on `{side}`)"),
            );
            return;
        }
    }
}

fn field_mapping(matter: &Matter<'_>, pair: PerSide<&FieldMeta>) -> FieldMapping {
    let on_create_only = matter.is_amendment(&pair.a.name)
        || Side::BOTH
            .into_iter()
            .any(|side| is_fixed_at_create(pair[side], matter.metas[side]));
    FieldMapping {
        id: pair.a.name.clone(),
        names: pair.map(|field| field.name.clone()),
        meta: pair.map(FieldMeta::clone),
        direction: matter.direction,
        on_create_only,
        link: link_rule(matter, pair),
    }
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
        refuse(matter, &field.id, reasons, problems, left_out);
        false
    });
}
